package mapping

import (
	"slices"
	"testing"
)

// What an earlier document was sent with, and this one has no value for, is
// emptied where the destination can, and told either way.
func TestFieldsThatNothingFillsAnyMore(t *testing.T) {
	t.Parallel()
	text := func(name, value string) Field { return Field{Name: name, As: AsText, Value: value} }
	cfg, terms := plain, books
	terms.Empties = func(f Field) bool { return f.Own != "" || f.Name != "department" }
	cfg.Terms = &terms
	for name, c := range map[string]struct {
		now     Document
		earlier []Document
		gone    []Field
		told    []string
	}{
		"the first":         {now: Document{Memo: "m"}},
		"nothing is gone":   {now: Document{Fields: []Field{text("x", "2")}}, earlier: []Document{{Fields: []Field{text("x", "1")}}}},
		"it had no value":   {earlier: []Document{{Fields: []Field{text("x", "")}, Number: "7", DueDate: "2026-08-01", PeriodID: "9"}}},
		"of the other kind": {now: Document{Kind: CreditMemo}, earlier: []Document{{Kind: Invoice, Fields: []Field{text("x", "1")}}}},
		"a rule": {earlier: []Document{{Fields: []Field{text("x", "1")}}}, gone: []Field{{Name: "x", As: AsText}},
			told: []string{"x was sent before and nothing fills it any more: it is emptied"}},
		"what an earlier one was to empty": {earlier: []Document{{Gone: []Field{text("x", "")}}}, gone: []Field{{Name: "x", As: AsText}},
			told: []string{"x was sent before and nothing fills it any more: it is emptied"}},
		"which something fills again": {now: Document{Fields: []Field{text("x", "2")}}, earlier: []Document{{Gone: []Field{text("x", "")}}}},
		"two earlier ones": {earlier: []Document{{Fields: []Field{text("y", "1"), text("x", "1")}}, {Fields: []Field{text("x", "2")}}},
			gone: []Field{{Name: "x", As: AsText}, {Name: "y", As: AsText}},
			told: []string{"x was sent before and nothing fills it any more: it is emptied",
				"y was sent before and nothing fills it any more: it is emptied"}},
		"what the destination fills in": {earlier: []Document{{Fields: []Field{{Name: "department", As: AsReference, Value: "5"}}}},
			told: []string{"department was sent before and nothing fills it any more: Books keeps the value that it has"}},
		"texts of its own": {earlier: []Document{{Memo: "m", OtherRefNum: "po", Fields: []Field{{Name: "memo", Own: OwnMemo, Value: "m"}}}},
			gone: []Field{{As: AsText, Own: OwnMemo}, {As: AsText, Own: OwnReference}},
			told: []string{"memo was sent before and nothing fills it any more: it is emptied",
				"reference was sent before and nothing fills it any more: it is emptied"}},
		"a box that was not ticked": {earlier: []Document{{Fields: []Field{{Name: "b", As: AsBoolean, Value: "false"}}}}},
		"a box that is ticked no more": {now: Document{Fields: []Field{{Name: "b", As: AsBoolean, Value: "false"}}},
			earlier: []Document{{Fields: []Field{{Name: "b", As: AsBoolean, Value: "true"}}}}},
		"a box that was ticked": {earlier: []Document{{Fields: []Field{{Name: "b", As: AsBoolean, Value: "true"}}}},
			gone: []Field{{Name: "b", As: AsBoolean}}, told: []string{"b was sent before and nothing fills it any more: it is emptied"}},
	} {
		got := Without(cfg, c.now, c.earlier)
		if !slices.Equal(got.Gone, c.gone) || !slices.Equal(got.Warnings, c.told) {
			t.Errorf("%s: %+v, told %q", name, got.Gone, got.Warnings)
		}
	}
}
