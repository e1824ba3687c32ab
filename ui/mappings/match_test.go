package mappings

import (
	"testing"

	"billferry/internal/integration"
	"billferry/ui/screen"
	"billferry/ui/uitest"
)

// The form of an account has the customer of exactly its name, for a person to
// save; one that is only similar is named, and nothing typed is written over.
func TestMapOneAccountWithItsExactMatch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, _ := start(t, 100, 24, "acct-globex")
		d.Shows("Create external mapping", "exact match, filled in: 21 Globex")
		if d.Press("esc"); len(d.Dialogs) != 0 {
			t.Fatal("leaving asks, though nobody typed anything")
		}
		d, f := start(t, 100, 24, "acct-globex")
		d.Press("ctrl+s")
		if m := find(t, f, "acct-globex"); m.ExternalID != "21" || m.IntegrationID == "" {
			t.Errorf("saved %+v", m)
		}
		d, _ = start(t, 100, 24, "acct-initech")
		d.Shows("similar, not the same: 23 Initech Europe")
		d.Press("ctrl+s")
		d.Shows("External entity ID is required")
		d, _ = start(t, 100, 24, "acct-nobody")
		d.Shows("NetSuite has no customer of that name")
	})
}

// An answer that comes late leaves what was typed meanwhile.
func TestALateMatchWritesNothingOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, id := seeded()
		s := New(uitest.Env(f), id, "").(*Screen)
		d := uitest.Start(t, s, 100, 24)
		e := s.editor(integration.ExternalMapping{M3terEntity: account, M3terID: "acct-globex", ExternalSystem: "Netsuite",
			ExternalTable: "Customer"})
		d.Tell(screen.OpenMsg{Dialog: e})
		late := e.lookUp()
		d.Shows("looking for its customer")
		d.Type("77")
		d.Do(late)
		d.Shows("exact match: 21 Globex")
		if got := e.mapping().ExternalID; got != "77" {
			t.Errorf("the form has %q", got)
		}
	})
}
