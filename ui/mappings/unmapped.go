package mappings

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/ui/confirm"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// unmapped are the accounts without a customer, those that runs wait for first.
type unmapped struct {
	of     *Screen
	all    []candidate
	rows   []candidate // those that the typed line is found in
	open   int         // how many have no customer
	loaded bool
	filter *widget.Filter
	seen   seen
	ended  error // why no more suggestions come
	asking bool  // a customer is looked for
	list   widget.List
	table  widget.Table
	width  int
	asked  map[string]bool // accounts whose customer is looked for; true: and it was told
}

// candidate is an account with the customer it may be.
type candidate struct {
	integration.Account
	waiting  int // runs that wait for its mapping
	customer integration.Named
	strength strength
}

type (
	accountsMsg struct {
		to       *Screen
		accounts []candidate
		seen     seen
		err      error
	}
	suggestedMsg struct {
		to       *Screen
		id       string
		customer integration.Named
		strength strength
		err      error
	}
)

var unmappedKeys = struct{ form, accept, all, back key.Binding }{
	form:   key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "map by hand")),
	accept: key.NewBinding(key.WithKeys("a"), key.WithHelp("a", "accept the suggestion")),
	all:    key.NewBinding(key.WithKeys("A"), key.WithHelp("A", "accept all exact ones")),
	back:   key.NewBinding(key.WithKeys("u"), key.WithHelp("u", "back to the mappings")),
}

func (s *Screen) unmappedKeys() []screen.Key {
	c, ok := s.unmapped.selected()
	why := func(cond bool, reason string) string {
		switch {
		case !ok:
			return "there is no account under the cursor"
		case !cond:
			return reason
		}
		return ""
	}
	return append([]screen.Key{
		{Binding: unmappedKeys.form, Footer: true, Disabled: why(true, "")},
		{Binding: unmappedKeys.accept, Footer: true, Disabled: why(c.strength > noMatch, "there is no suggestion for this account")},
		{Binding: unmappedKeys.all, Footer: true, Disabled: why(len(s.unmapped.exact()) > 0, "no suggestion is exact")},
		{Binding: keys.filter, Footer: true},
		{Binding: unmappedKeys.back, Footer: true},
	}, widget.ListKeys()...)
}

func (s *Screen) tookAccounts(m accountsMsg) tea.Cmd {
	s.busy.Stop()
	u := s.unmapped
	if u == nil {
		return nil
	}
	u.all, u.seen, u.loaded = m.accounts, m.seen, true
	u.without(s.all)
	if m.err != nil { // the runs' accounts are there all the same
		return tea.Batch(screen.Fail(fmt.Errorf("list m3ter's accounts: %w", m.err)), s.suggestNext())
	}
	return s.suggestNext()
}

// without leaves out the accounts that have a customer by now, and those that
// the typed line is not found in.
func (u *unmapped) without(mappings []integration.ExternalMapping) {
	has := map[string]bool{}
	for _, m := range mappings {
		if isCustomer(m) && u.of.concerns(m) {
			has[m.M3terID] = true
		}
	}
	text := strings.ToLower(strings.TrimSpace(u.filter.Value()))
	u.open = 0
	var rows []candidate
	for _, c := range u.all {
		if has[c.ID] {
			continue
		}
		u.open++
		if strings.Contains(strings.ToLower(c.Name+"\n"+c.Code+"\n"+c.Email+"\n"+c.ID), text) {
			rows = append(rows, c)
		}
	}
	u.rows = rows
	u.list.SetRows(len(rows), func(i int) string { return rows[i].ID })
}

// suggestNext looks for the customer of the next account: one at a time and no
// more than suggestAhead unseen, because NetSuite's slots are for invoices;
// those in view first, then those that most runs wait for.
func (s *Screen) suggestNext() tea.Cmd {
	u := s.unmapped
	if u == nil || u.ended != nil || u.asking {
		return nil
	}
	from, to := u.list.Window()
	for i := range to - from + min(len(u.rows), suggestAhead) {
		at := from + i
		if at >= to {
			at = i - (to - from)
		}
		c := u.rows[at]
		if _, asked := u.asked[c.ID]; asked {
			continue
		}
		svc, id, a := s.env.Service, s.asks(), c.Account
		if id == "" {
			u.ended = errors.New("no integration is connected to NetSuite: connect one to get suggestions")
			return nil
		}
		u.asked[c.ID], u.asking = false, true
		return func() tea.Msg {
			ctx, cancel := context.WithTimeout(context.Background(), timeout)
			defer cancel()
			m := suggestedMsg{to: s, id: a.ID}
			for _, q := range queries(a) {
				found, err := svc.Customers(ctx, id, q, 10)
				if err != nil {
					m.err = err
					return m
				}
				if c, st := best(a, found); st > m.strength {
					m.customer, m.strength = c, st
				}
				if m.strength == exact {
					break
				}
			}
			return m
		}
	}
	return nil
}

