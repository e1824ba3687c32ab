package ui

import (
	"strings"
	"testing"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/mapping"
	"billferry/netsuite"
	"billferry/ui/screen"
)

// sampleRules are what typeRule types.
var sampleRules = []any{
	map[string]any{"to": "department", "value": "5"},
	map[string]any{"to": "line.class", "from": "line.type", "lookup": map[string]any{"USAGE": "12"}, "default": "11"},
}

// ruled previews the sample Bill as those rules and the default item make it.
func ruled() *servicetest.Fake {
	f := servicetest.New()
	f.SetCatalog(spec.Catalog{netsuite.Form()})
	rules, problems := mapping.ParseRules("billferry.fields", sampleRules, func(name string, _ bool, _ mapping.Shape) (mapping.Target, error) {
		return mapping.Target{Name: name, As: mapping.AsReference, NumericIDs: true}, nil
	})
	b, err := bill.Decode(mapping.Sample())
	if err != nil || len(problems) > 0 {
		panic(err)
	}
	d, err := mapping.Map(mapping.Config{Split: mapping.PerProduct, DefaultItem: "199", Rules: rules,
		Terms: &mapping.Terms{Settings: mapping.Labels{DefaultItem: "Netsuite Default Item Id"}}}, b, mapping.Lookups{CurrencyID: "1"})
	if err != nil {
		panic(err)
	}
	f.SetPreview(service.Preview{Source: "built-in sample", Verdict: "would be sent", Encoded: mapping.Encoded{Document: d}})
	return f
}

// typeRule opens the group of rules in the wizard and types two.
func typeRule(d *driver) {
	d.keys("n", "enter", "enter", "pgdown", "pgdown", "pgdown", "enter", "down", "down", "enter")
	d.typeText("department")
	d.keys("tab")
	d.typeText("5")
	d.keys("tab", "tab", "tab", "tab", "enter")
	d.typeText("line.class")
	d.keys("tab")
	d.typeText("line.type")
	d.keys("tab")
	d.typeText("USAGE=12")
	d.keys("tab")
	d.typeText("11")
}

// A value of a rule has its own field's name beside it, also when it comes from
// what was saved, and never that of an item with the same number.
func TestValuesOfRulesHaveNames(t *testing.T) {
	t.Parallel()
	f := demanded()
	in := f.AddIntegration(integration.Integration{ID: "ruled", Name: "Ruled", EntityType: "Bill", Destination: "Netsuite", Enabled: true,
		ConfigData: spec.Values{"netsuiteDefaultItemId": "5", "billferry": map[string]any{"fields": []any{
			map[string]any{"to": "department", "value": "5"}, map[string]any{"to": "line.class", "value": "5"}}}}})
	f.AddCredentials(in.ID, integration.Credentials{ID: "c", Verified: true})
	f.SetCatalog(spec.Catalog{netsuite.Form()})
	drive(t, f, 140, 60, screen.Route{Name: screen.Edit, ID: in.ID}, func(d *driver) {
		d.keys("pgdown", "pgdown", "pgdown", "enter")
		view := d.view()
		if !strings.Contains(view, "5 Sales") || strings.Count(view, "5 Sales") != 1 || !strings.Contains(view, "line.class") {
			t.Errorf("\n%s", view)
		}
	})
}
