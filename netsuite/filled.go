package mapping

import (
	"slices"
	"strings"
)

// Filled tells whether a document has a value for a field: one of the header, or
// with "line." before its name one on each of its lines.
func Filled(d *Document, field string) bool {
	name, line := strings.CutPrefix(field, "line.")
	if !line {
		return d.header(name)
	}
	for i := range d.Lines {
		if !d.Lines[i].has(name) {
			return false
		}
	}
	return len(d.Lines) > 0
}

func (d *Document) header(name string) bool {
	own := map[string]string{"memo": d.Memo, "otherRefNum": d.OtherRefNum, "tranId": d.Number, "dueDate": d.DueDate,
		"postingPeriod": d.PeriodID}
	return own[name] != "" || hasField(d.Fields, name)
}

func (l *Line) has(name string) bool {
	return name == "description" && l.Description != "" || hasField(l.Fields, name)
}

func hasField(fields []Field, name string) bool {
	return slices.ContainsFunc(fields, func(f Field) bool { return strings.EqualFold(f.Name, name) && f.Value != "" })
}
