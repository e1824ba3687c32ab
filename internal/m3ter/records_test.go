package m3ter_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/internal/m3ter"
	"billferry/internal/sandbox/fault"
	"billferry/internal/sandbox/m3terapi"
	"billferry/internal/sandbox/seed"
	"billferry/internal/secret"
	"billferry/internal/spec"
	"billferry/mapping"
	"billferry/netsuite"
)

// simulator is m3ter with a count of its requests by path.
type simulator struct {
	world seed.World
	mu    sync.Mutex
	seen  map[string]int
	now   time.Time
}

func newSimulator(t *testing.T, o seed.Options) (*simulator, *m3ter.Client) {
	t.Helper()
	o.Now = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	s := &simulator{world: seed.New(o), seen: map[string]int{}, now: o.Now}
	faults, err := fault.NewSet(1, nil)
	if err != nil {
		t.Fatal(err)
	}
	api := m3terapi.New(m3terapi.Options{Faults: faults, World: s.world, AccessKeyID: "key", APISecret: "secret",
		RateLimit: -1, Now: time.Now})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, path, _ := strings.Cut(r.URL.Path, s.world.OrgID)
		s.mu.Lock()
		s.seen[path]++
		s.mu.Unlock()
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	c := m3ter.New(integration.Source{OrgID: s.world.OrgID, BaseURL: srv.URL, AccessKey: "key", APISecret: secret.New("secret")},
		m3ter.Options{HTTP: srv.Client(), Rate: 1_000_000, Now: s.clock})
	return s, c
}

func (s *simulator) clock() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.now }

func (s *simulator) pass(d time.Duration) { s.mu.Lock(); s.now = s.now.Add(d); s.mu.Unlock() }

// counts are the requests for records since the last call, and the most for one.
func (s *simulator) counts() (all, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for path, n := range s.seen {
		if strings.HasPrefix(path, "/") {
			all, most = all+n, max(most, n)
		}
	}
	clear(s.seen)
	return all, most
}

// Rules that read account and product cost one reading of each in ten minutes,
// however many Bills there are and however many are mapped at once.
func TestRecordsAreReadOnceForManyBills(t *testing.T) {
	t.Parallel()
	const accounts, bills, workers = 500, 20_000, 16
	s, c := newSimulator(t, seed.Options{Accounts: accounts, Bills: accounts, Clean: true})
	cfg, err := netsuite.Adapter{}.Config("us", spec.Values{"billferry": map[string]any{"fields": []any{
		map[string]any{"to": "department", "from": "account.customFields.segment", "lookup": map[string]any{"small": "1"}, "default": "2"},
		map[string]any{"to": "line.class", "from": "product.customFields.revenueClass",
			"lookup": map[string]any{"usage": "1", "subscription": "2"}, "default": "3"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	known := make([]bill.Bill, len(s.world.Bills))
	products := map[string]bool{}
	owners := map[string]bool{}
	for i := range known {
		if known[i], err = bill.Decode(s.world.Bills[i].Append(nil, true, true)); err != nil {
			t.Fatal(err)
		}
		owners[known[i].AccountID] = true
		for _, l := range known[i].Lines {
			if l.ProductID != "" {
				products[l.ProductID] = true
			}
		}
	}
	pass := func() {
		var g errgroup.Group
		for w := range workers {
			g.Go(func() error {
				for i := w; i < bills; i += workers {
					if err := read(t.Context(), c, mapping.Records(cfg, known[i%len(known)])); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	want := len(owners) + len(products) + 1 // and the organisation's defaults
	for _, after := range []time.Duration{0, 9 * time.Minute, 2 * time.Minute} {
		s.pass(after)
		pass()
		all, most := s.counts()
		if again := after == 9*time.Minute; again && all != 0 || !again && (all > want || most > 1) {
			t.Errorf("after %v: %d requests for %d Bills, %d for one record; want at most %d", after, all, bills, most, want)
		}
		t.Logf("%d Bills of %d accounts and %d products: %d requests", bills, len(owners), len(products), all)
	}
}

// A record that is made of what was read before is believed as long as that is,
// and no longer: ten minutes after m3ter told it, it is read again.
func TestARecordDoesNotOutliveWhatItIsMadeOf(t *testing.T) {
	t.Parallel()
	s, c := newSimulator(t, seed.Options{Accounts: 3, Bills: 3, Clean: true})
	account := s.world.Accounts[0].ID
	path := "/accounts/" + account
	asked := func(of string) int {
		s.mu.Lock()
		defer s.mu.Unlock()
		defer clear(s.seen)
		return s.seen[of]
	}
	if _, err := c.Account(t.Context(), account); err != nil || asked(path) != 1 {
		t.Fatal(err)
	}
	s.pass(9 * time.Minute)
	if _, err := c.Record(t.Context(), "account", account); err != nil || asked(path) != 0 {
		t.Fatalf("%v, or it was read again after nine minutes", err)
	}
	s.pass(2 * time.Minute)
	if _, err := c.Record(t.Context(), "account", account); err != nil || asked(path) != 1 {
		t.Fatalf("%v, or the account is eleven minutes old", err)
	}
	// The defaults of the organisation were read with it, in minute 9.
	s.pass(8*time.Minute + 30*time.Second)
	if _, err := c.Record(t.Context(), "account", account); err != nil || asked("/customfields") != 1 {
		t.Fatalf("%v, or the defaults are more than ten minutes old", err)
	}
}

func read(ctx context.Context, c *m3ter.Client, wanted []mapping.Record) error {
	for _, w := range wanted {
		if _, err := c.Record(ctx, w.Entity, w.ID); err != nil {
			return fmt.Errorf("%v: %w", w, err)
		}
	}
	return nil
}

// Every entity that a rule may name is read, its defaults stand behind it, and
// what m3ter has not has no fields but those.
func TestRecordsOfEveryEntity(t *testing.T) {
	t.Parallel()
	s, c := newSimulator(t, seed.Options{Accounts: 5, Bills: 20, Clean: true})
	b, err := bill.Decode(s.world.Bills[0].Append(nil, true, true))
	if err != nil {
		t.Fatal(err)
	}
	var l bill.Line
	for _, x := range b.Lines {
		if x.PlanID != "" && x.AggregationID != "" && x.ContractID != "" {
			l = x
		}
	}
	for _, w := range []struct{ entity, id, field string }{
		{"account", b.AccountID, "customFields.segment"}, {"account", b.AccountID, "address.country"}, {"account", b.AccountID, "name"},
		{"product", l.ProductID, "customFields.revenueClass"}, {"product", "no-such-product", "customFields.revenueClass"},
		{"plan", l.PlanID, "code"}, {"contract", l.ContractID, "name"}, {"aggregation", l.AggregationID, "code"},
		{"accountPlan", b.AccountID + "|" + l.PlanID, "code"},
	} {
		r, err := c.Record(t.Context(), w.entity, w.id)
		if err != nil || r[w.field] == "" {
			t.Errorf("%s %s: %s is %q, %v", w.entity, w.id, w.field, r[w.field], err)
		}
	}
	fields, err := c.CustomFields(t.Context())
	if err != nil || fmt.Sprint(fields["product"]) != "[revenueClass]" {
		t.Errorf("%v, %v", fields, err)
	}
	if _, err := c.Record(t.Context(), "meter", "x"); err == nil {
		t.Error("an entity that nobody may name was read")
	}
}
