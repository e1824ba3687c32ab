//go:build unix

package cluster_test

import (
	"flag"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"billferry/internal/integration"
)

var fFailovers = flag.Int("cluster.failovers", 1, "deaths after which the first new document is waited for")

// within is how soon after the death of a process the first new document is made in
// each account that it had.
const within = 10 * time.Second

// After a kill others go on with the accounts of the dead process, new Bills among
// them, each account within ten seconds.
func TestAnotherGoesOn(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes a minute; run it without -short")
	}
	s := newSite(t, size{processes: 3, accounts: 6, bills: 400 * *fFailovers, slots: 2, latency: 300 * time.Millisecond})
	var longest, behind time.Duration
	for n := range *fFailovers {
		var feeding sync.WaitGroup
		for _, a := range s.accounts {
			feeding.Go(func() { s.submit(t.Context(), a, 150) })
		}
		feeding.Wait()
		s.eventually("each process has accounts", time.Minute, func() bool {
			return s.count(`SELECT count(DISTINCT node) FROM account a JOIN node n ON n.id = a.node
				WHERE n.expires_at > clock_timestamp() AND account LIKE 'SIM%'`) == len(s.procs)
		})
		for _, p := range s.procs {
			s.eventually("each process tells of every account", time.Minute, func() bool {
				act, err := p.api.Activity(t.Context())
				return err == nil && len(act.Accounts) == len(s.accounts)
			})
		}
		had := map[string][]string{} // by node
		for _, x := range s.leases() {
			had[x.node] = append(had[x.node], x.account)
		}
		p := s.procs[n%len(s.procs)]
		p.signal(syscall.SIGKILL)
		died := time.Now()
		time.Sleep(3 * time.Second) // by now the others have renewed their leases
		var dead string
		if err := s.ask(`SELECT id::text FROM node WHERE expires_at > clock_timestamp() ORDER BY expires_at LIMIT 1`, &dead); err != nil {
			t.Fatal(err)
		}
		for _, account := range had[dead] {
			var first, fresh time.Time
			s.eventually("new documents in "+account, time.Minute, func() bool {
				first, fresh = s.firstSince(account, died)
				return !fresh.IsZero()
			})
			took := first.Sub(died)
			longest, behind = max(longest, took), max(behind, fresh.Sub(died))
			if took > within {
				t.Errorf("the first new document in %s came %v after the death of its process", account, took)
			}
		}
		p.tryStart()
	}
	s.eventually("all Bills are through", 5*time.Minute, s.settled)
	s.verdict()
	t.Logf("%d deaths: the first new document in each of their accounts came within %v, the first of a Bill that was not in flight within %v",
		*fFailovers, longest.Round(time.Millisecond), behind.Round(time.Millisecond))
}

// leased is an account that a process has.
type leased struct{ account, node string }

func (s *site) leases() (out []leased) {
	var all string
	if err := s.ask(`SELECT coalesce(string_agg(account || ' ' || node, E'\n'), '') FROM account
		WHERE account LIKE 'SIM%' AND node IS NOT NULL`, &all); err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(all) {
		account, node, _ := strings.Cut(strings.TrimSpace(line), " ")
		out = append(out, leased{account, node})
	}
	return out
}

// firstSince is when the first document was made in an account after a time, and the
// first of a Bill that was not in flight then.
func (s *site) firstSince(account string, since time.Time) (first, fresh time.Time) {
	earlier := func(to *time.Time, at time.Time) {
		if to.IsZero() || at.Before(*to) {
			*to = at
		}
	}
	for _, a := range s.accounts {
		f := integration.RunFilter{IntegrationID: a.in, Outcomes: []integration.Outcome{integration.Created}}
		if !strings.EqualFold(a.name, account) {
			continue
		}
		for _, p := range s.procs {
			page, err := p.api.Runs(s.t.Context(), f, "", 300)
			if err != nil {
				continue
			}
			for _, r := range page.Runs {
				if r.Completed.Before(since) {
					continue
				}
				earlier(&first, r.Completed)
				if r.Tries == 1 {
					earlier(&fresh, r.Completed)
				}
			}
			break
		}
	}
	return first, fresh
}
