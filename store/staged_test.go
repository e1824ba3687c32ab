package store

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// stagedKeys tells how many keys are staged.
func (b *testbed) stagedKeys() (n int) {
	b.t.Helper()
	if err := b.view(b.t.Context(), func(t *tx) error { n = t.Staged(); return nil }); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func TestSmallChangesAreStaged(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	r := b.add(newRun(in, "b1", 1))[0]
	r.Status = integration.Complete
	b.save(r, &integration.Attempt{N: 1})
	if n := b.stagedKeys(); n == 0 {
		t.Fatal("nothing is staged")
	}
	var many []delivery.NewRun
	for i := range maxStagedRuns + 1 {
		many = append(many, newRun(in, fmt.Sprint("many", i), 1))
	}
	b.add(many...)
	if n := b.stagedKeys(); n != 0 {
		t.Errorf("after a long list %d keys stayed staged", n)
	}
	b.save(r, nil)
	if n := b.stagedKeys(); n == 0 {
		t.Error("after a long list nothing is staged any more")
	}
	b.reopen() // a store that is closed leaves nothing staged
	if n := b.stagedKeys(); n != 0 {
		t.Errorf("after closing %d keys stayed staged", n)
	}
	got, err := b.Attempts(t.Context(), r.ID)
	if err != nil || len(got) != 1 {
		t.Errorf("%d attempts, %v", len(got), err)
	}
	b.checkClean()
}

// While writers change runs and the stage goes into the trees, each reader
// finds every run once, in the list of the state that it is counted in.
func TestReadersSeeWholeCommits(t *testing.T) {
	t.Parallel()
	s := benchStoreWith(t, Options{noSync: true, most: 25})
	runs := benchAdd(t, s, 40)
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for w := range 4 {
		writers.Go(func() {
			for i := range 100 {
				r := runs[i%10*4+w]
				r.Status = integration.Statuses[1+i%(len(integration.Statuses)-1)] // nothing leaves COMPLETE
				if err := s.SaveRun(t.Context(), r, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		readers.Go(func() {
			for ; ; runtime.Gosched() {
				select {
				case <-done:
					return
				default:
				}
				if err := s.view(t.Context(), func(x *tx) error { return wholeLists(x, len(runs)) }); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
}

// wholeLists compares the lists of all states with their tallies and the runs.
func wholeLists(x *tx, runs int) error {
	total := 0
	return errors.Join(x.eachTally(func(state) bool { return true }, func(st state, a tally) error {
		n := 0
		p := newPostings(x, bRunState, string(st.key()), false)
		for k, ok := p.seek(firstKey); ok; k, ok = p.seek(k.next()) {
			r, err := x.mustRun(k)
			if err != nil {
				return err
			}
			if stateOf(&r) != st {
				return fmt.Errorf("a run that is %s is listed as %s", r.Status, st.status)
			}
			n++
		}
		if total += n; n != int(a.runs) {
			return fmt.Errorf("%s is counted %d times and listed %d times", st.status, a.runs, n)
		}
		return nil
	}), func() error {
		if total != runs {
			return fmt.Errorf("%d runs are listed, want %d", total, runs)
		}
		return nil
	}())
}
