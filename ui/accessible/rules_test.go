package accessible_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/netsuite"
)

// ruled is an integration whose account has two fields, with rules.
func ruled(rules ...any) *servicetest.Fake {
	f := servicetest.New()
	f.SetCatalog(spec.Catalog{netsuite.Form()})
	f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite", Enabled: true,
		Authorized: true, ConfigData: spec.Values{"netsuiteDefaultItemId": "101", "billferry": map[string]any{"fields": rules}}})
	f.AddCredentials("us", integration.Credentials{Verified: true})
	f.SetFields(integration.Field{Key: "department", Label: "Cost centre", Type: "REFERENCE", Writable: true},
		integration.Field{Key: "custbody_channel", Label: "Sales channel", Type: "TEXT", Writable: true, Custom: true},
		integration.Field{Key: "line.class", Label: "Class", Type: "REFERENCE", Writable: true},
		integration.Field{Key: "memo", Label: "Memo", Type: "TEXT", Writable: true},
		integration.Field{Key: "class", Label: "Class", Type: "REFERENCE", Writable: true})
	f.SetOptions("department", integration.Named{ID: "5", Name: "Sales"}, integration.Named{ID: "6", Name: "Research"})
	return f
}

// changing is a visit that changes the rules, and saves them.
func changing(answers ...string) []string {
	return slices.Concat([]string{"change", "1", "fields"}, answers, []string{"go on", "save", "", "yes", "quit"})
}

func rulesOf(t *testing.T, f *servicetest.Fake) string {
	t.Helper()
	in, err := f.Integration(t.Context(), "us")
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(in.ConfigData.Get(integration.KeyRules))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A rule is asked for part by part: fields and values are found by the names that the
// account has, sources by words, and each wrong answer is told at once.
func TestARuleIsAskedForPartByPart(t *testing.T) {
	t.Parallel()
	f := ruled()
	got := say(t, f, changing(
		"add", "line.custbody_x", "location", "cost", "none", "?cost", "1", // a field that there is not, then by its label
		"sales", "1", "", // a value by its name; only for: everywhere
		"add", "line.class", "line.nothing", "line.type", "USAGE", "USAGE=12", "LEAVE_OUT", "types=NOPE", "types=USAGE products=api",
		"add", "custbody_channel", "TEXT", "?nothing such", "?account.customFields", "1", "channel", "", "", "",
		"add", "memo", "{bill.id} for {account.code}", "", "", "",
	)...)
	contains(t, got, "0 rules.",
		"Error: this account has no such field that a rule may fill: location", "1. Cost centre, department, REFERENCE",
		"1. Sales, 5, value",
		`there is no source "line.nothing"`, `has the lookup "", which is empty`, `the line item type "NOPE"`,
		"The types: STANDING_CHARGE, USAGE,",
		"Its name, after account.customFields.", "Rule 1 fills department, with 5, which is Sales.",
		"Rule 2 fills line.class, with line.type, looked up USAGE=12, otherwise LEAVE_OUT, only for products=api types=USAGE.", "Saved.")
	if strings.Contains(got, `enter keeps "location"`) || strings.Contains(got, `enter keeps "types=NOPE"`) {
		t.Error("a wrong answer is kept by enter")
	}
	want := `[{"to":"department","value":"5"},` +
		`{"from":"line.type","lookup":{"USAGE":"12"},"missing":"LEAVE_OUT","to":"line.class","when":{"products":["api"],"types":["USAGE"]}},` +
		`{"as":"TEXT","from":"account.customFields.channel","to":"custbody_channel"},` +
		`{"template":"{bill.id} for {account.code}","to":"memo"}]`
	if now := rulesOf(t, f); now != want {
		t.Errorf("%s\nwant\n%s", now, want)
	}
}

// Rules are changed with what they had as the default, moved and deleted; back leaves one
// as it was.
func TestRulesAreChangedMovedAndDeleted(t *testing.T) {
	t.Parallel()
	f := ruled(map[string]any{"to": "department", "value": "5", "when": map[string]any{"accounts": []any{"acme"}}},
		map[string]any{"to": "class", "value": "1"}, map[string]any{"to": "memo", "from": "bill.id"})
	say(t, f, changing(
		"change", "rule 1", "", "?", "2", "", // the other department
		"change", "rule 2", "memo", "back", // not after all
		"change", "rule 3", "", "=bill.id", "", // no source any more, and neither looked up nor otherwise
		"move", "rule 3", "to the beginning", "delete", "rule 3",
		"delete", "back")...)
	want := `[{"to":"memo","value":"bill.id"},{"to":"department","value":"6","when":{"accounts":["acme"]}}]`
	if now := rulesOf(t, f); now != want {
		t.Errorf("%s\nwant\n%s", now, want)
	}
}

// However often rules are read out, the account is asked once what the values of a field
// are called.
func TestValuesOfRulesAreNamedByOneQuestion(t *testing.T) {
	t.Parallel()
	f := ruled(map[string]any{"to": "department", "value": "5", "when": map[string]any{"accounts": []any{"acme"}}},
		map[string]any{"to": "department", "from": "account.customFields.region", "default": "6"})
	got := say(t, f, changing("move", "back", "move", "back")...)
	contains(t, got, "with 5, which is Sales, only for accounts=acme.", "otherwise 6, which is Research.")
	if n := f.Calls("FieldOptions"); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
}

// A rule that another leaves nothing is told of, and stays until either is mended; rules
// are not left while one is wrong.
func TestARuleThatIsNeverReached(t *testing.T) {
	t.Parallel()
	f := ruled(map[string]any{"to": "department", "value": "5"})
	got := say(t, f, changing(
		"add", "department", "6", "accounts=acme", "answer again", "", "leave", "go on", // refused
		"move", "rule 2", "to the beginning")...)
	if strings.Count(got, "is never reached: rule 1 fills department whenever this one would") != 3 {
		t.Error(got)
	}
	want := `[{"to":"department","value":"6","when":{"accounts":["acme"]}},{"to":"department","value":"5"}]`
	if now := rulesOf(t, f); now != want {
		t.Errorf("%s\nwant\n%s", now, want)
	}
}

// JSON still goes, and is checked like the rest.
func TestRulesAreTypedAsJSON(t *testing.T) {
	t.Parallel()
	f := ruled()
	got := say(t, f, changing("type", `[{"to":"department"}]`, `{`, "5", `[{"to":"department","value":5}]`)...)
	contains(t, got, "needs one of value, from, template", "unexpected end of JSON input", "with 5, which is Sales")
	if now := rulesOf(t, f); now != `[{"to":"department","value":5}]` {
		t.Error(now)
	}
}

// What the account refuses keeps nobody from mending it: what was typed is not lost, nor
// by back before it is saved.
func TestARefusedEditIsNotLost(t *testing.T) {
	t.Parallel()
	f := ruled()
	f.Fail("Update", spec.Problems{{Key: "billferry.fields[0].value", Label: "Fields", Message: "none of the field's values"}})
	got := say(t, f, "change", "1", "fields", "back", "fields", "add", "department", "9", "", "go on", "save", "", "yes",
		"back", "no", "back", "yes", "quit")
	contains(t, got, "none of the field's values", "Leave without saving what was changed?", "Rule 1 fills department")
	if n := f.Calls("Update"); n != 1 || strings.Contains(got, "Saved.") || strings.Count(got, "Leave without saving") != 2 {
		t.Errorf("%d updates:\n%s", n, got)
	}
}
