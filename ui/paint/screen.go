// Package paint brings frames to the terminal the moment they change. Bubble
// Tea's own renderer looks for a new frame at a fixed rate for as long as the
// program lives: a key waits half a tick for its frame, and a program that
// nobody touches wakes 120 times a second. Here a frame is written when there
// is one, and nothing happens while there is none. Bubble Tea goes on to own
// the modes of the terminal: raw mode, the alternate screen, suspend, paste.
package paint

import (
	"bytes"
	"io"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"

	"billferry/ui/widget"
)

// Screen is the output of a Bubble Tea program that draws its frames itself.
// What Bubble Tea writes goes through it, except its frames.
type Screen struct {
	mu    sync.Mutex
	out   io.Writer
	lines []string // what stands on the terminal; nil: not known
}

// New returns a screen on out, and out as Bubble Tea shall have it: a terminal
// stays one.
func New(out io.Writer) (*Screen, io.Writer) {
	s := &Screen{out: out}
	if f, ok := out.(file); ok {
		return s, terminal{f, s}
	}
	return s, s
}

// file is what Bubble Tea tells a terminal by.
type file interface {
	io.ReadWriteCloser
	Fd() uintptr
}

// terminal is a file whose writes go through a screen.
type terminal struct {
	file
	screen *Screen
}

// Write implements io.Writer.
func (t terminal) Write(b []byte) (int, error) { return t.screen.Write(b) }

// Write lets through what others write, and no longer trusts what stands on
// the terminal. Frames of Bubble Tea's renderer end here: in the alternate
// screen they, and nothing else of it, begin with a jump to the first cell and
// go on. They would be the same frame again, up to a second late.
func (s *Screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(b) > len(ansi.CursorHomePosition) && bytes.HasPrefix(b, []byte(ansi.CursorHomePosition)) {
		return len(b), nil
	}
	s.lines = nil
	return s.out.Write(b)
}

// Forget says that what stands on the terminal is no longer known: the next
// frame is written whole.
func (s *Screen) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = nil
}

// Draw makes a frame stand on the terminal, by one write of the lines that
// changed. The frame has as many lines as the terminal, none wider than width,
// which is the terminal's: after another size Forget comes first. It tells
// whether there was anything to write.
func (s *Screen) Draw(frame string, width int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := strings.Split(frame, "\n")
	change := difference(s.lines, lines, width)
	s.lines = lines
	if len(change) == 0 {
		return false
	}
	if _, err := s.out.Write(change); err != nil {
		s.lines = nil // a terminal that is gone ends the program by its input
	}
	return true
}

// difference is what turns old into frame on a terminal; old is nil when
// anything may stand there.
func difference(old, frame []string, width int) []byte {
	var b bytes.Buffer
	for i, line := range frame {
		if i < len(old) && old[i] == line {
			continue
		}
		b.WriteString(ansi.CursorPosition(1, i+1))
		b.WriteString(line)
		if widget.Cells(line) < width { // else the cursor still is on the last cell, which would be erased
			b.WriteString(ansi.EraseLineRight)
		}
	}
	return b.Bytes()
}
