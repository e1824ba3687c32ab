package storetest

import (
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"billferry/internal/app"
	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/secret/seal"
	"billferry/store"
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

// testbed is a store in a place of its own.
type testbed struct {
	app.Store
	t      *testing.T
	place  Place
	clock  *clock
	sealer store.Sealer
}

func newTestbed(t *testing.T, place Place) *testbed {
	t.Helper()
	b := &testbed{t: t, place: place, clock: newClock(), sealer: newSealer(t)}
	b.open()
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func newSealer(t *testing.T) store.Sealer {
	t.Helper()
	s, err := seal.Open(t.TempDir(), seal.Options{NoKeyring: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (b *testbed) open() {
	b.t.Helper()
	s, err := b.place.Open(store.Options{Sealer: b.sealer, Now: b.clock.now})
	if err != nil {
		b.t.Fatal(err)
	}
	b.Store = s
}

// reopen closes the store and opens it again.
func (b *testbed) reopen() {
	b.t.Helper()
	if err := b.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.open()
}

// checkClean fails the test when what follows from the runs does not.
func (b *testbed) checkClean() {
	b.t.Helper()
	rep, err := b.place.Check(b.Store)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, p := range rep.Problems {
		b.t.Error("check: " + p)
	}
}

// idAt is a UUIDv7 of a time.
func idAt(at time.Time) string {
	id := uuid.Must(uuid.NewV7())
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16|binary.BigEndian.Uint64(id[:8])&0xffff)
	return id.String()
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
			AmountIn: decimal.MustParse("10.50"), PeriodStart: fmt.Sprintf("2026-%02d-01", 10+version%2), PeriodEnd: "2026-12-01",
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

// fail parks a run.
func (b *testbed) fail(r integration.Run, status integration.Status, cause string) {
	b.t.Helper()
	r.Status, r.Cause, r.Advice = status, cause, "mend "+cause
	b.save(r, nil)
}

// counted is how many runs Sum adds up.
func (b *testbed) counted(f integration.RunFilter) (n int, err error) {
	b.t.Helper()
	sum, err := b.Sum(b.t.Context(), f)
	for _, runs := range sum.ByStatus {
		n += runs
	}
	return n, err
}
