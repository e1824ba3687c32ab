package mapping

import (
	"fmt"
	"strconv"
	"strings"
)

// Shape is what kind of value a field of the destination takes.
type Shape string

// The shapes of fields.
const (
	AsReference Shape = "REFERENCE"    // the internal id of a record
	AsEnum      Shape = "ENUM"         // the id of a choice
	AsMulti     Shape = "MULTI_SELECT" // internal ids
	AsDate      Shape = "DATE"         // YYYY-MM-DD
	AsBoolean   Shape = "BOOLEAN"
	AsNumber    Shape = "NUMBER"
	AsText      Shape = "TEXT"
)

// Shapes lists the shapes there are.
func Shapes() []Shape {
	return []Shape{AsReference, AsEnum, AsMulti, AsDate, AsBoolean, AsNumber, AsText}
}

// Own is a field that every document or line has a place of its own for.
type Own string

// The fields that a rule may fill in place of what mapping puts there.
const (
	OwnMemo        Own = "memo"
	OwnReference   Own = "reference" // Document.OtherRefNum
	OwnNumber      Own = "number"    // Document.Number
	OwnDescription Own = "description"
)

// Field is a field of a document or a line that settings fill, with its reason.
type Field struct {
	Name  string `json:"field"`
	As    Shape  `json:"as"`
	Value string `json:"value"` // of several ids: with commas between
	// Own tells that the value stands in the document's own field; here it is
	// for the reason alone.
	Own Own    `json:"own,omitzero"`
	Why string `json:"why,omitzero"`
}

// Values are the ids of a field that takes several.
func (f Field) Values() []string {
	if f.Value == "" {
		return nil
	}
	return strings.Split(f.Value, ",")
}

// fieldsKey tells lines apart by what rules fill: joining lines must not move
// money to another department. Text is no dimension: texts are listed.
func fieldsKey(fields []Field) string {
	var b strings.Builder
	for i := range fields {
		if f := &fields[i]; f.As != AsText {
			b.WriteString(f.Name)
			b.WriteByte(0)
			b.WriteString(f.Value)
			b.WriteByte(0)
		}
	}
	return b.String()
}

// joinFields are the fields of parts that are joined, whose keys are the same.
// The texts of a field are listed, each once and as many as fit; cut tells of those
// that did not.
func joinFields(parts [][]Field, limits *Limits) (out []Field, cut []string) {
	at := map[string]int{}
	var texts [][]string // by field
	seen := map[[2]string]bool{}
	for _, fields := range parts {
		for i := range fields {
			f := &fields[i]
			j, known := at[f.Name]
			if !known {
				j = len(out)
				at[f.Name] = j
				out, texts = append(out, *f), append(texts, nil)
			}
			if key := [2]string{f.Name, f.Value}; f.As == AsText && !seen[key] {
				seen[key] = true
				texts[j] = append(texts[j], f.Value)
			}
		}
	}
	for j, values := range texts {
		if len(values) < 2 {
			continue
		}
		limit := limits.Text
		if out[j].Own == OwnDescription {
			limit = limits.Description
		}
		text, n := listedWithin(values, limit)
		if out[j].Value = text; n < len(values) {
			cut = append(cut, fmt.Sprintf("%s to %d of %d texts", out[j].Name, n, len(values)))
		}
	}
	return out, cut
}

// listedWithin lists as many texts as fit a limit, and how many there are besides.
func listedWithin(values []string, limit int) (text string, n int) {
	more := func(n int) string { return " and " + strconv.Itoa(n) + " more" }
	fits, used := 0, 0
	for i, v := range values {
		if used += units(v); i > 0 {
			used += len("; ")
		}
		rest := 0
		if left := len(values) - i - 1; left > 0 {
			rest = len(more(left))
		}
		if beyond(used, limit) {
			break
		}
		if !beyond(used+rest, limit) {
			fits = i + 1
		}
	}
	switch {
	case fits == len(values):
		return strings.Join(values, "; "), fits
	case fits > 0:
		return strings.Join(values[:fits], "; ") + more(len(values)-fits), fits
	}
	text, _ = cut(values[0], limit-len(more(len(values)-1)))
	return text + more(len(values)-1), 1
}
