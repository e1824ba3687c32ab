package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"billferry/internal/service"
)

// table writes rows under a head, columns lined up.
func table(w io.Writer, head string, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, strings.ReplaceAll(head, "|", "\t"))
	for _, r := range rows {
		for i, c := range r {
			if c == "" {
				r[i] = "–"
			}
		}
		_, _ = fmt.Fprintln(t, strings.Join(r, "\t"))
	}
	_ = t.Flush()
}

// facts writes label and value, one a line; empty values are left out.
func facts(w io.Writer, pairs ...string) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			_, _ = fmt.Fprintf(t, "%s\t%s\n", pairs[i], pairs[i+1])
		}
	}
	_ = t.Flush()
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// printStep writes one check of a connection as it ends.
func (e *env) printStep(s service.Step) {
	if s.State == "running" {
		return
	}
	glyph := map[string]string{"passed": "✓", "failed": "✗", "skipped": "–"}[s.State]
	line := glyph + " " + s.Name
	if s.Detail != "" {
		line += ": " + s.Detail
	}
	if s.Remedy != "" {
		line += "\n    " + s.Remedy
	}
	e.say("%s", line)
}
