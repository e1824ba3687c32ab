package widget

import (
	"sync/atomic"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// steadyAfter is how long a row must have been under the cursor before a key
// acts on it: a person cannot have looked at it sooner.
const steadyAfter = 700 * time.Millisecond

var steadySeq atomic.Int64

// Steady tells whether the row under a cursor is the one that was looked at.
// Rows that move by themselves may bring another there between the look and
// the key. The zero value is steady.
type Steady struct{ id int64 }

type steadyMsg struct{ id int64 }

// Moved is told the row under the cursor before and after the rows changed, and
// returns the command that makes it steady again.
func (s *Steady) Moved(before, after string) tea.Cmd {
	if before == "" || before == after {
		return nil
	}
	s.id = steadySeq.Add(1)
	m := steadyMsg{s.id}
	return tea.Tick(steadyAfter, func(time.Time) tea.Msg { return m })
}

// Seen is told that the person moved the cursor.
func (s *Steady) Seen() { s.id = 0 }

// Update ends the moment; msg may be anything.
func (s *Steady) Update(msg tea.Msg) tea.Cmd {
	if m, ok := msg.(steadyMsg); ok && m.id == s.id {
		s.id = 0
	}
	return nil
}

// Why says why a key does not act on the row under the cursor now, or "".
func (s *Steady) Why() string {
	if s.id != 0 {
		return "another row came under the cursor this moment: look at it, then press again"
	}
	return ""
}
