package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
	"billferry/internal/spec"
)

// feed is a store in memory.
type feed struct {
	mu     sync.Mutex
	events []integration.Event
	meta   map[string][]byte
	users  []any
}

func newFeed() *feed { return &feed{meta: map[string][]byte{}} }

func (f *feed) add(name string) integration.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := integration.Event{ID: fmt.Sprintf("e%04d", len(f.events)+1), Name: name, Time: time.Now(), IntegrationID: "in", RunID: "run-1",
		Message: "what happened. To do: mend it"}
	f.events = append(f.events, e)
	return e
}

func (f *feed) EventsAfter(_ context.Context, id string, limit int) ([]integration.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.events, func(e integration.Event) bool { return e.ID > id })
	if i < 0 {
		return nil, nil
	}
	return slices.Clone(f.events[i:min(i+limit, len(f.events))]), nil
}

func (f *feed) Events(context.Context, string, string, bool, int) ([]integration.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.events) == 0 {
		return nil, nil
	}
	return f.events[len(f.events)-1:], nil
}

func (f *feed) GrownEvents(context.Context) ([]integration.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []integration.Event
	for _, e := range f.events {
		if e.Times() > 1 && e.Actioned.IsZero() {
			out = append(out, e)
		}
	}
	return out, nil
}

// again lets an event happen until it has happened n times.
func (f *feed) again(id string, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.events, func(e integration.Event) bool { return e.ID == id })
	f.events[i].Count, f.events[i].Last = n, time.Now()
}

func (f *feed) Integration(_ context.Context, id string) (integration.Integration, error) {
	if id != "in" {
		return integration.Integration{}, integration.ErrNotFound
	}
	return integration.Integration{ID: id, Name: "NetSuite US", ConfigData: spec.Values{usersField: f.users}}, nil
}

func (f *feed) Meta(_ context.Context, key string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.meta[key], nil
}

func (f *feed) SetMeta(_ context.Context, key string, v []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.meta[key] = v
	return nil
}

// fakeTarget takes messages, or fails as long as it is told to.
type fakeTarget struct {
	p    plan
	mu   sync.Mutex
	got  []string // ids of one message, joined
	at   []time.Time
	fail error
}

func (f *fakeTarget) name() string                   { return "fake" }
func (f *fakeTarget) plan() plan                     { return f.p }
func (f *fakeTarget) wants(e integration.Event) bool { return e.Name != "noise" }
func (f *fakeTarget) failWith(err error)             { f.mu.Lock(); f.fail = err; f.mu.Unlock() }

func (f *fakeTarget) send(_ context.Context, events []integration.Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return f.fail
	}
	var ids []string
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	f.got, f.at = append(f.got, strings.Join(ids, " ")), append(f.at, time.Now())
	return nil
}

// told runs f beside a notifier with one fake target, on a fake clock.
func told(t *testing.T, fd *feed, p plan, f func(t *testing.T, tg *fakeTarget, n *Notifier)) *fakeTarget {
	t.Helper()
	tg := &fakeTarget{p: p}
	n, err := New(Settings{}, Options{Feed: fd})
	if err != nil {
		t.Fatal(err)
	}
	n.add(tg)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); n.Run(ctx) }()
	synctest.Wait()
	f(t, tg, n)
	stop()
	<-done
	return tg
}

var single = plan{batch: 1, limit: time.Second}

func TestEachEventOnceInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fd := newFeed()
		fd.add("before the first start")
		time.Sleep(time.Minute)
		tg := told(t, fd, single, func(_ *testing.T, _ *fakeTarget, n *Notifier) {
			fd.add("a")
			fd.add("noise")
			fd.add("b")
			n.Wake()
			time.Sleep(time.Minute)
		})
		if want := []string{"e0002", "e0004"}; !slices.Equal(tg.got, want) {
			t.Fatalf("told %v, want %v", tg.got, want)
		}
		fd.add("while billferry was down")
		time.Sleep(time.Hour)
		tg = told(t, fd, single, func(*testing.T, *fakeTarget, *Notifier) { time.Sleep(time.Minute) })
		if want := []string{"e0005"}; !slices.Equal(tg.got, want) {
			t.Fatalf("told %v after a restart, want %v", tg.got, want)
		}
	})
}

// ended is a store that writes nothing once it is to end.
type ended struct{ *feed }

func (f ended) SetMeta(ctx context.Context, key string, v []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return f.feed.SetMeta(ctx, key, v)
}

// lastTarget has all end as soon as it was told.
type lastTarget struct {
	*fakeTarget
	stop context.CancelFunc
}

func (l lastTarget) send(ctx context.Context, events []integration.Event) error {
	defer l.stop()
	return l.fakeTarget.send(ctx, events)
}

