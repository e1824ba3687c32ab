package widget

import (
	"fmt"
	"strings"
	"time"
)

// barCells is the width of a progress bar.
const barCells = 10

// Progress says how far work on many things has come since start: a bar, the
// count, the rate and the time that is left, as far as they can be told yet.
func Progress(done, total int, start, now time.Time) string {
	full := 0
	if total > 0 {
		full = min(barCells, done*barCells/total)
	}
	text := fmt.Sprintf("%s%s %s of %s", strings.Repeat("━", full), strings.Repeat("─", barCells-full), Count(done), Count(total))
	took := now.Sub(start)
	if took < time.Second || done == 0 {
		return text // a rate of less than a second is a guess
	}
	rate := max(1, int64(done)*int64(time.Second)/int64(took))
	left := took / time.Duration(done) * time.Duration(total-done)
	return fmt.Sprintf("%s, %s a second, %s left", text, Count(int(rate)), Span(left))
}
