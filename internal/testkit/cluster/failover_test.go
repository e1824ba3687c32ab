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

var (
	fFailovers = flag.Int("cluster.failovers", 1, "deaths after which the first new document is waited for")
	fWithin    = flag.Duration("cluster.within", 0, "how soon it has to be there, on a machine with nothing else to do; 0: as soon as it is")
)

// After a kill others go on with each account of the dead process: with what was in
// flight and, beside that, with new Bills.
func TestAnotherGoesOn(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes a minute; run it without -short")
	}
	// Seven, and the duties: no process can have the duties alone, as with six.
	s := newSite(t, size{processes: 3, accounts: 7, bills: 80 * *fFailovers, slots: 2, latency: 300 * time.Millisecond})
	submit := func(n int) {
		var feeding sync.WaitGroup
		for _, a := range s.accounts {
			feeding.Go(func() { s.submit(t.Context(), a, n) })
		}
		feeding.Wait()
	}
	var longest, behind time.Duration
	for n := range *fFailovers {
		s.eventually("each process has accounts", func() bool {
			return s.count(`SELECT count(DISTINCT node) FROM account a JOIN node n ON n.id = a.node
				WHERE n.expires_at > clock_timestamp() AND account LIKE 'SIM%'`) == len(s.procs)
		})
		for _, p := range s.procs {
			s.eventually("each process tells of every account", func() bool {
				act, err := p.api.Activity(t.Context())
				return err == nil && len(act.Accounts) == len(s.accounts)
			})
		}
		submit(70)
		had := s.leases()
		p := s.procs[n%len(s.procs)]
		p.signal(syscall.SIGKILL)
		died := time.Now()
		submit(10) // however slow that was: there is something new in each account
		var dead []string
		s.eventually("the accounts of the dead process are others'", func() bool {
			dead = nil
			has := map[string]bool{}
			for _, node := range s.leases() {
				has[node] = true
			}
			for account, node := range had {
				if !has[node] {
					dead = append(dead, account)
				}
			}
			return len(dead) > 0
		})
		for _, account := range dead {
			var first, fresh time.Time
			s.eventually("new documents in "+account, func() bool {
				first, fresh = s.firstSince(account, died)
				return !fresh.IsZero()
			})
			took := fresh.Sub(died)
			longest, behind = max(longest, first.Sub(died)), max(behind, took)
			if *fWithin > 0 && took > *fWithin {
				t.Errorf("the first new document in %s came %v after the death of its process", account, took)
			}
		}
		p.tryStart()
	}
	s.eventually("all Bills are through", s.settled)
	s.verdict()
	t.Logf("%d deaths: the first document in each of their accounts came within %v, the first of a Bill that was not in flight within %v",
		*fFailovers, longest.Round(time.Millisecond), behind.Round(time.Millisecond))
}

// leases tells which process has each account.
func (s *site) leases() map[string]string {
	var all string
	if err := s.ask(`SELECT coalesce(string_agg(account || ' ' || node, E'\n'), '') FROM account
		WHERE account LIKE 'SIM%' AND node IS NOT NULL`, &all); err != nil {
		s.t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(all) {
		account, node, _ := strings.Cut(strings.TrimSpace(line), " ")
		out[account] = node
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
