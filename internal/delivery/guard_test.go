package delivery_test

import (
	"context"
	"fmt"
	"maps"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// observed is a netsuite that shows how documents stand.
type observed struct {
	*netsuite
	shown   delivery.Standing // of every document
	hides   bool              // no query shows any
	open    map[string]bool   // the periods that the role sees
	guarded map[string]int    // questions of rounds, by what they ask for
	first   time.Time         // the first of them
}

func (w *observed) Destination(context.Context, integration.Integration) (delivery.Destination, error) {
	return w, nil
}

func (w *observed) note(what string) {
	w.lately(func(*netsuite) {
		if w.guarded[what]++; w.first.IsZero() {
			w.first = time.Now()
		}
	})
}

func (w *observed) Standing(_ context.Context, ids []string) (map[string]delivery.Standing, error) {
	w.note("standing")
	out := map[string]delivery.Standing{}
	w.lately(func(*netsuite) {
		for _, id := range ids {
			if w.hides {
				break
			}
			out[id] = w.shown
		}
	})
	return out, nil
}

func (w *observed) Credited(context.Context, []string) (map[string]decimal.D, error) {
	w.note("credited")
	return nil, nil
}

func (w *observed) Twins(context.Context, []string, []string) (map[string][]delivery.Twin, error) {
	w.note("twins")
	return nil, nil
}

func (w *observed) Touched(context.Context, []string, string) (map[string]bool, error) {
	w.note("touched")
	return nil, nil
}

func (w *observed) OpenPeriods(context.Context) (open map[string]bool, err error) {
	w.note("periods")
	w.lately(func(*netsuite) { open = w.open })
	return open, nil
}

func (w *observed) Document(ctx context.Context, id string) (delivery.Document, bool, error) {
	w.note("document")
	return w.netsuite.Document(ctx, id)
}

// asked are the questions since it was called last.
func (w *observed) asked() (n map[string]int, first time.Time) {
	w.lately(func(*netsuite) {
		n, first = maps.Clone(w.guarded), w.first
		clear(w.guarded)
		w.first = time.Time{}
	})
	return n, first
}

// guarded is a story with rounds over the documents.
func guarded(t *testing.T, every time.Duration, f func(t *testing.T, b *bench, w *observed)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		w := &observed{netsuite: b.ns, guarded: map[string]int{}}
		b.o.Resolver, b.o.Guard = w, every
		b.start()
		f(t, b, w)
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

// While nothing was sent there is nothing to look at, and nothing is asked.
func TestNothingIsAskedWhereNothingWasSent(t *testing.T) {
	t.Parallel()
	guarded(t, time.Hour, func(t *testing.T, b *bench, w *observed) {
		time.Sleep(3 * time.Hour)
		if n, _ := w.asked(); len(n) > 0 || b.ns.calls > 0 {
			t.Errorf("asked %v, %d calls", n, b.ns.calls)
		}
		b.submit("us", billOf("b1", "acc", 1, "APPROVED"))
		time.Sleep(2 * time.Hour)
		if n, _ := w.asked(); n["standing"] == 0 {
			t.Errorf("what was sent is not looked at: %v", n)
		}
	})
}

// A paid document of a closed period is left alone; where a role sees no periods, as
// where none is known, every document is looked at.
func TestPeriodsThatNobodySeesAreNotClosed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		open   map[string]bool
		looked bool
	}{
		"its own is open":     {map[string]bool{"140": true}, true},
		"another one is open": {map[string]bool{"141": true}, false},
		"none is shown":       {map[string]bool{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			guarded(t, time.Hour, func(t *testing.T, b *bench, w *observed) {
				id := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0].ID
				time.Sleep(10 * time.Minute)
				r := b.want(id, integration.Complete, integration.Created)
				w.lately(func(*netsuite) {
					w.open = c.open
					w.shown = delivery.Standing{Stamp: "1", Period: "140", Posting: true, DueKnown: true, Total: r.AmountTotal()}
				})
				err := b.ledger.SaveWatch(t.Context(), id, integration.Watch{Stamp: "1", Period: "140", Payment: integration.Paid, Rests: true})
				if err != nil {
					t.Fatal(err)
				}
				w.asked()
				time.Sleep(time.Hour)
				if n, _ := w.asked(); n["periods"] != 1 || (n["standing"] > 0) != c.looked {
					t.Errorf("asked %v", n)
				}
			})
		})
	}
}

