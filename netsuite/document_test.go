package netsuite_test

import (
	"strings"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/mapping"
	"billferry/netsuite"
)

// What a person names is read: a document by internal id, a customer and an item
// by internal id, external id or name.
func TestAReaderFindsWhatIsNamed(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{}, netsuite.Options{})
	d := document(1, 6000)
	id := expect(t, c, d, false, integration.Created)
	got, found, err := c.Document(t.Context(), id)
	if err != nil || !found || got.Kind != mapping.Invoice || got.ID != id || got.Customer.ID != "601" || got.Customer.Name == "" ||
		got.CurrencyID != "1" || !got.Total.Equal(d.Total) || got.ExternalID != d.ExternalID || got.URL == "" || got.Voided {
		t.Errorf("%+v, %v, %v", got, found, err)
	}
	memo := document(2, 6000)
	memo.Kind, memo.ExternalID = mapping.CreditMemo, "m3c-2"
	id = expect(t, c, memo, false, integration.Created)
	if got, found, err = c.Document(t.Context(), id); err != nil || !found || got.Kind != mapping.CreditMemo ||
		!got.Total.Equal(memo.Total.Neg()) {
		t.Errorf("%+v, %v, %v", got, found, err)
	}
	for _, id := range []string{"999999", "abc", "", "../customer/601"} {
		if got, found, err := c.Document(t.Context(), id); err != nil || found {
			t.Errorf("%q: %+v, %v", id, got, err)
		}
	}
	all, err := c.Resolve(t.Context(), delivery.CustomerRecord, []string{" 601 ", "602", "99999", "Northwind", "ext:nobody"})
	northwind := all[" 601 "]
	if err != nil || len(all) != 2 || northwind.ID != "601" || northwind.Name == "" || all["602"].ID != "602" {
		t.Errorf("%+v, %v", all, err)
	}
	name := "name:CUST00010 " + northwind.Name
	if all, err = c.Resolve(t.Context(), delivery.CustomerRecord, []string{name}); err != nil || all[name].ID != "601" {
		t.Errorf("%+v, %v", all, err)
	}
	spelt := "NAME: " + strings.TrimPrefix(name, "name:")
	all, err = c.Resolve(t.Context(), delivery.CustomerRecord, []string{name, spelt, name})
	if err != nil || all[name].ID != "601" || all[spelt].ID != "601" {
		t.Errorf("one record, spelt in two ways: %v, %v", all, err)
	}
	if held, err := c.Customers(t.Context(), []string{name, spelt}); err != nil || held[name].ID != "601" || held[spelt].ID != "601" {
		t.Errorf("one customer of a period, spelt in two ways: %v, %v", held, err)
	}
	if all, err = c.Resolve(t.Context(), delivery.ItemRecord, []string{"101", "99999"}); err != nil || len(all) != 1 || all["101"].Name == "" {
		t.Errorf("%+v, %v", all, err)
	}
}
