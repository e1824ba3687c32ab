package runs

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
	"billferry/ui/uitest"
)

// many is a service with n runs that are made when they are asked for. Its
// tokens name the last row of a page, as a store's do.
type many struct {
	*servicetest.Fake
	n     int
	asked int
}

func (m *many) Runs(_ context.Context, f integration.RunFilter, token string, limit int) (integration.RunPage, error) {
	m.asked++
	step, at := -1, m.n // runs are numbered from 1, the newest last
	if f.Oldest {
		step, at = 1, 1
	}
	if token != "" {
		last, err := strconv.Atoi(token)
		if err != nil {
			return integration.RunPage{}, err
		}
		at = last + step
	}
	var page integration.RunPage
	for ; len(page.Runs) < limit && at >= 1 && at <= m.n; at += step {
		page.Runs = append(page.Runs, integration.Run{ID: fmt.Sprint("run-", at), BillRef: fmt.Sprint("INV-", at), Status: integration.Complete,
			Outcome: integration.Created, ExternalID: "1", Currency: "USD", AmountIn: decimal.New(int64(at), -2)})
	}
	if at >= 1 && at <= m.n {
		page.Next = fmt.Sprint(at - step)
	}
	return page, nil
}

func (m *many) Totals(context.Context, string) (integration.Totals, error) {
	return integration.Totals{ByStatus: map[integration.Status]int{integration.Complete: m.n}}, nil
}

func million(t testing.TB) (*uitest.Driver, *many, *Screen) {
	m := &many{Fake: servicetest.New(), n: 1_000_000}
	s := New(uitest.Env(m), screen.Route{}).(*Screen)
	return uitest.Start(t, s, 100, 28), m, s
}

func TestMillionReadsWhatIsSeen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, m, s := million(t)
		d.Shows("1,000,000 runs", "INV-1000000", "INV-999999")
		if m.asked != 1 {
			t.Errorf("%d pages to open", m.asked)
		}
		for range 80 {
			d.Press("pgdown")
			d.Hides("…")
		}
		if rows := 81 * 26; m.asked > rows/pageSize+2 {
			t.Errorf("%d pages for %d rows", m.asked, rows)
		}
		if len(s.pages.rows) > keepPages+1 {
			t.Errorf("%d pages are kept", len(s.pages.rows))
		}
		for range 80 {
			d.Press("pgup")
		}
		d.Shows("▸ ✓ COMPLETE", "INV-1000000")
	})
}

func TestMillionEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, m, s := million(t)
		asked := m.asked
		d.Press("G")
		d.Shows("INV-1 ", "from the oldest")
		if s.list.CursorID() != "run-1" || m.asked != asked+1 {
			t.Errorf("G went to %s with %d requests", s.list.CursorID(), m.asked-asked)
		}
		for range 10 {
			d.Press("pgup")
			d.Hides("…")
		}
		if s.list.CursorID() != "run-261" {
			t.Errorf("ten pages up from the end is %s", s.list.CursorID())
		}
		d.Press("home")
		if s.list.CursorID() != "run-1000000" {
			t.Errorf("home went to %s", s.list.CursorID())
		}
	})
}

// In follow mode the newest runs are in view while there is room, and the cursor
// stays on its run also when there is none: the window goes with it.
func TestFollowingTheCursorStaysOnItsRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, m, s := million(t)
		was, last := s.list.CursorID(), s.list.Height()-1
		for _, new := range []int{1, last - 1, 1, 50, 100} {
			row := s.list.Cursor() + new
			m.n += new
			d.Changed("run")
			from, _ := s.list.Window()
			if s.list.CursorID() != was || s.list.Cursor() != row || from != max(0, row-last) {
				t.Fatalf("after %d new runs the cursor is on %s, row %d, not on %s, row %d; the window is from %d",
					new, s.list.CursorID(), s.list.Cursor(), was, row, from)
			}
			if new < pageSize && s.steady.Why() != "" {
				t.Error("keys wait, though the run is the same")
			}
			d.Hides("…")
		}
	})
}

// A key that acts never hits another run than the one that was looked at: it is
// refused while that is no other for the shortest time that a look takes.
func TestNoKeyHitsARunThatCameThisMoment(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, m, s := million(t)
		looked := s.list.CursorID()
		m.n += 10_000 // it is far away by now
		asked := m.asked
		d.Changed("run")
		if s.list.CursorID() == looked || m.asked-asked > seekPages+2 {
			t.Fatalf("%s is under the cursor, after %d pages", s.list.CursorID(), m.asked-asked)
		}
		d.Press("R")
		if m.Calls("Retry") > 0 {
			t.Fatal("R hit a run that came under the cursor this moment")
		}
		if s.Keys()[1].Disabled == "" {
			t.Error("the footer does not say that R has to wait")
		}
		d.Press("x")
		d.Shows("More actions: " + s.pages.rows[0][s.list.Cursor()].BillRef)
		d.Press("esc")
		d.Press("up", "down") // whoever moves the cursor looks at where it goes
		if s.steady.Why() != "" {
			t.Error("a key that moves the cursor does not make it steady")
		}
	})
}

func TestCursorStaysOnItsRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, m, s := million(t)
		for range 4 {
			d.Press("pgdown") // to row 104: the window lies on both sides of a page's end
		}
		d.Press("up", "up", "up")
		was := s.list.CursorID()
		from, _ := s.list.Window()
		line := s.list.Cursor() - from
		for range 5 {
			asked := m.asked
			m.n += 30
			d.Changed("run")
			if s.list.CursorID() != was {
				t.Fatalf("30 new runs moved the cursor from %s to %s", was, s.list.CursorID())
			}
			if from, _ := s.list.Window(); s.list.Cursor()-from != line {
				t.Errorf("30 new runs moved the cursor's line from %d to %d", line, s.list.Cursor()-from)
			}
			if m.asked-asked > 5 {
				t.Errorf("a refresh read %d pages", m.asked-asked)
			}
			d.Hides("…")
		}
		d.Press("f")
		was = s.list.CursorID()
		m.n++
		d.Changed("run")
		if from, _ := s.list.Window(); s.list.CursorID() != was || s.list.Cursor() != 1 || from != 0 {
			t.Errorf("following, the cursor is on %s, not on %s, under the newest", s.list.CursorID(), was)
		}
	})
}

func BenchmarkKeyAndView(b *testing.B) {
	m := &many{Fake: servicetest.New(), n: 1_000_000}
	s := New(uitest.Env(m), screen.Route{}).(*Screen)
	s.SetSize(160, 48)
	s.reload(false)
	page, _ := m.Runs(b.Context(), integration.RunFilter{}, "", pageSize)
	s.onPage(0, page, nil)
	down, up := uitest.Key("down"), uitest.Key("up")
	for i := 0; b.Loop(); i++ {
		key := down
		if i%80 >= 40 {
			key = up
		}
		s.Update(key)
		_ = s.View()
	}
}
