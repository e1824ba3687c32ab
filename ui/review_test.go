package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
)

// Under a filter the header has the exact count and money of all runs that
// match, although only the first page of them has been read.
func TestTheFiguresOfAFilterAreExact(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", Enabled: true})
	for i := range 1234 {
		f.AddRun(integration.Run{IntegrationID: in.ID, Status: integration.Errored, Cause: "period_closed", BillRef: fmt.Sprint("INV-", i),
			Currency: "USD", AmountIn: decimal.MustParse("1.01"), Created: servicetest.Start})
	}
	drive(t, f, 100, 30, screen.Route{Name: screen.Runs, ID: "us", Arg: "status:failed"}, func(d *driver) {
		d.shows("1,234 runs · in 1,246.34 USD · out 0.00")
		d.keys("s") // open runs: none
		d.shows("0 runs")
		d.hides("1,246.34")
	})
}

// q is a letter of the wizard on every row and stage, and ends nothing there.
func TestQDoesNotLeaveTheWizard(t *testing.T) {
	t.Parallel()
	drive(t, seeded(), 100, 30, screen.Route{}, func(d *driver) {
		d.keys("n", "q")
		d.shows("● 1 Entity type")
		d.keys("enter", "q", "enter")
		for range 26 { // over every row, whatever it takes
			before := d.view()
			d.keys("q")
			if d.quit {
				t.Fatalf("q quits on this row:\n%s", before)
			}
			d.keys("down")
		}
		d.shows("Configure and create")
	})
	drive(t, seeded(), 100, 30, screen.Route{Name: screen.Edit, ID: "uk"}, func(d *driver) {
		for range 10 {
			d.keys("q", "down")
		}
		if d.quit {
			t.Fatal("q quits the edit page")
		}
	})
}

// The footer names keys that work now: not those of the list while a line is
// typed into it, or a menu lies over it.
func TestTheFooterIsOfWhatHasTheKeys(t *testing.T) {
	t.Parallel()
	footer := func(d *driver) string {
		lines := strings.Split(strings.TrimSpace(d.view()), "\n")
		return lines[len(lines)-1]
	}
	drive(t, seeded(), 110, 30, screen.Route{Name: screen.Runs, ID: "us"}, func(d *driver) {
		if got := footer(d); got != " enter detail · R retry · b group by cause · x more actions · s status · / filter · f follow · ? help" {
			t.Errorf("footer of the runs: %q", got)
		}
		d.keys("/")
		if got := footer(d); got != " enter keep it · esc clear it · tab complete · ctrl+s save · f1 help" {
			t.Errorf("footer while typing: %q", got)
		}
		d.keys("esc", "x")
		if got := footer(d); got != " ↑/↓ choose · enter do it · esc close · f1 help" {
			t.Errorf("footer of the menu: %q", got)
		}
		d.keys("q")
		d.hides("More actions")
		if d.quit {
			t.Error("q in a menu quits")
		}
		d.keys("enter", "x", "q")
		if d.quit {
			t.Error("q in the menu of a run quits")
		}
	})
}

// No frame says that the connection succeeded beside the state of before.
func TestConnectedComesWithItsToast(t *testing.T) {
	t.Parallel()
	path, _ := keyFile(t)
	f := seeded()
	drive(t, f, 100, 30, screen.Route{Name: screen.Details, ID: "uk"}, func(d *driver) {
		d.keys("c")
		for _, s := range []string{"1234567", "client", "key", path} {
			d.typeText(s)
			d.keys("tab")
		}
		release := f.Hold("Integration") // reading the details takes its time
		d.keys("ctrl+s")
		d.shows("Netsuite Connection")
		d.hides("connected successfully")
		release()
		over := time.After(time.Second)
		for waiting := true; waiting; { // every frame on the way
			select {
			case m := <-d.msgs:
				d.update(m)
			case <-over:
				waiting = false
			}
			if frame := d.view(); strings.Contains(frame, "connected successfully") && !strings.Contains(frame, "● CONNECTED") {
				t.Fatalf("the toast stands beside the old state:\n%s", frame)
			}
		}
		d.shows("connected successfully", "● CONNECTED")
		d.hides("not yet authenticated", "Netsuite Connection")
	})
}
