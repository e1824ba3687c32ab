package delivery_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/delivery/ledgertest"
	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/mapping"
)

// netsuite is a destination in memory: it holds documents by externalId,
// takes a while, and has a limit on requests at once.
type netsuite struct {
	account string
	latency func() time.Duration
	// before and after are asked around the commit of call n (from 1); a
	// failure ends the call there.
	before, after func(n int, d mapping.Document, look bool) *integration.Failure

	mu       sync.Mutex
	slots    int // 0: no limit
	inUse    int
	highest  int
	calls    int
	refused  int
	records  map[string]record
	creates  map[string]int
	changes  []string // externalId outcome, in order
	resolved error    // what Destination answers instead
	busyTime time.Duration
	drift    []string // what every proof says differs
	holds    string   // a memo: what documents with another are said to differ in
	unposted bool     // every document waits to be approved
	// lateCreate: each document was made by a second request, after one without an
	// answer.
	lateCreate bool
	asked      int                          // look-ups of a currency
	others     []integration.Doc            // what calls were told to look for
	forgot     int                          // times that caches were dropped
	docs       map[string]delivery.Document // by internal id, for Reader
	named      map[string]integration.Named // by "customer " and a reference
	unread     error                        // what Reader answers instead
	resolves   [][]string                   // questions for records: the kind, then the references
	reads      int                          // documents read back
	login      func() error                 // what a login is answered; nil: it is accepted
	logins     int
	loginAt    []time.Time
	queries    bool  // documents can be read back together
	batches    []int // how many were, each time
	// batch is asked what a batch has proven.
	batch func(docs []delivery.Written, out []*delivery.Proof) ([]*delivery.Proof, error)
	// read hears of each document that is read back by itself.
	read func(d mapping.Document)
	// unreadable is asked before read-back n (from 1); a failure is its answer.
	unreadable func(n int) *integration.Failure
}

func (n *netsuite) Document(_ context.Context, id string) (delivery.Document, bool, error) {
	d, ok := n.docs[id]
	return d, ok, n.unread
}

func (n *netsuite) Resolve(_ context.Context, kind delivery.RecordKind, refs []string) (map[string]integration.Named, error) {
	n.mu.Lock()
	n.resolves = append(n.resolves, append([]string{string(kind)}, refs...))
	took := n.latency()
	n.mu.Unlock()
	time.Sleep(took)
	out := map[string]integration.Named{}
	for _, ref := range refs {
		if r, ok := n.named[string(kind)+" "+ref]; ok {
			out[ref] = r
		}
	}
	return out, n.unread
}

// Login implements delivery.Login.
func (n *netsuite) Login(context.Context) error {
	n.mu.Lock()
	n.logins++
	n.loginAt = append(n.loginAt, time.Now())
	login := n.login
	n.mu.Unlock()
	if login == nil {
		return nil
	}
	return login()
}

type record struct {
	hash  string
	total string
	lines int
}

func newNetsuite() *netsuite {
	return &netsuite{account: "TSTDRV1", latency: func() time.Duration { return 50 * time.Millisecond },
		records: map[string]record{}, creates: map[string]int{}}
}

func (n *netsuite) Destination(context.Context, integration.Integration) (delivery.Destination, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.resolved != nil {
		return nil, n.resolved
	}
	return n, nil
}

func (n *netsuite) System(entityType, destination string) (delivery.System, error) {
	if entityType != "Bill" || destination != "Netsuite" {
		return nil, &integration.Failure{Class: integration.ClassData, Cause: "destination_unknown", Message: "nobody knows " + destination}
	}
	return fakeSystem{}, nil
}

func (n *netsuite) Period(context.Context, string, func(integration.Exchange)) (mapping.Period, error) {
	return mapping.Period{}, nil
}

func (n *netsuite) Forget() { n.lately(func(n *netsuite) { n.forgot++ }) }

func (n *netsuite) Account() string { return n.account }

func (n *netsuite) CurrencyID(context.Context, string, func(integration.Exchange)) (string, error) {
	n.lately(func(n *netsuite) { n.asked++ })
	return "1", nil
}

// lately reads or changes the fake while the engine runs.
func (n *netsuite) lately(f func(*netsuite)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f(n)
}

func (n *netsuite) setSlots(c int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.slots = c
}

