package mappings

import (
	"context"
	"fmt"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/confirm"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// keys is the screen's key map, and its help.
var keys = struct{ create, edit, remove, unmapped, pull, read, write, filter key.Binding }{
	create:   key.NewBinding(key.WithKeys("n"), key.WithHelp("n", "new")),
	edit:     key.NewBinding(key.WithKeys("enter", "e"), key.WithHelp("enter", "edit")),
	remove:   key.NewBinding(key.WithKeys("d", "delete"), key.WithHelp("d", "delete")),
	unmapped: key.NewBinding(key.WithKeys("u"), key.WithHelp("u", "unmapped accounts")),
	pull:     key.NewBinding(key.WithKeys("p"), key.WithHelp("p", "copy from m3ter")),
	read:     key.NewBinding(key.WithKeys("I"), key.WithHelp("I", "import CSV")),
	write:    key.NewBinding(key.WithKeys("E"), key.WithHelp("E", "export CSV")),
	filter:   key.NewBinding(key.WithKeys("/"), key.WithHelp("/", "filter")),
}

// Keys implements screen.Screen.
func (s *Screen) Keys() []screen.Key {
	switch {
	case s.Typing():
		return s.filter.Keys()
	case s.unmapped != nil:
		return s.unmappedKeys()
	}
	none, nothing := "", ""
	if _, ok := s.selected(); !ok {
		none = "there is no mapping under the cursor"
	}
	if len(s.shown) == 0 {
		nothing = "there is no mapping to export"
	}
	return append([]screen.Key{
		{Binding: keys.create, Footer: true},
		{Binding: keys.edit, Footer: true, Disabled: none},
		{Binding: keys.remove, Footer: true, Disabled: none},
		{Binding: keys.unmapped, Footer: true},
		{Binding: keys.filter, Footer: true},
		{Binding: keys.pull},
		{Binding: keys.read},
		{Binding: keys.write, Disabled: nothing},
	}, widget.ListKeys()...)
}

// Update implements screen.Screen.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		switch {
		case s.filter.Typing():
			if s.filter.Key(m) {
				s.choose()
			}
			return nil
		case s.unmapped != nil:
			return s.unmappedKey(m)
		}
		return s.key(m)
	case screen.ChangedMsg:
		if m.Kind == "mapping" && !s.refreshing && s.importing == nil {
			s.refreshing = true
			return tea.Tick(refreshAfter, func(time.Time) tea.Msg { return refreshDueMsg{s} })
		}
	case widget.BusyMsg:
		return s.busy.Update(m)
	case refreshDueMsg:
		if m.to == s {
			s.refreshing = false
			return s.load()
		}
	case loadedMsg:
		if m.to == s {
			return s.took(m)
		}
	case changedMsg:
		if m.to == s {
			return s.changed(m)
		}
	case fileMsg:
		if m.to == s {
			return s.fileNamed(m)
		}
	case importMsg:
		if m.to == s {
			return s.imported(m)
		}
	case accountsMsg:
		if m.to == s {
			return s.tookAccounts(m)
		}
	case suggestedMsg:
		if m.to == s {
			return s.suggested(m)
		}
	}
	return nil
}

func (s *Screen) changed(m changedMsg) tea.Cmd {
	if m.err != nil {
		return tea.Batch(screen.Fail(m.err), s.load())
	}
	return tea.Batch(screen.Toast(m.text), s.load())
}

func (s *Screen) key(m tea.KeyMsg) tea.Cmd {
	selected, ok := s.selected()
	switch {
	case key.Matches(m, keys.create):
		return s.edit(s.blank())
	case key.Matches(m, keys.unmapped):
		return s.openUnmapped()
	case key.Matches(m, keys.pull):
		return s.pull()
	case key.Matches(m, keys.read):
		return s.askFile(toImport)
	case key.Matches(m, keys.write):
		return s.askFile(toExport)
	case key.Matches(m, keys.filter):
		s.filter.Open()
	case s.list.Key(m), !ok:
	case key.Matches(m, keys.edit):
		return s.edit(selected)
	case key.Matches(m, keys.remove):
		return screen.Open(confirm.New("Delete this external mapping?",
			fmt.Sprintf("%s %s of %s will lead to no record of %s any more: the next Bill that needs it stops.",
				selected.M3terEntity, widget.Clean(selected.M3terID), s.scope(selected), widget.Clean(selected.ExternalSystem)),
			"Delete", s.remove(selected.ID)))
	}
	return nil
}

func (s *Screen) remove(id string) tea.Cmd {
	svc := s.env.Service
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		if err := svc.DeleteMapping(ctx, id); err != nil {
			return changedMsg{to: s, err: fmt.Errorf("delete the mapping: %w", err)}
		}
		return changedMsg{to: s, text: "mapping deleted"}
	}
}

func (s *Screen) pull() tea.Cmd {
	svc := s.env.Service
	return tea.Batch(s.busy.Start(s.env.Now()), func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute) // m3ter gives 200 at a time
		defer cancel()
		n, err := svc.PullMappings(ctx)
		if err != nil {
			return changedMsg{to: s, err: fmt.Errorf("copy the mappings from m3ter: %w", err)}
		}
		return changedMsg{to: s, text: widget.Count(n) + " mappings of m3ter are new or changed"}
	})
}
