package reconcile

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"billferry/internal/currency"
	"billferry/internal/decimal"
)

// Stands says what is on an item.
type Stands struct{ Commitments, Balances bool }

// Holding is what the source holds of the prepayments of one account in one currency,
// when it is asked.
type Holding struct {
	Account, Code string
	Currency      string
	Remaining     decimal.D            // agreed or paid in, and not drawn down
	Expired       decimal.D            // of it, what can be drawn down no more
	ExpiredHere   decimal.D            // of that, what expired in the span
	Due           map[string]decimal.D // by commitment, what of it is not paid up front: it is billed bit by bit
	Other         bool                 // settings leave the account out of the integration
}

// CustomerBalance is what the posted lines of items come to for a customer, with the
// sign that a liability has.
type CustomerBalance struct {
	Customer string // the destination's id
	Currency string // the destination's id
	Sum      decimal.D
	Lines    int
}

// PrepaidCustomer holds what the items of prepayments come to for a customer beside
// what the source holds:
//
//	Closing + Since = Remaining - Unbilled + Difference
//
// The source tells how it stands when it is asked and not how it stood at the end of
// the span, so Since leads the destination's side to that moment too.
type PrepaidCustomer struct {
	Customer string    `json:"customer,omitempty"` // the destination's id; "" where no customer is known
	Name     string    `json:"name,omitempty"`
	Accounts []string  `json:"accounts,omitempty"` // of the source
	Currency string    `json:"currency"`
	Closing  decimal.D `json:"closing"` // of the destination, at the end of the span
	Since    decimal.D `json:"since"`   // what was posted after it
	Lines    int       `json:"lines"`   // of both
	// Of the source.
	Remaining   decimal.D `json:"remaining"`     // agreed or paid in, and not drawn down
	Unbilled    decimal.D `json:"unbilled"`      // of it, what no Bill has asked for yet
	Expired     decimal.D `json:"expired"`       // of it, what can be drawn down no more: breakage
	ExpiredHere decimal.D `json:"expiredInSpan"` // of that, what expired in the span
	// Apart tells that the source holds it in another currency than it is billed in:
	// nothing can be compared.
	Apart bool `json:"otherCurrency,omitempty"`
}

// Difference is by how much the destination has more than the source.
func (p PrepaidCustomer) Difference() decimal.D {
	if p.Apart {
		return decimal.D{}
	}
	return p.Closing.Add(p.Since).Sub(p.Remaining).Add(p.Unbilled)
}

func (p PrepaidCustomer) empty() bool {
	return p.Closing.IsZero() && p.Since.IsZero() && p.Remaining.IsZero() && p.Expired.IsZero()
}

// Agrees tells whether both sides come to the same, but for what documents round: at
// most a unit of the currency for each line.
func (p PrepaidCustomer) Agrees() bool { return p.rounds(p.Difference()) }

func (p PrepaidCustomer) rounds(d decimal.D) bool {
	places, _ := currency.Exponent(p.Currency)
	return d.Abs().Cmp(decimal.New(int64(p.Lines), int32(-places))) <= 0
}

// Tells tells whether somebody has to look: both sides differ, or an entry for what has
// expired in the span is due. What differs by just what has expired was entered.
func (p PrepaidCustomer) Tells() bool {
	return p.Apart || !p.ExpiredHere.IsZero() || !p.Agrees() && !p.rounds(p.Difference().Add(p.Expired))
}

// readHoldings lays what the source holds beside the items of prepayments, by customer.
// Where the source does not tell, the rest of the report stands without it.
func (s *session) readHoldings(ctx context.Context) error {
	items, of := s.compared()
	if len(items) == 0 {
		if len(s.out.Prepayments) > 0 {
			s.out.NoHoldings = "revenue is on the items of prepayments too, so that their sums are no balance: give them an item of " +
				"their own in the settings of the integration"
		}
		return nil
	}
	s.o.Progress(Progress{Step: "prepayments in the source"})
	b := &beside{s: s, rows: map[[2]string]*PrepaidCustomer{}, due: map[*PrepaidCustomer]map[string]decimal.D{}}
	held, err := s.ledger.Holdings(ctx, s.o.Span, of)
	if err == nil {
		err = b.read(ctx, items, held)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return err
	case err != nil:
		s.out.NoHoldings = err.Error()
		return nil
	}
	if !of.Balances {
		s.out.HoldingsWithout = "Balances, which have no item of their own"
	} else if !of.Commitments {
		s.out.HoldingsWithout = "Commitments, which have no item of their own"
	}
	s.out.PrepaidCustomers = b.sorted()
	return nil
}

