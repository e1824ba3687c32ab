package ui

import (
	"fmt"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

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
			if len(d.root.dialogs) > 0 { // it searches the list of the row
				d.keys("esc")
			}
			d.keys("down")
		}
		d.shows("Configure and create")
	})
	drive(t, seeded(), 100, 30, screen.Route{Name: screen.Edit, ID: "uk"}, func(d *driver) {
		for range 10 {
			d.keys("q")
			if len(d.root.dialogs) > 0 {
				d.keys("esc")
			}
			d.keys("down")
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
		want := " enter detail · R retry · b group by cause · x more actions · s status · / filter · f follow · ? help"
		if got := footer(d); got != want {
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

// The form closes in the Update that takes the success: no frame says that it worked
// beside the form or the state of before, and the next key is for what lies below. esc
// that comes a moment too late does not say that nothing was saved.
func TestTheFormClosesAsItConnects(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		key   tea.KeyMsg
		late  bool // it comes after the success
		shows []string
	}{
		{tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{'r'}}, true, []string{"NetSuite UK › runs"}},
		{tea.KeyMsg{Type: tea.KeyEsc}, true, []string{"Needs you", "connected successfully"}},
		{tea.KeyMsg{Type: tea.KeyEsc}, false, []string{"● CONNECTED", "connected successfully"}},
	} {
		path, _ := keyFile(t)
		drive(t, seeded(), 120, 36, onUK, func(d *driver) {
			d.keys("c")
			for _, s := range []string{"1234567", "client", "key", path} {
				d.typeText(s)
				d.keys("tab")
			}
			d.update(tea.KeyMsg{Type: tea.KeyCtrlS})
			for over := false; !over; {
				m := <-d.msgs
				if over = fmt.Sprintf("%T", m) == "connect.stepsOverMsg"; over && !x.late {
					d.update(x.key)
				}
				d.update(m)
				frame := d.view()
				says := strings.Contains(frame, "● CONNECTED") || strings.Contains(frame, "connected successfully")
				if says != over || says && strings.Contains(frame, "Netsuite Connection") {
					t.Fatalf("connected: %t, and yet:\n%s", over, frame)
				}
			}
			if x.late {
				d.update(x.key)
			}
			d.settle()
			d.shows(x.shows...)
			d.hides("Netsuite Connection", "nothing was saved", "not yet authenticated")
		})
	}
}
