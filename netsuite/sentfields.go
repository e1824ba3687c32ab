package netsuite

import (
	"regexp"
	"slices"
	"strings"

	"billferry/internal/decimal"
	"billferry/mapping"
)

// form is how NetSuite writes the values of a field.
type form string

const (
	formDate  form = "DATE"
	formTruth form = "BOOLEAN"
	formNum   form = "NUMBER"
	formText  form = "TEXT"
	formMulti form = "MULTI_SELECT"
	formRef   form = "REFERENCE" // of an enumeration too: the id
)

// field is a field that a document fills beside those that every document has.
// The comparison goes by their list: what is sent is compared.
type field struct {
	name  string
	as    form
	value string
}

// lineFields are those of a line.
func lineFields(l *mapping.Line) []field {
	out := make([]field, len(l.Custom))
	for i, c := range l.Custom {
		out[i] = field{c.Field, formDate, c.Value}
	}
	return out
}

// headFields are those of the header.
func headFields(*mapping.Document) []field { return nil }

// fieldShape is what a field may be called to be asked for in a query.
var fieldShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

// same tells whether the value that NetSuite holds, as the record service or a
// query writes it, is the one that was sent.
func (f field) same(held string) bool {
	switch f.as {
	case formTruth:
		return isTrue(scalar(f.value)) == isTrue(scalar(held))
	case formNum:
		sent, err := decimal.Parse(f.value)
		return err == nil && equals(scalar(held), sent)
	case formMulti:
		return slices.Equal(idsOf(f.value), idsOf(held))
	case formText:
		return sameText(f.value, scalar(held))
	}
	return f.value == held
}

// idsOf are the ids of a field that takes several, in one order.
func idsOf(s string) []string {
	ids := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\x05' })
	slices.Sort(ids)
	return ids
}

// asksFor names the fields of header and lines that a read-back has to look for.
func asksFor(d *mapping.Document) (head, line []string) {
	for _, f := range headFields(d) {
		head = append(head, f.name)
	}
	for i := range d.Lines {
		for _, f := range lineFields(&d.Lines[i]) {
			if !slices.Contains(line, f.name) {
				line = append(line, f.name)
			}
		}
	}
	return head, line
}