func (s *Screen) suggested(m suggestedMsg) tea.Cmd {
	u := s.unmapped
	if u == nil {
		return nil
	}
	u.asking = false
	if u.ended = m.err; m.err != nil {
		return nil // it stands at the top of the list
	}
	u.asked[m.id] = true
	for _, list := range [][]candidate{u.all, u.rows} {
		if i := slices.IndexFunc(list, func(c candidate) bool { return c.ID == m.id }); i >= 0 {
			list[i].customer, list[i].strength = m.customer, m.strength
		}
	}
	return s.suggestNext()
}

func (u *unmapped) selected() (candidate, bool) {
	if i := u.list.Cursor(); i < len(u.rows) {
		return u.rows[i], true
	}
	return candidate{}, false
}

// exact are the accounts whose suggestion can be accepted unseen.
func (u *unmapped) exact() []candidate {
	var out []candidate
	for _, c := range u.rows {
		if c.strength == exact {
			out = append(out, c)
		}
	}
	return out
}

// unasked is how many accounts no customer was looked for yet.
func (u *unmapped) unasked() int {
	n := 0
	for _, c := range u.rows {
		if _, asked := u.asked[c.ID]; !asked {
			n++
		}
	}
	return n
}

func (s *Screen) unmappedKey(m tea.KeyMsg) tea.Cmd {
	u := s.unmapped
	if u.filter.Typing() {
		if u.filter.Key(m) {
			u.without(s.all)
		}
		return s.suggestNext()
	}
	c, ok := u.selected()
	switch {
	case key.Matches(m, unmappedKeys.back):
		s.unmapped = nil
	case key.Matches(m, keys.filter):
		u.filter.Open()
	case u.list.Key(m):
		return s.suggestNext() // other accounts are in view
	case !ok:
	case key.Matches(m, unmappedKeys.form):
		return s.edit(s.of(c))
	case key.Matches(m, unmappedKeys.accept) && c.strength > noMatch:
		return s.accept([]candidate{c})
	case key.Matches(m, unmappedKeys.all) && len(u.exact()) > 0:
		return s.acceptAll()
	}
	return nil
}

// of is the mapping that a candidate would get.
func (s *Screen) of(c candidate) integration.ExternalMapping {
	m := s.blank()
	m.M3terID, m.ExternalID = c.ID, c.customer.ID
	if m.IntegrationID == "" && c.customer.ID != "" {
		m.IntegrationID = s.asks() // the id was found in that one's NetSuite
	}
	return m
}

func (s *Screen) acceptAll() tea.Cmd {
	all := s.unmapped.exact()
	text := fmt.Sprintf("%s of %s accounts have a customer with the same name, code or email, and no other. The rest stay unmapped.",
		widget.Count(len(all)), widget.Count(len(s.unmapped.rows)))
	if n := s.unmapped.unasked(); n > 0 {
		text += fmt.Sprintf(" No customer was looked for yet for %s of them: they get one when they are in view.", widget.Count(n))
	}
	return screen.Open(confirm.New("Map the accounts with an exact suggestion?", text, "Map "+widget.Count(len(all)), s.accept(all)))
}

// accept writes the mappings of candidates; it goes on past one that fails.
func (s *Screen) accept(list []candidate) tea.Cmd {
	svc := s.env.Service
	mappings := make([]integration.ExternalMapping, len(list))
	for i, c := range list {
		mappings[i] = s.of(c)
	}
	return func() tea.Msg {
		done := 0
		var failed error
		for _, m := range mappings {
			ctx, cancel := context.WithTimeout(context.Background(), timeout)
			_, err := svc.PutMapping(ctx, m)
			if cancel(); err != nil {
				failed = fmt.Errorf("map account %s: %w", m.M3terID, err)
				continue
			}
			done++
		}
		if failed != nil {
			return changedMsg{to: s, err: fmt.Errorf("%d of %d accounts mapped, the last failure: %w", done, len(mappings), failed)}
		}
		return changedMsg{to: s, text: fmt.Sprintf("%d mapped: runs that waited go on", done)}
	}
}
