package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"billferry/internal/bill"
	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/m3ter"
	"billferry/internal/reconcile"
)

// atOnce is how many requests wait for m3ter at the same time, so that its pace and not
// the way to it is the bound.
const atOnce = 8

// holdings gathers what m3ter holds, by account and currency.
type holdings struct {
	span  reconcile.Span
	now   time.Time
	of    map[[2]string]*reconcile.Holding
	order []*reconcile.Holding
	ended []m3ter.Balance // of which the sum of the transactions is needed
}

func (h *holdings) at(account, currency string) *reconcile.Holding {
	k := [2]string{account, currency}
	if h.of[k] == nil {
		h.of[k] = &reconcile.Holding{Account: account, Currency: currency, Due: map[string]decimal.D{}}
		h.order = append(h.order, h.of[k])
	}
	return h.of[k]
}

// Holdings implements reconcile.Ledger.
func (l *ledgerSide) Holdings(ctx context.Context, s reconcile.Span, of reconcile.Stands) ([]reconcile.Holding, error) {
	if l.source == nil {
		return nil, errors.New("no m3ter organisation is connected")
	}
	h := &holdings{span: s, now: l.app.now().UTC(), of: map[[2]string]*reconcile.Holding{}}
	if err := l.read(ctx, h, of); err != nil {
		return nil, mayNot(err)
	}
	out := make([]reconcile.Holding, len(h.order))
	for i, x := range h.order {
		out[i] = *x
	}
	return out, nil
}

// mayNot says in a sentence that the right to read is missing.
func mayNot(err error) error {
	var f *integration.Failure
	if errors.As(err, &f) && f.Class == integration.ClassAuth {
		return errors.New("the service user of m3ter's access key may not read Balances, Commitments or line items: give it the right")
	}
	return err
}

func (l *ledgerSide) read(ctx context.Context, h *holdings, of reconcile.Stands) error {
	if of.Commitments {
		if err := eachOf(ctx, l.source.Commitments, h.commitment); err != nil {
			return fmt.Errorf("list the Commitments of m3ter: %w", err)
		}
	}
	if of.Balances {
		if err := eachOf(ctx, l.source.Balances, h.balance); err != nil {
			return fmt.Errorf("list the Balances of m3ter: %w", err)
		}
	}
	var mu sync.Mutex
	if err := beside(ctx, h.ended, func(ctx context.Context, b m3ter.Balance) error {
		sum, err := l.source.BalanceSummary(ctx, b.ID)
		mu.Lock()
		defer mu.Unlock()
		h.over(b, sum)
		return err
	}); err != nil {
		return err
	}
	return beside(ctx, h.order, func(ctx context.Context, x *reconcile.Holding) error {
		x.Code = l.codes[x.Account] // Bills are read by now
		if x.Code == "" {
			a, err := l.source.Account(ctx, x.Account)
			if err != nil && !errors.Is(err, integration.ErrNotFound) {
				return err
			}
			x.Code = a.Code
		}
		v := l.app.engine.Qualifies(ctx, l.in, bill.Head{AccountID: x.Account, AccountCode: x.Code, Currency: x.Currency, Status: "APPROVED",
			BillDate: h.now.Format(time.DateOnly)})
		x.Other = !v.Send
		return nil
	})
}

// eachOf goes through all pages of a list.
func eachOf[T any](ctx context.Context, list func(context.Context, string) ([]T, string, error), take func(T)) error {
	for token := ""; ; {
		page, next, err := list(ctx, token)
		if err != nil {
			return err
		}
		for _, x := range page {
			take(x)
		}
		if token = next; token == "" {
			return nil
		}
	}
}

// beside does something with several of a list at once.
func beside[T any](ctx context.Context, list []T, do func(context.Context, T) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, x := range list {
		g.Go(func() error { return do(ctx, x) })
	}
	return g.Wait()
}

// dayBefore is the last day before a moment.
func dayBefore(end time.Time) string { return end.UTC().Add(-1).Format(time.DateOnly) }

func (h *holdings) passed(end time.Time) bool { return !end.IsZero() && !end.After(h.now) }

// commitment takes one in. What of it was not spent when it ends has expired: m3ter has
// no figure for that.
func (h *holdings) commitment(c m3ter.Commitment) {
	x := h.at(c.AccountID, c.Currency)
	left := c.Amount.Sub(c.Spent)
	x.Remaining = x.Remaining.Add(left)
	if due := c.Amount.Sub(c.PrePaid); !due.IsZero() {
		x.Due[c.ID] = due
	}
	if end := c.Ends(); h.passed(end) && left.Sign() > 0 {
		h.expire(x, left, end)
	}
}

// expire notes what has expired, and whether it did in the span.
func (h *holdings) expire(x *reconcile.Holding, amount decimal.D, end time.Time) {
	x.Expired = x.Expired.Add(amount)
	if h.span.Has(dayBefore(end)) {
		x.ExpiredHere = x.ExpiredHere.Add(amount)
	}
}

// balance takes one in. m3ter's documents leave open whether the amount of one that has
// ended still counts what has expired: what ended lately is summed from its transactions.
func (h *holdings) balance(b m3ter.Balance) {
	end, rollover := b.Ends()
	x := h.at(b.AccountID, b.Currency)
	switch {
	case !h.passed(end):
		x.Remaining = x.Remaining.Add(b.Amount)
	case dayBefore(end) >= h.span.From || dayBefore(rollover) >= h.span.From:
		h.ended = append(h.ended, b)
	default:
		x.Remaining = x.Remaining.Add(b.Amount)
		if b.Amount.Sign() > 0 {
			h.expire(x, b.Amount, end)
		}
	}
}

// over takes a Balance in that has ended. A part of it may roll over, and expires later.
func (h *holdings) over(b m3ter.Balance, sum m3ter.BalanceSummary) {
	end, rollover := b.Ends()
	x := h.at(b.AccountID, b.Currency)
	left := sum.Credits.Sub(sum.Debits)
	x.Remaining = x.Remaining.Add(left)
	if left.Sign() <= 0 {
		return
	}
	if !rollover.After(end) {
		h.expire(x, left, end)
		return
	}
	h.expire(x, sum.Expired, end)
	if h.passed(rollover) {
		h.expire(x, left.Sub(sum.Expired), rollover)
	}
}

// Billed implements reconcile.Ledger.
func (l *ledgerSide) Billed(ctx context.Context, commitments []string) (map[string]decimal.D, error) {
	var mu sync.Mutex
	out := map[string]decimal.D{}
	err := beside(ctx, commitments, func(ctx context.Context, id string) error {
		sum, err := l.source.BilledFees(ctx, id)
		mu.Lock()
		defer mu.Unlock()
		out[id] = sum
		return err
	})
	return out, mayNot(err)
}
