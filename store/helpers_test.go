package store

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/secret/seal"
	"billferry/store/kv"
)

// clock is a time that only tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// testbed is a store in a folder of its own.
type testbed struct {
	*Store
	t     *testing.T
	dir   string
	clock *clock
	seal  *seal.Sealer
}

func newTestbed(t *testing.T) *testbed {
	t.Helper()
	dir := t.TempDir()
	sealer, err := seal.Open(dir, seal.Options{NoKeyring: true})
	if err != nil {
		t.Fatal(err)
	}
	b := &testbed{t: t, dir: dir, clock: newClock(), seal: sealer}
	b.open()
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func (b *testbed) path() string { return filepath.Join(b.dir, "data", "billferry.db") }

func (b *testbed) open() {
	b.t.Helper()
	s, err := Open(b.path(), Options{Sealer: b.seal, Now: b.clock.now})
	if err != nil {
		b.t.Fatal(err)
	}
	b.Store = s
}

// reopen closes the file and opens it again.
func (b *testbed) reopen() {
	b.t.Helper()
	if err := b.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.open()
}

func (b *testbed) integration(name string) integration.Integration {
	b.t.Helper()
	in, err := b.CreateIntegration(b.t.Context(), integration.Integration{
		EntityType: "Bill", Destination: "Netsuite", Name: name, Enabled: true, ConfigData: map[string]any{"accountFilter": ""},
	}, "")
	if err != nil {
		b.t.Fatal(err)
	}
	return in
}

// newRun is a Bill of one integration, waiting.
func newRun(in, billID string, version int64) delivery.NewRun {
	return delivery.NewRun{
		Run: integration.Run{
			IntegrationID: in, EntityType: "Bill", EntityID: billID, Destination: "Netsuite", BillVersion: version,
			BillStatus: "APPROVED", BillRef: "INVOICE-" + billID, AccountID: "acc-1", AccountCode: "acme", Currency: "USD",
			AmountIn: decimal.MustParse("10.50"),
		},
		Bill: []byte(fmt.Sprintf(`{"id":%q,"version":%d,"lineItems":[]}`, billID, version)),
	}
}

func (b *testbed) add(news ...delivery.NewRun) []integration.Run {
	b.t.Helper()
	added, err := b.AddRuns(b.t.Context(), news)
	if err != nil {
		b.t.Fatal(err)
	}
	out := make([]integration.Run, len(added))
	for i, a := range added {
		out[i] = a.Run
	}
	return out
}

func (b *testbed) save(r integration.Run, a *integration.Attempt) {
	b.t.Helper()
	if err := b.SaveRun(b.t.Context(), r, a); err != nil {
		b.t.Fatal(err)
	}
}

// checkClean fails the test when the indexes or counters do not follow from the runs.
func (b *testbed) checkClean() {
	b.t.Helper()
	rep, err := b.Check(context.Background(), false, nil) // also runs as a cleanup, when t's context has ended
	if err != nil {
		b.t.Fatal(err)
	}
	for _, p := range rep.Problems {
		b.t.Error("check: " + p)
	}
}

// behind changes the file past what the store does.
func (b *testbed) behind(f func(*tx) error) error {
	b.t.Helper()
	return b.db.Exclusive(b.t.Context(), func(file kv.Alone) error {
		return file.Update(func(k *kv.Tx) error { return f(&tx{Tx: k, now: b.clock.now()}) })
	})
}

// empty takes everything out of a bucket.
func (b *testbed) empty(of *kv.Bucket) error {
	return b.db.Exclusive(b.t.Context(), func(file kv.Alone) error { return file.Empty(of) })
}

func newUUID() string { return uuid.NewString() }
