// Package servicetest holds a whole service.Service in memory, for the tests of
// everything that speaks to one: screens, commands, the REST API. It keeps
// what it is given, validates with the specs as the real one does, delivers
// nothing, and does at once what the real one takes time for. Tests seed it,
// set its clock, make methods fail or wait, and count calls.
package servicetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/reconcile"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// Start is the time on the clock of a new Fake.
var Start = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

// Fake is a service.Service in memory. Use New.
type Fake struct {
	mu      sync.Mutex
	now     func() time.Time
	catalog spec.Catalog
	info    service.Info
	seq     int

	integrations []integration.Integration
	credentials  map[string]integration.Credentials // by integration id
	drafts       []integration.Draft
	filters      []service.SavedFilter
	runs         []service.RunDetail // newest first
	events       []integration.Event // newest first
	mappings     []integration.ExternalMapping
	accounts     []integration.Account
	items        []integration.Named
	entities     map[string]string
	customers    []integration.Named
	fields       []integration.Field
	options      map[string][]integration.Named // by field
	coverage     service.Coverage
	source       service.SourceStatus
	preview      *service.Preview
	mismatches   map[string]*integration.Mismatch // by the id of a document
	retries      []service.BulkRetry              // newest first
	reports      []reconcile.Report
	plans        []plan.Plan
	paces        []service.AccountPace
	resolved     map[string]reconcile.Resolution // by the id of a break

	failures map[string]error
	holds    map[string]chan struct{}
	calls    map[string]int
	watchers map[chan service.Change]struct{}
}

var _ service.Service = (*Fake)(nil)

// New returns an empty Fake with the catalog of Catalog and a clock that
// stands at Start.
func New() *Fake {
	return &Fake{
		now:     func() time.Time { return Start },
		catalog: Catalog(),
		info: service.Info{Organisation: "acme", Mode: "embedded", DataDir: "/data/billferry", KeyProtection: "OS keyring",
			PID: 4242, Version: "test"},
		credentials: map[string]integration.Credentials{},
		resolved:    map[string]reconcile.Resolution{},
		failures:    map[string]error{},
		holds:       map[string]chan struct{}{},
		calls:       map[string]int{},
		watchers:    map[chan service.Change]struct{}{},
	}
}

// SetNow sets the clock.
func (f *Fake) SetNow(now func() time.Time) { f.mu.Lock(); f.now = now; f.mu.Unlock() }

// SetInfo replaces what Info answers.
func (f *Fake) SetInfo(i service.Info) { f.mu.Lock(); f.info = i; f.mu.Unlock() }

// SetCatalog replaces the catalog; call it before the first use.
func (f *Fake) SetCatalog(c spec.Catalog) { f.catalog = c }

// SetSource replaces what SourceStatus answers.
func (f *Fake) SetSource(s service.SourceStatus) { f.mu.Lock(); f.source = s; f.mu.Unlock() }

// SetPreview makes Preview answer p instead of its own sample.
func (f *Fake) SetPreview(p service.Preview) { f.mu.Lock(); f.preview = &p; f.mu.Unlock() }

// Fail makes a method, by its name, return err until it is called with nil.
func (f *Fake) Fail(method string, err error) { f.mu.Lock(); f.failures[method] = err; f.mu.Unlock() }

// Hold makes a method wait until release is called or its context ends.
func (f *Fake) Hold(method string) (release func()) {
	ch := make(chan struct{})
	f.mu.Lock()
	f.holds[method] = ch
	f.mu.Unlock()
	return sync.OnceFunc(func() {
		f.mu.Lock()
		delete(f.holds, method)
		f.mu.Unlock()
		close(ch)
	})
}

// Calls counts how often a method was called.
func (f *Fake) Calls(method string) int { f.mu.Lock(); defer f.mu.Unlock(); return f.calls[method] }

// enter counts the call, waits while the method is held, and answers the
// failure a test asked for.
func (f *Fake) enter(ctx context.Context, method string) error {
	f.mu.Lock()
	f.calls[method]++
	hold := f.holds[method]
	f.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failures[method]
}

// id makes a UUID that depends only on how many were made before.
func (f *Fake) id(kind string) string {
	f.seq++
	h := sha256.Sum256(fmt.Appendf(nil, "%s %d", kind, f.seq))
	return fmt.Sprintf("%x-%x-4%x-8%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])[:36]
}

// Notify sends a change to everyone who listens; a slow reader loses it.
func (f *Fake) Notify(kind, id string) { f.mu.Lock(); f.notify(kind, id); f.mu.Unlock() }

func (f *Fake) notify(kind, id string) {
	for ch := range f.watchers {
		select {
		case ch <- service.Change{Kind: kind, ID: id}:
		default:
		}
	}
}

// Changes implements service.Service.
func (f *Fake) Changes(ctx context.Context) (<-chan service.Change, error) {
	if err := f.enter(ctx, "Changes"); err != nil {
		return nil, err
	}
	ch := make(chan service.Change, 64)
	f.mu.Lock()
	f.watchers[ch] = struct{}{}
	f.mu.Unlock()
	context.AfterFunc(ctx, func() {
		f.mu.Lock()
		delete(f.watchers, ch)
		close(ch)
		f.mu.Unlock()
	})
	return ch, nil
}

// Info implements service.Service.
func (f *Fake) Info(ctx context.Context) (service.Info, error) {
	err := f.enter(ctx, "Info")
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.info, err
}

// Catalog implements service.Service.
func (f *Fake) Catalog() spec.Catalog { return f.catalog }