// compared are the items whose sums are balances, and what is on them: those that the
// settings give prepayments, and those of which nothing else was billed in the span.
func (s *session) compared() (items []string, of Stands) {
	stands, mixed := maps.Clone(s.o.Prepaid), map[string]bool{}
	if stands == nil {
		stands = map[string]Stands{}
	}
	for _, c := range s.cuts {
		_, set := s.o.Prepaid[c.Item]
		mixed[c.Item] = mixed[c.Item] || !set && !c.Earned().IsZero()
	}
	for item, of := range s.stands {
		was := stands[item]
		stands[item] = Stands{was.Commitments || of.Commitments, was.Balances || of.Balances}
	}
	for _, item := range slices.Sorted(maps.Keys(stands)) {
		if !mixed[item] {
			items = append(items, item)
			of.Commitments, of.Balances = of.Commitments || stands[item].Commitments, of.Balances || stands[item].Balances
		}
	}
	return items, of
}

// beside puts the two sides together.
type beside struct {
	s    *session
	rows map[[2]string]*PrepaidCustomer // by customer (or, where none is known, account) and currency
	due  map[*PrepaidCustomer]map[string]decimal.D
}

func (b *beside) at(subject, customer, currency string) *PrepaidCustomer {
	k := [2]string{subject, currency}
	if b.rows[k] == nil {
		b.rows[k] = &PrepaidCustomer{Customer: customer, Currency: currency}
	}
	return b.rows[k]
}

func (b *beside) read(ctx context.Context, items []string, held []Holding) error {
	if err := b.destination(ctx, items); err != nil {
		return err
	}
	customers, err := b.customers(ctx, held)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, p := range b.rows {
		known[p.Customer] = true
	}
	for _, h := range held {
		c, found := customers[h.Account]
		if h.Other && !known[c.ID] {
			continue // another integration's, and not on these items
		}
		subject := "account " + h.Account
		if found {
			subject = c.ID
		}
		p := b.at(subject, c.ID, h.Currency)
		p.Accounts = append(p.Accounts, cmp.Or(h.Code, h.Account))
		p.Remaining, p.Expired, p.ExpiredHere = p.Remaining.Add(h.Remaining), p.Expired.Add(h.Expired), p.ExpiredHere.Add(h.ExpiredHere)
		if b.due[p] == nil {
			b.due[p] = map[string]decimal.D{}
		}
		maps.Copy(b.due[p], h.Due)
	}
	b.tellApart()
	if err := b.unbilled(ctx); err != nil {
		return err
	}
	return b.name(ctx)
}

// destination reads what the items come to by customer, at the end of the span and now.
func (b *beside) destination(ctx context.Context, items []string) error {
	s := b.s
	for _, now := range []bool{false, true} {
		after := "0"
		for more := true; more; {
			var page []CustomerBalance
			err := s.turn(ctx, func(ctx context.Context) (err error) {
				page, more, err = s.books.CustomerBalances(ctx, s.q, items, now, after)
				return err
			})
			if err != nil {
				return err
			}
			for _, x := range page {
				after = x.Customer
				d := Doc{Currency: x.Currency}
				p := b.at(x.Customer, x.Customer, s.iso(&d, s.onlyCurrency()))
				if now {
					p.Since, p.Lines = p.Since.Add(x.Sum), p.Lines+x.Lines
				} else {
					p.Closing = p.Closing.Add(x.Sum)
				}
			}
			more = more && len(page) > 0
		}
	}
	for _, p := range b.rows {
		p.Since = p.Since.Sub(p.Closing)
	}
	return nil
}

