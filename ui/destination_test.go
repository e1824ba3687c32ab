package ui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/app"
	"billferry/internal/destination/destinationtest"
	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/mapping"
	"billferry/ui/screen"
)

// Wizard, details and Connect draw a destination that they have never heard of
// from its form and its words.
func TestASecondDestinationOnTheScreens(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	f.SetCatalog(append(servicetest.Catalog(), destinationtest.New().Form()))
	drive(t, f, 100, 30, screen.Route{}, func(d *driver) {
		d.keys("n", "enter")
		d.shows("Netsuite", "Ledgerly")
		d.keys("down", "enter")
		d.shows("Book", "Service")
		d.hides("Netsuite Send Due Date")
		d.typeText("Books")
		d.keys("tab", "tab") // past the panel's title
		d.typeText("main")
		d.keys("ctrl+s")
		d.shows("Books", "not yet authenticated for connection to your Ledgerly system")
		d.keys("c")
		d.shows("Ledgerly Connection", "Tenant", "API token")
		d.hides("Netsuite", "NetSuite", "key file", "key pair")
		d.typeText("acme")
		d.keys("tab")
		d.typeText(destinationtest.Token)
		d.hides(destinationtest.Token)
		d.keys("ctrl+s")
		d.shows("Integration connected successfully", "● CONNECTED", "Tenant", "acme", "API token", "sealed by")
		d.hides("NetSuite", destinationtest.Token)
	})
}

// await handles what comes until the screen is as it has to be, which why tells
// the lack of.
func (d *driver) await(why func(view string) string) {
	d.t.Helper()
	for end := time.After(20 * time.Second); ; {
		lack := why(d.view())
		if lack == "" {
			return
		}
		select {
		case m := <-d.msgs:
			d.update(m)
		case <-end:
			d.t.Fatalf("%s:\n%s", lack, d.view())
		}
	}
}

// step presses a key of a program on a real store, and handles what comes until
// the screen shows something.
func (d *driver) step(key string, want ...string) {
	d.t.Helper()
	if key != "" {
		d.update(press(key))
	}
	d.await(func(view string) string {
		for _, w := range want {
			if !strings.Contains(view, w) {
				return fmt.Sprintf("after %q %q is not on the screen", key, w)
			}
		}
		return ""
	})
	d.hides("NetSuite", "NETSUITE", destinationtest.Token)
}

// settled presses ctrl+s until the dialog is closed: while the engine lets go of
// the Bill, it says to wait.
func (d *driver) settled(title string) {
	d.t.Helper()
	for open := true; open; {
		d.step("ctrl+s")
		d.update(<-d.msgs) // the answer to that, or what came before it
		d.await(func(view string) string {
			if open = strings.Contains(view, title); open && !strings.Contains(view, "until that ends") {
				return "the dialog is open, and does not say why"
			}
			return ""
		})
	}
}

// types types a text letter by letter, on a real store.
func (d *driver) types(s string) {
	for _, r := range s {
		d.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
}

// Run review, mappings and what is done about a failed run, on a real store and
// engine with a destination that is registered in one line.
func TestRunsOfASecondDestinationAreReviewed(t *testing.T) {
	t.Parallel()
	a, err := app.Open(app.Config{DataDir: t.TempDir(), NoKeyring: true, PollEvery: -1,
		Destinations: append(app.Destinations(), destinationtest.New())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	in, err := a.Create(ctx, service.NewIntegration{EntityType: "Bill", Destination: "Ledgerly", Name: "Books", ConfigData: spec.Values{
		destinationtest.KeyBook: "main", destinationtest.KeyService: "svc-1", "useExternalMappingAccountCode": true}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Connect(ctx, service.Connect{IntegrationID: in.ID, Values: spec.Values{destinationtest.KeyTenant: "acme"},
		Secrets: map[string]secret.Value{destinationtest.KeyToken: secret.New(destinationtest.Token)}}, nil); err != nil {
		t.Fatal(err)
	}
	runs, err := a.Submit(ctx, in.ID, mapping.Sample(), "file")
	if err != nil {
		t.Fatal(err)
	}
	changes, err := a.Changes(ctx)
	if err != nil {
		t.Fatal(err)
	}
	info, err := a.Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	d := &driver{t: t, msgs: make(chan tea.Msg), done: make(chan struct{})}
	t.Cleanup(func() { close(d.done) })
	d.root = newRoot(screen.Env{Service: a, Now: time.Now, Info: info}, screen.Route{Name: screen.Run, ID: runs[0].ID})
	go relay(ctx, a, changes, d.send)
	d.run(d.root.Init())
	d.update(tea.WindowSizeMsg{Width: 160, Height: 44})

	// It stops for want of a mapping; enter opens the form for it.
	d.step("", "ERROR", "nothing in Ledgerly", "has no external mapping to a Ledgerly Client", "enter maps this account")
	d.step("enter", "Create external mapping", "Ledgerly", "Client")
	d.types("101")
	d.step("ctrl+s", `"101" is no record of Ledgerly, which is written like cl-1`)
	d.update(press("ctrl+u"))
	d.types(destinationtest.Closed)
	d.step("ctrl+s", "Account", "Client", "Hooli")

	// The client is closed there: the run says so, and a person settles it.
	d.step("esc", "client cl-9 is closed", "enter explains")
	d.step("1", "[1 Summary]")
	d.step("3", "[3 Document]", "customer    Ledgerly id cl-9")
	d.step("end", "As Ledgerly gets it")
	d.step("4", "[4 Request]", "PUT https://ledgerly.test/docs/m3b-")
	d.step("5", "[5 Response]", "client closed")
	d.step("6", "[6 Difference]", "Ledgerly's copy was not read")
	d.step("7", "[7 Lines]", "Item chosen by", "Service")
	d.step("x", "More actions", "mark as sent")
	d.step("s", "Its Bill is in Ledgerly already", "Ledgerly's internal id", "The internal id of the entry.")
	d.types("4711")
	d.update(press("tab"))
	d.types("by hand")
	d.step("ctrl+s", `Ledgerly has no entry with the internal id "4711"`, "all the same")
	for range 4 {
		d.update(tea.KeyMsg{Type: tea.KeyBackspace})
	}
	d.types(destinationtest.ByHand)
	d.settled("Mark as sent: ")
	d.step("", "COMPLETE", "1,558.59 in Ledgerly")
	d.step("1", "In Ledgerly", "invoice #hand-1", "Ledgerly holds")
	if r, err := a.Run(ctx, runs[0].ID); err != nil || r.Status != integration.Complete || r.ExternalID != destinationtest.ByHand {
		t.Fatalf("%+v, %v", r.Run, err)
	}

	// Details, mappings, the accounts without one, the list of runs.
	d.step("o", "Books", "Tenant", "acme", "CONNECTED")
	d.step("m", "external mappings that take effect for Books", "Ledgerly", "Hooli")
	d.step("U", "accounts without a Ledgerly customer")
	d.step("esc", "external mappings that take effect for Books")
	d.step("enter", "Edit external mapping", "External system")
	d.step("esc", "Hooli")
	d.step("esc", "CONNECTED")
	d.step("r", "INVOICE-1042", "COMPLETE")
	d.step("x", "copy Ledgerly's id")
}
