package runs

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/runfilter"
	"billferry/ui/load"
	"billferry/ui/saved"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// keys is the screen's key map, and its help. The ends of the list are its own:
// a million rows may lie between.
var keys = struct {
	mark, markRange, open, retry, group, more, status, follow, filter, home, end, complete key.Binding
}{
	mark:      key.NewBinding(key.WithKeys(" "), key.WithHelp("space", "mark")),
	markRange: key.NewBinding(key.WithKeys("V"), key.WithHelp("V", "mark a range")),

	open:   key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "detail")),
	retry:  key.NewBinding(key.WithKeys("R"), key.WithHelp("R", "retry")),
	group:  key.NewBinding(key.WithKeys("b"), key.WithHelp("b", "group by cause")),
	more:   key.NewBinding(key.WithKeys("x"), key.WithHelp("x", "more actions")),
	status: key.NewBinding(key.WithKeys("s"), key.WithHelp("s", "status")),
	follow: key.NewBinding(key.WithKeys("f"), key.WithHelp("f", "follow")),
	filter: key.NewBinding(key.WithKeys("/"), key.WithHelp("/", "filter")),
	home:   key.NewBinding(key.WithKeys("home", "g"), key.WithHelp("g/home", "first")),
	end:    key.NewBinding(key.WithKeys("end", "G"), key.WithHelp("G/end", "last")),

	complete: key.NewBinding(key.WithKeys("tab"), key.WithHelp("tab", "complete")),
}

// Keys implements screen.Screen.
func (s *Screen) Keys() []screen.Key {
	switch {
	case s.menu.On():
		return s.menu.Keys()
	case s.filter.Typing():
		return slices.Insert(s.filter.Keys(), 2, screen.Key{Binding: keys.complete, Footer: true})
	case s.groups != nil:
		return s.groupKeys()
	}
	none := ""
	if s.list.CursorID() == "" {
		none = "there is no run under the cursor"
	}
	_, notNow := s.retryable()
	if len(s.marks.ids) > 0 {
		notNow = ""
	}
	out := []screen.Key{
		{Binding: keys.open, Footer: true, Disabled: none},
		{Binding: keys.retry, Footer: true, Disabled: notNow},
		{Binding: keys.group, Footer: true},
		{Binding: keys.more, Footer: true},
		{Binding: keys.status, Footer: true},
		{Binding: keys.filter, Footer: true},
		{Binding: widget.SavedKey},
		{Binding: keys.follow, Footer: true},
		{Binding: keys.mark, Disabled: none},
		{Binding: keys.markRange, Disabled: none},
		{Binding: keys.home},
		{Binding: keys.end},
	}
	return append(out, movement()...)
}

// movement is the list's own help without the ends.
func movement() []screen.Key {
	var out []screen.Key
	for _, k := range widget.ListKeys() {
		if h := k.Help().Key; h != "g/home" && h != "G/end" {
			out = append(out, k)
		}
	}
	return out
}

// Update implements screen.Screen.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		return s.key(m)
	case screen.ChangedMsg:
		return s.changed(m)
	case load.Msg:
		cmd := m.For(s)
		if s.groups != nil {
			cmd = tea.Batch(cmd, m.For(&s.groups.List))
		}
		return cmd
	}
	return tea.Batch(s.busy.Update(msg), s.steady.Update(msg))
}

// key gives a key to what is open on top, else to the list.
func (s *Screen) key(m tea.KeyMsg) tea.Cmd {
	switch {
	case s.menu.On():
		return s.menu.Key(m)
	case s.filter.Typing():
		return s.typeKey(m)
	case s.groups != nil:
		return s.groups.Update(m)
	}
	return s.listKey(m)
}

func (s *Screen) listKey(m tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(m, keys.open):
		if id := s.list.CursorID(); id != "" {
			return s.env.Push(screen.Route{Name: screen.Run, ID: id})
		}
	case key.Matches(m, keys.mark):
		return s.toggleMark()
	case key.Matches(m, keys.markRange):
		return s.markRange()
	case key.Matches(m, keys.retry) && len(s.marks.ids) > 0:
		return s.retryMarked()
	case key.Matches(m, keys.retry):
		return s.retryOne()
	case key.Matches(m, keys.more) && len(s.marks.ids) > 0:
		s.openMarkedMenu()
	case key.Matches(m, keys.group):
		return s.openGroups()
	case key.Matches(m, keys.more):
		s.openMenu()
	case key.Matches(m, keys.status):
		return s.nextStatus()
	case key.Matches(m, keys.follow):
		return s.toggleFollow()
	case key.Matches(m, widget.SavedKey):
		return saved.Open(s.env, s.filter, s.UseFilter)
	case key.Matches(m, keys.filter):
		s.openFilter()
	case key.Matches(m, keys.end):
		return s.turn(true)
	case key.Matches(m, keys.home):
		return s.turn(false)
	case s.list.Key(m):
		s.steady.Seen()
		s.follow, s.seek, s.first = false, "", false
		return tea.Batch(s.loadNext(), s.tick())
	}
	return nil
}

// turn goes to the one end of the list or the other. The far end is read from
// there, because a million rows lie between.
func (s *Screen) turn(turned bool) tea.Cmd {
	s.steady.Seen()
	s.follow, s.seek = s.follow && !turned, ""
	if turned == s.pages.turned || s.pages.ended {
		if turned {
			s.list.Move(s.list.Len())
		} else {
			s.list.Move(-s.list.Len())
		}
		if len(s.pages.stale) == 0 { // else rows came since: the end is another by now
			return tea.Batch(s.loadNext(), s.tick())
		}
	}
	cmd := s.reload(turned)
	s.first = !turned
	return cmd
}

func (s *Screen) toggleFollow() tea.Cmd {
	s.follow = !s.follow
	if !s.follow {
		return screen.Toast("not following: the list stays where it is")
	}
	cmd := s.turn(false)
	s.follow = true
	return tea.Batch(cmd, screen.Toast("following the newest runs"))
}

// nextStatus goes round: all, failed, open, complete.
func (s *Screen) nextStatus() tea.Cmd {
	f := s.applied
	round := [][]integration.Status{nil}
	for _, word := range []string{"failed", "open", "complete"} {
		set, _ := runfilter.Parse("status:"+word, s.env.Now())
		round = append(round, set.Statuses)
	}
	at := slices.IndexFunc(round, func(r []integration.Status) bool { return slices.Equal(r, f.Statuses) })
	f.Statuses = round[(at+1)%len(round)]
	return s.filterBy(f)
}
