package widget

import (
	"fmt"
	"sync/atomic"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/theme"
)

const (
	busyAfter = 150 * time.Millisecond // sooner a spinner only flickers
	busyTick  = 100 * time.Millisecond // 10 frames a second are enough
)

var busySeq atomic.Int64

// Busy tells that work is going on: nothing for 150 ms, then a spinner, after
// a second the time it has taken. The zero value is idle.
type Busy struct {
	id    int64
	start time.Time
	now   time.Time
	frame int
}

// BusyMsg is the tick of one Busy; the router gives it to every screen.
type BusyMsg struct {
	id  int64
	now time.Time
}

// Start begins work at now and returns the command that keeps it turning.
func (b *Busy) Start(now time.Time) tea.Cmd {
	*b = Busy{id: busySeq.Add(1), start: now, now: now}
	return b.tick(busyAfter)
}

// Stop ends it.
func (b *Busy) Stop() { b.id = 0 }

// On tells whether work is going on.
func (b *Busy) On() bool { return b.id != 0 }

// Update turns the spinner; msg may be anything.
func (b *Busy) Update(msg tea.Msg) tea.Cmd {
	m, ok := msg.(BusyMsg)
	if !ok || b.id == 0 || m.id != b.id {
		return nil
	}
	b.now = b.now.Add(busyTick)
	if b.frame++; b.frame == 1 {
		b.now = b.start.Add(busyAfter)
	}
	return b.tick(busyTick)
}

func (b *Busy) tick(d time.Duration) tea.Cmd {
	id := b.id
	return tea.Tick(d, func(t time.Time) tea.Msg { return BusyMsg{id: id, now: t} })
}

// View is "" while idle or in the first 150 ms, then a spinner with text and
// the seconds it has taken.
func (b *Busy) View(text string) string {
	if b.id == 0 || b.frame == 0 {
		return ""
	}
	s := []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}[b.frame%10] + " " + text
	if d := b.now.Sub(b.start); d >= time.Second {
		s += fmt.Sprintf(" %d s", int(d.Seconds()))
	}
	return theme.Dim.Render(s)
}
