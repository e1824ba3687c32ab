package paint

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/hinshun/vt10x"
	"pgregory.net/rapid"
)

// tube is a terminal that keeps what is written to it.
type tube struct {
	mu     sync.Mutex
	bytes  bytes.Buffer
	writes int
	err    error
}

func (t *tube) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writes++
	if t.err != nil {
		return 0, t.err
	}
	return t.bytes.Write(b)
}

// shows is the screen after all that was written.
func (t *tube) shows(width, height int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	screen := vt10x.New(vt10x.WithSize(width, height))
	_, _ = screen.Write(t.bytes.Bytes())
	return screen.String()
}

// leave takes back what Bubble Tea writes when it leaves the screen.
func (t *tube) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes.Truncate(bytes.LastIndex(t.bytes.Bytes(), []byte("\x1b[2K\r")))
}

// show is a model that shows the last frame it was told.
type show struct{ frame string }

type showMsg string

func (s *show) Init() tea.Cmd { return nil }

func (s *show) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if m, ok := msg.(showMsg); ok {
		s.frame = string(m)
	}
	return s, nil
}

func (s *show) View() string { return s.frame }

// run plays do on a real Bubble Tea program; in a bubble, waiting is free.
func run(m tea.Model, out io.Writer, fps int, do func(*tea.Program)) {
	in, keyboard := io.Pipe()
	defer func() { _ = keyboard.Close() }() // ends the reader
	p := tea.NewProgram(m, tea.WithInput(in), tea.WithOutput(out), tea.WithAltScreen(), tea.WithFPS(fps), tea.WithoutSignalHandler())
	go func() {
		do(p)
		p.Quit()
	}()
	_, _ = p.Run()
}

// play tells a program its size and then frame after frame, each of which it
// has time to draw.
func play(width, height int, frames []string) func(*tea.Program) {
	return func(p *tea.Program) {
		p.Send(tea.WindowSizeMsg{Width: width, Height: height})
		for _, f := range frames {
			p.Send(showMsg(f))
			time.Sleep(time.Second / 30)
		}
	}
}

// frames draws random frames of a size, each much like the one before it.
func frames(t *rapid.T, width, height int) []string {
	line := rapid.Custom(func(t *rapid.T) string {
		s := rapid.StringMatching(`[a-c ─]{0,30}`).Draw(t, "line")
		if r := []rune(s); len(r) > width {
			s = string(r[:width]) // often exactly as wide as the terminal
		}
		if rapid.Bool().Draw(t, "bold") {
			s = "\x1b[1m" + s + "\x1b[0m"
		}
		return s
	})
	lines := make([]string, height)
	var out []string
	for range rapid.IntRange(1, 8).Draw(t, "frames") {
		for range rapid.IntRange(0, height).Draw(t, "changes") {
			lines[rapid.IntRange(0, height-1).Draw(t, "at")] = line.Draw(t, "")
		}
		out = append(out, strings.Join(lines, "\n"))
	}
	return out
}

// Whatever is drawn, the terminal shows what it would with Bubble Tea's own
// renderer, and with nothing but the last frame drawn on it.
func TestTheScreenIsTheFrame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		width, height := rapid.IntRange(3, 30).Draw(rt, "width"), rapid.IntRange(1, 8).Draw(rt, "height")
		all := frames(rt, width, height)
		var ours, theirs, fresh tube
		synctest.Test(t, func(*testing.T) {
			screen, out := New(&ours)
			run(Wrap(&show{}, screen, 120), out, LeastFPS, play(width, height, all))
			run(&show{}, &theirs, 120, play(width, height, all))
		})
		ours.leave()
		theirs.leave()
		alone, _ := New(&fresh)
		alone.Draw(all[len(all)-1], width)
		got := ours.shows(width, height)
		if want := theirs.shows(width, height); got != want {
			rt.Fatalf("%q shows\n%s\nand not what Bubble Tea's renderer shows\n%s", all, got, want)
		}
		if want := fresh.shows(width, height); got != want {
			rt.Fatalf("%q shows\n%s\nand not the last frame\n%s", all, got, want)
		}
	})
}

