package m3terapi

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/tree"
)

// prepaid adds the routes of what customers pay before they use it. Commitments and
// Balances are worked out of the Bills that name them, so that both sides of a month
// agree: what Bills ask for was paid in, what they draw down is spent.
func (s *Server) prepaid(in func(pattern string, h func(*http.Request) (int, []byte))) {
	in("GET /commitments", s.may("commitments", s.list(s.commitments, "accountId")))
	in("GET /commitments/{id}", s.may("commitments", s.item(s.commitments, "Commitment")))
	in("GET /balances", s.may("balances", s.list(s.balances, "accountId")))
	in("GET /balances/{id}", s.may("balances", s.item(s.balances, "Balance")))
	in("GET /balances/{id}/transactions/summary", s.may("balances", s.summary))
}

// may refuses what was denied as m3ter does.
func (s *Server) may(what string, h func(*http.Request) (int, []byte)) func(*http.Request) (int, []byte) {
	return func(r *http.Request) (int, []byte) {
		s.mu.Lock()
		denied := slices.Contains(s.denied, what)
		s.mu.Unlock()
		if denied {
			return http.StatusForbidden, message("Unauthorized")
		}
		return h(r)
	}
}

// Deny takes from the service user the right to read these: commitments, balances. What
// was taken before is given back.
func (s *Server) Deny(what ...string) error {
	for _, w := range what {
		if w != "commitments" && w != "balances" {
			return fmt.Errorf("unknown right %q: commitments or balances", w)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = what
	return nil
}

// credit is a transaction that a person has put into a Balance.
type credit struct {
	account, currency string
	amount            decimal.D
}

// Credit puts an amount into the Balance of an account in a currency, as the Console's
// button does.
func (s *Server) Credit(account, currency string, amount decimal.D) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.credits = append(s.credits, credit{account, currency, amount})
}

// pot is what Bills say of one Commitment or Balance.
type pot struct {
	id, account, currency string
	in, out               decimal.D // fees, draw-downs
	place                 int       // of its Account in the list; -1 where that is unknown
}

func (s *Server) pot(id, account, currency string) *pot {
	place := slices.IndexFunc(s.accounts, func(a tree.Value) bool { return a.TextOf("id") == account })
	return &pot{id: id, account: account, currency: currency, place: place}
}

// pots gathers what lines name by an id, in the order in which it is met.
func (s *Server) pots(field, fee, drawn string) []*pot {
	var out []*pot
	at := map[string]*pot{}
	for _, l := range s.allLines() {
		id := l.TextOf(field)
		if id == "" {
			continue
		}
		p := at[id]
		if p == nil {
			p = s.pot(id, s.find(l.TextOf("billId")).text("accountId"), l.TextOf("currency"))
			at[id], out = p, append(out, p)
		}
		sum, err := l.Get("subtotal").Decimal()
		if err != nil {
			continue // of a Bill that was put in from outside
		}
		switch l.TextOf("lineItemType") {
		case fee:
			p.in = p.in.Add(sum)
		case drawn:
			p.out = p.out.Sub(sum)
		}
	}
	return out
}

// ends is when the Commitments and Balances of an account end: those of each third one
// ended with the month before, the others go on for years.
func (s *Server) ends(p *pot) (at time.Time, over bool) {
	now := s.o.Now().UTC()
	if p.place%3 == 2 {
		return time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC), true
	}
	return time.Date(now.Year()+2, time.January, 1, 0, 0, 0, 0, time.UTC), false
}

// toCome is the fee that a Commitment under way still has to bill.
var toCome = decimal.New(600, 0)

// commitments are paid by Bills alone, nothing up front.
func (s *Server) commitments() []tree.Value {
	var out []tree.Value
	for _, p := range s.pots("commitmentId", "COMMITMENT_FEE", "COMMITMENT_CONSUMED") {
		ends, over := s.ends(p)
		amount, fees := p.in, tree.List()
		if !over {
			amount = amount.Add(toCome)
			next := s.o.Now().UTC().AddDate(0, 3, 0)
			fees = tree.List(tree.Obj(str("date", next.Format(time.DateOnly)), num("amount", toCome.String()),
				str("servicePeriodStartDate", next.Format(time.RFC3339)), str("servicePeriodEndDate", next.AddDate(0, 3, 0).Format(time.RFC3339))))
		}
		out = append(out, kept(p.id, str("accountId", p.account), str("currency", p.currency), num("amount", amount.String()),
			num("amountPrePaid", "0"), num("amountSpent", p.out.String()), str("startDate", "2024-01-15"),
			str("endDate", ends.Format(time.DateOnly)), tree.M("feeDates", fees), tree.M("productIds", tree.List()),
			tree.M("lineItemTypes", tree.List(tree.Str("USAGE"))), tree.M("separateOverageUsage", tree.Boolean(false))))
	}
	return out
}

// fund is a Balance with its transactions added up.
type fund struct {
	pot
	paid decimal.D // by people, beside the fees
}

// funds gathers the Balances. Where more was drawn down than paid in, they are overdrawn.
func (s *Server) funds() []*fund {
	var out []*fund
	at := map[[2]string]*fund{}
	for _, p := range s.pots("balanceId", "BALANCE_FEE", "BALANCE_CONSUMED") {
		f := &fund{pot: *p}
		at[[2]string{p.account, p.currency}], out = f, append(out, f)
	}
	for _, c := range s.credits {
		k := [2]string{c.account, c.currency}
		if at[k] == nil {
			at[k] = &fund{pot: *s.pot("balance-"+c.account+"-"+c.currency, c.account, c.currency)}
			out = append(out, at[k])
		}
		at[k].paid = at[k].paid.Add(c.amount)
	}
	return out
}

func (f *fund) left() decimal.D { return f.in.Add(f.paid).Sub(f.out) }

func (s *Server) balances() []tree.Value {
	var out []tree.Value
	for _, f := range s.funds() {
		ends, _ := s.ends(&f.pot)
		out = append(out, kept(f.id, str("code", "balance"), str("name", "Balance"), str("accountId", f.account), str("currency", f.currency),
			num("amount", f.left().String()), str("startDate", "2024-01-15T00:00:00Z"), str("endDate", ends.Format(time.RFC3339)),
			tree.M("lineItemTypes", tree.List()), tree.M("productIds", tree.List()), tree.M("allowOverdraft", tree.Boolean(true)),
			tree.M("customFields", tree.Obj())))
	}
	return out
}

// summary adds the transactions of a Balance up.
func (s *Server) summary(r *http.Request) (int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.funds()
	i := slices.IndexFunc(list, func(f *fund) bool { return f.id == r.PathValue("id") })
	if i < 0 {
		return http.StatusNotFound, message("Balance with id " + r.PathValue("id") + " was not found")
	}
	f, expired := list[i], decimal.D{}
	if _, over := s.ends(&f.pot); over && f.left().Sign() > 0 {
		expired = f.left()
	}
	return http.StatusOK, tree.Obj(num("totalCreditAmount", f.in.Add(f.paid).String()), num("totalDebitAmount", f.out.String()),
		num("initialCreditAmount", f.paid.String()), num("expiredBalanceAmount", expired.String()), num("rolloverConsumed", "0"),
		num("balanceConsumed", f.out.String())).JSON()
}
