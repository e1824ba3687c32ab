package mappings

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

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
	u.List = listing.List[Candidate]{Env: s.env, What: "the accounts", Load: s.loadUnmapped, Draw: u.draw, Key: s.unmappedKey,
		ID:     func(c Candidate) string { return c.ID },
		Text:   func(c Candidate) string { return c.Name + "\n" + c.Code + "\n" + c.Email + "\n" + c.ID },
		Filter: widget.NewFilter("", "name, code, email, id")}
	u.setSize(s.width, s.height)
	return u.Init()
}

// accountsFound is what one look for accounts brings.
type accountsFound struct {
	candidates []Candidate
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
func candidates(waiting []waitingAccount, accounts []integration.Account) []Candidate {
	runs := map[string]int{}
	for _, w := range waiting {
		runs[w.ID] = w.runs
	}
	out := make([]Candidate, 0, len(accounts))
	known := map[string]bool{}
	for _, a := range accounts {
		known[a.ID] = true
		out = append(out, Candidate{Account: a, Waiting: runs[a.ID]})
	}
	for _, w := range waiting {
		if !known[w.ID] {
			out = append(out, Candidate{Account: w.Account, Waiting: w.runs})
		}
	}
	slices.SortStableFunc(out, func(a, b Candidate) int { return b.Waiting - a.Waiting })
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

// strength is how sure a suggestion is.
type strength int

const (
	noMatch strength = iota
	similar          // one name begins with the other, or holds all its words
	exact            // the same name, code or email, but for case and punctuation
)

// best picks the customer that an account most likely is. Two that are equally
// likely are no suggestion to accept unseen: the strength is similar at most.
func best(a integration.Account, customers []integration.Named) (integration.Named, strength) {
	var found integration.Named
	top, ties := noMatch, 0
	for _, c := range customers {
		switch got := match(a, c); {
		case got == noMatch:
		case got > top:
			found, top, ties = c, got, 1
		case got == top && c.ID != found.ID:
			ties++
		}
	}
	if top == exact && ties > 1 {
		top = similar
	}
	return found, top
}

func match(a integration.Account, c integration.Named) strength {
	name := plain(c.Name)
	if name == "" {
		return noMatch
	}
	result := noMatch
	for _, mine := range []string{plain(a.Name), plain(a.Code), plain(a.Email)} {
		switch {
		case mine == "":
		case mine == name:
			return exact
		case holds(mine, name), holds(name, mine):
			result = similar
		}
	}
	return result
}

// holds tells whether all words of part are among those of whole. A single
// short word says too little.
func holds(whole, part string) bool {
	if len([]rune(part)) < 3 {
		return false
	}
	has := map[string]bool{}
	for _, w := range strings.Fields(whole) {
		has[w] = true
	}
	for _, w := range strings.Fields(part) {
		if !has[w] {
			return false
		}
	}
	return true
}

// legal are words that a company's name may or may not have.
var legal = map[string]bool{"inc": true, "ltd": true, "limited": true, "llc": true, "gmbh": true, "corp": true, "co": true, "plc": true,
	"sa": true, "ag": true, "bv": true}

// plain takes off letter case, punctuation and the legal form.
func plain(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	kept := words[:0]
	for i, w := range words {
		if i == 0 || !legal[w] {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}

// queries are what an account is looked for by in the destination, the
// likeliest first: its name as it is and without its legal form, then email and code.
func queries(a integration.Account) []string {
	var out []string
	for _, q := range []string{strings.TrimSpace(a.Name), plain(a.Name), strings.TrimSpace(a.Email), strings.TrimSpace(a.Code)} {
		if q != "" && !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, q) }) {
			out = append(out, q)
		}
	}
	return out
}
