package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// configure goes through the wizard to stage 3 and types a name.
func configure(s *terminal, name string) {
	s.t.Helper()
	s.see("Press n to create an integration.")
	s.press("n")
	s.see("● 1 Entity type", "Select the type of entity you want to integrate with an external system", "> Bill")
	s.press("enter")
	s.see("● 2 Destination", "Select an external system to integrate with", "> Netsuite")
	s.press("enter")
	s.see("● 3 Configure and create", "▸   Name *")
	s.press(name)
	s.see(name)
}

// create creates an integration that is not connected.
func create(s *terminal, name string) {
	s.t.Helper()
	configure(s, name)
	s.press("ctrl+s")
	s.see("○ NOT CONNECTED", "not yet authenticated")
}

// demoValues opens the Connect form by a key and fills demo's values in.
func demoValues(s *terminal, open string) {
	s.t.Helper()
	s.press(open)
	s.see("Netsuite Connection", "▸   External Customer Id *", "Upload Netsuite Credentials")
	s.press("f2")
	s.see("TSTDRV1234567", "EC P-256")
}

// connect connects a new integration with demo's values.
func connect(s *terminal) {
	s.t.Helper()
	demoValues(s, "c")
	s.press("ctrl+s")
	s.see("Integration connected successfully", "● CONNECTED")
}

// connected starts demo and brings it to a connected integration.
func connected(t *testing.T, cols, rows int) *terminal {
	t.Helper()
	s := demo(t, cols, rows)
	create(s, "NetSuite US")
	connect(s)
	return s
}

// delivered opens the runs, waits until the seed Bills are through and goes to the newest:
// the cursor has stayed on the run that was the newest when the list was opened, and on
// a busy machine some come above it after all that are in view are through.
func delivered(s *terminal) {
	s.t.Helper()
	s.press("r")
	s.see("created #")
	s.see("40 runs")
	s.gone("STARTED", "WAITING")
	s.until("the cursor is on the newest", func(screen string) bool {
		if onRow(screen, "INVOICE-101") {
			return true
		}
		s.press("g")
		return false
	})
}

// The story of the brief, as an operator at month end lives it.
func TestTheWholeStory(t *testing.T) {
	t.Parallel()
	s := demo(t, 100, 30)
	configure(s, "NetSuite US")
	s.see("would be sent", "total  USD") // demo fills the item in; the preview shows the invoice
	s.press("ctrl+s")
	s.see("○ NOT CONNECTED", "This integration is not yet authenticated for connection to your Netsuite system. Press c to")
	connect(s)
	s.gone("not yet authenticated")
	delivered(s)
	s.press("/", "status:complete")
	s.see("37 runs")
	s.press("enter", "enter")
	s.see("[1 Summary]", "✓ COMPLETE · created", "In NetSuite     invoice #", "NetSuite holds")
	s.press("4")
	s.see("[4 Request]", "POST http://127.0.0.1", "/services/rest/record/v1/invoice", `"externalId": "m3b-`)
	s.press("5")
	s.see("[5 Response]", "✓ 204", "Location: http://127.0.0.1")
	s.press("6")
	s.see("[6 Difference]", "0 differ")
	s.press("7")
	s.see("[7 Lines]", "Item chosen by  Netsuite Default Item Id")
	s.press("q")
	s.see("Leave billferry?", "demo's data is thrown away")
	s.press("y")
	if code := s.ends(); code != 0 {
		t.Fatalf("it ended with %d", code)
	}
	if raw := s.written(); !strings.Contains(raw, "\x1b[?1049l") || strings.Contains(raw, "PRIVATE KEY") {
		t.Fatal("the terminal was not given back, or a private key was on it")
	}
}

// Three seed Bills stop for reasons of their own; what was mended is retried
// together with what was not, and nothing is sent twice.
func TestABulkRetry(t *testing.T) {
	t.Parallel()
	s := connected(t, 100, 30)
	delivered(s)
	s.press("b")
	s.see("failed runs by cause", "Total is negative", "Period closed", "Reference unknown")
	s.press("b")
	s.see("all runs")
	s.press("x")
	s.see("More actions", "retry all failed runs that match the filter")
	s.press("a")
	s.see("3 eligible", "[  No  ]")
	s.press("y")
	s.see("3 runs queued again", "43 runs")
	s.press("/", "outcome:created")
	s.see("37 runs") // still: none of the three was mended, and none of the others sent again
}