func (n *netsuite) Deliver(
	ctx context.Context, e mapping.Encoded, was delivery.Before, rec func(integration.Exchange),
) (delivery.Delivered, error) {
	d, look := e.Document, was.Look
	n.mu.Lock()
	n.others = append(n.others, was.Others...)
	n.calls++
	call := n.calls
	if n.slots > 0 && n.inUse >= n.slots {
		n.refused++
		n.mu.Unlock()
		time.Sleep(10 * time.Millisecond)
		return delivery.Delivered{}, &integration.Failure{Class: integration.ClassLoad, Cause: "concurrency_limit", Message: "too many requests"}
	}
	n.inUse++
	n.highest = max(n.highest, n.inUse)
	took, before, after := n.latency(), n.before, n.after
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		n.inUse--
		n.mu.Unlock()
	}()
	rec(integration.Exchange{Purpose: "create", Method: "POST", URL: "/invoice", Status: 204})
	if before != nil {
		if f := before(call, d, look); f != nil {
			return delivery.Delivered{}, f
		}
	}
	select {
	case <-time.After(took):
	case <-ctx.Done():
		return delivery.Delivered{}, &integration.Failure{Class: integration.ClassTransient, Cause: "cut", Message: "cut off",
			Unknown: true, Err: ctx.Err()}
	}
	out := n.commit(e, look, took)
	if after != nil {
		if f := after(call, d, look); f != nil {
			return delivery.Delivered{}, f
		}
	}
	return out, nil
}

func (n *netsuite) commit(d mapping.Encoded, look bool, took time.Duration) delivery.Delivered {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.busyTime += took
	now := record{hash: d.Hash(), total: d.Total.String(), lines: len(d.Lines)}
	had, ok := n.records[d.ExternalID]
	out := integration.Created
	switch {
	case ok && had == now && look:
		out = integration.Unchanged
	case ok && had == now:
		out = integration.Adopted
	case ok:
		out = integration.Updated
	default:
		n.creates[d.ExternalID]++
	}
	n.records[d.ExternalID] = now
	n.changes = append(n.changes, d.ExternalID+" "+string(out))
	got := delivery.Delivered{Outcome: out, ID: fmt.Sprint(len(n.records)), URL: "https://ns/" + d.ExternalID,
		LateCreate: n.lateCreate}
	if out == integration.Unchanged || out == integration.Adopted {
		proof := n.proof(d.Document)
		got.Proof = &proof
	}
	return got
}

// proof is what a read-back of a document says; n.mu is held.
func (n *netsuite) proof(d mapping.Document) delivery.Proof {
	p := delivery.Proof{Total: d.Total.String(), Currency: d.CurrencyID, Lines: len(d.Lines), Differs: n.drift, Unposted: n.unposted}
	if n.holds != "" && d.Memo != n.holds {
		p.Differs = []string{"memo: sent " + d.Memo + ", NetSuite holds " + n.holds}
	}
	if len(p.Differs) > 0 {
		p.Total = "101.40"
	}
	return p
}

func (n *netsuite) Rows(d mapping.Document) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.queries {
		return 0
	}
	return len(d.Lines) + 2
}

// ProveAll takes as long as a write, and a slot of the limit.
func (n *netsuite) ProveAll(ctx context.Context, docs []delivery.Written, _ func(integration.Exchange)) ([]*delivery.Proof, error) {
	n.mu.Lock()
	took, ask := n.latency(), n.batch
	n.batches = append(n.batches, len(docs))
	n.busyTime += took
	n.mu.Unlock()
	select {
	case <-time.After(took):
	case <-ctx.Done():
		return nil, &integration.Failure{Class: integration.ClassTransient, Cause: "cut", Message: "cut off", Err: ctx.Err()}
	}
	out := make([]*delivery.Proof, len(docs))
	n.mu.Lock()
	for i, d := range docs {
		if p := n.proof(d.Doc); len(p.Differs) == 0 {
			out[i] = &p
		}
	}
	n.mu.Unlock()
	if ask != nil {
		return ask(docs, out)
	}
	return out, nil
}

// Prove takes no time.
func (n *netsuite) Prove(ctx context.Context, d mapping.Document, id string, rec func(integration.Exchange)) (delivery.Proof, error) {
	if ctx.Err() != nil {
		return delivery.Proof{}, ctx.Err()
	}
	rec(integration.Exchange{Purpose: "read back", Method: "GET", URL: "/invoice/" + id, Status: 200})
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reads++
	if n.read != nil {
		n.read(d)
	}
	if n.unreadable != nil {
		if f := n.unreadable(n.reads); f != nil {
			return delivery.Proof{}, f
		}
	}
	return n.proof(d), nil
}

