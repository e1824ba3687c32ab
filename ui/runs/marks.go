package runs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/service"
	"billferry/ui/confirm"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/settle"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// marks are the runs that the next act is for, by id, and where a range begins.
// Another filter forgets them: nothing is done to a run that is out of sight.
type marks struct {
	ids    map[string]bool
	anchor string // "": no range is begun
}

func (m *marks) has(id string) bool { return m.ids[id] }

func (m *marks) set(id string, on bool) {
	if m.ids == nil {
		m.ids = map[string]bool{}
	}
	if on {
		m.ids[id] = true
	} else {
		delete(m.ids, id)
	}
}

// sorted are the marked runs; the order is the same each time.
func (m *marks) sorted() []string { return slices.Sorted(maps.Keys(m.ids)) }

// what names the marked runs.
func (m *marks) what() string { return widget.Many(len(m.ids), "marked run") }

// toggleMark marks the run under the cursor, or no longer, and goes on to the next.
func (s *Screen) toggleMark() tea.Cmd {
	id := s.list.CursorID()
	if id == "" {
		return nil
	}
	s.marks.set(id, !s.marks.has(id))
	s.follow, s.seek = false, ""
	s.list.Move(1)
	return tea.Batch(s.loadNext(), s.tick())
}

// markRange begins a range at the cursor, or marks all from there to the cursor.
func (s *Screen) markRange() tea.Cmd {
	id := s.list.CursorID()
	if id == "" {
		return nil
	}
	s.follow, s.seek = false, ""
	if s.marks.anchor == "" {
		s.marks.set(id, true)
		s.marks.anchor = id
		return screen.Toast("a range begins here: go to its other end and press V again")
	}
	from, to := -1, s.list.Cursor()
	for i := range s.pages.Len() {
		if s.pages.id(i) == s.marks.anchor {
			from = i
		}
	}
	s.marks.anchor = ""
	if from < 0 {
		return screen.Fail(errors.New("the range is not marked: the run that it began with is too far away by now"))
	}
	missing := 0
	for i := min(from, to); i <= max(from, to); i++ {
		if row := s.pages.id(i); row != "" {
			s.marks.set(row, true)
		} else {
			missing++
		}
	}
	if missing > 0 {
		return screen.Fail(fmt.Errorf("%s of the range are out of reach and not marked: a filter takes all", widget.Many(missing, "run")))
	}
	return nil
}

// retryMarked counts what a retry of the marked runs would do, then asks.
func (s *Screen) retryMarked() tea.Cmd {
	ids, svc, what := s.marks.sorted(), s.env.Service, s.marks.what()
	s.asking = true
	return tea.Batch(s.busy.Start(), load.Do(s, load.Deadline,
		func(ctx context.Context) (service.RetryResult, error) {
			return svc.Retry(ctx, service.RetryRequest{RunIDs: ids, DryRun: true, Map: true, Most: Tried})
		},
		func(got service.RetryResult, err error) tea.Cmd {
			s.asking = false
			s.busy.Stop()
			switch {
			case err != nil:
				return screen.Fail(fmt.Errorf("count %s: %w", what, err))
			case got.Eligible == 0:
				return screen.Fail(fmt.Errorf("nothing to retry: %s", verdict(got)))
			}
			again := func() tea.Cmd {
				s.marks = marks{}
				return s.retry(service.RetryRequest{RunIDs: ids}, bulkMost)
			}
			return s.env.Open(confirm.New(s.env, "Retry "+what+"?", foreseen(got), "Retry "+widget.Count(got.Eligible), again))
		}))
}

// openMarkedMenu shows what can be done to the marked runs.
func (s *Screen) openMarkedMenu() {
	actions := []widget.Action{{Key: "r", Text: "retry …", Do: s.retryMarked}}
	actions = append(actions, settle.ManyActions(s.env, s.marks.sorted())...)
	s.menu.Open(s.marks.what(), append(actions, widget.Action{Key: "n", Text: "mark none", Do: func() tea.Cmd {
		s.marks = marks{}
		return nil
	}}))
}

// marked says how many runs are marked, in place of what the list is of.
func (s *Screen) marked() string {
	text := widget.Count(len(s.marks.ids)) + " marked"
	if s.marks.anchor != "" {
		text += ", V ends the range"
	}
	return theme.Warn.Render(text) + theme.Dim.Render(" · x acts on them · esc marks none")
}
