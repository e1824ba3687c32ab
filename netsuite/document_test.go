package netsuite_test

import (
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
	if got, found, err = c.Document(t.Context(), id); err != nil || !found || got.Kind != mapping.CreditMemo || !got.Total.Equal(memo.Total.Neg()) {
		t.Errorf("%+v, %v, %v", got, found, err)
	}
	for _, id := range []string{"999999", "abc", "", "../customer/601"} {
		if got, found, err := c.Document(t.Context(), id); err != nil || found {
			t.Errorf("%q: %+v, %v", id, got, err)
		}
	}
	known, found, err := c.Resolve(t.Context(), delivery.CustomerRecord, " 601 ")
	if err != nil || !found || known.ID != "601" || known.Name == "" {
		t.Errorf("601 is %+v, %v, %v", known, found, err)
	}
	for _, x := range []struct {
		kind delivery.RecordKind
		ref  string
		id   string // "" is none
	}{
		{delivery.CustomerRecord, "99999", ""}, {delivery.CustomerRecord, "Northwind", ""}, {delivery.CustomerRecord, "ext:nobody", ""},
		{delivery.CustomerRecord, "name:CUST00010 " + known.Name, "601"}, {delivery.ItemRecord, "101", "101"}, {delivery.ItemRecord, "99999", ""},
	} {
		got, found, err := c.Resolve(t.Context(), x.kind, x.ref)
		if err != nil || found != (x.id != "") || got.ID != x.id {
			t.Errorf("%s %s is %+v, %v, %v", x.kind, x.ref, got, found, err)
		}
	}
}