// bench is an engine on a ledger in memory against a fake NetSuite.
type bench struct {
	t      *testing.T
	ledger *ledgertest.Memory
	ns     *netsuite
	engine *delivery.Engine
	o      delivery.Options
	stop   context.CancelFunc
	done   chan error
}

// connected is an integration that may deliver, with a default item.
func connected(id string, set ...any) integration.Integration {
	v := spec.Values{"netsuiteDefaultItemId": "199"}
	for i := 0; i+1 < len(set); i += 2 {
		v.Set(set[i].(string), set[i+1])
	}
	return integration.Integration{
		ID: id, Name: "NetSuite " + id, EntityType: "Bill", Destination: "Netsuite", Version: 1,
		ConfigData: v, Enabled: true, Authorized: true,
	}
}

func newBench(t *testing.T, ins ...integration.Integration) *bench {
	t.Helper()
	if len(ins) == 0 {
		ins = []integration.Integration{connected("us")}
	}
	b := &bench{t: t, ledger: ledgertest.New(ins...), ns: newNetsuite()}
	b.o = delivery.Options{Ledger: b.ledger, Resolver: b.ns}
	return b
}

// start runs an engine, as a new process would.
func (b *bench) start() {
	b.t.Helper()
	b.engine = delivery.New(b.o)
	ctx, cancel := context.WithCancel(context.Background())
	b.stop, b.done = cancel, make(chan error, 1)
	go func() { b.done <- b.engine.Run(ctx) }()
}

// end stops the engine and returns what Run said.
func (b *bench) end() error {
	b.stop()
	return <-b.done
}

func (b *bench) submit(id string, bills ...[]byte) []integration.Run {
	b.t.Helper()
	var out []integration.Run
	subs, err := b.engine.SubmitBatch(context.Background(), id, bills, "file")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, s := range subs {
		if s.Err != nil {
			b.t.Fatal(s.Err)
		}
		out = append(out, s.Runs...)
	}
	return out
}

func (b *bench) run(id string) integration.Run {
	b.t.Helper()
	r, err := b.ledger.Run(context.Background(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *bench) want(id string, s integration.Status, o integration.Outcome) integration.Run {
	b.t.Helper()
	r := b.run(id)
	if r.Status != s || r.Outcome != o {
		b.t.Errorf("run %s of Bill %s is %s/%s (%s: %s), want %s/%s", id, r.EntityID, r.Status, r.Outcome, r.Cause, r.Error, s, o)
	}
	return r
}

func (b *bench) events() map[string]int {
	out := map[string]int{}
	for _, e := range b.ledger.Events() {
		out[e.Name]++
	}
	return out
}

// billOf writes a Bill as m3ter does, with two lines.
func billOf(id, account string, version int, status string, more ...string) []byte {
	total := 100 + version
	kind := "MONTHLY"
	if len(more) > 0 {
		kind = more[0]
	}
	return fmt.Appendf(nil, `{"id":%q,"version":%d,"accountId":%q,"accountCode":"code-%s","startDate":"2026-07-01","endDate":"2026-08-01",
"billDate":"2026-08-01","dueDate":"2026-08-31","currency":"USD","status":%q,"lastCalculatedDate":"2026-08-01T00:00:%02dZ",
"billingFrequency":%q,"sequentialInvoiceNumber":"INVOICE-%s","billTotal":%d.50,"lineItems":[
{"id":"l1","lineItemType":"STANDING_CHARGE","description":"Standing","productId":"p1","quantity":1,"units":1,"unit":"","subtotal":%d,`+
		`"currency":"USD","conversionRate":1,"convertedSubtotal":%d,"averageUnitPrice":%d,"servicePeriodStartDate":"2026-07-01T00:00:00Z",`+
		`"servicePeriodEndDate":"2026-08-01T00:00:00Z"},
{"id":"l2","lineItemType":"USAGE","description":"Calls","productId":"p2","quantity":5,"units":5,"unit":"call","subtotal":0.5,`+
		`"currency":"USD","conversionRate":1,"convertedSubtotal":0.5,"averageUnitPrice":0.1,"servicePeriodStartDate":"2026-07-01T00:00:00Z",`+
		`"servicePeriodEndDate":"2026-08-01T00:00:00Z"}]}`,
		id, version, account, account, status, version, kind, id, total, total, total, total)
}
