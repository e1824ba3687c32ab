package reconcile

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// ask reads what the rest is read with, at once: periods, currencies, subsidiaries.
func (s *session) ask(ctx context.Context) error {
	s.o.Progress(Progress{Step: "accounting periods"})
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.askPeriods(gctx) })
	if !s.o.NoMoney {
		g.Go(func() (err error) {
			s.currencies, err = answer(gctx, s, s.books.Currencies)
			return err
		})
	}
	g.Go(func() (err error) {
		s.companies, err = answer(gctx, s, s.books.Subsidiaries)
		return err
	})
	return g.Wait()
}

func (s *session) askPeriods(ctx context.Context) error {
	span := s.o.Span
	ps, err := answer(ctx, s, func(ctx context.Context) ([]Period, error) { return s.books.Periods(ctx, span.From, span.To) })
	switch {
	case err != nil && span.By == ByPeriod:
		return err
	case err != nil:
		return nil // periods are not compared then
	}
	s.periods = ps
	if span.By != ByPeriod {
		return nil
	}
	if err := wholePeriods(span, ps, s.o.System); err != nil {
		return err
	}
	for _, p := range ps {
		s.q.Periods = append(s.q.Periods, p.ID)
	}
	return nil
}

// PeriodError says why a span is no accounting period.
type PeriodError struct{ Text, Advice string }

func (e *PeriodError) Error() string { return e.Text }

// wholePeriods refuses a span that is not made of whole accounting periods.
func wholePeriods(span Span, ps []Period, system string) error {
	if len(ps) == 0 {
		return &PeriodError{fmt.Sprintf("%s has no accounting period for %s", system, span.Period),
			"name a period that exists, or choose documents by date (--by DATE)"}
	}
	for i, p := range ps {
		if p.From < span.From || p.To > span.To {
			return &PeriodError{fmt.Sprintf("accounting period %s runs from %s to %s, and %s from %s to %s", p.Name, p.From, p.To, span.Period,
				span.From, span.To),
				fmt.Sprintf("give the dates of whole periods (%s..%s), or choose documents by date (--by DATE)", min(p.From, span.From),
					max(p.To, span.To))}
		}
		for _, q := range ps[:i] {
			if p.From <= q.To && q.From <= p.To {
				return &PeriodError{fmt.Sprintf("accounting periods %s and %s overlap: the account has several fiscal calendars", q.Name, p.Name),
					"choose documents by date (--by DATE)"}
			}
		}
	}
	return nil
}
