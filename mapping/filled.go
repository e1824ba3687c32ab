package mapping

import "strings"

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
	own := map[string]string{"memo": d.Memo, "otherRefNum": d.OtherRefNum, "tranId": d.Number, "dueDate": d.DueDate, "postingPeriod": d.PeriodID}
	return own[name] != ""
}

func (l *Line) has(name string) bool {
	if name == "description" {
		return l.Description != ""
	}
	for i := range l.Custom {
		if strings.EqualFold(l.Custom[i].Field, name) && l.Custom[i].Value != "" {
			return true
		}
	}
	return false
}
