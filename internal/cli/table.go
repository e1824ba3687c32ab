package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/rivo/uniseg"

	"billferry/internal/decimal"
	"billferry/internal/service"
)

// table writes rows under a head, columns lined up. The head names the columns,
// "|" between them; a column of numbers is marked with ">" and stands on the
// right.
func table(w io.Writer, head string, rows [][]string) {
	names := strings.Split(head, "|")
	right := make([]bool, len(names))
	for i := range names {
		names[i], right[i] = strings.CutPrefix(names[i], ">")
	}
	lines := append([][]string{names}, rows...)
	width := make([]int, len(names))
	for n, line := range lines {
		for i := range line {
			line[i] = clean(line[i])
			if line[i] == "" && n > 0 {
				line[i] = "–"
			}
			width[i] = max(width[i], uniseg.StringWidth(line[i]))
		}
	}
	for _, line := range lines {
		var b strings.Builder
		for i, cell := range line {
			if i > 0 {
				b.WriteString("  ")
			}
			pad := strings.Repeat(" ", width[i]-uniseg.StringWidth(cell))
			if right[i] {
				b.WriteString(pad + cell)
			} else {
				b.WriteString(cell + pad)
			}
		}
		_, _ = fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// facts writes label and value, one a line; empty values are left out.
func facts(w io.Writer, pairs ...string) {
	width := 0
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			width = max(width, uniseg.StringWidth(pairs[i]))
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			pad := strings.Repeat(" ", width-uniseg.StringWidth(pairs[i]))
			_, _ = fmt.Fprintf(w, "%s%s  %s\n", pairs[i], pad, clean(pairs[i+1]))
		}
	}
}

// clean takes control characters out of what came from outside: a name or an
// answer must not move the cursor or recolour a terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case obeyed(r):
			return ' '
		}
		return r
	}, s)
}

// money writes an amount for a person: every digit, thousands apart.
func money(d decimal.D) string { return d.Grouped() }

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// printStep writes one check of a connection as it ends.
func (e *env) printStep(s service.Step) { writeStep(e.say, s) }

// stateWords are how a line of a report begins.
var stateWords = map[string]string{"passed": "✓ ", "todo": "! to do: ", "failed": "✗ ", "skipped": "– cannot tell: "}

func writeStep(say func(format string, args ...any), s service.Step) {
	if s.State == "running" {
		return
	}
	line := stateWords[s.State] + s.Name
	if s.Detail != "" {
		line += ": " + s.Detail
	}
	say("%s", line)
	if s.Remedy != "" {
		say("    %s", s.Remedy)
	}
}
