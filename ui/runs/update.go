package runs

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/runfilter"
	"billferry/ui/load"
	"billferry/ui/screen"
)

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
	case s.menu != nil:
		menu := s.menu
		done, cmd := menu.Key(m)
		if done && s.menu == menu {
			s.menu = nil
		}
		return cmd
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
	case key.Matches(m, keys.retry):
		return s.retryOne()
	case key.Matches(m, keys.group):
		return s.openGroups()
	case key.Matches(m, keys.more):
		s.openMenu()
	case key.Matches(m, keys.status):
		return s.nextStatus()
	case key.Matches(m, keys.follow):
		return s.toggleFollow()
	case key.Matches(m, keys.filter):
		s.openFilter()
	case key.Matches(m, keys.end):
		return s.turn(true)
	case key.Matches(m, keys.home):
		return s.turn(false)
	case s.list.Key(m):
		s.follow, s.seek = false, ""
		return tea.Batch(s.loadNext(), s.tick())
	}
	return nil
}

// turn goes to the one end of the list or the other. The far end is read from
// there, because a million rows lie between.
func (s *Screen) turn(turned bool) tea.Cmd {
	s.follow, s.seek = false, ""
	if turned == s.pages.turned || s.pages.ended {
		if turned {
			s.list.Move(s.list.Len())
		} else {
			s.list.Move(-s.list.Len())
		}
		return tea.Batch(s.loadNext(), s.tick())
	}
	return s.reload(turned)
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
