package delivery_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
)

// wantProof checks a run that was delivered, and its proof.
func (b *bench) wantProof(id string, o integration.Outcome, p integration.Proof) integration.Run {
	b.t.Helper()
	synctest.Wait()
	r := b.want(id, integration.Complete, o)
	if r.Proof != p {
		b.t.Errorf("run %s has the proof %q (%s %s), want %q", id, r.Proof, r.ProofNote, r.Error, p)
	}
	return r
}

func TestDriftIsTold(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		b.ns.drift = []string{"total is 101.40, was sent as 101.50"}
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(time.Minute)
		got := b.wantProof(r.ID, integration.Created, integration.Drift)
		if got.Cause != "drift" || !strings.Contains(got.Error, "101.40") || got.AmountOut.String() != "101.40" || !got.NeedsPerson() ||
			b.events()[integration.EventPerform] != 1 {
			t.Errorf("the run says %+v, events %v", got, b.events())
		}
	})
}

// What NetSuite has taken is on disk, with its id and its money, before anything
// else is asked.
func TestTheIDIsOnDiskBeforeTheReadBack(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		var then integration.Run
		b.ns.unreadable = func(int) *integration.Failure {
			then = b.ledger.All()[0]
			return nil
		}
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(time.Minute)
		synctest.Wait()
		m := then.Figures()
		if then.Status != integration.Complete || then.Proof != integration.Pending || then.ExternalID != "1" || m.Out.String() != "101.50" ||
			m.Unproven.String() != "101.50" || !m.Open.IsZero() {
			t.Errorf("as it was read back: %+v, money %+v", then, m)
		}
		if m := b.wantProof(r.ID, integration.Created, integration.Proven).Figures(); !m.Unproven.IsZero() {
			t.Errorf("money %+v", m)
		}
		a := b.ledger.Attempts(r.ID)
		if len(a) != 1 || len(a[0].Exchanges) != 2 || a[0].Exchanges[1].Purpose != "read back" {
			t.Errorf("attempts %+v", a)
		}
	})
}

// A document that cannot be read back is in NetSuite all the same.
func TestWhatCannotBeReadIsUnread(t *testing.T) {
	for name, c := range map[string]struct {
		fails int
		class integration.Class
		reads int
		want  integration.Proof
	}{
		"once":             {1, integration.ClassTransient, 2, integration.Proven},
		"for load":         {5, integration.ClassLoad, 6, integration.Proven},
		"for ever":         {99, integration.ClassTransient, 3, integration.Unread},
		"a lost login":     {99, integration.ClassAuth, 3, integration.Unread},
		"no permission":    {99, integration.ClassRefused, 1, integration.Unread},
		"an unknown error": {99, integration.ClassData, 1, integration.Unread},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, b *bench) {
				b.ns.unreadable = func(n int) *integration.Failure {
					if n > c.fails {
						return nil
					}
					return &integration.Failure{Class: c.class, Cause: "workflow_lock", Message: "locked by a workflow"}
				}
				r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
				time.Sleep(time.Hour)
				got := b.wantProof(r.ID, integration.Created, c.want)
				if b.ns.reads != c.reads || b.ns.calls != 1 || got.ExternalID != "1" || got.AmountOut.String() != "101.50" || got.NeedsPerson() {
					t.Errorf("%d reads, %d writes: %+v", b.ns.reads, b.ns.calls, got)
				}
				if c.want == integration.Unread && got.ProofNote != "locked by a workflow" {
					t.Errorf("it says %q", got.ProofNote)
				}
				b.ns.lately(func(n *netsuite) { n.unreadable = nil })
				if c.want != integration.Unread {
					return
				}
				// A person may ask again: the document is looked up, not made anew.
				again, err := b.engine.Retry(context.Background(), []string{r.ID})
				if err != nil || len(again) != 1 {
					t.Fatalf("%v %v", again, err)
				}
				time.Sleep(time.Minute)
				b.wantProof(again[0].ID, integration.Unchanged, integration.Proven)
				if old := b.want(r.ID, integration.Complete, integration.Superseded); old.Proof != "" ||
					!strings.Contains(old.Error, "before, it was unread") {
					t.Errorf("the old run: %+v", old)
				}
			})
		})
	}
}

// A crash between the create and its proof costs a proof, and neither a second
// look-up nor a second create.
func TestACrashCostsAProof(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]func(b *bench){
		"as it was": nil,
		"a newer version": func(b *bench) {
			b.submit("us", billOf("b1", "acc", 2, "APPROVED"))
		},
		"the integration is gone": func(b *bench) { b.ledger.Remove("us") },
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			dead := true
			b.ns.unreadable = func(int) *integration.Failure {
				if dead {
					return &integration.Failure{Class: integration.ClassTransient, Cause: "no_answer", Message: "the process died"}
				}
				return nil
			}
			b.ledger.OnSave = func(r integration.Run, _ *integration.Attempt) error {
				if dead && r.Status == integration.Complete && r.Proof != integration.Pending {
					return errKilled
				}
				return nil
			}
			b.start()
			runs := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))
			time.Sleep(time.Minute)
			if err := b.end(); !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			b.wantProof(runs[0].ID, integration.Created, integration.Pending)
			b.ns.lately(func(*netsuite) { dead = false })
			want := integration.Proven
			if more != nil {
				more(b)
				want = integration.Unread
			}
			b.start()
			time.Sleep(10 * time.Minute)
			r := b.wantProof(runs[0].ID, integration.Created, want)
			if more == nil && (b.ns.calls != 1 || r.ProofNote != "") || more != nil && r.ProofNote == "" {
				t.Errorf("%s: %d calls, %+v", name, b.ns.calls, r)
			}
			_ = b.end()
		})
	}
}

// A run that changes while its document is read stays as it is then.
func TestAProofOfARunThatChangedIsDropped(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		b.ns.unreadable = func(n int) *integration.Failure {
			r := b.ledger.All()[0]
			if r.Proof = integration.Unread; n == 1 { // as a person's retry finds it
				_ = b.ledger.SaveRun(context.Background(), r.Replaced("another", integration.CauseRetried, time.Now()), nil)
			}
			return nil
		}
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(time.Minute)
		if got := b.want(r.ID, integration.Complete, integration.Superseded); got.Proof != "" {
			t.Errorf("%+v", got)
		}
	})
}
