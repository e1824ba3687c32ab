package netsuite

import (
	"slices"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/pattern"
	"billferry/internal/reconcile"
	"billferry/mapping"
)

// field is a field that a document fills beside those that every document has.
// The comparison goes by their list: what is sent is compared.
type field struct {
	name  string
	as    mapping.Shape
	value string
}

// lineFields are those of a line.
func lineFields(d *mapping.Document, l *mapping.Line) []field {
	return sentFields(d, l.Fields, "line.")
}

// headFields are those of the header, and those that are to be empty.
func headFields(d *mapping.Document) []field {
	out := sentFields(d, d.Fields, "")
	for _, f := range d.Gone {
		if name := goneName(f); !ignores(d, name) {
			out = append(out, field{name: name, as: f.As})
		}
	}
	return out
}

// goneName is the name of a field that is to be empty.
func goneName(f mapping.Field) string {
	switch f.Own {
	case mapping.OwnMemo:
		return "memo"
	case mapping.OwnReference:
		return "otherRefNum"
	}
	return f.Name
}

// empties tells the fields that an update may empty: texts and what the account
// has defined itself. NetSuite fills in the others by itself, from customer and
// form, or demands them.
func empties(f mapping.Field) bool {
	return f.Own != "" || f.Name == "message" || bodyShape().MatchString(f.Name) || segmentName().MatchString(f.Name)
}

// sentFields are the fields that are compared: not those that the document has a
// place for, which is compared itself, nor the texts that the settings leave out.
func sentFields(d *mapping.Document, all []mapping.Field, before string) []field {
	out := make([]field, 0, len(all))
	for i := range all {
		if f := &all[i]; f.Own == "" && !ignores(d, before+f.Name) {
			out = append(out, field{f.Name, f.As, f.Value})
		}
	}
	return out
}

// ignores tells whether the settings leave a text out of the proof.
func ignores(d *mapping.Document, name string) bool { return slices.Contains(d.Ignore, name) }

// fieldShape is what a field may be called to be asked for in a query.
var fieldShape = pattern.New(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

// same tells whether the value that NetSuite holds, as the record service or a
// query writes it, is the one that was sent.
func (f field) same(held string) bool {
	switch f.as {
	case mapping.AsBoolean:
		return isTrue(scalar(f.value)) == isTrue(scalar(held))
	case mapping.AsNumber:
		if f.value == "" {
			return held == "" || equals(scalar(held), decimal.D{})
		}
		sent, err := decimal.Parse(f.value)
		return err == nil && equals(scalar(held), sent)
	case mapping.AsMulti:
		return slices.Equal(idsOf(f.value), idsOf(held))
	case mapping.AsText:
		return reconcile.SameText(f.value, held)
	}
	return f.value == held
}

// dimension tells the fields that the header may have for all lines.
func (f field) dimension() bool {
	name := strings.ToLower(f.name)
	return slices.Contains(mainDimensions, name) || segmentShape(name)
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
		for _, f := range lineFields(d, &d.Lines[i]) {
			if !slices.Contains(line, f.name) {
				line = append(line, f.name)
			}
			if f.dimension() && !slices.Contains(head, f.name) { // it may be the header's that lines have
				head = append(head, f.name)
			}
		}
	}
	return head, line
}
