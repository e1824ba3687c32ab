package runs

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/screen"
)

// timeout bounds every request of the screen.
const timeout = 20 * time.Second

// Messages to one screen carry it: the router broadcasts them, and a screen
// drops what is not its own. gen is the generation of the rows asked for.
type (
	pageLoadedMsg struct {
		to   *Screen
		gen  int
		n    int
		page integration.RunPage
		err  error
	}
	totalsLoadedMsg struct {
		to     *Screen
		totals integration.Totals
	}
	nameLoadedMsg struct {
		to   *Screen
		name string
	}
	groupsLoadedMsg struct {
		to     *Screen
		gen    int
		groups []integration.Group
		err    error
	}
	refreshDueMsg struct{ to *Screen }
	secondMsg     struct{ to *Screen }
	typedMsg      struct {
		to  *Screen
		gen int
	}
	dryRunMsg struct {
		to     *Screen
		what   string
		filter integration.RunFilter
		result service.RetryResult
		err    error
	}
	retriedMsg struct {
		to     *Screen
		name   string // of the retry; "" of one run
		result service.RetryResult
		err    error
	}
)

// reload starts the rows over. The rows in view stay until the first new page
// is there, so that nothing flickers.
func (s *Screen) reload(turned bool) tea.Cmd {
	s.gen++
	s.coming = newPages(turned)
	s.loading, s.failed = -1, nil
	return tea.Batch(s.busy.Start(s.env.Now()), s.loadNext())
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
	n, ok := pages.want(from, max(to, from+s.list.Height()))
	if !ok {
		return nil
	}
	s.loading = n
	token, gen, f := pages.tokens[n], s.gen, s.applied
	f.Oldest = f.Oldest != pages.turned
	svc := s.env.Service
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		page, err := svc.Runs(ctx, f, token, pageSize)
		return pageLoadedMsg{s, gen, n, page, err}
	}
}

func (s *Screen) loadTotals() tea.Cmd {
	svc, id := s.env.Service, s.integration
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		t, err := svc.Totals(ctx, id)
		if err != nil {
			return screen.ToastMsg{Text: "read totals: " + err.Error(), Error: true}
		}
		return totalsLoadedMsg{s, t}
	}
}

func (s *Screen) loadName() tea.Cmd {
	if s.integration == "" {
		return nil
	}
	svc, id := s.env.Service, s.integration
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		d, err := svc.Integration(ctx, id)
		if err != nil {
			return screen.ToastMsg{Text: "read the integration: " + err.Error(), Error: true}
		}
		return nameLoadedMsg{s, d.Name}
	}
}

// took puts a page among the rows and keeps the cursor on its run.
func (s *Screen) took(m pageLoadedMsg) tea.Cmd {
	if m.gen != s.gen {
		return nil
	}
	s.loading = -1
	s.busy.Stop()
	if m.err != nil {
		s.failed = m.err
		return screen.Fail(m.err)
	}
	fresh := s.coming != nil
	if fresh {
		s.pages, s.coming = s.coming, nil
	}
	if s.seek == "" {
		from, _ := s.list.Window()
		s.seek, s.line = s.list.CursorID(), s.list.Cursor()-from
	}
	s.pages.put(m.n, m.page)
	s.drawn = map[string]string{}
	if s.sums = nil; s.pages.ended {
		s.sums = s.readMoney()
	}
	s.list.SetRows(s.pages.Len(), s.pages.id)
	s.place(fresh)
	from, _ := s.list.Window()
	s.pages.evict(from)
	if cmd := s.takeLate(); cmd != nil {
		return cmd
	}
	return tea.Batch(s.loadNext(), s.tick(), s.wantSum())
}

// place puts the cursor where it belongs after the rows changed: on the newest
// run while following, at the end of turned rows that are new, else on the run
// it was on. That run may be a page away; rows that are new start at the top.
func (s *Screen) place(fresh bool) {
	switch {
	case s.follow && !s.pages.turned && !s.applied.Oldest:
		s.list.Move(-s.list.Cursor())
	case fresh && s.pages.turned:
		s.list.Move(s.list.Len())
	case s.list.CursorID() == s.seek || s.list.Select(s.seek):
		s.list.Place(s.list.Cursor(), s.line)
	case fresh:
		s.list.Move(-s.list.Cursor())
	default:
		return // looked for again in the next page
	}
	s.seek = ""
}

// changed waits a little for more changes, then reads again what is in view.
func (s *Screen) changed(m screen.ChangedMsg) tea.Cmd {
	switch {
	case m.Kind == "integration" && m.ID == s.integration:
		return s.loadName()
	case m.Kind != "run" || s.refreshing:
		return nil
	}
	s.refreshing = true
	return tea.Tick(refreshAfter, func(time.Time) tea.Msg { return refreshDueMsg{s} })
}

func (s *Screen) refresh() tea.Cmd {
	s.refreshing, s.failed, s.sum.due = false, nil, true
	s.pages.outdate()
	if s.groups != nil {
		return tea.Batch(s.loadTotals(), s.loadGroups())
	}
	return tea.Batch(s.loadTotals(), s.loadNext())
}

// tick counts down once a second while a row in view waits for a time.
func (s *Screen) tick() tea.Cmd {
	if s.ticking || !s.counting() {
		return nil
	}
	s.ticking = true
	return tea.Tick(time.Second, func(time.Time) tea.Msg { return secondMsg{s} })
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
