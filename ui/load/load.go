// Package load runs what takes time for the screens: a command with a
// deadline, whose answer comes back to the one who asked and not after a newer
// question was put. A screen's Update passes every Msg to For.
package load

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/screen"
)

// Deadline bounds a request that a person waits for.
const Deadline = 20 * time.Second

// Msg brings what became of some work to the one who asked for it.
type Msg struct {
	to   any
	then func() tea.Cmd
}

// For handles the answer if it is for owner. It runs in owner's Update, so that
// it may change owner as any message may.
func (m Msg) For(owner any) tea.Cmd {
	if m.to != owner {
		return nil
	}
	return m.then()
}

// Do runs work, for at most so long, and hands what it came to to then, in the
// Update of owner.
func Do[T any](owner any, most time.Duration, work func(context.Context) (T, error), then func(T, error) tea.Cmd) tea.Cmd {
	return from(context.Background(), owner, most, work, then)
}

// After calls then in the Update of owner once the time is over.
func After(owner any, d time.Duration, then func() tea.Cmd) tea.Cmd {
	return tea.Tick(d, func(time.Time) tea.Msg { return Msg{owner, then} })
}

// Latest is a question that is put again and again: only the answer to the
// newest counts, and the work for an older one is given up. The zero value has
// asked nothing.
type Latest struct {
	gen  int
	stop context.CancelFunc
}

// Drop gives up what was asked: its answer does not come any more.
func (l *Latest) Drop() {
	l.gen++
	if l.stop != nil {
		l.stop()
		l.stop = nil
	}
}

// Newest is Do for the newest question of l.
func Newest[T any](l *Latest, owner any, most time.Duration, work func(context.Context) (T, error), then func(T, error) tea.Cmd) tea.Cmd {
	l.Drop()
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	gen := l.gen
	return from(ctx, owner, most, work, func(v T, err error) tea.Cmd {
		if gen != l.gen {
			return nil
		}
		l.stop = nil
		stop()
		return then(v, err)
	})
}

// Renewed is a question that is put again after each change, one at a time: an answer that
// is on its way may be of before the change, so the question follows it. The zero value has
// asked nothing.
type Renewed struct{ under, again bool }

// Begin tells whether to ask now; else the answer on its way is followed by another.
func (r *Renewed) Begin() bool {
	r.again = r.under
	r.under = true
	return !r.again
}

// Under tells whether an answer is on its way.
func (r *Renewed) Under() bool { return r.under }

// End notes that the answer has come, and tells whether to ask again.
func (r *Renewed) End() (again bool) {
	again = r.again
	*r = Renewed{}
	return again
}

// Renew is Do for such a question.
func Renew[T any](r *Renewed, owner any, most time.Duration, work func(context.Context) (T, error), then func(T, error) tea.Cmd) tea.Cmd {
	if !r.Begin() {
		return nil
	}
	return Do(owner, most, work, func(v T, err error) tea.Cmd {
		if r.End() {
			return tea.Batch(then(v, err), Renew(r, owner, most, work, then))
		}
		return then(v, err)
	})
}

// After is After for the newest question of l.
func (l *Latest) After(owner any, d time.Duration, then func() tea.Cmd) tea.Cmd {
	l.Drop()
	gen := l.gen
	return After(owner, d, func() tea.Cmd {
		if gen != l.gen {
			return nil
		}
		return then()
	})
}

func from[T any](
	ctx context.Context, owner any, most time.Duration, work func(context.Context) (T, error), then func(T, error) tea.Cmd,
) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, most)
		defer cancel()
		v, err := work(ctx)
		return Msg{owner, func() tea.Cmd { return then(v, err) }}
	}
}

// Bound gives a request the deadline of what a person waits for, where no screen
// is: accessible mode asks one thing after the other.
func Bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, Deadline)
}

// Nothing is the value of work that only fails or not.
type Nothing struct{}

// Act is Do for work that has no answer but how it ended.
func Act(owner any, most time.Duration, work func(context.Context) error, then func(error) tea.Cmd) tea.Cmd {
	return Do(owner, most, func(ctx context.Context) (Nothing, error) { return Nothing{}, work(ctx) },
		func(_ Nothing, err error) tea.Cmd { return then(err) })
}

// Tell does work that needs no more than a word on how it ended.
func Tell(work func(context.Context) error, said string) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), Deadline)
		defer cancel()
		if err := work(ctx); err != nil {
			return screen.Fail(err)()
		}
		return screen.ToastMsg{Text: said}
	}
}
