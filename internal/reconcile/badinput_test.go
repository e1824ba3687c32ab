package reconcile_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"billferry/internal/reconcile"
)

// calendar is a destination that knows accounting periods and nothing else.
type calendar struct {
	reconcile.Books
	periods []reconcile.Period
}

func (c calendar) Periods(context.Context, string, string) ([]reconcile.Period, error) {
	return c.periods, nil
}

func (calendar) Currencies(context.Context) (map[string]string, error) { return nil, nil }

func (calendar) Subsidiaries(context.Context) (map[string]string, error) { return nil, nil }

// A span that is no whole accounting period is refused before anything is read, in a
// sentence that says why and what to do.
func TestWhatIsNoPeriodIsRefused(t *testing.T) {
	t.Parallel()
	october := reconcile.Period{ID: "10", Name: "Oct 2026", From: "2026-10-01", To: "2026-10-31"}
	for _, c := range []struct {
		name, span    string
		periods       []reconcile.Period
		text, mention string
	}{
		{"none", "2035-01", nil, "NetSuite has no accounting period for 2035-01", "name a period that exists"},
		{"cut in two", "2026-10-10..2026-10-20", []reconcile.Period{october},
			"accounting period Oct 2026 runs from 2026-10-01 to 2026-10-31, and 2026-10-10..2026-10-20 from 2026-10-10 to 2026-10-20",
			"2026-10-01..2026-10-31"},
		{"overlapping", "2026-10", []reconcile.Period{october, {ID: "77", Name: "P10", From: "2026-10-04", To: "2026-10-31"}},
			"accounting periods Oct 2026 and P10 overlap: the account has several fiscal calendars", "--by DATE"},
	} {
		span, err := reconcile.ParseSpan(c.span, reconcile.ByPeriod)
		if err != nil {
			t.Fatal(err)
		}
		_, err = reconcile.Run(t.Context(), reconcile.Options{Span: span, System: "NetSuite"}, &desk{}, calendar{periods: c.periods})
		var p *reconcile.PeriodError
		if !errors.As(err, &p) || p.Text != c.text || !strings.Contains(p.Advice, c.mention) {
			t.Errorf("%s: %v, %+v", c.name, err, p)
		}
	}
}

// What is written in no way that a person means is told with the ways that there are.
func TestWhatIsNoSpanIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       `"" is no period: write a month (2026-10), a quarter (2026-Q3) or two dates (2026-10-01..2026-10-15)`,
		"2026-13":                `"2026-13" is no period`,
		"2026-Q5":                `"2026-Q5" is no period`,
		"October":                `"October" is no period`,
		"2026-10-15..2026-10-01": "2026-10-15 is after 2026-10-01: give the earlier date first",
		"2026-10-01..2026-02-30": `"2026-02-30" is no date: write YYYY-MM-DD..YYYY-MM-DD`,
		"2026-10-01..":           `"" is no date`,
	} {
		if _, err := reconcile.ParseSpan(text, ""); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
