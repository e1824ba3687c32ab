package mappings

import (
	"context"
	"fmt"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/listing"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

const (
	causeMissing = "account_mapping_missing"
	accountLimit = 5000 // accounts of m3ter that are listed: 50 requests
	waitingPage  = 1000 // runs of one request
	suggestAhead = 200  // accounts whose customer is looked for unseen
	lookFor      = time.Minute
)

// seen says what the list of unmapped accounts is made of.
type seen struct {
	accounts int  // m3ter's that were listed
	more     bool // m3ter has more
	runs     int  // that wait for a mapping and were looked at
	moreRuns bool // there are more
}

// openUnmapped lists the accounts without a customer. Those that runs wait for
// are all there, since every such run is looked at.
func (s *Screen) openUnmapped() tea.Cmd {
	u := &unmapped{of: s, asked: map[string]bool{}}
	s.unmapped = u
	u.List = listing.List[candidate]{Env: s.env, What: "the accounts", Load: s.loadUnmapped, Draw: u.draw, Key: s.unmappedKey,
		ID:     func(c candidate) string { return c.ID },
		Text:   func(c candidate) string { return c.Name + "\n" + c.Code + "\n" + c.Email + "\n" + c.ID },
		Filter: widget.NewFilter("", "name, code, email, id")}
	u.setSize(s.width, s.height)
	return u.Init()
}

// accountsFound is what one look for accounts brings.
type accountsFound struct {
	candidates []candidate
	seen       seen
}

func (s *Screen) loadUnmapped() tea.Cmd {
	u, svc, f := s.unmapped, s.env.Service, integration.RunFilter{IntegrationID: s.integration, Causes: []string{causeMissing}}
	return load.Newest(&u.Latest, &u.List, lookFor, func(ctx context.Context) (got accountsFound, err error) {
		waiting, err := waitingRuns(ctx, svc, f, &got.seen)
		if err != nil {
			return got, err
		}
		accounts, err := svc.Accounts(ctx, "", accountLimit)
		got.seen.accounts, got.seen.more = len(accounts), len(accounts) == accountLimit
		got.candidates = candidates(waiting, accounts)
		return got, err
	}, func(got accountsFound, err error) tea.Cmd {
		u.found, u.seen = got.candidates, got.seen
		cmd := u.Took(nil, nil)
		u.without(s.All)
		if err != nil { // the runs' accounts are there all the same
			cmd = tea.Batch(cmd, screen.Fail(fmt.Errorf("list m3ter's accounts: %w", err)))
		}
		return tea.Batch(cmd, s.suggestNext())
	})
}

// waitingRuns reads the failed runs that a filter selects, page by page. When
// the time is over it gives those it has: some are better than none.
func waitingRuns(ctx context.Context, svc service.Service, f integration.RunFilter, got *seen) ([]waitingAccount, error) {
	at := map[string]int{}
	var out []waitingAccount
	for token := ""; ; {
		page, err := svc.Runs(ctx, f, token, waitingPage)
		if got.moreRuns = ctx.Err() != nil; got.moreRuns && got.runs > 0 {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		for _, r := range page.Runs {
			if !r.Status.Failed() || r.AccountID == "" {
				continue
			}
			got.runs++
			i, known := at[r.AccountID]
			if !known {
				i = len(out)
				at[r.AccountID] = i
				out = append(out, waitingAccount{Account: integration.Account{ID: r.AccountID, Code: r.AccountCode}})
			}
			out[i].runs++
		}
		if token = page.Next; token == "" {
			return out, nil
		}
	}
}

// waitingAccount is an account, as its runs know it, that runs wait for.
type waitingAccount struct {
	integration.Account
	runs int
}

// candidates lists the accounts that runs wait for, most runs first, then
// the others as they came. An account that only a run names is known by that.
func candidates(waiting []waitingAccount, accounts []integration.Account) []candidate {
	runs := map[string]int{}
	for _, w := range waiting {
		runs[w.ID] = w.runs
	}
	out := make([]candidate, 0, len(accounts))
	known := map[string]bool{}
	for _, a := range accounts {
		known[a.ID] = true
		out = append(out, candidate{Account: a, waiting: runs[a.ID]})
	}
	for _, w := range waiting {
		if !known[w.ID] {
			out = append(out, candidate{Account: w.Account, waiting: w.runs})
		}
	}
	slices.SortStableFunc(out, func(a, b candidate) int { return b.waiting - a.waiting })
	return out
}

// partly says what was not looked at; "" when the list is whole.
func (v seen) partly() string {
	text := ""
	if v.more {
		text = ", of m3ter's accounts only the first " + widget.Count(v.accounts)
	}
	if v.moreRuns {
		text += ", of the runs only the newest " + widget.Count(v.runs)
	}
	return text
}
