package learn_test

import (
	"errors"
	"testing"
	"testing/synctest"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/ui/learn"
	"billferry/ui/screen"
	"billferry/ui/uitest"
)

// refused is a service with a run that was refused for three fields.
func refused(enabled bool) (*servicetest.Fake, integration.Run) {
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{Name: "US", EntityType: "Bill", Destination: "Netsuite", Enabled: enabled,
		ConfigData: spec.Values{"billferry": map[string]any{"fields": []any{map[string]any{"to": "memo", "value": "x"}}}}})
	f.AddCredentials(in.ID, integration.Credentials{Verified: true})
	f.SetFields(integration.Field{Key: "department", Label: "Department", Type: "REFERENCE", Writable: true},
		integration.Field{Key: "class", Label: "Class", Type: "REFERENCE", Writable: true},
		integration.Field{Key: "line.department", Label: "Department", Type: "REFERENCE", Writable: true})
	f.SetOptions("department", integration.Named{ID: "5", Name: "Sales"}, integration.Named{ID: "6", Name: "Support"})
	f.SetOptions("class", integration.Named{ID: "12", Name: "EMEA"})
	return f, f.AddRun(integration.Run{IntegrationID: in.ID, EntityType: "Bill", Destination: "Netsuite", EntityID: "b", BillRef: "INVOICE-1",
		Status: integration.Errored, Cause: "field_missing", Error: "Please enter value(s) for: Department, Class"})
}

// Enter chooses a value for each field; what the header gets the lines get. One
// key saves them as rules after those that there are.
func TestARefusalBecomesRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, r := refused(false)
		d := uitest.Start(t, learn.New(uitest.Env(f), r), 100, 28)
		d.Shows("Please enter value(s) for: Department, Class")
		d.Shows("Department, each line")
		d.Press("ctrl+s") // nothing is chosen
		if n := f.Calls("Update"); n != 0 {
			t.Fatal("saved without a value")
		}
		d.Press("enter")
		d.Press("down") // the second of the picker
		d.Press("enter")
		d.Shows("6 Support")
		d.Shows("ctrl+s saves 2 rules and sends the Bills again; 1 field still without a value")
		d.Press("enter") // the cursor went to the field that has none
		d.Press("enter")
		d.Shows("12 EMEA")
		d.Press("ctrl+s")
		got, err := f.Integration(t.Context(), r.IntegrationID)
		if err != nil {
			t.Fatal(err)
		}
		if to := integration.Targets(got.ConfigData); len(to) != 4 || to[0] != "memo" || to[1] != "class" || to[3] != "line.department" {
			t.Errorf("rules for %v", to)
		}
		if !got.Enabled {
			t.Error("the integration that failures disabled is still disabled")
		}
		if last := d.Sent[len(d.Sent)-1]; last != tea.Msg(screen.ToastMsg{Text: "3 rules saved: what was refused for them is sent again"}) {
			t.Errorf("%v", last)
		}
	})
}

// What cannot be saved is told, and the values are still there.
func TestRulesThatCannotBeSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, r := refused(true)
		f.Fail("Update", errors.New("rule 2 (department) is refused"))
		d := uitest.Start(t, learn.New(uitest.Env(f), r), 100, 28)
		d.Press("enter")
		d.Press("enter")
		d.Press("ctrl+s")
		d.Shows("✗ rule 2 (department) is refused")
		d.Shows("5 Sales")
	})
}
