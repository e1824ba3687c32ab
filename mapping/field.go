package mapping

import (
	"slices"
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

// joinFields are the fields of two parts that are joined, whose keys are the same.
func joinFields(a, b []Field) []Field {
	shared := true
	for i := range b {
		add := b[i]
		j := slices.IndexFunc(a, func(f Field) bool { return f.Name == add.Name })
		if j >= 0 && (a[j].Value == add.Value || slices.Contains(strings.Split(a[j].Value, "; "), add.Value)) {
			continue
		}
		if shared { // lines of one origin share their fields
			a, shared = slices.Clone(a), false
		}
		if j < 0 {
			a = append(a, add)
		} else {
			a[j].Value += "; " + add.Value
		}
	}
	return a
}
