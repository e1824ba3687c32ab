package details

import (
	"context"
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/ui/confirm"
	"billferry/ui/connect"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/widget"
	"billferry/wizard"
)

func bind(name, text string) key.Binding {
	return key.NewBinding(key.WithKeys(name), key.WithHelp(name, text))
}

var keys = struct{ connect, runs, edit, more, test, events, mappings, month, plans, remove key.Binding }{
	connect: bind("c", "Connect"), runs: bind("r", "runs"), edit: bind("e", "edit"), more: bind("x", "more actions"),
	test: bind("t", "test"), events: bind("v", "events"), mappings: bind("m", "mappings"), remove: bind("d", "delete"),
	month: bind("M", "month end"), plans: bind("P", "plans"),
}

// Keys implements screen.Screen.
func (s *Screen) Keys() []screen.Key {
	if s.menu.On() {
		return s.menu.Keys()
	}
	loading, noTest, noMonth, noPlan := "", "", "", ""
	switch {
	case s.got == nil:
		loading = "the integration is not loaded"
		noTest, noMonth, noPlan = loading, loading, loading
	default:
		if s.got.Credentials == nil {
			noTest, noMonth = "there are no credentials; connect first", "only an integration that is connected has a month to close"
		}
		if !s.got.ByPlan() {
			noPlan = "its setting Approval asks for no plan"
		}
	}
	out := []screen.Key{
		{Binding: keys.connect, Footer: true, Disabled: loading}, {Binding: keys.runs, Footer: true},
		{Binding: keys.edit, Footer: true, Disabled: loading},
		{Binding: keys.more, Footer: true, Disabled: loading}, {Binding: keys.test, Footer: true, Disabled: noTest},
		{Binding: keys.remove, Footer: true, Disabled: loading},
		{Binding: keys.events}, {Binding: keys.mappings},
		{Binding: keys.month, Disabled: noMonth}, {Binding: keys.plans, Disabled: noPlan},
	}
	return append(out, widget.ListKeys()...)
}

func (s *Screen) key(m tea.KeyMsg) tea.Cmd {
	switch {
	case s.menu.On():
		return s.menu.Key(m)
	case key.Matches(m, keys.runs):
		return s.env.Push(screen.Route{Name: screen.Runs, ID: s.id})
	case key.Matches(m, keys.events):
		return s.env.Push(screen.Route{Name: screen.Events, ID: s.id})
	case key.Matches(m, keys.mappings):
		return s.env.Push(screen.Route{Name: screen.Mappings, ID: s.id})
	case s.page.Key(m) || s.got == nil:
		return nil
	case key.Matches(m, keys.connect):
		return s.openConnect()
	case key.Matches(m, keys.edit):
		return s.env.Push(screen.Route{Name: screen.Edit, ID: s.id})
	case key.Matches(m, keys.more):
		s.openMenu()
	case key.Matches(m, keys.test) && s.got.Credentials != nil:
		return s.env.Open(connect.NewTest(s.env, s.got.Integration))
	case key.Matches(m, keys.month):
		return s.env.Push(screen.Route{Name: screen.Month, ID: s.id})
	case key.Matches(m, keys.plans):
		return s.env.Push(screen.Route{Name: screen.Plans, ID: s.id})
	case key.Matches(m, keys.remove):
		return s.askDelete()
	}
	return nil
}

// openMenu shows the actions that have no key of their own.
func (s *Screen) openMenu() {
	enable := "enable"
	if s.got.Enabled {
		enable = "disable …"
	}
	s.menu.Open("More actions", []widget.Action{
		{Key: "e", Text: enable, Do: s.askEnable},
		{Key: "d", Text: "duplicate", Do: s.duplicate},
	})
}

// askEnable asks before Bills stop; going on needs no question.
func (s *Screen) askEnable() tea.Cmd {
	svc, id, on := s.env.Service, s.id, !s.got.Enabled
	text := "Disabled"
	if on {
		text = "Enabled"
	}
	do := func() tea.Cmd {
		return s.act(text, func(ctx context.Context) error { _, err := svc.SetEnabled(ctx, id, on); return err }, s.load)
	}
	if on {
		return do()
	}
	return s.env.Open(confirm.New(s.env, "Disable "+widget.Clean(s.got.Name)+"?",
		"Bills that come meanwhile are recorded as DISABLED and not sent. They can be replayed after it is enabled again.", "Disable", do))
}

// askDelete counts what goes with the integration.
func (s *Screen) askDelete() tea.Cmd {
	svc, id := s.env.Service, s.id
	runs := 0
	for _, n := range s.got.Totals.ByStatus {
		runs += n
	}
	with := "Nothing else goes with it."
	if s.got.Credentials != nil || s.got.Mappings > 0 {
		with = fmt.Sprintf("With it go %s and %s.", credentials(s.got.Credentials), widget.Many(s.got.Mappings, "linked external mapping"))
	}
	text := fmt.Sprintf("%s Its runs (%s) stay for review. %s is left as it is. This cannot be undone.", with, widget.Count(runs),
		s.env.Words(s.got.EntityType, s.got.Destination).System)
	do := func() tea.Cmd {
		return s.act("Deleted", func(ctx context.Context) error { _, err := svc.Delete(ctx, id); return err }, s.env.Pop)
	}
	if s.got.Credentials != nil {
		return s.env.Open(confirm.Named(s.env, "Delete "+widget.Clean(s.got.Name)+"?", text, strings.TrimSpace(widget.Clean(s.got.Name)), do))
	}
	return s.env.Open(confirm.New(s.env, "Delete "+widget.Clean(s.got.Name)+"?", text, "Delete", do))
}

func credentials(c *integration.Credentials) string {
	if c == nil {
		return "no credentials"
	}
	return "its credentials"
}

// duplicate starts the wizard at stage 3 with this configuration, as a draft.
func (s *Screen) duplicate() tea.Cmd {
	svc, in := s.env.Service, s.got.Integration
	w := wizard.Copy(svc.Catalog(), in)
	return load.Do(s, load.Deadline, func(ctx context.Context) (integration.Draft, error) {
		data, err := w.Data()
		if err != nil {
			return integration.Draft{}, err
		}
		return svc.SaveDraft(ctx, integration.Draft{Title: w.Title(), Stage: int(w.Draft().Stage), Data: data})
	}, func(d integration.Draft, err error) tea.Cmd {
		if err != nil {
			return screen.Fail(err)
		}
		return tea.Batch(s.env.Push(screen.Route{Name: screen.Create, ID: d.ID}), screen.Toast("A copy to finish: nothing is created yet"))
	})
}
