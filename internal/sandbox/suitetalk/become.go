package suitetalk

import (
	"errors"
	"maps"
	"slices"

	"billferry/internal/sandbox/account"
)

// Become gives the account another profile: it demands that from now on, and every
// document stays as it is. Its currencies stay as well, which a real account cannot
// lose once it has documents in them.
func (s *Server) Become(p account.Profile) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.Currency != s.o.Account.Currency {
		return errors.New("an account with documents keeps its currencies: start the simulators with that account")
	}
	s.o.Account = p
	s.db = newDB(s.o, s.db)
	return nil
}

// adopt takes over what the account had before: documents, how far its numbers
// have come, what people made of its periods, and what was set by hand.
func (d *db) adopt(was *db) {
	d.lastID, d.lastKey, d.queryLag, d.override = was.lastID, was.lastKey, was.queryLag, was.override
	if !slices.ContainsFunc(was.order, func(t *transaction) bool { return t.history }) {
		d.recall() // before the states of periods: it is older than they are
	}
	maps.Copy(d.tx, was.tx)
	maps.Copy(d.byExt, was.byExt)
	d.order = append(slices.Clone(was.order), d.order...)
	for _, p := range was.tables[typePeriod].rows {
		if now := d.tables[typePeriod].byID[p.id]; now != nil {
			now.fields = p.fields
		} else if slices.ContainsFunc(was.order, func(t *transaction) bool { return t.period == p }) {
			d.tables[typePeriod].add(p)
		}
	}
	for _, t := range was.order {
		for ; t != nil; t = t.before {
			d.settleIn(t)
		}
	}
}

// settleIn points a transaction at the records that stand for what it referred to. A
// customer who belongs to another subsidiary now has moved there with it.
func (d *db) settleIn(t *transaction) {
	if t.entity != nil {
		t.entity = d.tables[typeCustomer].byID[t.entity.id]
		if sub := t.head.Get("subsidiary"); sub != nil && !slices.Contains(t.entity.subsidiaries, sub.TextOf("id")) {
			t.head.Set("subsidiary", d.ref(typeCompany, t.entity.subsidiaries[0]))
		}
	}
	if t.currency != nil {
		t.currency = d.tables[typeCurrency].byID[t.currency.id]
	}
	if t.period != nil {
		t.period = d.tables[typePeriod].byID[t.period.id]
	}
}
