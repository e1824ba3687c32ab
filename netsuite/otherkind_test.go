package netsuite

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// pair is a Bill as a credit memo, whose invoice of an earlier version is in f.
func (f *fake) pair(c *Client) mapping.Document {
	f.t.Helper()
	d := doc()
	d.OtherID = "m3c-1"
	mustDeliver(f.t, c, d, false, integration.Created)
	d.Kind, d.ExternalID, d.OtherID = mapping.CreditMemo, d.OtherID, d.ExternalID
	return d
}

// A document of the other kind stops a create, unless it is voided or the role
// cannot have made it. Nothing is made while it is not known.
func TestOneBillHasOneKindOfDocument(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(f *fake)
		class integration.Class // "" when the credit memo is made
		cause string
	}{
		"stands":    {func(*fake) {}, integration.ClassHeld, "other_kind_exists"},
		"voided":    {func(f *fake) { f.set("status", map[string]any{"id": "V"}) }, "", ""},
		"not there": {func(f *fake) { f.refuse("GET /invoice", 404, "NONEXISTENT_ID", "The record instance does not exist.") }, "", ""},
		"no such type": {func(f *fake) {
			f.refuse("GET /invoice", 404, "NONEXISTENT_ID", "Record type 'invoice' does not exist.")
		}, "", ""},
		"hidden": {func(f *fake) { f.refuse("GET /invoice", 403, "INSUFFICIENT_PERMISSION", "Permission Violation") }, "", ""},
		"not known": {func(f *fake) {
			f.next("GET /invoice", func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(502); return true })
		}, integration.ClassTransient, "gateway_error"},
	} {
		for _, lookFirst := range []bool{false, true} {
			f := newFake(t)
			client := f.client()
			memo := f.pair(client)
			c.spoil(f)
			_, err := client.Deliver(t.Context(), encode(memo), delivery.Before{Look: lookFirst}, nil)
			if c.class == "" {
				if err != nil || f.count("POST /creditMemo") != 1 {
					t.Errorf("%s: %v, %v", name, err, f.seen)
				}
				continue
			}
			got := failure(t, err, c.class, c.cause)
			if f.count("POST /creditMemo") != 0 || got.Unknown {
				t.Errorf("%s: %v, unknown %v", name, f.seen, got.Unknown)
			}
			if c.class == integration.ClassHeld && !strings.Contains(got.Message, "invoice 101 over 72.50 USD") {
				t.Errorf("%s", got.Message)
			}
		}
	}
}

// A first invoice is not looked for as a credit memo: that would cost a call
// for every Bill.
func TestAFirstInvoiceCostsNoLookUp(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	d := doc()
	d.OtherID = "m3c-1"
	mustDeliver(t, f.client(), d, false, integration.Created)
	if f.count("GET /creditMemo") != 0 {
		t.Errorf("%v", f.seen)
	}
}

// What a request may have made under another name is waited for as long as
// NetSuite may work on it; then its absence counts. One document of the same kind
// is the Bill's; two are too many.
func TestWhatMayHaveBeenMadeIsLookedFor(t *testing.T) {
	t.Parallel()
	earlier := func(kind mapping.Kind, ref string, ago time.Duration) delivery.Before {
		return delivery.Before{Others: []integration.Doc{{Kind: string(kind), ExternalID: ref, Since: time.Now().Add(-ago)}}}
	}
	f := newFake(t)
	_, err := f.client().Deliver(t.Context(), encode(doc()), earlier(mapping.CreditMemo, "m3c-1", 10*time.Minute), nil)
	got := failure(t, err, integration.ClassTransient, "earlier_unproven")
	if got.Unknown || got.Doubt || got.After > 5*time.Minute || got.After < 4*time.Minute || f.count("POST /invoice") != 0 {
		t.Errorf("%+v, %v", got, f.seen)
	}
	_, err = f.client().Deliver(t.Context(), encode(doc()), earlier(mapping.CreditMemo, "m3c-1", 16*time.Minute), nil)
	if err != nil || f.count("POST /invoice") != 1 {
		t.Errorf("%v, %v", err, f.seen)
	}
	// A create that got no answer is told of: the document may be deleted, and made
	// again by that one.
	f = newFake(t)
	f.next("POST /invoice", func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(502); return true })
	if got, err := f.client().Deliver(t.Context(), encode(doc()), delivery.Before{}, nil); err != nil || !got.LateCreate {
		t.Errorf("%+v, %v", got, err)
	}
	f = newFake(t)
	old := doc()
	old.ExternalID = "acme-1"
	mustDeliver(t, f.client(), old, false, integration.Created)
	d, err := f.client().Deliver(t.Context(), encode(doc()), earlier(mapping.Invoice, "acme-1", 0), nil)
	if err != nil || d.Outcome != integration.Adopted || d.Ref != "acme-1" || f.count("POST /invoice") != 1 {
		t.Errorf("%+v %v, %v", d, err, f.seen)
	}
}