// After another program had the terminal, and after another size, which
// leaves standing what it likes, the frame is written whole.
func TestTheWholeFrameAfterOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out tube
		screen, wrapped := New(&out)
		run(Wrap(&show{}, screen, 120), wrapped, LeastFPS, func(p *tea.Program) {
			play(9, 2, []string{"one\ntwo"})(p)
			p.Send(tea.Exec(&clobber{}, nil)())
			time.Sleep(time.Second)
			if got := out.shows(9, 2); got != "one      \ntwo      \n" {
				t.Errorf("after another program the screen is\n%s", got)
			}
			before := out.bytes.Len()
			p.Send(tea.WindowSizeMsg{Width: 7, Height: 2})
			synctest.Wait()
			if got := out.bytes.String()[before:]; got != "\x1b[Hone\x1b[K\x1b[2;1Htwo\x1b[K" {
				t.Errorf("for another size there was written %q", got)
			}
		})
	})
}

// clobber is a program that writes on the terminal.
type clobber struct{ out io.Writer }

func (c *clobber) Run() error {
	_, err := io.WriteString(c.out, "\x1b[1;1Hrubbish\r\nrubbish")
	return err
}
func (c *clobber) SetStdin(io.Reader)    {}
func (c *clobber) SetStdout(w io.Writer) { c.out = w }
func (c *clobber) SetStderr(io.Writer)   {}

// Two frames follow each other at once; over time there are no more than were
// asked for, and the last one is always drawn.
func TestThePaceOfFrames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out tube
		screen, wrapped := New(&out)
		run(Wrap(&show{}, screen, 100), wrapped, LeastFPS, func(p *tea.Program) {
			p.Send(tea.WindowSizeMsg{Width: 9, Height: 1})
			time.Sleep(time.Minute)
			synctest.Wait()
			before := out.writes
			p.Send(showMsg("a"))
			p.Send(showMsg("b"))
			synctest.Wait()
			if drawn := out.writes - before; drawn != 2 {
				t.Errorf("%d of two frames were drawn at once", drawn)
			}
			for i := range 1000 { // for a second
				p.Send(showMsg(fmt.Sprint(i)))
				time.Sleep(time.Millisecond)
			}
			time.Sleep(20 * time.Millisecond)
			synctest.Wait()
			if got := out.shows(9, 1); got != "999      \n" {
				t.Errorf("the last frame is %q", got)
			}
			if drawn := out.writes - before; drawn < 95 || drawn > 105 {
				t.Errorf("%d frames in a second that is to have 100", drawn)
			}
		})
	})
}

// A program left alone writes nothing; messages that change no frame neither.
func TestNothingIsWrittenForNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out tube
		screen, wrapped := New(&out)
		run(Wrap(&show{}, screen, 120), wrapped, LeastFPS, func(p *tea.Program) {
			play(9, 2, []string{"one\ntwo"})(p)
			synctest.Wait()
			before := out.writes
			for range 20 {
				p.Send(showMsg("one\ntwo"))
				time.Sleep(time.Second) // Bubble Tea's renderer ticks
			}
			if out.writes != before {
				t.Errorf("%d writes: %q", out.writes-before, out.bytes.String())
			}
			p.Send(showMsg("one\nTWO"))
			synctest.Wait()
			if out.writes != before+1 || !strings.HasSuffix(out.bytes.String(), "\x1b[2;1HTWO\x1b[K") {
				t.Errorf("%d writes for one line: %q", out.writes-before, out.bytes.String())
			}
		})
	})
}

// What a failed write left on the terminal is not known.
func TestAFailedWriteIsMadeUpFor(t *testing.T) {
	t.Parallel()
	out := tube{err: io.ErrClosedPipe}
	screen, _ := New(&out)
	screen.Draw("one\ntwo", 9)
	out.err = nil
	screen.Draw("one\ntwo", 9)
	if got := out.shows(9, 2); got != "one      \ntwo      \n" {
		t.Errorf("the screen is\n%s", got)
	}
}
