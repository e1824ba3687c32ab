package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/mapping"
)

// accountEntity is the m3ter entity whose mapping names a Bill's customer.
const accountEntity = "Account"

// Mapped is a Bill with the document it becomes.
type Mapped struct {
	Bill     bill.Bill
	Document mapping.Encoded
	There    bool           // a document of the Bill is, or may be, there: it would be updated
	Period   mapping.Period // of its date, as far as it was asked for
}

// Skip is the error of a Bill for which nothing is to be sent; that is an
// outcome, not a failure.
type Skip struct {
	Outcome integration.Outcome
	Cause   string // stable code
	Reason  string // for people
	// Empty is set when the Bill is one to send and comes to nothing.
	Empty bool
}

// Error is the reason.
func (s *Skip) Error() string { return s.Reason }

// outside answers what a document needs to know of the destination.
type outside struct {
	// currency resolves an ISO 4217 code to the destination's own id.
	currency func(ctx context.Context, iso string) (string, error)
	// record finds what references name (Reader.Resolve); nil: nobody asks.
	record func(ctx context.Context, kind RecordKind, refs []string) (map[string]integration.Named, error)
	// period tells of the accounting period of a date; nil: nobody asks.
	period func(ctx context.Context, date string) (mapping.Period, error)
	// sent: a document of the Bill is, or may be, there. No setting that keeps
	// Bills from being sent stops its updates.
	sent bool
	// earlier are the documents that it takes the place of; nil: nobody asks.
	earlier func(ctx context.Context) ([]mapping.Document, error)
}

// earlier reads what was sent of a Bill before through an integration into an
// account: the last that is there, and what may be. What that was to empty is left
// in Gone unless it has. Siblings are the Bill's runs.
func (e *Engine) earlier(ctx context.Context, integrationID, account string, siblings []integration.Run) ([]mapping.Document, error) {
	var runs []integration.Run
	last := -1
	for _, o := range siblings {
		switch {
		case o.IntegrationID != integrationID || o.Account != account:
		case o.InFlight, len(o.Doubt) > 0:
			runs = append(runs, o)
		case !o.Sent():
		case last < 0:
			last, runs = len(runs), append(runs, o)
		case o.Completed.After(runs[last].Completed):
			runs[last] = o
		}
	}
	var out []mapping.Document
	for _, o := range runs {
		d, err := e.sent(ctx, o.ID)
		if errors.Is(err, integration.ErrNotFound) {
			continue // it ended in the middle of its call, or is not kept
		}
		if err != nil {
			return nil, fmt.Errorf("read what run %s has sent: %w", o.ID, err)
		}
		if o.Proof == integration.Proven || o.Proof == integration.NotPosted {
			d.Gone = nil // it was read back, and they are empty
		}
		out = append(out, d)
	}
	return out, nil
}

// prepare takes a Bill all the way to a document: what an attempt, a dry run
// and a preview have in common. The error is a *Skip, an *integration.Failure
// or an error of the ledger.
func (e *Engine) prepare(ctx context.Context, c config, raw []byte, out outside) (Mapped, error) {
	b, err := bill.Decode(raw)
	if err != nil {
		return Mapped{}, &integration.Failure{
			Class: integration.ClassData, Cause: "bill_unreadable", Err: err,
			Message: "the Bill cannot be read: " + err.Error(),
			Advice:  "get the Bill from m3ter again and submit it; if it stays, report it with the Bill's id",
		}
	}
	m := Mapped{Bill: b, There: out.sent}
	if out.sent {
		c.cfg.SendFrom, c.cfg.SkipZero = "", false
	}
	account, err := e.account(ctx, c.cfg, b.AccountID)
	if err != nil {
		return m, err
	}
	if v := mapping.Qualify(c.cfg, b.Head, account); !v.Send {
		return m, &Skip{Outcome: v.Outcome, Cause: v.Cause, Reason: v.Reason}
	}
	l := mapping.Lookups{Account: account, Numbers: e.numbers(ctx, b), There: out.sent}
	if l.Records, err = e.sourceRecords(ctx, c.cfg, b); err != nil {
		return m, err
	}
	if err := e.lookUp(ctx, c, b, &l, out); err != nil {
		return m, err
	}
	if err := e.told(ctx, c.cfg, &l, out); err != nil {
		return m, err
	}
	if err := e.companies(ctx, c, b, &l, out); err != nil {
		return m, err
	}
	if c.cfg.BaseCurrency == "" {
		if l.CurrencyID, err = out.currency(ctx, b.Currency); err != nil {
			return m, err
		}
	}
	if out.period != nil {
		if l.Period, err = out.period(ctx, mapping.Date(b.Head)); err != nil {
			return m, err
		}
		m.Period = l.Period
	}
	d, err := mapping.Map(c.cfg, b, l)
	if e.o.Mappings != nil && missed(d, err) && e.o.Mappings.Refresh(ctx) {
		if err := e.lookUp(ctx, c, b, &l, out); err != nil {
			return m, err
		}
		d, err = mapping.Map(c.cfg, b, l)
	}
	var nothing *mapping.NothingError
	if errors.As(err, &nothing) {
		return m, &Skip{Outcome: integration.Skipped, Cause: nothing.Cause, Reason: nothing.Reason, Empty: true}
	}
	if err == nil && out.sent && out.earlier != nil {
		var earlier []mapping.Document
		if earlier, err = out.earlier(ctx); err == nil {
			d = mapping.Without(c.cfg, d, earlier)
		}
	}
	if err == nil {
		m.Document = c.sys.Encode(d)
	}
	return m, err
}