// What was told just before the end is not told again.
func TestTheLastBeforeTheEndIsNoted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fd := newFeed()
		tg := &fakeTarget{p: single}
		for range 2 {
			n, err := New(Settings{}, Options{Feed: ended{fd}})
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithTimeout(t.Context(), time.Minute)
			n.add(lastTarget{tg, stop})
			n.Begin(ctx)
			if len(tg.got) == 0 {
				fd.add("a")
			}
			n.Run(ctx)
			stop()
		}
		if want := []string{"e0001"}; !slices.Equal(tg.got, want) {
			t.Errorf("told %v, want %v", tg.got, want)
		}
	})
}

// A new target is told of what happens after Begin, however late Run comes.
func TestBeginComesBeforeTheFirstEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fd, tg := newFeed(), &fakeTarget{p: single}
		fd.add("before the first start")
		n, err := New(Settings{}, Options{Feed: fd})
		if err != nil {
			t.Fatal(err)
		}
		n.add(tg)
		ctx, stop := context.WithCancel(t.Context())
		n.Begin(ctx)
		fd.add("a")
		done := make(chan struct{})
		go func() { defer close(done); n.Run(ctx) }()
		time.Sleep(time.Minute)
		stop()
		<-done
		if !slices.Equal(tg.got, []string{"e0002"}) {
			t.Errorf("told %v", tg.got)
		}
	})
}

// An id that is given first and on disk last is told all the same.
func TestLateArrivalIsNotPassedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fd := newFeed()
		tg := told(t, fd, single, func(_ *testing.T, _ *fakeTarget, n *Notifier) {
			first, second := fd.add("first"), fd.add("second")
			fd.events = []integration.Event{second}
			n.Wake()
			time.Sleep(time.Second)
			fd.mu.Lock()
			fd.events = []integration.Event{first, second}
			fd.mu.Unlock()
			time.Sleep(time.Minute)
		})
		if want := []string{"e0001", "e0002"}; !slices.Equal(tg.got, want) {
			t.Errorf("told %v, want %v", tg.got, want)
		}
	})
}

// An event of while the clock was ahead is told, and holds up none after it.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fd := newFeed()
		tg := told(t, fd, single, func(_ *testing.T, _ *fakeTarget, n *Notifier) {
			fd.add("ahead")
			fd.events[0].Time = time.Now().Add(5 * time.Hour)
			fd.add("after it")
			n.Wake()
			time.Sleep(time.Minute)
		})
		if want := []string{"e0001", "e0002"}; !slices.Equal(tg.got, want) {
			t.Errorf("told %v, want %v", tg.got, want)
		}
	})
}

func TestDownForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fd := newFeed()
		tg := told(t, fd, single, func(t *testing.T, tg *fakeTarget, n *Notifier) {
			tg.failWith(errors.New("down"))
			fd.add("a")
			fd.add("b")
			n.Wake()
			time.Sleep(2 * time.Hour)
			s := n.Stats()[0]
			if s.Sent != 0 || s.Failed < 20 || s.Failed > 60 {
				t.Errorf("after two hours of failure: %+v", s)
			}
			tg.failWith(nil)
			time.Sleep(longWait)
		})
		if want := []string{"e0001", "e0002"}; !slices.Equal(tg.got, want) {
			t.Errorf("told %v, want %v", tg.got, want)
		}
	})
}

func TestGivenUpAfterADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fd := newFeed()
		told(t, fd, single, func(t *testing.T, tg *fakeTarget, n *Notifier) {
			tg.failWith(errors.New("gone"))
			fd.add("a")
			n.Wake()
			time.Sleep(giveUp + time.Hour)
			if s := n.Stats()[0]; s.Lost != 1 {
				t.Errorf("after a day: %+v", s)
			}
		})
	})
}

// Two hundred events make a few mails with a gap between them.
func TestManyEventsAreGathered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fd := newFeed()
		tg := told(t, fd, plan{batch: mailBatch, gap: mailGap, limit: time.Second}, func(_ *testing.T, _ *fakeTarget, n *Notifier) {
			for range 200 {
				fd.add("a")
			}
			n.Wake()
			time.Sleep(10 * time.Minute)
		})
		if len(tg.got) != 4 || strings.Count(tg.got[0], " ") != mailBatch-1 {
			t.Fatalf("%d messages, the first %q", len(tg.got), tg.got[0])
		}
		for i := 1; i < len(tg.at); i++ {
			if gap := tg.at[i].Sub(tg.at[i-1]); gap < mailGap {
				t.Errorf("message %d came %s after the one before", i+1, gap)
			}
		}
	})
}