// customers finds the customers of accounts.
func (b *beside) customers(ctx context.Context, held []Holding) (map[string]Customer, error) {
	refs := map[string]string{} // account -> reference
	for _, h := range held {
		if _, asked := refs[h.Account]; asked {
			continue
		}
		ref, err := b.s.ledger.CustomerRef(ctx, &Bill{Account: h.Account, Code: h.Code})
		if err != nil {
			return nil, err
		}
		refs[h.Account] = ref
	}
	found, err := b.s.customersOf(ctx, slices.Collect(maps.Values(refs)))
	if err != nil {
		return nil, err
	}
	out := map[string]Customer{}
	for account, ref := range refs {
		if c, ok := found[ref]; ok && ref != "" {
			out[account] = c
		}
	}
	return out, nil
}

// tellApart finds customers that the source holds one currency for and the destination
// another: prices in dollars, say, and invoices in euros.
func (b *beside) tellApart() {
	ours, theirs := map[string]bool{}, map[string]bool{}
	for _, p := range b.rows {
		here, there := !p.Remaining.IsZero(), !p.Closing.IsZero() || !p.Since.IsZero()
		ours[p.Customer] = ours[p.Customer] || here && !there
		theirs[p.Customer] = theirs[p.Customer] || there && !here
	}
	for _, p := range b.rows {
		here, there := !p.Remaining.IsZero(), !p.Closing.IsZero() || !p.Since.IsZero()
		p.Apart = p.Customer != "" && here != there && ours[p.Customer] && theirs[p.Customer]
	}
}

// unbilled asks, where both sides differ, what of the commitments no Bill has asked
// for yet.
func (b *beside) unbilled(ctx context.Context) error {
	var ids []string
	for p, due := range b.due {
		if !p.Agrees() {
			ids = slices.AppendSeq(ids, maps.Keys(due))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	b.s.o.Progress(Progress{Step: "fees of prepayments", All: len(ids)})
	billed, err := b.s.ledger.Billed(ctx, ids)
	if err != nil {
		return err
	}
	for p, due := range b.due {
		if p.Agrees() {
			continue
		}
		for id, all := range due {
			p.Unbilled = p.Unbilled.Add(all).Sub(billed[id])
		}
	}
	return nil
}

// name says what the destination calls the customers.
func (b *beside) name(ctx context.Context) error {
	var ids []string
	for _, p := range b.rows {
		if p.Customer != "" && !p.empty() {
			ids = append(ids, p.Customer)
		}
	}
	found, err := b.s.customersOf(ctx, ids)
	if err != nil {
		return err
	}
	for _, p := range b.rows {
		p.Name = found[p.Customer].Name
	}
	return nil
}

// sorted are the rows with anything in them: by currency, what differs most first.
func (b *beside) sorted() []PrepaidCustomer {
	var out []PrepaidCustomer
	for _, p := range b.rows {
		if p.empty() {
			continue
		}
		slices.Sort(p.Accounts)
		p.Accounts = slices.Compact(p.Accounts)
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b PrepaidCustomer) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), b.Difference().Abs().Cmp(a.Difference().Abs()),
			cmp.Compare(len(a.Customer), len(b.Customer)), cmp.Compare(a.Customer, b.Customer),
			cmp.Compare(strings.Join(a.Accounts, " "), strings.Join(b.Accounts, " ")))
	})
	return out
}

// PrepaidTotals adds customers up, by currency; those whose two sides are in different
// currencies are in none of them.
func (r Report) PrepaidTotals() []PrepaidCustomer {
	var out []PrepaidCustomer
	for _, p := range r.PrepaidCustomers {
		if p.Apart {
			continue
		}
		i := slices.IndexFunc(out, func(t PrepaidCustomer) bool { return t.Currency == p.Currency })
		if i < 0 {
			i, out = len(out), append(out, PrepaidCustomer{Currency: p.Currency})
		}
		out[i].Lines += p.Lines
		for _, x := range [][2]*decimal.D{{&out[i].Closing, &p.Closing}, {&out[i].Since, &p.Since}, {&out[i].Remaining, &p.Remaining},
			{&out[i].Unbilled, &p.Unbilled}, {&out[i].Expired, &p.Expired}, {&out[i].ExpiredHere, &p.ExpiredHere}} {
			*x[0] = x[0].Add(*x[1])
		}
	}
	return out
}
