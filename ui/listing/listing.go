// Package listing is what the screens of a list have in common: rows that are
// read at once and again when something changed, a line that filters them, a
// table, and a cursor that stays on its row. A screen embeds a List, says how
// its rows are read, named and drawn, and handles the keys that are its own.
package listing

import (
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/load"
	"billferry/ui/saved"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// List is the common part of such a screen. What is exported without a comment
// on who sets it is the List's to change.
type List[T any] struct {
	Env screen.Env
	// What the rows are called: "the events". Set by the screen, as the following.
	What string
	// Load reads the rows, with &List as the owner, and ends with Took.
	Load func() tea.Cmd
	// ID names a row, Text is what a typed line is looked for in, Draw its cells.
	ID   func(T) string
	Text func(T) string
	Draw func(row T, selected bool) []string
	// Key handles the keys that neither the filter nor the cursor takes.
	Key func(tea.KeyMsg) tea.Cmd
	// Concerns tells a change after which the rows are read again, once the
	// changes have rested for Quiet; nil: all do.
	Concerns func(screen.ChangedMsg) bool
	Quiet    time.Duration
	// Filter is the line that / opens; nil: the rows have none.
	Filter *widget.Filter
	Table  widget.Table
	// Menu is over the list, where the screen has opened one.
	Menu widget.Popup

	All, Shown []T
	Rows       widget.List
	Loaded     bool
	Failed     error
	Busy       widget.Busy
	Latest     load.Latest
	due        bool         // a load is about to be
	unasked    load.Renewed // loads for changes made elsewhere
	steady     widget.Steady
}

// Init implements screen.Screen.
func (l *List[T]) Init() tea.Cmd {
	if l.Filter != nil {
		l.Filter.Remember(l.Env.History, strings.TrimPrefix(l.What, "the "))
	}
	return tea.Batch(l.Busy.Start(), l.Load())
}

// Waiting implements screen.Waiter: the first rows are on their way.
func (l *List[T]) Waiting() bool { return !l.Loaded && l.Failed == nil }

// Took shows the rows that were read, or why they were not.
func (l *List[T]) Took(all []T, err error) tea.Cmd {
	unasked := l.unasked.Under()
	var next, moved tea.Cmd
	if l.unasked.End() {
		next = l.Renew()
	}
	l.Busy.Stop()
	if l.Failed = err; err != nil {
		return next
	}
	l.All, l.Loaded = all, true
	before := l.Rows.CursorID()
	l.Choose()
	if unasked { // else what the person did moved the rows
		moved = l.steady.Moved(before, l.Rows.CursorID())
	}
	return tea.Batch(next, moved)
}

// Renew reads the rows again for a change made elsewhere. While changes come faster than
// rows are read, each reading comes to its end before the next.
func (l *List[T]) Renew() tea.Cmd {
	if !l.unasked.Begin() {
		return nil
	}
	l.due = false
	return l.Load()
}

// Choose shows the rows that the typed line is found in.
func (l *List[T]) Choose() {
	text := ""
	if l.Filter != nil {
		text = widget.Fold(strings.TrimSpace(l.Filter.Value()))
	}
	l.Shown = nil
	for _, x := range l.All {
		if text == "" || strings.Contains(widget.Fold(l.Text(x)), text) {
			l.Shown = append(l.Shown, x)
		}
	}
	shown := l.Shown
	l.Rows.SetRows(len(shown), func(i int) string { return l.ID(shown[i]) })
}

// Selected is the row under the cursor; false when there is none.
func (l *List[T]) Selected() (T, bool) {
	if i := l.Rows.Cursor(); i < len(l.Shown) {
		return l.Shown[i], true
	}
	var none T
	return none, false
}

// Unless is why a key that shows the row under the cursor does not work now:
// there is no row, or reason while it is missing what it needs.
func (l *List[T]) Unless(missing bool, reason string) string {
	switch {
	case len(l.Shown) == 0:
		return "there is nothing under the cursor"
	case missing:
		return reason
	}
	return ""
}

// Act is Unless for a key that changes something. It does not work either while
// the row is not the one that was looked at.
func (l *List[T]) Act(missing bool, reason string) string {
	if why := l.steady.Why(); why != "" && len(l.Shown) > 0 {
		return why
	}
	return l.Unless(missing, reason)
}

// Update implements screen.Screen.
func (l *List[T]) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		return l.key(m)
	case screen.ChangedMsg:
		if l.due || l.Concerns != nil && !l.Concerns(m) {
			return nil
		}
		l.due = true
		return load.After(l, l.Quiet, l.Renew)
	case load.Msg:
		return m.For(l)
	}
	return tea.Batch(l.Busy.Update(msg), l.steady.Update(msg))
}

func (l *List[T]) key(m tea.KeyMsg) tea.Cmd {
	switch {
	case l.Menu.On():
		return l.Menu.Key(m)
	case l.Typing() && key.Matches(m, widget.SaveKey):
		return saved.Name(l.Env, l.Filter)
	case l.Typing():
		if l.Filter.Key(m) {
			l.Choose()
		}
	case l.Filter != nil && key.Matches(m, widget.SavedKey):
		return saved.Open(l.Env, l.Filter, l.UseFilter)
	case l.Filter != nil && key.Matches(m, widget.FilterKey):
		l.Filter.Open()
	case l.Rows.Key(m):
		l.steady.Seen()
	default:
		return l.Key(m)
	}
	return nil
}

// Keys is the key map: the screen's own keys among those of the list.
func (l *List[T]) Keys(own ...screen.Key) []screen.Key {
	switch {
	case l.Menu.On():
		return l.Menu.Keys()
	case l.Typing():
		return l.Filter.Keys()
	}
	if l.Filter != nil {
		own = append(own, screen.Key{Binding: widget.FilterKey, Footer: true}, screen.Key{Binding: widget.SavedKey})
	}
	return append(own, widget.ListKeys()...)
}

// FilterList implements screen.Filtered.
func (l *List[T]) FilterList() string {
	if l.Filter == nil {
		return ""
	}
	return l.Filter.Kind()
}

// UseFilter implements screen.Filtered.
func (l *List[T]) UseFilter(line string) tea.Cmd {
	l.Filter.Use(line)
	l.Choose()
	return nil
}

// Typing implements screen.Screen.
func (l *List[T]) Typing() bool { return l.Menu.On() || l.Filter != nil && l.Filter.Typing() }

// Back implements screen.Screen: it closes the menu, then clears the filter.
func (l *List[T]) Back() (bool, tea.Cmd) {
	if l.Menu.Close() {
		return true, nil
	}
	if l.Filter == nil || !l.Filter.Back() {
		return false, nil
	}
	l.Choose()
	return true, nil
}

// CopyText implements screen.Copier.
func (l *List[T]) CopyText() string { return l.Rows.CursorID() }

// Lines are the titles and the rows in view, or what stands in their place:
// what went wrong, that they are being read, or empty.
func (l *List[T]) Lines(width int, empty string) []string {
	switch {
	case l.Failed != nil:
		return []string{"", theme.Bad.Render(widget.Clip("✗ "+widget.Clean(l.Failed.Error()), width))}
	case !l.Loaded:
		return []string{l.Busy.View("reading " + l.What)}
	case len(l.Shown) == 0:
		return []string{"", empty}
	}
	return []string{"  " + l.Table.Head(), l.Rows.View(func(i int, selected bool, _ int) string {
		return l.Table.Row(l.Draw(l.Shown[i], selected)...)
	})}
}