// missed tells whether an external mapping that is not known here would have
// made another document: the customer or an item is missing, or the default
// item stands in for one.
func missed(d mapping.Document, err error) bool {
	var f *integration.Failure
	if errors.As(err, &f) {
		return slices.Contains(MappingCauses, f.Cause)
	}
	return err == nil && d.DefaultLines > 0
}

const causeAccountMapping = "account_mapping_missing"

// itemCauses are those of runs that the external mapping of an item can free.
var itemCauses = []string{"item_missing", "default_item_strict"}

// MappingCauses are those of runs that an external mapping can free.
var MappingCauses = append([]string{causeAccountMapping}, itemCauses...)

// account reads the fields of a m3ter account, when a filter asks for them.
func (e *Engine) account(ctx context.Context, cfg mapping.Config, id string) (map[string]string, error) {
	if cfg.AccountFilter == "" {
		return nil, nil
	}
	if e.o.Accounts == nil {
		return nil, &integration.Failure{
			Class: integration.ClassData, Cause: "account_unknown",
			Message: "the account filter needs the account " + id + ", and no m3ter organisation is connected",
			Advice:  "connect m3ter (billferry source connect), or empty the account filter",
		}
	}
	a, err := e.o.Accounts.Account(ctx, id)
	switch {
	case errors.Is(err, integration.ErrNotFound):
		return nil, &integration.Failure{
			Class: integration.ClassData, Cause: "account_unknown", Err: err,
			Message: "m3ter has no account " + id + ", which the account filter needs",
			Advice:  "check the Bill's account, or empty the account filter",
		}
	case err != nil:
		return nil, sourceRefused(err)
	}
	return a.Fields, nil
}

// sourceRefused is an error of m3ter. What it refuses is not refused by the
// destination: the run waits.
func sourceRefused(err error) error {
	var f *integration.Failure
	if errors.As(err, &f) && f.Class == integration.ClassAuth {
		return &integration.Failure{
			Class: integration.ClassTransient, Cause: "source_refused", Message: f.Message, Advice: f.Advice, Err: err,
		}
	}
	return err
}

// lookUp reads the external mappings a Bill needs.
func (e *Engine) lookUp(ctx context.Context, c config, b bill.Bill, l *mapping.Lookups, out outside) error {
	var err error
	cfg, words := c.cfg, c.sys.Words()
	if cfg.CustomerBy == mapping.ByEntityID && b.AccountCode != "" && !cfg.UseExternalMapping {
		if l.Customer, err = byEntityID(ctx, b.AccountCode, out); err != nil {
			return err
		}
	}
	if cfg.UseExternalMapping {
		l.Customer, _, _, err = e.o.Ledger.LookupMapping(ctx, cfg.IntegrationID, words.Mapped, words.CustomerTable, accountEntity, b.AccountID)
		if err == nil {
			err = e.internalIDs(ctx, c, CustomerRecord, []*string{&l.Customer}, out)
		}
		if err != nil {
			return err
		}
	}
	wants := mapping.Wants(cfg, b)
	items, refs := map[string]*mapping.Item{}, make([]*string, 0, len(wants))
	for _, w := range wants {
		id, linked, ok, err := e.o.Ledger.LookupMapping(ctx, cfg.IntegrationID, words.Mapped, words.ItemTable, w.Entity, w.ID)
		if err != nil {
			return err
		}
		if ok {
			item := &mapping.Item{ID: id, Linked: linked}
			items[strings.ToLower(w.Entity)+"|"+w.ID] = item
			refs = append(refs, &item.ID)
		}
	}
	if err := e.internalIDs(ctx, c, ItemRecord, refs, out); err != nil {
		return err
	}
	l.Items = make(map[string]mapping.Item, len(items))
	for k, item := range items {
		l.Items[k] = *item
	}
	return nil
}

// words are the names that a destination has for things.
func (e *Engine) words(entityType, destination string) spec.Words {
	sys, err := e.o.Resolver.System(entityType, destination)
	if err != nil {
		return spec.Words{System: destination}
	}
	return sys.Words()
}

// nameOf is what texts call a destination.
func (e *Engine) nameOf(entityType, destination string) string {
	return e.words(entityType, destination).System
}

// missingCause is that of a run whose record of a kind is missing.
var missingCause = map[RecordKind]string{CustomerRecord: causeAccountMapping, ItemRecord: "item_missing"}
