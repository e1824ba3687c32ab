package netsuite

import (
	"slices"
	"strings"

	"billferry/mapping"
)

// Filled implements delivery.System.
func (Adapter) Filled(d *mapping.Document, field string) bool {
	name, line := strings.CutPrefix(field, linePrefix)
	if !line {
		own := map[string]string{"memo": d.Memo, "otherRefNum": d.OtherRefNum, "tranId": d.Number, "dueDate": d.DueDate,
			"postingPeriod": d.PeriodID}
		return own[name] != "" || hasField(d.Fields, name)
	}
	return len(d.Lines) > 0 && !slices.ContainsFunc(d.Lines, func(l mapping.Line) bool {
		return !(name == "description" && l.Description != "" || hasField(l.Fields, name))
	})
}

func hasField(fields []mapping.Field, name string) bool {
	return slices.ContainsFunc(fields, func(f mapping.Field) bool { return strings.EqualFold(f.Name, name) && f.Value != "" })
}
