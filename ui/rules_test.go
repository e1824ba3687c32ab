package ui

import (
	"billferry/internal/bill"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/mapping"
	"billferry/netsuite"
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
