package widget

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"billferry/internal/currency"
	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/ui/theme"
)

// StatusGlyph is one cell that tells a status without colour.
func StatusGlyph(s integration.Status) string {
	switch s {
	case integration.Complete:
		return "✓"
	case integration.Waiting:
		return "○"
	case integration.Started:
		return "●"
	case integration.RateLimitRetry, integration.AwaitingRetry:
		return "◷"
	case integration.Disabled:
		return "–"
	default:
		return "✗"
	}
}

// StatusStyle colours what StatusGlyph and the word say already.
func StatusStyle(s integration.Status) theme.Style {
	switch {
	case s == integration.Complete:
		return theme.Good
	case s.Failed():
		return theme.Bad
	case s == integration.RateLimitRetry, s == integration.AwaitingRetry:
		return theme.Warn
	default:
		return theme.Focus
	}
}

// Standing is integration.Run.Standing with its glyph.
func Standing(r integration.Run) (string, theme.Style) {
	if word := r.Standing(); word != string(r.Status) {
		return "– " + word, theme.Dim
	}
	return StatusGlyph(r.Status) + " " + string(r.Status), StatusStyle(r.Status)
}

// Cause says a cause in words, with the code that filters take.
func Cause(code string) string {
	title := integration.CauseTitle(code)
	if title == code {
		return code
	}
	return title + " (" + code + ")"
}

// shortStatuses are statuses in fewer letters, for where there is no room.
var shortStatuses = map[integration.Status]string{
	integration.PeriodClosed: "PERIOD_CLOSED", integration.AlreadyPaid: "ALREADY_PAID", integration.TimeoutExceeded: "TIMEOUT",
	integration.RateLimitRetry: "RATE_LIMIT", integration.AwaitingRetry: "RETRY",
}

// ShortStanding is Standing in fewer letters: a word that is cut says less.
func ShortStanding(r integration.Run) (string, theme.Style) {
	standing, style := Standing(r)
	if short, ok := shortStatuses[r.Status]; ok && strings.HasSuffix(standing, string(r.Status)) {
		standing = StatusGlyph(r.Status) + " " + short
	}
	return standing, style
}

// Amount is currency.Digits.
func Amount(d decimal.D, iso string) string { return currency.Digits(d, iso) }

// Money is an amount for lists, where figures are compared by eye: it has the
// digits of its currency. The page of one run has the amount as it is.
func Money(d decimal.D, iso string) string {
	places, _ := currency.Exponent(iso)
	return d.Round(places).Grouped()
}

// Weight makes sums of different currencies roughly comparable, whatever their
// sign: in units of which each currency has a hundred of the smallest.
func Weight(sum decimal.D, iso string) decimal.D {
	places, _ := currency.Exponent(iso)
	return sum.Abs().Mul(decimal.New(1, int32(places-2)))
}

// Sums is money by currency, the most first, in at most width cells: as many sums as
// are whole there, and how many more there are. An amount that is cut reads as another
// one.
func Sums(money map[string]decimal.D, width int) string {
	codes, text := slices.Sorted(maps.Keys(money)), ""
	slices.SortStableFunc(codes, func(a, b string) int { return Weight(money[b], b).Cmp(Weight(money[a], a)) })
	for i, c := range codes {
		next := text
		if i > 0 {
			next += ", "
		}
		next += Money(money[c], c) + " " + Clean(c)
		more, left := "", len(codes)-i-1
		if left > 0 {
			more = fmt.Sprintf(" +%d", left)
		}
		if i > 0 && Cells(next+more) > width {
			return fmt.Sprintf("%s +%d", text, left+1)
		}
		text = next
	}
	return text
}

// Count writes a number with a comma between thousands.
func Count(n int) string { return decimal.Group(strconv.Itoa(n)) }

// Many is a number of things in words: "1 run", "1,204 runs".
func Many(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Count(n) + " " + thing + "s"
}

// Requeuing says how far a change is that goes through the runs that stand still;
// "" when none does.
func Requeuing(left, of int) string {
	if left == 0 {
		return ""
	}
	of = max(of, left)
	return fmt.Sprintf("re-queuing: %s of %s looked at", Count(of-left), Many(of, "run"))
}

// Ago says how far t lies from now, in one unit: "2m ago", or "in 4s". What is past
// has no seconds: nothing would be redrawn so often.
func Ago(now, t time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero():
		return "–"
	case d < 0:
		return "in " + Span(-d)
	case d < time.Minute:
		return "now"
	}
	return Span(d) + " ago"
}

// Span writes a duration in its largest unit.
func Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	default:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
}

// Clean makes text from outside safe to draw on one line: a Bill or an answer
// of the destination must not move the cursor or change colours.
func Clean(s string) string {
	if plain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, ansi.Strip(s))
}
