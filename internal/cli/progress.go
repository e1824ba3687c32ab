package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// bar shows how far a batch is: redrawn in place on a terminal, a plain line
// every five seconds elsewhere.
type bar struct {
	mu     sync.Mutex
	w      io.Writer
	what   string // is counted
	tty    bool
	shown  bool
	plain  time.Time
	counts string
}

func newBar(w io.Writer) *bar { return &bar{w: w, what: "bills", tty: terminal(w), plain: time.Now()} }

func (b *bar) draw(done, all int, elapsed time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := progressText(done, all, b.what, elapsed)
	if !b.tty {
		if time.Since(b.plain) >= 5*time.Second && text != b.counts {
			b.plain, b.counts = time.Now(), text
			_, _ = fmt.Fprintln(b.w, text)
		}
		return
	}
	width := 80
	if f, ok := b.w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			width = n
		}
	}
	if len(text)+4 > width { // a line that wraps could not be drawn over
		text = text[:max(0, min(len(text), width-4))]
	}
	room := max(0, min(30, width-len(text)-5))
	full := 0
	if all > 0 {
		full = room * done / all
	}
	_, _ = fmt.Fprintf(b.w, "\r\x1b[K[%s%s] %s", strings.Repeat("=", full), strings.Repeat(" ", room-full), text)
	b.shown = true
}

// say shows a text in the place of the bar, for work of which nobody knows how
// much it is.
func (b *bar) say(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.tty:
		_, _ = fmt.Fprint(b.w, "\r\x1b[K"+text)
		b.shown = true
	case time.Since(b.plain) >= 5*time.Second:
		b.plain = time.Now()
		_, _ = fmt.Fprintln(b.w, text)
	}
}

// clear takes the bar away, so that a message can stand on a line of its own.
func (b *bar) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shown {
		_, _ = fmt.Fprint(b.w, "\r\x1b[K")
		b.shown = false
	}
}

// progressText is "12 of 40 bills, 3.1/s, 9s left".
func progressText(done, all int, what string, elapsed time.Duration) string {
	s := fmt.Sprintf("%d of %d %s", done, all, what)
	if done == 0 || elapsed < 100*time.Millisecond {
		return s
	}
	rate := float64(done) / elapsed.Seconds()
	s += fmt.Sprintf(", %.1f/s", rate)
	if left := all - done; left > 0 {
		s += fmt.Sprintf(", %s left", (time.Duration(float64(left) / rate * float64(time.Second))).Round(time.Second))
	}
	return s
}