// A missing mapping is found in the run, made from it, and the run goes on.
func TestAMissingMappingIsMadeFromTheRun(t *testing.T) {
	t.Parallel()
	s := demo(t, 100, 30)
	configure(s, "NetSuite US")
	s.press("down", "down", "down", "down", "down", "down", "down")
	s.see("▸   Use External Mapping Account Code")
	s.press("space")
	s.see("[x] on")
	s.press("ctrl+s")
	s.see("○ NOT CONNECTED")
	connect(s)
	s.press("r")
	s.see("Customer has no mapping", "40 runs")
	s.gone("STARTED", "WAITING")
	s.press("/", "bill:INVOICE-114") // m3ter itself has no mapping of this account
	s.see("1 run ")
	s.press("enter", "enter")
	s.see("run INVOICE-114", "has no external mapping to", "enter maps this account")
	s.press("enter")
	s.see("Create external mapping", "▸   External entity ID *", "exact match, filled in: 609 Pennine Water plc")
	s.press("ctrl+l")
	s.see("External entity ID", "Search: ")
	s.press("Pennine")
	s.see("▸     Pennine Water plc")
	s.press("enter")
	s.see("▸   External entity ID * 609")
	s.press("ctrl+s")
	s.gone("Create external mapping")
	s.see("external mappings that take effect", "Pennine Water plc", "NetSuite US") // the mapping in the list
	s.press("esc")
	s.see("run INVOICE-114", "✓ COMPLETE · created", "2,964.05 in NetSuite")
}

// demo --keep leaves the store behind, says so before leaving, and commands find
// in it what was done.
func TestAKeptDemoStays(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "bf") // not t.TempDir: a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	kept := filepath.Join(dir, "kept")
	s := start(t, 100, 30, nil, "demo", "--bills", "3", "--latency", "0s", "--keep", kept)
	create(s, "NetSuite US")
	s.press("q")
	s.see("Leave billferry?", "mappings stay in", "The simulators")
	s.press("y")
	if code := s.ends(); code != 0 {
		t.Fatalf("it ended with %d", code)
	}
	out, err := exec.Command(program, "--no-keyring", "--data-dir", filepath.Join(kept, "data"), "integration", "list").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "NetSuite US") {
		t.Errorf("%v: %s", err, out)
	}
	again := start(t, 100, 30, nil, "demo", "--keep", kept)
	if code := again.ends(); code != 1 {
		t.Errorf("a folder that is there was taken: %d", code)
	}
}

// The demo's menu makes happen what happens in real accounts: the period that
// stopped a Bill opens and its retry goes through, new Bills come, and NetSuite goes
// away and comes back.
func TestDemoMenu(t *testing.T) {
	t.Parallel()
	s := connected(t, 100, 30)
	delivered(s)
	s.filters("cause:period_closed", "1 run")
	s.press("enter")
	s.see("✗ ACCOUNTING_PERIOD_CLOSED", "enter explains")
	s.press("enter")
	s.see("Period closed: what to do first", "A retry before that is refused", "[  No  ]")
	s.press("enter", "esc", "esc")
	s.see("40 runs") // nothing was retried
	s.press("D")
	s.see("Demo", "close an accounting period", "NetSuite goes away")
	s.press("o")
	s.see("A date in it", "The month of this date becomes open", "esc back")
	s.press("ctrl+s")
	s.see("is open")
	s.filters("cause:period_closed", "1 run")
	s.press("enter")
	s.see("✗ ACCOUNTING_PERIOD_CLOSED")
	s.press("R")
	s.see("✓ COMPLETE · created")
	s.press("esc", "esc")
	s.see("41 runs")
	s.press("esc")
	s.see("✓ COMPLETE 38", "superseded 1") // two runs of one Bill
	s.press("esc")
	s.see("40 Bills", "last answer ", "M month end", "D demo's menu")
	s.press("M")
	s.see("month end", "was not reconciled yet")
	s.press("r")
	s.see("/ period:")
	s.press("esc", "esc", "esc")
	s.see("Needs you")
	s.press("r")
	s.press("D", "b")
	s.see("100 Bills were added")
	s.see("141 runs")
	s.press("D", "w")
	s.see("NetSuite has gone away")
	s.press("D", "n")
	s.see("all is well again")
}
