package delivery

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"billferry/mapping"
)

// currencyLife is how long the destination's ids of currencies are kept. They
// do not change; what changes is which of them there are.
const currencyLife = 7 * 24 * time.Hour

// causeCurrency is the destination's word for a currency that it does not take.
const causeCurrency = "currency_refused"

// currencies are the destination's ids of the currencies of an account, kept
// between runs of the program: without them the first Bills after a start all
// stand behind one look-up, which takes seconds at a busy destination.
type currencies struct {
	IDs map[string]string `json:"ids"` // by ISO 4217 code
	At  time.Time         `json:"at"`  // when the first of them was looked up
}

func currencyKey(account string) string { return "currencies/" + account }

// currencyID asks the destination once for each currency, at its pace.
func (t *task) currencyID(ctx context.Context, iso string) (id string, err error) {
	account := t.queue.dest.Account()
	if id := t.e.knownCurrency(ctx, account, iso); id != "" {
		return id, nil
	}
	err = t.paced(ctx, func() (err error) {
		id, err = t.queue.dest.CurrencyID(t.calls, iso, t.record)
		return err
	})
	if err != nil {
		return "", err
	}
	t.e.keepCurrency(ctx, account, iso, id)
	return id, nil
}

// period asks for the accounting period of a date. It takes no slot: mostly the
// destination knows it, and all Bills of a month share one look-up.
func (t *task) period(_ context.Context, date string) (mapping.Period, error) {
	return t.queue.dest.Period(t.calls, date, t.record)
}

// paced makes a call with a slot of its own.
func (t *task) paced(ctx context.Context, do func() error) error {
	return t.queue.pace.call(ctx, inTurn, func() error {
		err := do()
		t.noteRefused(err)
		return err
	})
}

// knownCurrency is the id of a currency, "" when it has to be asked for.
func (e *Engine) knownCurrency(ctx context.Context, account, iso string) string {
	e.mu.Lock()
	c, ok := e.currency[account]
	e.mu.Unlock()
	if !ok {
		c = e.keptCurrencies(ctx, account)
	}
	if e.o.Now().Sub(c.At) > currencyLife {
		return ""
	}
	return c.IDs[iso]
}

// keptCurrencies reads what an earlier run of the program knew.
func (e *Engine) keptCurrencies(ctx context.Context, account string) (c currencies) {
	b, err := e.o.Ledger.Meta(ctx, currencyKey(account))
	if err == nil && b != nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		e.log.Warn("the currencies of an account are looked up anew", "account", account, "error", err)
		c = currencies{}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if known, ok := e.currency[account]; ok { // another Bill was first
		return known
	}
	e.currency[account] = c
	return c
}

// keepCurrency remembers an id. What cannot be written is asked for again
// after the next start.
func (e *Engine) keepCurrency(ctx context.Context, account, iso, id string) {
	e.mu.Lock()
	c, now := e.currency[account], e.o.Now()
	if c.IDs[iso] == id && now.Sub(c.At) <= currencyLife {
		e.mu.Unlock()
		return // another Bill has asked as well
	}
	if now.Sub(c.At) > currencyLife {
		c = currencies{At: now}
	}
	c.IDs = maps.Clone(c.IDs) // a copy of c is being written elsewhere
	if c.IDs == nil {
		c.IDs = map[string]string{}
	}
	c.IDs[iso] = id
	e.currency[account] = c
	e.mu.Unlock()
	b, err := json.Marshal(c)
	if err == nil {
		err = e.o.Ledger.SetMeta(ctx, currencyKey(account), b)
	}
	if err != nil && ctx.Err() == nil {
		e.log.Warn("the id of a currency could not be kept", "account", account, "currency", iso, "error", err)
	}
}

// forgetCurrencies makes the ids of an account be looked up again.
func (e *Engine) forgetCurrencies(account string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.currency[account] = currencies{}
}
