package mapping

import (
	"fmt"
	"strings"
	"testing"

	"billferry/internal/bill"
)

// What joined lines list in a text field fits the shortest sort of field, and says
// how much is left out; joining many costs no more for each than joining few.
func TestJoinedTextsFitTheirField(t *testing.T) {
	t.Parallel()
	cfg := with(func(x *Config) {
		x.Split = PerAggregation
		x.Rules = rules(t, `[{"to":"line.custcol_id","from":"line.id"},{"to":"line.custcol_same","value":"same","as":"TEXT"}]`)
	})
	for name, c := range map[string]struct {
		lines int
		id    func(i int) string
		want  string
		cut   string
	}{
		"few":      {2, func(i int) string { return fmt.Sprint("id-", i) }, "id-0; id-1", ""},
		"all fit":  {75, func(i int) string { return fmt.Sprintf("%02d", i) }, "", ""}, // 75 x 2 + 74 x 2 = 298
		"one more": {76, func(i int) string { return fmt.Sprintf("%02d", i) }, "", "custcol_id to 72 of 76 texts"},
		"a long one first": {3, func(i int) string { return strings.Repeat(string(rune('a'+i)), 310) },
			strings.Repeat("a", 288) + "… and 2 more", "custcol_id to 1 of 3 texts"},
		"wide letters": {40, func(i int) string { return fmt.Sprintf("😀😀%02d", i) }, "", "custcol_id to 36 of 40 texts"},
		"very many":    {20_000, func(i int) string { return fmt.Sprint("id-", i) }, "", "custcol_id to 42 of 20000 texts"},
	} {
		all := make([]bill.Line, c.lines)
		for i := range all {
			all[i] = usageLine("1", "1", "1")
			all[i].ID = c.id(i)
		}
		d := mapped(t, cfg, billOf(all...))
		if len(d.Lines) != 1 || len(d.Lines[0].Fields) != 2 || d.Lines[0].Amount.String() != fmt.Sprint(c.lines, ".00") {
			t.Fatalf("%s: %s", name, brief(d))
		}
		l := d.Lines[0]
		value := l.Fields[0].Value
		if units(value) > 300 || !strings.HasPrefix(value, string([]rune(c.id(0))[:2])) || c.want != "" && value != c.want ||
			strings.Join(l.Why.Cut, "; ") != c.cut || l.Fields[1].Value != "same" {
			t.Errorf("%s: %q (%d), cut %q", name, value, units(value), l.Why.Cut)
		}
		if warned(d, "1 line joined of lines whose texts do not all fit a field") != (c.cut != "") {
			t.Errorf("%s: %v", name, d.Warnings)
		}
	}
}
