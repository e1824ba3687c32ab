package paint

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// LeastFPS is the rate to give to Bubble Tea's own renderer, which has nothing
// to draw: the least it takes, for each tick wakes the program.
const LeastFPS = 1

// Model is a Bubble Tea model around a program's own. It draws after each
// message that changed the frame, at most fps times a second over time, but
// lets two frames follow each other at once: a screen, and then its rows.
type Model struct {
	inner  tea.Model
	screen *Screen
	share  time.Duration // of a second, for a frame
	last   time.Time     // when the newest frame was drawn
	before time.Time     // when the one before it was
	due    bool          // a frameMsg is on its way
	width  int
	frame  string
}

// frameMsg says that the next frame may be drawn.
type frameMsg struct{}

// Wrap returns the model to run in place of inner.
func Wrap(inner tea.Model, screen *Screen, fps int) *Model {
	return &Model{inner: inner, screen: screen, share: time.Second / time.Duration(fps)}
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd { return m.inner.Init() }

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, ok := msg.(frameMsg); ok {
		m.due = false
		m.draw()
		return m, nil
	}
	if size, ok := msg.(tea.WindowSizeMsg); ok {
		m.width = size.Width
		m.screen.Forget() // terminals differ in what they leave standing
	}
	var cmd tea.Cmd
	m.inner, cmd = m.inner.Update(msg)
	if m.due {
		return m, cmd // that frame will show this message too
	}
	if wait := time.Until(m.before.Add(2 * m.share)); wait > 0 {
		m.due = true
		return m, tea.Batch(cmd, tea.Tick(wait, func(time.Time) tea.Msg { return frameMsg{} }))
	}
	m.draw()
	return m, cmd
}

// draw brings the frame as it is now to the terminal.
func (m *Model) draw() {
	if m.frame = m.inner.View(); m.width == 0 {
		return // the terminal has not told its size yet
	}
	if m.screen.Draw(m.frame, m.width) {
		m.before, m.last = m.last, time.Now()
	}
}

// View implements tea.Model: the frame that stands on the terminal, for the
// records of Bubble Tea's own renderer.
func (m *Model) View() string { return m.frame }
