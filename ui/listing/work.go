package listing

import (
	"context"
	"sync/atomic"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/load"
	"billferry/ui/widget"
)

const (
	// longest is more than any such work takes.
	longest = 12 * time.Hour
	// tick is how often it is shown anew how far it is.
	tick = 250 * time.Millisecond
)

// Work is what takes minutes and is begun on a screen, which shows how far it is, of
// which P tells. The zero value does nothing.
type Work[P any] struct {
	Doing  string // what is under way, in words; "": nothing is
	At     P      // how far it is
	busy   widget.Busy
	latest load.Latest
	far    *atomic.Pointer[P] // what the work said last
}

// Begin does work in place of what is under way, in words, and hands what it came to
// to then, in the Update of owner.
func Begin[P, T any](w *Work[P], owner any, doing string, first P, work func(context.Context, func(P)) (T, error),
	then func(T, error) tea.Cmd,
) tea.Cmd {
	far := new(atomic.Pointer[P]) // its own: work that was stopped may go on to tell
	far.Store(&first)
	w.Doing, w.At, w.far = doing, first, far
	run := load.Newest(&w.latest, owner, longest, func(ctx context.Context) (T, error) {
		return work(ctx, func(p P) { far.Store(&p) })
	}, func(v T, err error) tea.Cmd {
		w.Stop()
		return then(v, err)
	})
	return tea.Batch(w.busy.Start(), run, w.tell(owner, far))
}

// tell keeps showing how far the work is that tells there.
func (w *Work[P]) tell(owner any, far *atomic.Pointer[P]) tea.Cmd {
	return load.After(owner, tick, func() tea.Cmd {
		if w.far != far {
			return nil
		}
		w.At = *far.Load()
		return w.tell(owner, far)
	})
}

// Stop gives the work up: false when none was under way.
func (w *Work[P]) Stop() bool {
	was := w.Doing != ""
	w.Doing, w.far = "", nil
	w.latest.Drop()
	w.busy.Stop()
	return was
}

// Why is why other work cannot begin; "" when it can.
func (w *Work[P]) Why() string {
	if w.Doing == "" {
		return ""
	}
	return w.Doing + " is under way"
}

// Update moves the sign that it goes on.
func (w *Work[P]) Update(msg tea.Msg) tea.Cmd { return w.busy.Update(msg) }

// View is that sign, with a text.
func (w *Work[P]) View(text string) string { return w.busy.View(text) }
