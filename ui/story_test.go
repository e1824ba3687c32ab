package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/ui/screen"
)

// keyFile writes a private key and returns its path and text.
func keyFile(t *testing.T) (path, text string) {
	t.Helper()
	got, err := servicetest.New().GenerateKey(context.Background(), t.TempDir(), "ES256", 30)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(got.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	return got.KeyFile, string(b)
}

func TestFromNothingToConnected(t *testing.T) {
	t.Parallel()
	path, _ := keyFile(t)
	f := servicetest.New()
	drive(t, f, 100, 30, screen.Route{}, func(d *driver) {
		d.shows("There is no integration yet", "n create")
		d.keys("n")
		d.shows("● 1 Entity type", "Select the type of entity you want to integrate with an external system", "Bill")
		d.keys("enter")
		d.shows("✓ 1 Entity type", "● 2 Destination", "Select an external system to integrate with", "Netsuite")
		d.keys("enter")
		d.shows("✓ 2 Destination", "● 3 Configure and create", "Integration destination Netsuite", "Account Ids", "Restricted Account Ids")
		d.keys("ctrl+s")
		d.shows("Name is required")
		d.typeText("NetSuite US")
		d.keys("ctrl+s")
		d.shows("Integrations › NetSuite US", "not yet authenticated", "NOT CONNECTED", "c Connect")
		if drafts, _ := f.Drafts(t.Context()); len(drafts) != 0 {
			t.Fatal("the draft outlived its integration")
		}
		d.keys("c")
		d.shows("Netsuite Connection", "External Customer Id", "Client Id", "Key Id", "Upload Netsuite Credentials")
		d.typeText("1234567_SB1")
		d.keys("tab")
		d.typeText("client")
		d.keys("tab")
		d.typeText("key")
		d.keys("tab")
		d.typeText(path)
		d.shows("EC P-256, signs with ES256")
		d.keys("ctrl+s")
		d.shows("Integration connected successfully", "● CONNECTED", "1234567_SB1")
		d.hides("not yet authenticated", "BEGIN PRIVATE KEY")
		d.keys("esc")
		d.shows("NetSuite US", "● CONNECTED")
	})
}

// From a failed run enter leads to where its cause is mended.
func TestFromAFailedRunToItsRemedy(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite",
		Enabled: true, Authorized: true})
	f.AddCredentials(in.ID, integration.Credentials{Values: spec.Values{"externalCustomerId": "1234567"}, Verified: true})
	f.SetAccounts(integration.Account{ID: "acc-1", Name: "Globex, Inc.", Code: "globex"})
	f.SetCustomers(integration.Named{ID: "21", Name: "Globex"})
	run := func(s integration.Status, cause string) screen.Route {
		r := f.AddRun(integration.Run{IntegrationID: in.ID, AccountID: "acc-1", AccountCode: "globex", BillRef: "INVOICE-1",
			Status: s, Cause: cause, Advice: "mend it"})
		return screen.Route{Name: screen.Run, ID: r.ID}
	}
	drive(t, f, 100, 30, run(integration.Errored, "account_mapping_missing"), func(d *driver) {
		d.keys("enter")
		d.shows("Create external mapping", "exact match, filled in: 21 Globex")
		d.keys("ctrl+s")
		got, err := f.Mappings(t.Context(), service.MappingFilter{Text: "acc-1"})
		if err != nil || len(got) != 1 || got[0].ExternalID != "21" || got[0].IntegrationID != in.ID {
			t.Fatalf("%+v, %v", got, err)
		}
	})
	drive(t, f, 100, 30, run(integration.Errored, "default_item_strict"), func(d *driver) {
		d.keys("enter")
		d.shows("▸   Netsuite Item Mapping")
	})
	drive(t, f, 100, 30, run(integration.AuthFailed, "token_invalid_client"), func(d *driver) {
		d.keys("enter")
		d.shows("Netsuite Connection", "Client Id")
		d.keys("esc")
		d.shows("NetSuite US")
	})
	drive(t, f, 100, 30, run(integration.AuthFailed, "login_refused"), func(d *driver) {
		d.keys("enter")
		d.shows("Test")
	})
	drive(t, f, 100, 30, run(integration.AlreadyPaid, "invoice_paid"), func(d *driver) {
		d.keys("enter")
		d.shows("Mark as sent: INVOICE-1")
	})
}

