package runs

import (
	"context"
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/ui/listing"
	"billferry/ui/load"
	"billferry/ui/saved"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// groups shows the failed runs by cause: 2,000 failures are often 3 causes.
type groups struct {
	listing.List[integration.Group]
	others bool // those of another filter stand there, until its own have come
	width  int
	height int
}

var groupKeys = struct{ open, retry, sample, back key.Binding }{
	open:   key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "its runs")),
	retry:  key.NewBinding(key.WithKeys("R"), key.WithHelp("R", "retry the group")),
	sample: key.NewBinding(key.WithKeys("o"), key.WithHelp("o", "open one of them")),
	back:   key.NewBinding(key.WithKeys("b"), key.WithHelp("b", "back to the runs")),
}

func (s *Screen) groupKeys() []screen.Key {
	none := s.groups.Unless(false, "")
	return s.groups.Keys(
		screen.Key{Binding: groupKeys.open, Footer: true, Disabled: none},
		screen.Key{Binding: groupKeys.retry, Footer: true, Disabled: s.groups.Act(false, "")},
		screen.Key{Binding: groupKeys.sample, Footer: true, Disabled: none},
		screen.Key{Binding: groupKeys.back, Footer: true},
		screen.Key{Binding: widget.FilterKey, Footer: true},
		screen.Key{Binding: widget.SavedKey},
	)
}

func (s *Screen) openGroups() tea.Cmd {
	s.groups = &groups{}
	s.groups.List = listing.List[integration.Group]{Env: s.env, What: "the groups", Load: s.loadGroups, Draw: s.groups.draw, Key: s.groupKey,
		ID: func(g integration.Group) string { return g.Cause + "/" + string(g.Status) }}
	s.groups.setSize(s.width, s.height-headLines)
	return s.loadGroups()
}

func (s *Screen) loadGroups() tea.Cmd {
	s.latest.Drop()
	s.loading = -1
	g, svc, f := s.groups, s.env.Service, s.applied
	return tea.Batch(s.busy.Start(), load.Newest(&g.Latest, &g.List, load.Deadline,
		func(ctx context.Context) ([]integration.Group, error) { return svc.Groups(ctx, f) },
		func(rows []integration.Group, err error) tea.Cmd {
			s.busy.Stop()
			g.others = false
			if err != nil {
				return tea.Batch(g.Took(nil, err), screen.Fail(fmt.Errorf("group the runs by cause: %w", err)))
			}
			cmd := g.Took(rows, nil)
			g.setSize(g.width, g.height)
			return cmd
		}))
}

func (s *Screen) groupKey(m tea.KeyMsg) tea.Cmd {
	g := s.groups
	row, ok := g.Selected()
	switch {
	case key.Matches(m, groupKeys.back):
		s.groups = nil
		return s.reload(false)
	case key.Matches(m, widget.FilterKey):
		s.openFilter()
	case key.Matches(m, widget.SavedKey):
		return saved.Open(s.env, s.filter, s.UseFilter)
	case !ok:
	case key.Matches(m, groupKeys.open):
		f := s.of(row)
		s.groups = nil
		return s.filterBy(f)
	case key.Matches(m, groupKeys.retry):
		return s.dryRun("the runs with “"+integration.CauseTitle(row.Cause)+"”", s.of(row))
	case key.Matches(m, groupKeys.sample):
		return s.env.Push(screen.Route{Name: screen.Run, ID: row.Sample})
	}
	return nil
}

// of selects the runs of a group under the filter that made it.
func (s *Screen) of(g integration.Group) integration.RunFilter {
	f := s.applied
	f.Statuses = []integration.Status{g.Status}
	if f.Causes = nil; g.Cause != "" {
		f.Causes = []string{g.Cause}
	}
	return f
}

func (g *groups) setSize(width, height int) {
	g.width, g.height = width, height
	g.Rows.SetSize(width, max(1, height-adviceLines))
	var want [groupColumns]int
	for _, r := range g.All {
		for i, cell := range g.draw(r, false) {
			want[i] = max(want[i], widget.Cells(cell))
		}
	}
	cols := []widget.Column{
		{Title: "CAUSE", Width: 20, Flex: 3, Whole: true},
		{Title: "STATUS", Width: 13, Flex: 1, Whole: true, Drop: 1},
		{Title: "RUNS", Width: 7, Right: true},
		{Title: "AMOUNT IN", Width: 16, Flex: 1, Right: true, Min: 16, Whole: true},
		{Title: "CODE", Width: 10, Flex: 1, Drop: 2, Whole: true},
		{Title: "FIRST", Width: 8, Drop: 4},
		{Title: "LAST", Width: 8, Drop: 3},
	}
	for i := range cols {
		cols[i].Want = want[i]
	}
	g.Table = widget.NewTable(width-2, cols...)
}

// The code of a cause stands in a column of its own where there is room.
const (
	codeColumn   = 4
	groupColumns = 7
)

// adviceLines below the groups say what to do about the one under the cursor.
const adviceLines = 3

func (g *groups) view(hint string) string {
	lines := g.Lines(g.width, "  No failed run: nothing to group.")
	if hint != "" {
		lines[0] = hint
	}
	if at, ok := g.Selected(); ok {
		lines = append(lines, "")
		text := widget.Clean(at.Advice)
		if at.Cause != "" && g.Table.Width(codeColumn) == 0 {
			text = "cause:" + widget.Clean(at.Cause) + "  " + text // as a filter has it
		}
		advice := widget.Wrap(text, max(10, g.width-2))
		for _, l := range advice[:min(len(advice), adviceLines-1)] {
			lines = append(lines, "  "+l)
		}
	}
	return strings.Join(lines, "\n")
}

// figures are the number of runs and of causes; the money is in the rows.
func (g *groups) figures() string {
	if !g.Loaded {
		return ""
	}
	n, causes := 0, map[string]bool{}
	for _, r := range g.All {
		n += r.Count
		causes[r.Cause] = true
	}
	return widget.Many(n, "failed run") + " · " + widget.Many(len(causes), "cause")
}

func (g *groups) draw(r integration.Group, _ bool) []string {
	now := g.Env.Now()
	cause := integration.CauseTitle(r.Cause)
	if cause == "" {
		cause = "(no cause recorded)"
	}
	return []string{widget.Clean(cause),
		widget.StatusStyle(r.Status).Render(widget.StatusGlyph(r.Status) + " " + string(r.Status)),
		widget.Count(r.Count), widget.Sums(r.Money, g.Table.Width(3)), theme.Dim.Render(widget.Clean(r.Cause)),
		theme.Dim.Render(widget.Ago(now, r.First)), theme.Dim.Render(widget.Ago(now, r.Last))}
}
