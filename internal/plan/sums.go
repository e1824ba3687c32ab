package plan

import (
	"cmp"
	"slices"

	"billferry/internal/decimal"
	"billferry/mapping"
)

// Total is the money of a plan in one currency.
type Total struct {
	Currency  string    `json:"currency"`
	Documents int       `json:"documents"` // that are created or updated
	Invoices  decimal.D `json:"invoices"`
	Credits   decimal.D `json:"creditMemos"` // below zero
	Before    decimal.D `json:"before"`      // what the destination holds of them
	Change    decimal.D `json:"change"`
}

// Customer is the money of a plan for one account in one currency.
type Customer struct {
	Account   string    `json:"accountId"`
	Code      string    `json:"accountCode,omitempty"`
	Currency  string    `json:"currency"`
	Documents int       `json:"documents"`
	Total     decimal.D `json:"total"`
	Change    decimal.D `json:"change"`
}

// The ways in which the money of a plan is parted.
const (
	BySubsidiary = "subsidiary" // of the customer
	ByPeriod     = "period"     // month of the document's date
	ByItem       = "item"       // of the lines
)

// lastPeriod is where documents without a date come.
const lastPeriod = "9999-99"

// Ways lists them.
var Ways = []string{BySubsidiary, ByPeriod, ByItem}

// Part is the money of a plan in one currency that goes to one subsidiary, month or
// item. The parts of a way add up to the invoices and credit memos of their currency.
type Part struct {
	By        string    `json:"by"`
	Name      string    `json:"name"` // "" where it is not known
	Currency  string    `json:"currency"`
	Documents int       `json:"documents"` // that are created or updated
	Total     decimal.D `json:"total"`
}

// creditMemo is the kind of document that takes money back.
const creditMemo = string(mapping.CreditMemo)

// Sum works out totals and counts from the Bills.
func (p *Plan) Sum() {
	totals, customers, parts := map[string]*Total{}, map[[2]string]*Customer{}, map[[3]string]*Part{}
	p.Counts = map[Action]int{}
	for i := range p.Bills {
		b := &p.Bills[i]
		p.Counts[b.Action]++
		if b.Action != Create && b.Action != Update {
			continue
		}
		t, c := totals[b.Currency], customers[[2]string{b.Account, b.Currency}]
		if t == nil {
			t = &Total{Currency: b.Currency}
			totals[b.Currency] = t
		}
		if c == nil {
			c = &Customer{Account: b.Account, Code: b.Code, Currency: b.Currency}
			customers[[2]string{b.Account, b.Currency}] = c
		}
		t.Documents, c.Documents = t.Documents+1, c.Documents+1
		if b.Kind == creditMemo {
			t.Credits = t.Credits.Add(b.Total)
		} else {
			t.Invoices = t.Invoices.Add(b.Total)
		}
		t.Before, t.Change = t.Before.Add(b.Before), t.Change.Add(b.Change())
		c.Total, c.Change = c.Total.Add(b.Total), c.Change.Add(b.Change())
		b.parts(parts)
	}
	p.Totals, p.Customers, p.Parts = []Total{}, []Customer{}, []Part{}
	for _, t := range totals {
		p.Totals = append(p.Totals, *t)
	}
	for _, c := range customers {
		p.Customers = append(p.Customers, *c)
	}
	for _, x := range parts {
		p.Parts = append(p.Parts, *x)
	}
	slices.SortFunc(p.Parts, func(a, b Part) int {
		of := cmp.Or(cmp.Compare(slices.Index(Ways, a.By), slices.Index(Ways, b.By)), cmp.Compare(a.Currency, b.Currency))
		if a.By == ByPeriod { // in the order of the months
			return cmp.Or(of, cmp.Compare(cmp.Or(a.Name, lastPeriod), cmp.Or(b.Name, lastPeriod)))
		}
		return cmp.Or(of, b.Total.Abs().Cmp(a.Total.Abs()), cmp.Compare(a.Name, b.Name))
	})
	slices.SortFunc(p.Totals, func(a, b Total) int { return cmp.Compare(a.Currency, b.Currency) })
	slices.SortFunc(p.Customers, func(a, b Customer) int {
		return cmp.Or(b.Change.Abs().Cmp(a.Change.Abs()), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Currency, b.Currency))
	})
}

// parts adds a Bill to the parts that it belongs to.
func (b *Bill) parts(all map[[3]string]*Part) {
	at := func(by, name string) *Part {
		k := [3]string{by, name, b.Currency}
		if all[k] == nil {
			all[k] = &Part{By: by, Name: name, Currency: b.Currency}
		}
		return all[k]
	}
	for by, name := range map[string]string{BySubsidiary: b.Subsidiary, ByPeriod: b.Date[:min(len(b.Date), 7)]} {
		x := at(by, name)
		x.Documents, x.Total = x.Documents+1, x.Total.Add(b.Total)
	}
	rest, seen := b.Total, map[string]bool{}
	add := func(item string, d decimal.D) {
		x := at(ByItem, item)
		if !seen[item] {
			seen[item] = true
			x.Documents++
		}
		x.Total, rest = x.Total.Add(d), rest.Sub(d)
	}
	for _, l := range b.Lines {
		if b.Kind == creditMemo {
			l.Amount = l.Amount.Neg()
		}
		add(l.Item, l.Amount)
	}
	if !rest.IsZero() { // no line tells of it
		add("", rest)
	}
}