func TestADraftSurvivesLeavingTheWizard(t *testing.T) {
	t.Parallel()
	f := seeded()
	drive(t, f, 100, 30, screen.Route{}, func(d *driver) {
		d.keys("n", "enter", "enter")
		d.typeText("Half")
		d.keys("esc", "esc", "esc") // stage 2, stage 1, home
		d.shows("Half", "DRAFT")
		drafts, _ := f.Drafts(t.Context())
		if len(drafts) != 1 || drafts[0].Title != "Half" {
			t.Fatalf("drafts: %+v", drafts)
		}
		d.keys("g", "enter")
		d.keys("enter", "enter")
		d.shows("Configure and create", "Half")
	})
}

func TestCtrlCSavesTheDraftBeforeItQuits(t *testing.T) {
	t.Parallel()
	f := seeded()
	drive(t, f, 100, 30, screen.Route{}, func(d *driver) {
		d.keys("n", "enter", "enter")
		for _, r := range "Quick" { // no time for a save between
			d.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
		}
		d.keys("ctrl+c")
		if !d.quit {
			t.Fatal("still running")
		}
		drafts, _ := f.Drafts(t.Context())
		if len(drafts) != 1 || !strings.Contains(string(drafts[0].Data), "Quick") {
			t.Fatalf("drafts: %+v", drafts)
		}
	})
}

func TestAccountsArePickedBySearchAndByPaste(t *testing.T) {
	t.Parallel()
	f := seeded()
	drive(t, f, 100, 30, screen.Route{}, func(d *driver) {
		d.keys("n", "enter", "enter", "tab", "enter")
		d.shows("Acme Corp", "Globex", "Search:")
		d.typeText("glob")
		d.hides("Acme Corp")
		d.keys("enter")
		d.shows("1 account: Globex")
		d.keys("tab", "enter")
		d.update(tea.KeyMsg{Type: tea.KeyRunes, Paste: true,
			Runes: []rune("22222222-0000-4000-8000-000000000001\n22222222-0000-4000-8000-000000000002\n")})
		d.keys("enter")
		d.shows("2 accounts: 22222222")
		drafts, _ := f.Drafts(t.Context())
		if !strings.Contains(string(drafts[0].Data), `"accountIds":["11111111-0000-4000-8000-000000000002"]`) {
			t.Fatalf("draft: %s", drafts[0].Data)
		}
	})
}

func TestAFailedConnectKeepsTheModal(t *testing.T) {
	t.Parallel()
	path, _ := keyFile(t)
	f := seeded()
	f.Fail("Connect", &integration.Failure{Class: integration.ClassAuth, Message: "invalid_client", Advice: "check the Client Id"})
	drive(t, f, 100, 30, screen.Route{Name: screen.Details, ID: "uk"}, func(d *driver) {
		d.keys("c")
		for _, s := range []string{"1234567", "client", "key", path} {
			d.typeText(s)
			d.keys("tab")
		}
		d.keys("ctrl+s")
		d.shows("Netsuite Connection", "invalid_client", "f3 save")
		f.Fail("Connect", nil)
		d.keys("f3")
		d.shows("Credentials saved; NetSuite was not asked", "NOT CONNECTED")
	})
}

func TestAPastedKeyIsTakenWhicheverWayItComes(t *testing.T) {
	t.Parallel()
	_, text := keyFile(t)
	ways := map[string]func(d *driver){
		"bracketed": func(d *driver) { d.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true}) },
		"bracketed, tmux CR": func(d *driver) {
			d.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(strings.ReplaceAll(text, "\n", "\r")), Paste: true})
		},
		"key by key": func(d *driver) {
			for _, l := range strings.Split(strings.TrimSpace(text), "\n") {
				d.typeText(l)
				d.keys("enter")
			}
		},
	}
	// The fields before that of the key, the Client Id say, take none: it goes to
	// its own, and what stood there stays.
	for name, paste := range ways {
		for tabs := range 4 {
			t.Run(fmt.Sprintf("%s, %d", name, tabs), func(t *testing.T) {
				t.Parallel()
				drive(t, seeded(), 100, 30, screen.Route{Name: screen.Details, ID: "uk"}, func(d *driver) {
					d.keys("c")
					for range tabs {
						d.keys("tab")
					}
					if tabs < 3 {
						d.typeText("typed-before")
					}
					paste(d)
					d.settle()
					d.shows("(pasted key)", "EC P-256")
					d.hides("PRIVATE KEY", "-----", strings.Split(text, "\n")[1][:20], strings.Split(text, "\n")[2][:20])
					if tabs < 3 {
						d.shows("typed-before", "taken to its own field")
					}
				})
			})
		}
	}
}

