package load_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/load"
)

type owner struct{ got []string }

func (o *owner) take(s string, _ error) tea.Cmd { o.got = append(o.got, s); return nil }

func say(s string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return s, nil }
}

// Only the answer to the newest question counts, whichever comes last.
func TestAnOlderAnswerIsDropped(t *testing.T) {
	t.Parallel()
	o := &owner{}
	var l load.Latest
	first := load.Newest(&l, o, time.Second, say("first"), o.take)
	second := load.Newest(&l, o, time.Second, say("second"), o.take)
	for _, cmd := range []tea.Cmd{second, first} {
		cmd().(load.Msg).For(o)
	}
	if len(o.got) != 1 || o.got[0] != "second" {
		t.Fatalf("got %q, want the answer to the second question alone", o.got)
	}
}

// What is asked while the same is on its way is asked once more after it, and no more.
func TestAQuestionFollowsTheAnswerOfBefore(t *testing.T) {
	t.Parallel()
	o := &owner{}
	var r load.Renewed
	now := "before"
	ask := func() tea.Cmd {
		return load.Renew(&r, o, time.Second, func(context.Context) (string, error) { return now, nil }, o.take)
	}
	first := ask()().(load.Msg)
	now = "after"
	for range 2 {
		if ask() != nil {
			t.Fatal("two are on their way at the same time")
		}
	}
	second := first.For(o)
	if again := second().(load.Msg).For(o); again != nil {
		t.Fatal("it is asked again though nothing changed")
	}
	if !slices.Equal(o.got, []string{"before", "after"}) {
		t.Fatalf("got %q", o.got)
	}
}

// An answer goes to the one who asked: all screens hear it.
func TestAnAnswerHasAnOwner(t *testing.T) {
	t.Parallel()
	one, other := &owner{}, &owner{}
	m := load.Do(one, time.Second, say("x"), one.take)().(load.Msg)
	if m.For(other); len(one.got) != 0 {
		t.Fatal("another screen took the answer")
	}
	if m.For(one); len(one.got) != 1 {
		t.Fatal("the one who asked did not get the answer")
	}
}

// Work ends at its deadline, and when a newer question is put.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wait := func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() }
		var ended error
		keep := func(_ string, err error) tea.Cmd { ended = err; return nil }
		load.Do(t, time.Minute, wait, keep)().(load.Msg).For(t)
		if !errors.Is(ended, context.DeadlineExceeded) {
			t.Fatalf("ended with %v, want the deadline", ended)
		}
		var l load.Latest
		got := make(chan tea.Msg)
		cmd := load.Newest(&l, t, time.Hour, wait, keep)
		begin := time.Now()
		go func() { got <- cmd() }()
		synctest.Wait()
		l.Drop()
		<-got
		if time.Since(begin) > 0 {
			t.Fatal("work went on for an answer that nobody wants")
		}
	})
}

// A pause that began anew is not over when the first one was.
func TestAPauseBeginsAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		var l load.Latest
		count := func() tea.Cmd { n++; return nil }
		a, b := l.After(t, time.Second, count), l.After(t, time.Second, count)
		a().(load.Msg).For(t)
		if n != 0 {
			t.Fatal("the first pause counted")
		}
		b().(load.Msg).For(t)
		if n != 1 {
			t.Fatal("the second pause did not count")
		}
	})
}
