package runs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// groups shows the failed runs by cause: 2,000 failures are often 3 causes.
type groups struct {
	env    screen.Env
	rows   []integration.Group
	loaded bool
	list   widget.List
	table  widget.Table
	width  int
	height int
}

var groupKeys = struct{ open, retry, sample, back, filter key.Binding }{
	open:   key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "its runs")),
	retry:  key.NewBinding(key.WithKeys("R"), key.WithHelp("R", "retry the group")),
	sample: key.NewBinding(key.WithKeys("o"), key.WithHelp("o", "open one of them")),
	back:   key.NewBinding(key.WithKeys("g"), key.WithHelp("g", "back to the runs")),
	filter: key.NewBinding(key.WithKeys("/"), key.WithHelp("/", "filter")),
}

func (s *Screen) groupKeys() []screen.Key {
	none := ""
	if s.groups.list.Len() == 0 {
		none = "there is no group under the cursor"
	}
	return append([]screen.Key{
		{Binding: groupKeys.open, Footer: true, Disabled: none},
		{Binding: groupKeys.retry, Footer: true, Disabled: none},
		{Binding: groupKeys.sample, Footer: true, Disabled: none},
		{Binding: groupKeys.back, Footer: true},
		{Binding: groupKeys.filter, Footer: true},
	}, movement()...)
}

func (s *Screen) openGroups() tea.Cmd {
	s.groups = &groups{env: s.env}
	s.groups.setSize(s.width, s.height-headLines)
	return s.loadGroups()
}

func (s *Screen) loadGroups() tea.Cmd {
	s.gen++
	s.loading = -1
	svc, f, gen := s.env.Service, s.applied, s.gen
	return tea.Batch(s.busy.Start(s.env.Now()), func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		g, err := svc.Groups(ctx, f)
		return groupsLoadedMsg{s, gen, g, err}
	})
}

func (s *Screen) tookGroups(m groupsLoadedMsg) tea.Cmd {
	if m.gen != s.gen || s.groups == nil {
		return nil
	}
	s.busy.Stop()
	if m.err != nil {
		return screen.Fail(fmt.Errorf("group the runs by cause: %w", m.err))
	}
	g := s.groups
	g.rows, g.loaded = m.groups, true
	g.list.SetRows(len(m.groups), func(i int) string { return m.groups[i].Cause + "/" + string(m.groups[i].Status) })
	return nil
}

func (s *Screen) groupKey(m tea.KeyMsg) tea.Cmd {
	g := s.groups
	switch {
	case key.Matches(m, groupKeys.back):
		s.groups = nil
		return s.reload(false)
	case key.Matches(m, groupKeys.filter):
		s.openFilter()
		return nil
	case g.list.Len() == 0:
		return nil
	}
	row := g.rows[g.list.Cursor()]
	switch {
	case key.Matches(m, groupKeys.open):
		f := s.of(row)
		s.groups = nil
		return s.filterBy(f)
	case key.Matches(m, groupKeys.retry):
		return s.dryRun("the runs with "+row.Cause, s.of(row))
	case key.Matches(m, groupKeys.sample):
		return screen.Push(screen.Route{Name: screen.Run, ID: row.Sample})
	}
	g.list.Key(m)
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
	g.list.SetSize(width, max(1, height-adviceLines))
	g.table = widget.NewTable(width-2,
		widget.Column{Title: "CAUSE", Width: 20, Flex: 3},
		widget.Column{Title: "STATUS", Width: 13, Flex: 1},
		widget.Column{Title: "RUNS", Width: 7, Right: true},
		widget.Column{Title: "AMOUNT IN", Width: 16, Flex: 1, Right: true, Min: 16},
		widget.Column{Title: "FIRST", Width: 8, Drop: 2},
		widget.Column{Title: "LAST", Width: 8, Drop: 1},
	)
}

// adviceLines below the groups say what to do about the one under the cursor.
const adviceLines = 3

func (g *groups) view(hint string) string {
	if hint == "" {
		hint = "  " + g.table.Head()
	}
	if len(g.rows) == 0 {
		if !g.loaded {
			return hint
		}
		return hint + "\n  No failed run: nothing to group."
	}
	advice := widget.Wrap(widget.Clean(g.rows[g.list.Cursor()].Advice), max(10, g.width-2))
	lines := []string{hint, g.list.View(g.row), ""}
	for _, l := range advice[:min(len(advice), adviceLines-1)] {
		lines = append(lines, "  "+l)
	}
	return strings.Join(lines, "\n")
}

// figures are the number of runs and of causes; the money is in the rows.
func (g *groups) figures() string {
	if !g.loaded {
		return ""
	}
	n, causes := 0, map[string]bool{}
	for _, r := range g.rows {
		n += r.Count
		causes[r.Cause] = true
	}
	text := widget.Count(n) + " failed " + strings.TrimPrefix(runsText("", n), " ")
	if len(causes) == 1 {
		return text + " · 1 cause"
	}
	return text + " · " + widget.Count(len(causes)) + " causes"
}

func (g *groups) row(i int, _ bool, _ int) string {
	r, now := g.rows[i], g.env.Now()
	cause := r.Cause
	if cause == "" {
		cause = "(no cause recorded)"
	}
	return g.table.Row(widget.Clean(cause),
		widget.StatusStyle(r.Status).Render(widget.StatusGlyph(r.Status)+" "+string(r.Status)),
		widget.Count(r.Count), groupMoney(r.Money),
		theme.Dim.Render(widget.Ago(now, r.First)), theme.Dim.Render(widget.Ago(now, r.Last)))
}

func groupMoney(m map[string]decimal.D) string {
	var parts []string
	for c, d := range m {
		parts = append(parts, widget.Money(d, c)+" "+widget.Clean(c))
	}
	slices.Sort(parts)
	return strings.Join(parts, " + ")
}
