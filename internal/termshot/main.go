// Command termshot draws a captured terminal screen as an SVG picture. The
// screens in README and docs are made with it from real runs; .ci/pictures
// shows how. It reads what 'tmux capture-pane -e -p' prints: text with colour
// sequences, no cursor movement.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"
)

const (
	cellW, cellH = 8.4, 18.0 // of a 14 px monospace letter
	margin       = 12.0
)

// palette is the 16 colours of a dark terminal.
var palette = [16]string{
	"#1e2127", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#abb2bf",
	"#5c6370", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#ffffff",
}

const ink, paper = "#d7dae0", "#1e2127"

type style struct {
	fg, bg                       string
	bold, faint, under, reversed bool
}

func main() {
	cols := flag.Int("cols", 100, "columns of the terminal")
	flag.Parse()
	if err := draw(os.Stdout, os.Stdin, *cols); err != nil {
		fmt.Fprintln(os.Stderr, "termshot:", err)
		os.Exit(1)
	}
}

func draw(w io.Writer, r io.Reader, cols int) error {
	var rows []string
	s := bufio.NewScanner(r)
	for s.Scan() {
		rows = append(rows, s.Text())
	}
	if err := s.Err(); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	wide, high := float64(cols)*cellW+2*margin, float64(len(rows))*cellH+2*margin
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f">`+"\n",
		wide, high, wide, high)
	fmt.Fprintf(out, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", paper)
	fmt.Fprintln(out, `<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" xml:space="preserve">`)
	st := style{}
	for i, row := range rows {
		st = drawRow(out, row, margin+float64(i)*cellH, st)
	}
	fmt.Fprintln(out, "</g>\n</svg>")
	return out.Flush()
}

// drawRow draws one line and returns the style that holds at its end.
func drawRow(w io.Writer, row string, y float64, st style) style {
	x := margin
	for row != "" {
		if rest, ok := strings.CutPrefix(row, "\x1b["); ok {
			end := strings.IndexFunc(rest, func(r rune) bool { return r >= '@' && r <= '~' })
			if end < 0 {
				return st
			}
			if rest[end] == 'm' {
				st = st.apply(rest[:end])
			}
			row = rest[end+1:]
			continue
		}
		if rest, ok := strings.CutPrefix(row, "\x1b]"); ok { // a link: the text alone is drawn
			end := strings.Index(rest, "\x1b\\")
			if end < 0 {
				return st
			}
			row = rest[end+2:]
			continue
		}
		n := strings.IndexByte(row, '\x1b')
		if n < 0 {
			n = len(row)
		}
		if n == 0 {
			n = 1
		}
		x = st.text(w, row[:n], x, y)
		row = row[n:]
	}
	return st
}

// text draws cell by cell, so that box drawing lines up in any font.
func (st style) text(w io.Writer, s string, x, y float64) float64 {
	fg, bg := st.fg, st.bg
	if fg == "" {
		fg = ink
	}
	if st.reversed {
		if fg, bg = bg, fg; fg == "" {
			fg = paper
		}
	}
	g := uniseg.NewGraphemes(s)
	for g.Next() {
		width := float64(g.Width()) * cellW
		if bg != "" {
			fmt.Fprintf(w, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, x, y, width+0.3, cellH, bg)
		}
		if c := g.Str(); strings.TrimSpace(c) != "" {
			attrs := ""
			if st.bold {
				attrs += ` font-weight="bold"`
			}
			if st.faint {
				attrs += ` opacity="0.6"`
			}
			if st.under {
				attrs += ` text-decoration="underline"`
			}
			fmt.Fprintf(w, `<text x="%.1f" y="%.1f" fill="%s"%s>%s</text>`, x, y+13.5, fg, attrs, html.EscapeString(c))
		}
		x += width
	}
	fmt.Fprintln(w)
	return x
}

// apply follows one SGR sequence.
func (st style) apply(seq string) style {
	codes := strings.Split(strings.ReplaceAll(seq, ":", ";"), ";")
	for i := 0; i < len(codes); i++ {
		n, _ := strconv.Atoi(codes[i])
		switch {
		case n == 0:
			st = style{}
		case n == 1:
			st.bold = true
		case n == 2:
			st.faint = true
		case n == 4:
			st.under = true
		case n == 7:
			st.reversed = true
		case n == 22:
			st.bold, st.faint = false, false
		case n == 24:
			st.under = false
		case n == 27:
			st.reversed = false
		case n >= 30 && n <= 37:
			st.fg = palette[n-30]
		case n == 39:
			st.fg = ""
		case n >= 40 && n <= 47:
			st.bg = palette[n-40]
		case n == 49:
			st.bg = ""
		case n >= 90 && n <= 97:
			st.fg = palette[n-82]
		case n >= 100 && n <= 107:
			st.bg = palette[n-92]
		case n == 38 || n == 48:
			colour, used := extended(codes[i+1:])
			if n == 38 {
				st.fg = colour
			} else {
				st.bg = colour
			}
			i += used
		}
	}
	return st
}

// extended reads 5;N or 2;R;G;B and tells how many codes it took.
func extended(c []string) (string, int) {
	num := func(i int) int {
		if i >= len(c) {
			return 0
		}
		n, _ := strconv.Atoi(c[i])
		return n
	}
	switch num(0) {
	case 5:
		n := num(1)
		switch {
		case n < 16:
			return palette[n&15], 2
		case n < 232:
			level := func(v int) int {
				if v == 0 {
					return 0
				}
				return 55 + 40*v
			}
			n -= 16
			return fmt.Sprintf("#%02x%02x%02x", level(n/36), level(n/6%6), level(n%6)), 2
		default:
			g := 8 + 10*(n-232)
			return fmt.Sprintf("#%02x%02x%02x", g, g, g), 2
		}
	case 2:
		return fmt.Sprintf("#%02x%02x%02x", num(1), num(2), num(3)), 4
	}
	return "", 1
}
