package create_test

import (
	"testing"
	"testing/synctest"

	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/ui/create"
	"billferry/ui/uitest"
)

// ctrl+f finds a setting by what it is called, by its key or by its help, on
// every row, one where ids are looked up too; enter goes there and opens its
// panel, esc stays. What was typed before stays as it was.
func TestASettingIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, query, label, row string }{
		"label, in a closed panel": {"name", "strict it", "Strict Items", "▸   Strict Items"},
		"key":                      {"name", "maxConcurrency", "Max Concurrency", "▸   Max Concurrency"},
		"words of the help":        {"name", "below zero", "Negative Bills", "▸   Negative Bills"},
		"from a row of ids":        {"item", "account filter", "Account Filter", "▸   Account Filter"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := uitest.Start(t, create.New(uitest.Env(servicetest.New()), ""), 120, 36)
				d.Press("enter", "enter")
				d.Type("NetSuite US")
				if c.from == "item" {
					d.Press("pgdown", "pgdown", "down", "down", "down")
					d.Shows("▸   Netsuite Commitment Item Id", "ctrl+l")
				}
				before := d.View()
				d.Press("ctrl+f")
				d.Shows("Find a setting", "Account Ids", "Global")
				d.Press("esc")
				if d.View() != before {
					t.Fatalf("esc does not come back to\n%s", before)
				}
				d.Press("ctrl+f")
				d.Type("no such setting")
				d.Shows("nothing found")
				d.Press("enter")
				if d.View() != before {
					t.Fatalf("finding nothing moves from\n%s", before)
				}
				d.Press("ctrl+f")
				d.Type(c.query)
				d.Shows(c.label)
				d.Press("enter")
				d.Hides("Find a setting")
				d.Shows(c.row, "NetSuite US")
			})
		})
	}
}

// A setting that is named as what is typed is found before one that has it in a
// longer name.
func TestTheSettingOfThatNameIsFoundFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake, all := servicetest.New(), servicetest.Catalog()
		all[0].Fields = append(all[0].Fields, spec.Field{Key: "billferry.approval", Label: "Approval", Panel: spec.Control, Kind: spec.Text})
		fake.SetCatalog(all)
		d := uitest.Start(t, create.New(uitest.Env(fake), ""), 120, 36)
		d.Press("enter", "enter", "ctrl+f")
		d.Type("approval")
		d.Shows("Only Send Bill On Approval")
		d.Press("enter")
		d.Shows("▸   Approval")
	})
}
