package netsuite

import (
	"testing"

	"billferry/mapping"
)

func TestWhichFieldsADocumentFills(t *testing.T) {
	t.Parallel()
	d := doc()
	d.Number, d.DueDate, d.PeriodID, d.OtherRefNum = "7", "2026-09-01", "9", ""
	d.Fields = []mapping.Field{{Name: "department", As: mapping.AsReference, Value: "5"}, {Name: "custbody_x", As: mapping.AsText}}
	d.Lines[0].Fields = []mapping.Field{{Name: "custcol_a", Value: "1"}, {Name: "class", Value: "7"}}
	d.Lines[1].Fields = []mapping.Field{{Name: "class", Value: "8"}}
	for field, want := range map[string]bool{"memo": true, "tranId": true, "dueDate": true, "postingPeriod": true, "otherRefNum": false,
		"department": true, "Department": true, "custbody_x": false, "nothing": false, "line.description": true, "line.class": true,
		"line.custcol_a": false, "line.memo": false} {
		if got := (Adapter{}).Filled(&d, field); got != want {
			t.Errorf("%s: %v", field, got)
		}
	}
	if d.Lines = nil; (Adapter{}).Filled(&d, "line.description") {
		t.Error("a document without lines fills their fields")
	}
}