func TestABadKeyIsExplained(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad := filepath.Join(dir, "cert.pem")
	if err := os.WriteFile(bad, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	drive(t, seeded(), 100, 30, screen.Route{Name: screen.Details, ID: "uk"}, func(d *driver) {
		d.keys("c", "tab", "tab", "tab")
		d.typeText(filepath.Join(dir, "cer"))
		d.shows("there is no file")
		d.keys("tab") // completes
		d.shows("not a PEM file")
	})
}

func TestDemoFillsItselfIn(t *testing.T) {
	t.Parallel()
	path, _ := keyFile(t)
	f := seeded()
	f.SetInfo(service.Info{Organisation: "demo", Mode: "embedded", Sandbox: true, Demo: &service.DemoInfo{
		Destination: "Netsuite", Connect: map[string]string{"externalCustomerId": "TSTDRV1", "clientId": "cid", "keyId": "kid",
			"privateKey": path,
			"restUrl":    "http://127.0.0.1:1", "tokenUrl": "http://127.0.0.1:1/token"},
		Told: []string{"External Customer Id TSTDRV1 · Client Id cid", "Key Id kid", "Key file " + path},
	}})
	drive(t, f, 120, 30, screen.Route{Name: screen.Details, ID: "uk"}, func(d *driver) {
		d.shows("SANDBOX")
		d.keys("c")
		d.shows("TSTDRV1", path)
		d.keys("f2", "ctrl+s")
		d.shows("Integration connected successfully")
	})
}

func TestAnEditThatMeetsAnother(t *testing.T) {
	t.Parallel()
	f := seeded()
	drive(t, f, 100, 30, screen.Route{Name: screen.Details, ID: "uk"}, func(d *driver) {
		d.keys("e")
		d.typeText(" 2")
		d.shows("changed, not saved")
		other, _ := f.Integration(t.Context(), "uk")
		other.ConfigData.Set("netsuiteSendDueDate", true)
		if _, err := f.Update(t.Context(), other.Integration); err != nil {
			t.Fatal(err)
		}
		d.keys("ctrl+s")
		d.shows("Changed by somebody else", "Netsuite Send Due", "Save mine")
		d.keys("y")
		d.shows("Saved", "NetSuite UK 2")
	})
}

// What was never connected is deleted after a yes; what is connected after its
// name was typed.
func TestDeleteAsks(t *testing.T) {
	t.Parallel()
	drive(t, seeded(), 100, 30, onUK, func(d *driver) {
		d.keys("d")
		d.shows("Delete NetSuite UK?", "[  No  ]")
		d.keys("enter")
		d.shows("NetSuite UK", "NOT CONNECTED")
		d.keys("d", "y")
		d.shows("Deleted", "Integrations")
		d.hides("NetSuite UK")
	})
	drive(t, seeded(), 100, 30, onUS, func(d *driver) {
		d.keys("d")
		d.shows("Delete NetSuite US?", "its credentials", "runs (3) stay", "Type its name")
		for _, name := range []string{"", "y", "NetSuite U"} {
			d.typeText(name)
			d.keys("enter")
			d.shows("That is not its name")
			d.keys("esc", "d")
		}
		d.typeText("NetSuite US")
		d.keys("enter")
		d.shows("Deleted", "Integrations")
		d.hides("NetSuite US")
		if d.fake.Calls("Delete") != 1 {
			t.Error("it was not deleted once")
		}
	})
}

func TestErrorsStayUntilAKey(t *testing.T) {
	t.Parallel()
	f := seeded()
	f.Fail("SetEnabled", errors.New("the store is full"))
	drive(t, f, 80, 24, screen.Route{Name: screen.Details, ID: "de"}, func(d *driver) {
		d.keys("x", "e")
		for range 10 {
			d.settle()
		}
		d.shows("the store is full")
		d.keys("down")
		d.hides("the store is full")
	})
}

func TestAChangeElsewhereIsSeen(t *testing.T) {
	t.Parallel()
	f := seeded()
	drive(t, f, 100, 30, screen.Route{}, func(d *driver) {
		d.keys("down", "down")
		f.AddIntegration(integration.Integration{ID: "fr", Name: "NetSuite FR", Enabled: true})
		d.settle()
		d.shows("NetSuite FR", "▸ NetSuite DE")
	})
}
