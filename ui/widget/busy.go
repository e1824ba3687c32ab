package widget

import (
	"fmt"
	"time"

	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/theme"
)

// busyAfter is when a spinner appears: sooner it only flickers.
const busyAfter = 150 * time.Millisecond

// busySpinner turns ten times a second, which is enough.
var busySpinner = spinner.Spinner{Frames: spinner.MiniDot.Frames, FPS: 100 * time.Millisecond}

// Busy tells that work is going on: nothing for 150 ms, then a spinner, after
// a second the time it has taken. The zero value is idle.
type Busy struct {
	on    bool
	spin  spinner.Model
	turns int
}

// Start begins work and returns the command that keeps it turning.
func (b *Busy) Start() tea.Cmd {
	*b = Busy{on: true, spin: spinner.New(spinner.WithSpinner(busySpinner))}
	first := b.spin
	return tea.Tick(busyAfter, func(time.Time) tea.Msg { return first.Tick() })
}

// Stop ends it.
func (b *Busy) Stop() { b.on = false }

// On tells whether work is going on.
func (b *Busy) On() bool { return b.on }

// Update turns the spinner; msg may be anything.
func (b *Busy) Update(msg tea.Msg) tea.Cmd {
	m, ok := msg.(spinner.TickMsg)
	if !ok || !b.on || m.ID != b.spin.ID() {
		return nil
	}
	var cmd tea.Cmd
	b.spin, cmd = b.spin.Update(m)
	b.turns++
	return cmd
}

// View is "" while idle or in the first 150 ms, then a spinner with text and
// the seconds it has taken.
func (b *Busy) View(text string) string {
	if !b.on || b.turns == 0 {
		return ""
	}
	s := b.spin.View() + " " + text
	if took := busyAfter + time.Duration(b.turns-1)*busySpinner.FPS; took >= time.Second {
		s += fmt.Sprintf(" %d s", int(took.Seconds()))
	}
	return theme.Dim.Render(s)
}
