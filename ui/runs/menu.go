package runs

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/ui/screen"
	"billferry/ui/settle"
	"billferry/ui/widget"
)

// openMenu shows the actions that have no key of their own.
func (s *Screen) openMenu() {
	r, ok := s.selected()
	on := func(cond bool, why string) string {
		switch {
		case !ok:
			return "no run under the cursor"
		case !cond:
			return why
		}
		return ""
	}
	narrow := func(change func(*integration.RunFilter)) func() tea.Cmd {
		return func() tea.Cmd { f := s.applied; change(&f); return s.filterBy(f) }
	}
	system := s.env.System(r)
	order := "oldest first"
	if s.applied.Oldest {
		order = "newest first"
	}
	actions := append([]widget.Action{
		{Key: "a", Text: "retry all failed runs that match the filter", Do: s.retryMatching},
	}, settle.Actions(s.env, r, ok)...)
	title := "More actions"
	if ok { // what they act on is named: rows may move below the menu
		title = strings.TrimSuffix("More actions: "+widget.Clean(r.BillRef)+" of "+widget.Clean(r.AccountRef()), " of ")
	}
	s.menu.Open(title, append(actions, []widget.Action{
		{Key: "o", Text: "show the " + order, Do: narrow(func(f *integration.RunFilter) { f.Oldest = !f.Oldest })},
		{Key: "c", Text: "only this cause", Disabled: on(r.Cause != "", "it has none"),
			Do: narrow(func(f *integration.RunFilter) { f.Causes = []string{r.Cause} })},
		{Key: "u", Text: "only this account", Disabled: on(r.AccountRef() != "", "it has none"),
			Do: narrow(func(f *integration.RunFilter) { f.Account = r.AccountRef() })},
		{Key: "b", Text: "only this Bill, every version", Disabled: on(true, ""), Do: narrow(func(f *integration.RunFilter) {
			*f = integration.RunFilter{IntegrationID: f.IntegrationID, BillID: r.EntityID}
		})},
		{Key: "m", Text: "map this account", Disabled: on(r.AccountID != "", "its account is not known"), Do: func() tea.Cmd {
			return s.env.Push(screen.Route{Name: screen.Mappings, ID: r.IntegrationID, Arg: r.AccountID})
		}},
		{Key: "i", Text: "open the integration", Disabled: on(true, ""), Do: func() tea.Cmd {
			return s.env.Push(screen.Route{Name: screen.Details, ID: r.IntegrationID})
		}},
		{Key: "B", Text: "copy the Bill's id", Disabled: on(true, ""), Do: func() tea.Cmd { return screen.Copy(r.EntityID, "the Bill's id") }},
		{Key: "n", Text: "copy " + system + "'s id", Disabled: on(r.ExternalID != "", "nothing is in "+system), Do: func() tea.Cmd {
			return screen.Copy(r.ExternalID, system+"'s id")
		}},
	}...))
}

// retryMatching takes the failed runs only: the others would all be refused,
// and the count would say nothing.
func (s *Screen) retryMatching() tea.Cmd {
	f := s.applied
	if len(f.Statuses) == 0 {
		f.OnlyFailed()
	}
	return s.dryRun("all failed runs that match", f)
}
