package netsuite

import (
	"context"
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
)

// batching is what is known of reading documents back by query, for each kind
// and currency. The first document of each is read both ways, since accounts
// differ in what a query shows; where the two disagree, queries prove nothing.
type batching struct {
	mu      sync.Mutex
	state   map[string]calibration
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

func keyOf(d mapping.Document) string { return string(d.Kind) + "|" + d.CurrencyID }

// may tells whether a document can be read with others. The first of its kind
// cannot: Prove reads it both ways.
func (b *batching) may(d mapping.Document, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.until.IsZero() && now.Before(b.until) {
		return false
	}
	switch b.state[keyOf(d)] {
	case agrees, underWay:
		return true
	case disagrees:
		return false
	}
	if b.state == nil {
		b.state = map[string]calibration{}
	}
	b.state[keyOf(d)] = underWay
	return false
}

func (b *batching) good(d mapping.Document) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state[keyOf(d)] == agrees
}

func (b *batching) set(d mapping.Document, to calibration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state[keyOf(d)] = to
}

func (b *batching) claimed(d mapping.Document) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state[keyOf(d)] == underWay
}

func (b *batching) denied(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = now.Add(offLife)
}

// told notes what a query showed of a document.
func (b *batching) told(d delivery.Written, same, whole bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !whole {
		if b.missing++; b.missing >= mostMissing {
			b.missing, b.until = 0, now.Add(offLife)
		}
		return
	}
	b.missing = 0
	if same {
		return
	}
	if b.differ == nil || len(b.differ) > 1000 {
		b.differ = map[string]bool{}
	}
	b.differ[d.ID] = true
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
func (c *Client) calibrate(ctx context.Context, d mapping.Document, id string, p delivery.Proof, rec Recorder) {
	proven := len(p.Differs) == 0 && p.Unread == ""
	if c.batch.wronged(id) && proven {
		c.log.Warn("documents are read back one by one: a query shows them otherwise than they are", "account", c.account, "kind", d.Kind,
			"currency", d.Currency)
		c.batch.set(d, disagrees)
		return
	}
	if !c.batch.claimed(d) {
		return
	}
	to := unknownYet
	defer func() { c.batch.set(d, to) }()
	customer, err := c.customerOf(ctx, d, rec)
	if err != nil {
		return
	}
	one := []delivery.Written{{ID: id, Doc: d}}
	rows, err := c.linesOf(ctx, one, rec)
	if err != nil {
		if notPermitted(err) {
			c.batch.denied(c.now())
		}
		return
	}
	same, whole := matches(d, customer, rows[id])
	switch {
	case same && proven:
		to = agrees
	case whole && same != proven:
		to = disagrees
		c.log.Warn("documents are read back one by one: a query shows them otherwise than they are", "account", c.account, "kind", d.Kind,
			"currency", d.Currency)
	case !whole:
		c.batch.told(one[0], false, false, c.now())
	}
}
