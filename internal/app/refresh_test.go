package app

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/seed"
	"billferry/internal/spec"
)

// counted counts the requests for external mappings.
type counted struct {
	http.RoundTripper
	mappings atomic.Int32
	cut      atomic.Bool // they are refused
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/externalmappings") {
		c.mappings.Add(1)
		if c.cut.Load() {
			// Of a kind that the client does not try again by itself, which takes seconds.
			return &http.Response{StatusCode: http.StatusBadRequest, Body: http.NoBody, Request: r}, nil
		}
	}
	return c.RoundTripper.RoundTrip(r)
}

// mappedWorld is connected to both simulators, with an integration that looks
// customers up in external mappings, and a clock that can be set ahead.
func mappedWorld(t *testing.T) (w *world, in integration.Integration, asked *counted, ahead *atomic.Int64) {
	t.Helper()
	ahead = &atomic.Int64{}
	sb, err := sandbox.Start(t.Context(), sandbox.Options{Bills: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sb.Close)
	a, err := Open(Config{DataDir: t.TempDir(), NoKeyring: true, PollEvery: -1,
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	w = &world{app: a, sb: sb}
	t.Cleanup(func() { w.close(t) })
	asked = &counted{RoundTripper: a.http.Transport}
	a.http.Transport = asked
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.ConnectSource(t.Context(), sb.Source(), nil); err != nil {
		t.Fatal(err)
	}
	in = w.create(t, "mapped", spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault, "useExternalMappingAccountCode": true})
	w.connect(t, in)
	return w, in, asked, ahead
}

// unmappedBill is a Bill of an account that nobody has mapped.
func unmappedBill(i int) (account string, bill []byte) {
	account = fmt.Sprintf("0d5e5a5e-0000-4000-8000-%012d", i)
	return account, fmt.Appendf(nil,
		`{"id":"unmapped-%d","version":1,"accountId":%q,"accountCode":"late","currency":"USD","status":"APPROVED",`+
			`"startDate":"2026-09-01","endDate":"2026-10-01",
"billDate":"2026-10-01","dueDate":"2026-10-31","lastCalculatedDate":"2026-10-01T00:00:00Z","billTotal":5,"lineItems":[{"id":"l1",`+
			`"lineItemType":"STANDING_CHARGE","description":"Standing","productId":"p1",
"quantity":1,"units":1,"subtotal":5,"currency":"USD","conversionRate":1,"convertedSubtotal":5,"averageUnitPrice":5,`+
			`"servicePeriodStartDate":"2026-09-01T00:00:00Z","servicePeriodEndDate":"2026-10-01T00:00:00Z"}]}`, i, account)
}

func (w *world) submit(t *testing.T, in integration.Integration, bill []byte) string {
	t.Helper()
	runs, err := w.app.Submit(t.Context(), in.ID, bill, "file")
	if err != nil || len(runs) != 1 {
		t.Fatal(err, runs)
	}
	return runs[0].ID
}

// The external mappings that m3ter has when a Bill comes are found by
// themselves, with one reading for all that miss one.
func TestMappingsAreReadOnAMiss(t *testing.T) {
	t.Parallel()
	w, in, asked, _ := mappedWorld(t)
	w.submitAll(t, in.ID)
	tot, err := w.app.Totals(t.Context(), in.ID)
	if err != nil || tot.ByStatus[integration.Complete] == 0 {
		t.Errorf("by status %v, %v", tot.ByStatus, err)
	}
	stopped, err := w.app.Runs(t.Context(), integration.RunFilter{Causes: []string{"account_mapping_missing"}}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range stopped.Runs { // the seed leaves one customer out
		if slices.ContainsFunc(w.sb.World().Mappings, func(m seed.Mapping) bool { return m.Entity == "Account" && m.M3terID == r.AccountID }) {
			t.Errorf("%s stopped, although m3ter maps its account", r.BillRef)
		}
	}
	if n := asked.mappings.Load(); n != 1 {
		t.Errorf("m3ter's mappings were asked for %d times", n)
	}
}

// While m3ter does not answer no Bill waits for its mappings again: that would
// hold delivery up every few minutes. They are asked for in the background.
func TestNoBillWaitsForAnM3terThatIsDown(t *testing.T) {
	t.Parallel()
	w, in, asked, ahead := mappedWorld(t)
	asked.cut.Store(true)
	_, bill := unmappedBill(1)
	w.submit(t, in, bill)
	w.settled(t, in.ID)
	failed := asked.mappings.Load()
	if failed == 0 {
		t.Fatal("m3ter was not asked at all")
	}
	ahead.Store(int64(mappingsEvery))
	account, bill := unmappedBill(2)
	id := w.submit(t, in, bill)
	w.settled(t, in.ID)
	if n := asked.mappings.Load(); n != failed {
		t.Errorf("a Bill waited for m3ter: asked %d times, then %d", failed, n)
	}
	asked.cut.Store(false)
	w.sb.M3ter().PutMapping(seed.Mapping{ID: "m-up", Entity: "Account", M3terID: account, Table: "Customer",
		ExternalID: w.sb.World().Customers[0].ID})
	w.app.mappings.wanted(t.Context())
	w.settled(t, in.ID)
	if r, err := w.app.Run(t.Context(), id); err != nil || r.Status != integration.Complete {
		t.Errorf("after m3ter came back it is %s (%s), %v", r.Status, r.Cause, err)
	}
}

// A mapping that is added in m3ter after its Bill has stopped frees the Bill by
// itself and closes the event; a storm of Bills that miss one asks m3ter once
// in a while; what was mapped here otherwise stays as it is.
func TestAMappingAddedInM3terFreesWhatWaits(t *testing.T) {
	t.Parallel()
	w, in, asked, ahead := mappedWorld(t)
	var ids []string
	for i := range 60 {
		_, bill := unmappedBill(i)
		ids = append(ids, w.submit(t, in, bill))
	}
	w.settled(t, in.ID)
	if n := asked.mappings.Load(); n != 1 {
		t.Errorf("60 Bills without a mapping asked m3ter %d times", n)
	}
	if r, err := w.app.Run(t.Context(), ids[7]); err != nil || r.Cause != "account_mapping_missing" {
		t.Fatalf("%+v, %v", r.Run, err)
	}
	local := integration.ExternalMapping{M3terEntity: "Account", M3terID: "somebody", ExternalSystem: "Netsuite",
		ExternalTable: "Customer", ExternalID: "602"}
	if _, err := w.app.PutMapping(t.Context(), local); err != nil {
		t.Fatal(err)
	}
	customer := w.sb.World().Customers[0].ID
	account, _ := unmappedBill(7)
	w.sb.M3ter().PutMapping(seed.Mapping{ID: "m-late", Entity: "Account", M3terID: account, Table: "Customer", ExternalID: customer})
	w.sb.M3ter().PutMapping(seed.Mapping{ID: "m-other", Entity: "Account", M3terID: "somebody", Table: "Customer", ExternalID: "99"})
	w.app.mappings.wanted(t.Context())
	if n := asked.mappings.Load(); n != 1 {
		t.Errorf("m3ter was asked again too soon: %d times", n)
	}
	ahead.Store(int64(mappingsEvery))
	w.app.mappings.wanted(t.Context())
	w.settled(t, in.ID)
	if r, err := w.app.Run(t.Context(), ids[7]); err != nil || r.Status != integration.Complete || r.ExternalID == "" {
		t.Errorf("with the mapping it is %s (%s: %s), %v", r.Status, r.Cause, r.Error, err)
	}
	if r, err := w.app.Run(t.Context(), ids[8]); err != nil || r.Status != integration.Errored {
		t.Errorf("another one is %s, %v", r.Status, err)
	}
	open, err := w.app.store.Events(t.Context(), in.ID, integration.EventMissingMapping, false, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range open {
		if e.Group == integration.EventMissingMapping+"|"+account {
			t.Errorf("the event is open still: %+v", e)
		}
	}
	if id, _, _, err := w.app.store.LookupMapping(t.Context(), in.ID, "Netsuite", "Customer", "Account", "somebody"); err != nil ||
		id != "602" {
		t.Errorf("what was mapped here became %s, %v", id, err)
	}
}
