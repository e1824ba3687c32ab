package app

import (
	"strings"
	"testing"

	"billferry/internal/sandbox"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// An integration that may send the Bills of another into the same account says so
// on its page, until one of them leaves the accounts out or is off.
func TestOverlapsAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Bills: 1})
	first := w.create(t, "US", spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault})
	second := w.create(t, "EU", spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault})
	p, err := w.app.Preview(t.Context(), service.PreviewRequest{EntityType: "Bill", Destination: "Netsuite", ConfigData: first.ConfigData})
	if err != nil || len(p.Overlaps) != 2 { // before a third is saved
		t.Errorf("%+v, %v", p.Overlaps, err)
	}
	p, err = w.app.Preview(t.Context(), service.PreviewRequest{IntegrationID: first.ID, EntityType: "Bill", Destination: "Netsuite",
		ConfigData: first.ConfigData})
	if err != nil || len(p.Overlaps) != 1 || p.Overlaps[0].IntegrationID != second.ID {
		t.Errorf("%+v, %v", p.Overlaps, err)
	}
	told := func(id string) string {
		t.Helper()
		d, err := w.app.Integration(t.Context(), id)
		if err != nil || len(d.Overlaps) > 1 {
			t.Fatalf("%+v, %v", d.Overlaps, err)
		}
		if len(d.Overlaps) == 0 {
			return ""
		}
		return d.Overlaps[0].String()
	}
	if got := told(first.ID); !strings.Contains(got, "the integration EU may send the same Bills") || !strings.Contains(got, "all accounts") {
		t.Errorf("%q", got)
	}
	now, err := w.app.Integration(t.Context(), second.ID)
	if err != nil {
		t.Fatal(err)
	}
	now.ConfigData.Set("restrictedAccountIds", []any{"somebody"})
	now.ConfigData.Set("accountFilter", "currency == EUR")
	if _, err := w.app.Update(t.Context(), now.Integration); err != nil {
		t.Fatal(err)
	}
	if got := told(first.ID); !strings.Contains(got, "both account filters let pass") {
		t.Errorf("%q", got)
	}
	if _, err := w.app.SetEnabled(t.Context(), second.ID, false); err != nil {
		t.Fatal(err)
	}
	if got := told(first.ID); got != "" {
		t.Errorf("the other is off: %q", got)
	}
}
