package mappings

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/ui/confirm"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

const (
	accountLimit = 500 // accounts of m3ter that are looked at
	waitingLimit = 200 // parked runs that are looked at
	causeMissing = "account_mapping_missing"
)

// unmapped are the accounts without a customer, those that runs wait for first.
type unmapped struct {
	of     *Screen
	all    []candidate
	rows   []candidate
	loaded bool
	more   bool  // m3ter has more accounts than were looked at
	ended  error // why no more suggestions come
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
		more     bool
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
		{Binding: unmappedKeys.back, Footer: true},
	}, widget.ListKeys()...)
}

func (s *Screen) openUnmapped() tea.Cmd {
	s.unmapped = &unmapped{of: s, asked: map[string]bool{}}
	s.unmapped.setSize(s.width, s.height)
	svc, f := s.env.Service, integration.RunFilter{IntegrationID: s.integration, Causes: []string{causeMissing}}
	return tea.Batch(s.busy.Start(s.env.Now()), func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		page, err := svc.Runs(ctx, f, "", waitingLimit)
		if err != nil {
			return accountsMsg{to: s, err: err}
		}
		accounts, err := svc.Accounts(ctx, "", accountLimit)
		return accountsMsg{s, candidates(page.Runs, accounts), len(accounts) == accountLimit, err}
	})
}

// candidates lists the accounts that runs wait for, most runs first, then
// the others as they came. An account that only a run names is known by that.
func candidates(runs []integration.Run, accounts []integration.Account) []candidate {
	waiting := map[string]int{}
	out := make([]candidate, 0, len(accounts))
	known := map[string]bool{}
	for _, r := range runs {
		if r.Status.Failed() && r.AccountID != "" {
			waiting[r.AccountID]++
		}
	}
	for _, a := range accounts {
		known[a.ID] = true
		out = append(out, candidate{Account: a, waiting: waiting[a.ID]})
	}
	for _, r := range runs {
		if waiting[r.AccountID] > 0 && !known[r.AccountID] {
			known[r.AccountID] = true
			out = append(out, candidate{Account: integration.Account{ID: r.AccountID, Code: r.AccountCode}, waiting: waiting[r.AccountID]})
		}
	}
	slices.SortStableFunc(out, func(a, b candidate) int { return b.waiting - a.waiting })
	return out
}

func (s *Screen) tookAccounts(m accountsMsg) tea.Cmd {
	s.busy.Stop()
	u := s.unmapped
	if u == nil {
		return nil
	}
	u.all, u.more, u.loaded = m.accounts, m.more, true
	u.without(s.all)
	if m.err != nil { // the runs' accounts are there all the same
		return tea.Batch(screen.Fail(fmt.Errorf("list m3ter's accounts: %w", m.err)), s.suggestNext())
	}
	return s.suggestNext()
}

// without leaves out the accounts that have a customer by now.
func (u *unmapped) without(mappings []integration.ExternalMapping) {
	has := map[string]bool{}
	for _, m := range mappings {
		if isCustomer(m) && u.of.concerns(m) {
			has[m.M3terID] = true
		}
	}
	var rows []candidate
	for _, c := range u.all {
		if !has[c.ID] {
			rows = append(rows, c)
		}
	}
	u.rows = rows
	u.list.SetRows(len(rows), func(i int) string { return rows[i].ID })
}

// suggestNext looks for the customer of the next account: one at a time,
// because NetSuite's slots are for invoices; those in view first.
func (s *Screen) suggestNext() tea.Cmd {
	u := s.unmapped
	if u == nil || u.ended != nil {
		return nil
	}
	from, _ := u.list.Window()
	for i := range u.rows {
		c := u.rows[(from+i)%len(u.rows)]
		if _, asked := u.asked[c.ID]; asked {
			continue
		}
		u.asked[c.ID] = false
		svc, id, a := s.env.Service, s.asks(), c.Account
		if id == "" {
			u.ended = errors.New("no integration is connected to NetSuite: connect one to get suggestions")
			return nil
		}
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

func (s *Screen) unmappedKey(m tea.KeyMsg) tea.Cmd {
	u := s.unmapped
	c, ok := u.selected()
	switch {
	case key.Matches(m, unmappedKeys.back):
		s.unmapped = nil
	case u.list.Key(m), !ok:
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
