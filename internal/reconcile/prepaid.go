package reconcile

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"billferry/internal/decimal"
)

// Prepayment rolls an item that prepayments and balances are on forward over the
// span, by currency and subsidiary:
//
//	Opening + Fees + Consumed + Other + NotPosting + Elsewhere = Closing
//
// Opening and Closing are what the destination itself adds up of the item's posted
// lines. An entry that names no item, such as a journal entry, is in neither.
type Prepayment struct {
	Item       string    `json:"item"` // the destination's id
	Currency   string    `json:"currency"`
	Subsidiary string    `json:"subsidiary,omitempty"`
	Opening    decimal.D `json:"opening"`    // up to the day before the span
	Fees       decimal.D `json:"fees"`       // of the documents of the span
	Consumed   decimal.D `json:"consumed"`   // by them, below zero
	Other      decimal.D `json:"otherLines"` // that they have on the item: no prepayment
	NotPosting decimal.D `json:"notPosting"` // takes off what of these three is on documents that do not post
	Elsewhere  decimal.D `json:"elsewhere"`  // on documents that are not of this integration
	Closing    decimal.D `json:"closing"`    // up to the end of the span
}

// Movement is what the documents of the span move the item by.
func (p Prepayment) Movement() decimal.D {
	return p.Fees.Add(p.Consumed).Add(p.Other).Add(p.NotPosting)
}

// ItemBalance is what the posted lines of an item come to up to a day, with the sign
// that a liability has.
type ItemBalance struct {
	Item       string
	Currency   string // the destination's id
	Subsidiary string // id
	Sum        decimal.D
}

// readPrepayments asks for what the items of prepayments come to before the span and
// at its end. It is two sums over all that was ever posted on them, asked at once: where the
// destination does not answer, the rest of the report stands without them.
func (s *session) readPrepayments(ctx context.Context) error {
	items := map[string]bool{}
	for item := range s.o.Prepaid {
		items[item] = true
	}
	for _, c := range s.cuts {
		if c.Liability() && c.Item != "" {
			items[c.Item] = true
		}
	}
	if len(items) == 0 {
		return nil
	}
	s.o.Progress(Progress{Step: "balances of prepayments", All: len(items)})
	rolls := map[[3]string]*Prepayment{}
	at := func(item, currency, company string) *Prepayment {
		k := [3]string{item, currency, company}
		if rolls[k] == nil {
			rolls[k] = &Prepayment{Item: item, Currency: currency, Subsidiary: company}
		}
		return rolls[k]
	}
	for k, c := range s.cuts {
		if items[c.Item] {
			p := at(c.Item, c.Currency, c.Subsidiary)
			p.Fees, p.Consumed, p.Other, p.NotPosting = c.Fees, c.Drawn, c.Earned(), s.unposted[k].Neg()
		}
	}
	list := slices.Sorted(maps.Keys(items))
	var opening, closing []ItemBalance
	g, gctx := errgroup.WithContext(ctx)
	for into, before := range map[*[]ItemBalance]bool{&opening: true, &closing: false} {
		g.Go(func() (err error) {
			*into, err = answer(gctx, s, func(ctx context.Context) ([]ItemBalance, error) { return s.books.Balances(ctx, s.q, list, before) })
			return err
		})
	}
	switch err := g.Wait(); {
	case err != nil && ctx.Err() != nil:
		return err
	case err != nil:
		s.out.NoPrepayments = err.Error()
		return nil
	}
	of := func(b *ItemBalance) *Prepayment {
		d := Doc{Currency: b.Currency}
		return at(b.Item, s.iso(&d, s.onlyCurrency()), s.companyName(b.Subsidiary))
	}
	for i := range opening {
		p := of(&opening[i])
		p.Opening = p.Opening.Add(opening[i].Sum)
	}
	for i := range closing {
		p := of(&closing[i])
		p.Closing = p.Closing.Add(closing[i].Sum)
	}
	for _, p := range rolls {
		p.Elsewhere = p.Closing.Sub(p.Opening).Sub(p.Movement())
		s.out.Prepayments = append(s.out.Prepayments, *p)
	}
	slices.SortFunc(s.out.Prepayments, func(a, b Prepayment) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Subsidiary, b.Subsidiary), cmp.Compare(len(a.Item), len(b.Item)),
			cmp.Compare(a.Item, b.Item))
	})
	return nil
}
