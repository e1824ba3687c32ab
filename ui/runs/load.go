package runs

import (
	"context"
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// reload starts the rows over. The rows in view stay until the first new page
// is there, so that nothing flickers.
func (s *Screen) reload(turned bool) tea.Cmd {
	s.latest.Drop()
	s.coming, s.first = newPages(turned), false
	s.loading, s.failed, s.aged = -1, nil, false
	return tea.Batch(s.busy.Start(), s.loadNext())
}

// loadNext asks for the next page that is needed, one at a time.
func (s *Screen) loadNext() tea.Cmd {
	if s.loading >= 0 || s.failed != nil {
		return nil
	}
	pages := s.pages
	if s.coming != nil {
		pages = s.coming
	}
	from, to := s.list.Window()
	if s.seek != "" {
		to = max(to, pages.Len())
	}
	n, ok := pages.want(from, max(to, from+s.list.Height()))
	if !ok {
		return nil
	}
	s.loading = n
	token, f := pages.tokens[n], s.applied
	f.Oldest = f.Oldest != pages.turned
	svc := s.env.Service
	return load.Newest(&s.latest, s, load.Deadline,
		func(ctx context.Context) (integration.RunPage, error) { return svc.Runs(ctx, f, token, pageSize) },
		func(page integration.RunPage, err error) tea.Cmd { return s.onPage(n, page, err) })
}

func (s *Screen) loadTotals() tea.Cmd {
	svc, id := s.env.Service, s.integration
	return load.Renew(&s.total, s, load.Deadline, func(ctx context.Context) (integration.Totals, error) { return svc.Totals(ctx, id) },
		func(t integration.Totals, err error) tea.Cmd {
			if err != nil {
				return screen.Fail(fmt.Errorf("read totals: %w", err))
			}
			s.totals = t
			return nil
		})
}

func (s *Screen) loadName() tea.Cmd {
	if s.integration == "" {
		return nil
	}
	svc, id := s.env.Service, s.integration
	return load.Do(s, load.Deadline, func(ctx context.Context) (service.Detail, error) { return svc.Integration(ctx, id) },
		func(d service.Detail, err error) tea.Cmd {
			if err != nil {
				return screen.Fail(fmt.Errorf("read the integration: %w", err))
			}
			s.name = widget.Clean(d.Name)
			return nil
		})
}

// onPage puts a page among the rows and keeps the cursor on its run.
func (s *Screen) onPage(n int, page integration.RunPage, err error) tea.Cmd {
	s.loading = -1
	s.busy.Stop()
	if err != nil {
		s.failed = err
		return screen.Fail(err)
	}
	fresh := s.coming != nil
	if fresh {
		s.pages, s.coming = s.coming, nil
		s.want = nil
	}
	if s.seek == "" {
		from, _ := s.list.Window()
		s.seek, s.line, s.sought = s.list.CursorID(), s.list.Cursor()-from, 0
	}
	looked := s.seek
	s.pages.put(n, page)
	if s.aged { // it was read before that change, or after: who knows
		s.aged = false
		s.pages.outdate()
	}
	s.fit(page.Runs)
	s.drawn = map[string]drawn{}
	if s.sums = nil; s.pages.ended {
		s.sums = s.readMoney()
	}
	s.list.SetRows(s.pages.Len(), s.pages.id)
	s.place(fresh)
	var moved tea.Cmd
	if !fresh { // else the person asked for other rows
		moved = s.steady.Moved(looked, s.list.CursorID())
	}
	from, _ := s.list.Window()
	s.pages.evict(from)
	if cmd := s.takeLate(); cmd != nil {
		return tea.Batch(cmd, moved)
	}
	return tea.Batch(s.loadNext(), s.tick(), s.wantSum(), s.askNames(page.Runs), moved)
}

// askNames asks what accounts are called that have no code, each once: an id of 36
// letters says nothing to a person.
func (s *Screen) askNames(runs []integration.Run) tea.Cmd {
	var q service.NamesRequest
	for _, r := range runs {
		if r.AccountCode == "" {
			q.Accounts = append(q.Accounts, r.AccountID)
		}
	}
	return s.called.Ask(s.env.Service, s, q, func() { s.drawn = map[string]drawn{} })
}

// place puts the cursor where it belongs after the rows changed: on the run it
// was on, which may be some pages away by now, else at the start, or the end of
// turned rows, where the rows are new. New runs come above it: they leave it on
// its line, but while following they push it down as far as the last line, so that
// the newest are in view as long as there is room.
func (s *Screen) place(fresh bool) {
	follows := s.follow && !s.pages.turned && !s.applied.Oldest
	switch {
	case fresh && s.pages.turned:
		s.list.Move(s.list.Len())
	case fresh && s.first:
		s.list.Move(-s.list.Len())
	case s.list.CursorID() == s.seek || s.list.Select(s.seek):
		if follows {
			s.line = min(s.list.Cursor(), s.list.Height()-1)
		}
		s.list.Place(s.list.Cursor(), s.line)
	case fresh:
		s.list.Move(-s.list.Cursor())
	case s.sought < seekPages && !s.pages.ended:
		s.sought++
		return // looked for again in the next page
	case follows:
		s.list.Place(s.list.Cursor(), min(s.list.Cursor(), s.list.Height()-1))
	}
	s.seek = ""
}

// changed waits a little for more changes, then reads again what is in view.
func (s *Screen) changed(m screen.ChangedMsg) tea.Cmd {
	var name tea.Cmd
	if m.About("integration", s.integration) {
		name = s.loadName()
	}
	if !m.Of("run") || s.refreshing {
		return name
	}
	s.refreshing = true
	return tea.Batch(name, load.After(s, refreshAfter, s.refresh))
}

func (s *Screen) refresh() tea.Cmd {
	s.refreshing, s.failed, s.sum.due = false, nil, true
	s.pages.outdate()
	s.aged = s.loading >= 0
	if s.groups != nil {
		return tea.Batch(s.loadTotals(), s.groups.Renew())
	}
	return tea.Batch(s.loadTotals(), s.loadNext())
}

// tick counts down once a second while a row in view waits for a time.
func (s *Screen) tick() tea.Cmd {
	if s.ticking || !s.counting() {
		return nil
	}
	s.ticking = true
	return load.After(s, time.Second, func() tea.Cmd {
		s.ticking = false
		return s.tick()
	})
}

func (s *Screen) counting() bool {
	from, to := s.list.Window()
	for i := from; i < to; i++ {
		if r, ok := s.pages.at(i); ok && (r.Status == integration.Started || !r.Status.Settled() && r.Next.After(s.env.Now())) {
			return true
		}
	}
	return false
}
