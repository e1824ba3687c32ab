package accessible_test

import (
	"errors"
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
)

// Settings are changed one by one; what that changes on kept Bills is said in
// words before the question whether to save.
func TestAnEditSaysWhatItChanges(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US"})
	amount := decimal.MustParse
	f.SetCoverage(service.Coverage{Bills: 320, Money: []service.ItemMoney{
		{Rule: "Item Mapping", Item: "101", Name: "Usage", Currency: "USD", Amount: amount("7200.50"), After: amount("200.50")},
		{Rule: "Default Item", Item: "199", Currency: "USD", Amount: amount("5"), After: amount("7005")},
	}, Change: &service.WhatIf{Bills: []service.ChangedBill{
		{Bill: "INVOICE-7", Account: "acme", What: []string{"line 1: item 101 → 199"}},
	}}})
	form, _ := f.Catalog().Form(in.EntityType, in.Destination)
	at := ""
	for i, n := 0, 2; i < len(form.Fields); i++ { // 1 is Save
		if form.Fields[i].Key == "netsuiteSendDueDate" {
			at = string(rune('0'+n/10)) + string(rune('0'+n%10))
		}
		if form.Fields[i].Shown(form.Defaults()) {
			n++
		}
	}
	got := say(t, f, "5", "1", at, "2", "", "", "no", "5", "1", at, "2", "", "", "yes", "quit")
	contains(t, got, "1 of the latest 320 kept Bills would have another document",
		"Item 101 Usage: 7,200.50 USD before, 200.50 after, a difference of -7,000.00.",
		"INVOICE-7 acme: line 1: item 101 → 199", "Save the settings of NetSuite US?", "Not saved.", "Saved.")
	if n := f.Calls("Update"); n != 1 {
		t.Errorf("%d updates", n)
	}
	now, err := f.Integration(t.Context(), "us")
	if err != nil || !now.ConfigData.Bool("netsuiteSendDueDate") {
		t.Errorf("%v %v", now.ConfigData, err)
	}
	f.Fail("Coverage", errors.New("the store is busy"))
	got = say(t, f, "5", "1", at, "1", "", "", "yes", "quit")
	contains(t, got, "is not known", "the store is busy", "Saved.")
	if strings.Contains(got, "INVOICE-7") {
		t.Error(got)
	}
}

// Beside the ids that a setting has it is said what they are called.
func TestIdsAreSaidByName(t *testing.T) {
	t.Parallel()
	got := say(t, twoRuns(t), "change", "1", "netsuite default", "", "account ids", "acme", "1", "account ids", "", "back", "yes", "quit")
	contains(t, got, "Now: 101 Usage.", "Now: "+acmeID+" Acme Corp.")
}
