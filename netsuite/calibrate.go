package netsuite

import (
	"context"
	"strings"
	"sync"
	"time"

	"billferry/internal/delivery"
	"billferry/mapping"
)

const (
	// offLife is how long documents are read one by one after a query has shown
	// that it cannot tell: a permission may be given, a lag may end.
	offLife = time.Hour
	// mostMissing is how many documents in a row a query may not show.
	mostMissing = 90
	// manyUnseen is after how many documents the log says that none is shown.
	manyUnseen = 4
	// mostKinds bounds the kinds of document that are told apart.
	mostKinds = 1000
)

// batching is what is known of reading documents back by query, for each kind,
// currency and choice of fields. The first document of each is read both ways,
// since accounts differ in what a query shows; where the two disagree, queries
// prove nothing. It is forgotten when the program ends: at most two calls for
// each kind and currency, once a start, are cheaper than trust in what an
// account showed before somebody changed it.
type batching struct {
	mu      sync.Mutex
	state   map[string]*agreement
	until   time.Time       // no queries at all before that
	missing int             // documents in a row that a query did not show
	differ  map[string]bool // internal ids that a query showed whole, and otherwise than sent
}

type calibration int

const (
	unknownYet calibration = iota
	underWay
	agrees
	disagrees
)

// agreement is what is known of one kind of document.
type agreement struct {
	state    calibration
	columns  []string  // that the query needs; nil until it agrees
	tries    int       // in which the query did not show the document
	again    time.Time // when the next is compared after that
	currency string    // id that a document has which was sent without one; "": the account shows none
}

// kindOf names what documents have in common that a query shows alike; ok is
// false for one that no query can be asked for.
func kindOf(d *mapping.Document) (key string, columns []string, ok bool) {
	columns, ok = columnsOf(d)
	currency := d.CurrencyID
	if currency == "" {
		currency = d.Currency
	}
	return string(d.Kind) + "|" + currency + "|" + strings.Join(columns, ","), columns, ok
}

// may tells whether a document can be read with others. The first of its kind
// cannot: Prove reads it both ways.
func (b *batching) may(d *mapping.Document, now time.Time) bool {
	key, _, ok := kindOf(d)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !ok || b.shut(now) {
		return false
	}
	a := b.state[key]
	if a == nil {
		if len(b.state) >= mostKinds {
			return false
		}
		if b.state == nil {
			b.state = map[string]*agreement{}
		}
		a = &agreement{}
		b.state[key] = a
	}
	if a.state == unknownYet {
		if now.Before(a.again) {
			return false
		}
		a.state = underWay
		return false
	}
	return a.state != disagrees
}

// agreed gives what a query has to show of a document, nil when it proves none.
func (b *batching) agreed(d *mapping.Document) *agreement {
	key, _, _ := kindOf(d)
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.state[key]
	if a == nil || a.state != agrees {
		return nil
	}
	known := *a
	return &known
}

func (b *batching) set(d *mapping.Document, to agreement) {
	key, _, _ := kindOf(d)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state[key] = &to
}

// unseen notes that a query did not show the first document of its kind, and
// tells how often that was so: its rows are hidden, or it lags behind. The next
// one is compared a while later, longer each time, so that hidden rows cost
// hardly a query beside the calls that read each document.
func (b *batching) unseen(d *mapping.Document, now time.Time) int {
	key, _, _ := kindOf(d)
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.state[key]
	a.state, a.tries = unknownYet, a.tries+1
	a.again = now.Add(min(time.Second<<min(a.tries-1, 20), offLife))
	return a.tries
}

// claimed gives the columns of a document that is the first of its kind.
func (b *batching) claimed(d *mapping.Document) (columns []string, ok bool) {
	key, columns, _ := kindOf(d)
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.state[key]
	return columns, a != nil && a.state == underWay
}

// closed tells whether the role may not query, as far as is known.
func (b *batching) closed(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.shut(now)
}

func (b *batching) shut(now time.Time) bool { return !b.until.IsZero() && now.Before(b.until) } // b.mu is held

func (b *batching) denied(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = now.Add(offLife)
}

// told notes what a query showed of a document.
func (b *batching) told(id string, m match, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !m.whole {
		if b.missing++; b.missing >= mostMissing {
			b.missing, b.until = 0, now.Add(offLife)
		}
		return
	}
	b.missing = 0
	if m.same {
		return
	}
	if b.differ == nil || len(b.differ) > 1000 {
		b.differ = map[string]bool{}
	}
	b.differ[id] = true
}

// wronged takes off the list and tells whether a query showed a document as
// something else than was sent.
func (b *batching) wronged(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.differ[id]
	delete(b.differ, id)
	return was
}

// calibrate compares what a read-back has told with what a query tells. It is
// called for each document that is read by itself, and costs a query only while
// its kind has not been compared.
func (c *Client) calibrate(ctx context.Context, d mapping.Document, r record, p delivery.Proof, rec Recorder) {
	proven := len(p.Differs) == 0 && p.Unread == ""
	columns, first := c.batch.claimed(&d)
	switch {
	case c.batch.wronged(r.ID) && proven:
		c.disagree(&d)
	case first:
		c.compareWays(ctx, &d, r, proven, p.Unposted, columns, rec)
	}
}

func (c *Client) disagree(d *mapping.Document) {
	c.log.Warn("documents are read back one by one: a query shows them otherwise than they are", "account", c.account, "kind", d.Kind,
		"currency", d.Currency)
	c.batch.set(d, agreement{state: disagrees})
}

// compareWays reads the first document of its kind by query too. proven and
// unposted are what reading it by itself has told.
func (c *Client) compareWays(
	ctx context.Context, d *mapping.Document, r record, proven, unposted bool, columns []string, rec Recorder,
) {
	to := agreement{state: agrees, columns: columns, currency: d.CurrencyID}
	if r.Currency.ID != "" { // else the account has but one
		to.columns, to.currency = append(columns[:len(columns):len(columns)], currencyColumn), r.Currency.ID
	}
	rows, err := c.linesOf(ctx, bothWays, []string{r.ID}, to.columns, rec)
	switch {
	case err != nil && asFailure(err).Cause == causeQuery && len(columns) > 0:
		c.log.Info("some documents are read back one by one: a query of their fields is refused", "account", c.account, "columns",
			strings.Join(columns, ", "), "error", err)
		c.batch.set(d, agreement{state: disagrees}) // one of the columns is none: others may be
		return
	case err != nil:
		if notPermitted(err) {
			c.batch.denied(c.now())
		}
		c.batch.set(d, agreement{})
		return
	}
	switch m := matches(d, to.currency, rows[r.ID]); {
	case !m.whole:
		if c.batch.unseen(d, c.now()) == manyUnseen {
			c.log.Warn("documents are read back one by one: a query does not show them to this role", "account", c.account, "kind", d.Kind,
				"currency", d.Currency)
		}
	case m.same != proven || m.unposted != unposted:
		c.disagree(d)
	case m.same:
		c.batch.set(d, to)
	default:
		c.batch.set(d, agreement{}) // both tell of a difference: the next document is compared
	}
}