// listing counts the runs that rounds are told of.
type listing struct {
	delivery.Ledger
	told *atomic.Int64
}

func (l listing) Runs(ctx context.Context, f integration.RunFilter, token string, limit int) (integration.RunPage, error) {
	page, err := l.Ledger.Runs(ctx, f, token, limit)
	if f.Rests != nil {
		l.told.Add(int64(len(page.Runs)))
	}
	return page, err
}

// What is paid and of a closed period rests: rounds read nothing of it, however much
// that is, until its period is open again, and once it is closed anew.
func TestWhatIsDoneWithRests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		w, told := &observed{netsuite: b.ns, guarded: map[string]int{}}, &atomic.Int64{}
		b.o.Resolver, b.o.Guard, b.o.Ledger = w, time.Hour, listing{b.ledger, told}
		b.start()
		var runs []integration.Run
		b.submit("us", billOf("b0", "acc", 1, "APPROVED"))
		time.Sleep(time.Minute)
		for i := range 40 { // the document of the first version is the second's by then
			runs = append(runs, b.submit("us", billOf(fmt.Sprint("b", i), "acc", 2, "APPROVED"))...)
		}
		time.Sleep(10 * time.Minute)
		total := b.run(runs[0].ID).AmountTotal()
		stands := func(open string, due decimal.D) func(*netsuite) {
			return func(*netsuite) {
				w.open = map[string]bool{open: true}
				w.shown = delivery.Standing{Stamp: "1", Period: "140", Posting: true, DueKnown: true, Total: total, Due: due}
			}
		}
		round := func(when string, want int) {
			t.Helper()
			w.asked()
			told.Store(0)
			time.Sleep(time.Hour)
			if n, _ := w.asked(); int(told.Load()) != want || (n["standing"] > 0) != (want > 1) {
				t.Errorf("%s: told of %d, want %d; asked %v", when, told.Load(), want, n)
			}
		}
		w.lately(stands("141", total))
		round("first", 41) // and one that rests, to see whether its period is open again
		round("unpaid", 40)
		w.lately(stands("141", decimal.D{}))
		round("paid", 40)
		round("at rest", 1)
		w.lately(stands("140", decimal.D{}))
		round("opened again", 41+1)
		round("open", 40)
		w.lately(stands("141", decimal.D{}))
		round("closed again", 40+41)
		round("at rest again", 1)
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

// A round waits while Bills want all slots, and for half a minute at most a question:
// an account that is never idle is looked at, too.
func TestARoundWaitsForBills(t *testing.T) {
	t.Parallel()
	guarded(t, time.Hour, func(t *testing.T, b *bench, w *observed) {
		began := time.Now()
		b.submit("us", billOf("b0", "acc", 1, "APPROVED"))
		time.Sleep(59*time.Minute + 50*time.Second)
		w.asked()
		b.ns.lately(func(n *netsuite) { n.latency = func() time.Duration { return 20 * time.Second } })
		for i := range 40 {
			b.submit("us", billOf(fmt.Sprint("c", i), "acc", 1, "APPROVED"))
		}
		time.Sleep(10 * time.Minute)
		n, first := w.asked()
		if n["standing"] == 0 {
			t.Fatalf("asked %v", n)
		}
		if waited := first.Sub(began.Add(time.Hour)); waited < 30*time.Second {
			t.Errorf("a round took a slot after %s, and Bills waited for it", waited)
		}
	})
}

// A document that queries hide is read by itself once a day, however often there are
// rounds.
func TestWhatIsHiddenIsReadOnceADay(t *testing.T) {
	t.Parallel()
	for _, every := range []time.Duration{15 * time.Minute, 7 * time.Hour} {
		t.Run(every.String(), func(t *testing.T) {
			t.Parallel()
			guarded(t, every, func(t *testing.T, b *bench, w *observed) {
				w.lately(func(n *netsuite) { w.hides, n.docs = true, map[string]delivery.Document{"1": {}} })
				id := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0].ID
				time.Sleep(5 * 24 * time.Hour)
				if r := b.want(id, integration.Complete, integration.Created); r.Proof != integration.Proven {
					t.Errorf("what is hidden is %s: %s", r.Proof, r.Error)
				}
				if n, _ := w.asked(); n["document"] < 5 || n["document"] > 6 {
					t.Errorf("it was read %d times in five days", n["document"])
				}
			})
		})
	}
}
