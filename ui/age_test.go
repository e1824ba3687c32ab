package ui

import (
	"strings"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
)

// How long ago something was goes on while nobody presses a key, in a list that
// keeps what it has drawn too; the run's own page has the time to the second.
func TestTimesGrowByThemselves(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", Enabled: true})
	at := servicetest.Start
	f.AddRun(integration.Run{ID: "run-1", IntegrationID: "us", Status: integration.Complete, AccountCode: "acme_uk", BillRef: "INVOICE-101",
		Currency: "USD", Created: at, Modified: at})
	began := time.Time{}
	now := func() time.Time { // the bubble's clock, from Start
		if began.IsZero() {
			began = time.Now()
		}
		return at.Add(time.Since(began))
	}
	driveOn(t, now, f, 120, 30, onRuns, func(d *driver) {
		row := func(want string) {
			t.Helper()
			if rows := rowsWith(d.view(), "INVOICE-101"); len(rows) != 1 || !strings.Contains(rows[0], want) {
				t.Errorf("after %s: no %q in %q", now().Sub(at), want, rows)
			}
		}
		d.shows("CHANGED")
		row(" now")
		drawn := 0
		for end := time.After(2*time.Minute + 20*time.Second); drawn >= 0; {
			select {
			case m := <-d.msgs:
				d.update(m)
				drawn++
			case <-end:
				if drawn < 5 || drawn > 30 {
					t.Errorf("%d messages in two minutes in which nothing happens", drawn)
				}
				drawn = -1
			}
		}
		row("2m ago")
		d.keys("enter", "G")
		d.shows("Last change     " + at.Format("2006-01-02 15:04:05") + " UTC · 2m ago")
	})
}

// The column gives way before an amount, a cause or an account is cut, and is
// there at 80 columns where the rest leaves room.
func TestRoomOfTheTimeColumn(t *testing.T) {
	t.Parallel()
	for width, want := range map[int]bool{60: false, 80: true, 120: true} {
		drive(t, seeded(), width, 24, screen.Route{Name: screen.Runs}, func(d *driver) {
			if got := strings.Contains(d.view(), "CHANGED"); got != want {
				t.Errorf("at %d columns the column is there: %t\n%s", width, got, d.view())
			}
		})
	}
}
