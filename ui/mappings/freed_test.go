package mappings

import (
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/ui/screen"
	"billferry/ui/uitest"
)

// What a mapping frees depends on the setting of the integrations that it is for; items
// are found by mappings whatever that is.
func TestFreed(t *testing.T) {
	t.Parallel()
	in := func(name string, on bool) service.Summary {
		return service.Summary{Integration: integration.Integration{ID: name, Name: name, EntityType: "Bill", Destination: "Netsuite",
			ConfigData: spec.Values{integration.KeyMappedAccounts: on}}}
	}
	catalog := servicetest.New().Catalog()
	all := []service.Summary{in("US", true), in("UK", false), in("EU", false)}
	customer := func(of string) integration.ExternalMapping {
		return integration.ExternalMapping{M3terEntity: "Account", ExternalSystem: "netsuite", ExternalTable: "customer", IntegrationID: of}
	}
	item := integration.ExternalMapping{M3terEntity: "Product", ExternalSystem: "Netsuite", ExternalTable: "Item", IntegrationID: "UK"}
	const until = " no mappings of accounts until Use External Mapping Account Code is on, under Entity Config in "
	for _, c := range []struct {
		all  []service.Summary
		m    integration.ExternalMapping
		want string
	}{
		{all, customer("US"), "they go on"},
		{all, item, "they go on"},
		{all, customer("UK"), "UK uses" + until + "its settings"},
		{all[:2], customer(""), "they go on, but UK uses" + until + "its settings"},
		{all[1:], customer(""), "UK and EU use" + until + "their settings"},
		{append(all[1:], in("AU", false)), customer(""), "3 integrations use" + until + "their settings"},
	} {
		if got, off := Freed(catalog, c.all, "they go on", c.m); got != c.want || off != strings.Contains(c.want, "until") {
			t.Errorf("%+v: %q, %v, not %q", c.m, got, off, c.want)
		}
	}
}

// On the screen it is something to do, which stays to be read; with the setting on they
// go on.
func TestSavedWhileMappingsAreNotUsed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mapsOne(t, false, ": NetSuite US uses no mappings of accounts until Use External Mapping Account Code is on")
	})
}

func TestSavedWhileMappingsAreUsed(t *testing.T) {
	bubble(t, func(t *testing.T) { mapsOne(t, true, ": runs that waited for it go on") })
}

func mapsOne(t *testing.T, on bool, want string) {
	t.Helper()
	f, id := seeded()
	d, err := f.Integration(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	d.ConfigData = spec.Values{integration.KeyMappedAccounts: on}
	if _, err := f.Update(t.Context(), d.Integration); err != nil {
		t.Fatal(err)
	}
	driver := uitest.Start(t, New(uitest.Env(f), id, "acct-nobody"), 100, 24)
	driver.Type("21")
	driver.Press("ctrl+s")
	var told screen.ToastMsg
	for _, m := range driver.Sent {
		if x, ok := m.(screen.ToastMsg); ok {
			told = x
		}
	}
	if !strings.Contains(told.Text, want) || told.Stays == on || told.ToDo == on {
		t.Errorf("%+v", told)
	}
}
