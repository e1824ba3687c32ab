package rule_test

import (
	"encoding/json"
	"strings"
	"testing"

	"billferry/mapping"
	"billferry/ui/rule"
)

// What is typed into a part is read out of it again, and is the JSON that a file has.
func TestAPartIsWhatWasTyped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ part, text, json string }{
		{rule.To, "department", `{"to":"department"}`},
		{rule.With, "5", `{"value":"5"}`},
		{rule.With, "=bill.id", `{"value":"bill.id"}`},
		{rule.With, "bill.id", `{"from":"bill.id"}`},
		{rule.With, "{bill.id} of us", `{"template":"{bill.id} of us"}`},
		{rule.As, "TEXT", `{"as":"TEXT"}`},
		{rule.Lookup, "EMEA=12, US=13", `{"lookup":{"EMEA":"12","US":"13"}}`},
		{rule.Else, "LEAVE_OUT", `{"missing":"LEAVE_OUT"}`},
		{rule.Else, "11", `{"default":"11"}`},
		{rule.Only, "accounts=acme,globex types=USAGE", `{"when":{"accounts":["acme","globex"],"types":["USAGE"]}}`},
	} {
		r := rule.Rule{}
		rule.Put(r, c.part, c.text)
		if b, err := json.Marshal(r); err != nil || string(b) != c.json || rule.Text(r, c.part) != c.text {
			t.Errorf("%s: %s, %q, %v", c.text, b, rule.Text(r, c.part), err)
		}
		if rule.Put(r, c.part, ""); rule.Text(r, c.part) != "" {
			t.Errorf("%s stays as %v", c.text, r)
		}
	}
}

// What is no pair is refused, not dropped: without its condition a rule holds everywhere.
func TestWhatIsNoPairIsRefused(t *testing.T) {
	t.Parallel()
	target := func(name string, _ bool, _ mapping.Shape) (mapping.Target, error) {
		return mapping.Target{Name: name, As: mapping.AsReference, NumericIDs: true}, nil
	}
	for _, c := range []struct{ part, text, says string }{
		{rule.Only, "USAGE", `has a when with "USAGE"`},
		{rule.Only, "types", `the line item type "types"`},
		{rule.Only, "types=", "has a when whose types is no list"},
		{rule.Lookup, "USAGE=12, 13", `has the lookup "", which is empty`},
	} {
		r := rule.Rule{}
		rule.Put(r, rule.To, "line.class")
		rule.Put(r, rule.With, "line.type")
		rule.Put(r, c.part, c.text)
		_, problems := mapping.ParseRules("fields", rule.Value([]rule.Rule{r}), target)
		if len(problems) != 1 || !strings.Contains(problems[0].Message, c.says) {
			t.Fatalf("%q: %v", c.text, problems)
		}
		if n, part, ok := rule.Place(problems[0].Key); n != 0 || part != c.part || !ok {
			t.Errorf("%q is at %d, %s", c.text, n, part)
		}
		shown := rule.Text(r, c.part)
		if rule.Put(r, c.part, shown); rule.Text(r, c.part) != shown {
			t.Errorf("%q becomes %q", shown, rule.Text(r, c.part))
		}
	}
	if _, _, ok := rule.Place("netsuiteDefaultItemId"); ok {
		t.Error("a setting that is no rule has a place among rules")
	}
}
