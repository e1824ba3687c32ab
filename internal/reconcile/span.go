package reconcile

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"billferry/internal/pattern"
)

// By says what puts a document into a period.
type By string

// The ways to choose documents.
const (
	ByPeriod By = "PERIOD" // by the accounting period that they are posted to
	ByDate   By = "DATE"   // by their date
)

// Span is the time that is reconciled; both days belong to it.
type Span struct {
	Period string `json:"period"` // as it was asked for: 2026-10, 2026-Q3, 2026-10-01..2026-10-15
	From   string `json:"from"`   // civil date
	To     string `json:"to"`     // civil date
	By     By     `json:"by"`
}

var (
	monthShape   = pattern.New(`^(\d{4})-(\d{2})$`)
	quarterShape = pattern.New(`^(\d{4})-[Qq]([1-4])$`)
)

// ParseSpan reads a month (2026-10), a quarter (2026-Q3) or two dates
// (2026-10-01..2026-10-15). Months and quarters are accounting periods unless by
// says otherwise; two dates choose documents by date.
func ParseSpan(text string, by By) (Span, error) {
	text = strings.TrimSpace(text)
	s := Span{Period: text, By: By(strings.ToUpper(string(by)))}
	if s.By != "" && s.By != ByPeriod && s.By != ByDate {
		return s, fmt.Errorf("by %q: use %s or %s", by, ByPeriod, ByDate)
	}
	if from, to, two := strings.Cut(text, ".."); two {
		return s.dates(from, to)
	}
	year, first, months := 0, 0, 1
	if m := quarterShape().FindStringSubmatch(text); m != nil {
		year, _ = strconv.Atoi(m[1])
		first, _ = strconv.Atoi(m[2])
		first, months = 3*first-2, 3
		s.Period = strings.ToUpper(text)
	} else if m := monthShape().FindStringSubmatch(text); m != nil {
		year, _ = strconv.Atoi(m[1])
		first, _ = strconv.Atoi(m[2])
	}
	if first < 1 || first > 12 {
		return s, fmt.Errorf("%q is no period: write a month (2026-10), a quarter (2026-Q3) or two dates (2026-10-01..2026-10-15)", text)
	}
	if s.By == "" {
		s.By = ByPeriod
	}
	begin := time.Date(year, time.Month(first), 1, 0, 0, 0, 0, time.UTC)
	s.From, s.To = begin.Format(time.DateOnly), begin.AddDate(0, months, -1).Format(time.DateOnly)
	return s, nil
}

func (s Span) dates(from, to string) (Span, error) {
	s.From, s.To = strings.TrimSpace(from), strings.TrimSpace(to)
	for _, d := range []string{s.From, s.To} {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			return s, fmt.Errorf("%q is no date: write YYYY-MM-DD..YYYY-MM-DD", d)
		}
	}
	if s.From > s.To {
		return s, fmt.Errorf("%s is after %s: give the earlier date first", s.From, s.To)
	}
	s.Period = s.From + ".." + s.To
	if s.By == "" {
		s.By = ByDate
	}
	return s, nil
}

// Has tells whether a civil date lies in the span.
func (s Span) Has(date string) bool { return s.From <= date && date <= s.To }

// Months names a month after or before that of a span; "" when the span is none.
func (s Span) Months(by int) string {
	month, err := time.Parse("2006-01", s.Period)
	if err != nil {
		return ""
	}
	return month.AddDate(0, by, 0).Format("2006-01")
}

// Key names a span among those of an integration.
func (s Span) Key() string { return s.From + ".." + s.To + "." + string(s.By) }
