package netsuite

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

func mustDeliver(t *testing.T, c *Client, d mapping.Document, lookFirst bool, want integration.Outcome) delivery.Delivered {
	t.Helper()
	got, err := c.Deliver(t.Context(), encode(d), delivery.Before{Look: lookFirst}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Outcome != want {
		t.Fatalf("outcome %s %+v, want %s", got.Outcome, got.Proof, want)
	}
	return got
}

// proven delivers a document and reads it back, as the engine does.
func proven(t *testing.T, c *Client, d mapping.Document, lookFirst bool, want integration.Outcome) delivery.Proof {
	t.Helper()
	got := mustDeliver(t, c, d, lookFirst, want)
	if got.Proof != nil {
		return *got.Proof
	}
	p, err := c.Prove(t.Context(), d, got.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCreateIsReadBackAndProven(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	c := f.client()
	got := mustDeliver(t, c, doc(), false, integration.Created)
	if got.ID != "101" || got.Proof != nil || f.count("GET /invoice") != 0 {
		t.Fatalf("%+v, and %v", got, f.seen)
	}
	p, err := c.Prove(t.Context(), doc(), got.ID, nil)
	if err != nil || p.Total != "72.50" || p.Currency != "1" || p.Lines != 2 || len(p.Differs) != 0 {
		t.Fatalf("%+v %v", p, err)
	}
	if got.URL != f.URL+"/app/accounting/transactions/custinvc.nl?id=101" {
		t.Fatal(got.URL)
	}
	if f.count("POST /invoice") != 1 || f.count("GET /invoice/101") != 1 {
		t.Fatal(f.seen)
	}
}

func TestSameContentAgainSendsNothing(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	c := f.client()
	mustDeliver(t, c, doc(), false, integration.Created)
	mustDeliver(t, c, doc(), false, integration.Unchanged) // the create is refused as a duplicate
	posts := f.count("POST /invoice")
	mustDeliver(t, c, doc(), true, integration.Adopted)
	if f.count("POST /invoice") != posts || f.count("PATCH") != 0 || len(f.records) != 1 {
		t.Fatal(f.seen)
	}
}

// Every way a create can end without proof, before and after the commit: the
// record exists once, and the sender knows it.
func TestUnknownOutcomes(t *testing.T) {
	t.Parallel()
	ends := map[string]func(w http.ResponseWriter){
		"500": func(w http.ResponseWriter) {
			writeError(w, 500, "UNEXPECTED_ERROR", "An unexpected error occurred. Error ID: l9x")
		},
		"html 502":    func(w http.ResponseWriter) { w.WriteHeader(502); _, _ = w.Write([]byte("<html>Bad gateway</html>")) },
		"empty 503":   func(w http.ResponseWriter) { w.WriteHeader(503) },
		"reset":       func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"cut":         func(w http.ResponseWriter) { w.Header().Set("Content-Length", "900"); _, _ = w.Write([]byte(`{"ti`)) },
		"redirect":    func(w http.ResponseWriter) { w.Header().Set("Location", "https://login.example"); w.WriteHeader(302) },
		"no location": nil,
	}
	for name, end := range ends {
		for _, committed := range []bool{true, false} {
			if end == nil && !committed {
				continue
			}
			t.Run(name+map[bool]string{true: " after", false: " before"}[committed], func(t *testing.T) {
				t.Parallel()
				f := newFake(t)
				f.next("POST /invoice", func(w http.ResponseWriter, r *http.Request) bool {
					if committed {
						f.mu.Lock()
						f.create(quiet{}, r, "/invoice")
						f.mu.Unlock()
					}
					if end == nil {
						w.WriteHeader(204)
					} else {
						end(w)
					}
					return true
				})
				want := integration.Created
				if committed && end != nil {
					want = integration.Adopted
				}
				got := mustDeliver(t, f.client(), doc(), false, want)
				if len(f.records) != 1 || got.ID != "101" {
					t.Fatal(f.records, got)
				}
				if posts := f.count("POST /invoice"); (posts == 1) != committed {
					t.Fatalf("%d creates", posts)
				}
				if !committed && f.count("GET /invoice/eid:") != 2 {
					t.Fatal("sent again without having looked twice:", f.seen)
				}
			})
		}
	}
}

// quiet swallows what the fake answers.
type quiet struct{}

func (quiet) Header() http.Header         { return http.Header{} }
func (quiet) Write(b []byte) (int, error) { return len(b), nil }
func (quiet) WriteHeader(int)             {}

func TestTimeoutOfACreateIsLookedUp(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	c := f.client(func(o *Options) { o.Timeout = 100 * time.Millisecond })
	mustDeliver(t, c, doc(), false, integration.Created)
	d := doc()
	d.ExternalID = "m3b-2"
	f.next("POST /invoice", func(_ http.ResponseWriter, r *http.Request) bool {
		f.mu.Lock()
		f.create(quiet{}, r, "/invoice")
		f.mu.Unlock()
		<-r.Context().Done()
		return true
	})
	mustDeliver(t, c, d, false, integration.Adopted)
}

func TestGivesUpUnknownAfterAFewTries(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	for range 3 {
		f.refuse("POST /invoice", 500, "UNEXPECTED_ERROR", "An unexpected error occurred. Error ID: x")
	}
	_, err := f.client().Deliver(t.Context(), encode(doc()), delivery.Before{}, nil)
	failure(t, err, integration.ClassTransient, "unexpected_error")
	if f.count("POST /invoice") != 3 || len(f.records) != 0 {
		t.Fatal(f.seen)
	}
}

// When not even the look-up works the failure says that the effect is unknown.
func TestFailedLookUpKeepsTheOutcomeUnknown(t *testing.T) {
	t.Parallel()
	for _, first := range []bool{true, false} {
		f := newFake(t)
		f.refuse("POST /invoice", 503, "", "")
		f.refuse("GET /invoice/eid:", 429, "CONCURRENCY_LIMIT_EXCEEDED", "Concurrent request limit exceeded. Request blocked.")
		_, err := f.client().Deliver(t.Context(), encode(doc()), delivery.Before{Look: first}, nil)
		if got := failure(t, err, integration.ClassLoad, "concurrency_limit"); !got.Unknown {
			t.Fatalf("first=%v: the outcome was forgotten", first)
		}
	}
}

func TestRefusedForLoadIsNotUnknown(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.next("POST /invoice", func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "7")
		writeError(w, 400, "CONCURRENCY_LIMIT_EXCEEDED", "Concurrent request limit exceeded. Request blocked.")
		return true
	})
	_, err := f.client().Deliver(t.Context(), encode(doc()), delivery.Before{}, nil)
	if got := failure(t, err, integration.ClassLoad, "concurrency_limit"); got.Unknown || got.After != 7*time.Second {
		t.Fatalf("%+v", got)
	}
}

func TestOtherContentIsReplacedNotAppended(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	c := f.client()
	mustDeliver(t, c, doc(), false, integration.Created)
	d := doc()
	d.Lines = d.Lines[:1]
	d.Total = decimal.MustParse("60.00")
	got := proven(t, c, d, false, integration.Updated)
	if got.Lines != 1 || got.Total != "60.00" || len(got.Differs) != 0 {
		t.Fatalf("%+v", got)
	}
	// The same with an update whose answer is lost, before and after its effect.
	for _, after := range []bool{true, false} {
		d.Memo += "."
		f.next("PATCH", func(w http.ResponseWriter, r *http.Request) bool {
			if after {
				f.mu.Lock()
				f.patch(quiet{}, r, strings.TrimPrefix(r.URL.Path, recordPath))
				f.mu.Unlock()
			}
			w.WriteHeader(500)
			return true
		})
		if got := mustDeliver(t, c, d, true, integration.Updated); !after && !got.Unanswered {
			t.Errorf("an update that got no answer was sent again, and that is not told: %+v", got)
		}
	}
}

func TestPaidInvoiceIsLeftAlone(t *testing.T) {
	t.Parallel()
	for field, v := range map[string]any{"amountPaid": json.Number("10.00"), "status": map[string]any{"id": "B"}} {
		f := newFake(t)
		c := f.client()
		mustDeliver(t, c, doc(), false, integration.Created)
		f.set(field, v)
		mustDeliver(t, c, doc(), false, integration.Unchanged) // nothing would change
		d := doc()
		d.Lines[0].Amount, d.Total = decimal.MustParse("50.00"), decimal.MustParse("62.50")
		_, err := c.Deliver(t.Context(), encode(d), delivery.Before{}, nil)
		got := failure(t, err, integration.ClassPaid, "invoice_paid")
		if !strings.Contains(got.Message, "total: sent 62.50 USD, NetSuite holds 72.50 USD") || f.count("PATCH") != 0 || got.Unknown {
			t.Fatalf("%+v %v", got, f.seen)
		}
	}
}

func TestDriftIsTold(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.next("GET /invoice/101", func(w http.ResponseWriter, _ *http.Request) bool {
		f.set("total", json.Number("72.49"))
		f.set("memo", "INVOICE")
		return false
	})
	got := proven(t, f.client(), doc(), false, integration.Created)
	if all := strings.Join(got.Differs, "; "); all != `total: sent 72.50 USD, NetSuite holds 72.49 USD; memo: sent "INVOICE-101",`+
		` NetSuite holds "INVOICE"` {
		t.Fatal(all)
	}
}

func TestCustomerByExternalIDIsCompared(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	c := f.client()
	d := doc()
	d.Entity = mapping.Ref{ExternalID: "acc-1"}
	mustDeliver(t, c, d, false, integration.Created)
	f.set("entity", map[string]any{"id": "999", "refName": "Other"})
	f.set("amountPaid", json.Number("1"))
	_, err := c.Deliver(t.Context(), encode(d), delivery.Before{Look: true}, nil)
	if got := failure(t, err, integration.ClassPaid, "invoice_paid"); !strings.Contains(got.Message,
		"customer: sent id 614, NetSuite holds id 999 Other") {
		t.Fatal(got.Message)
	}
	if f.count("GET /customer/") != 1 {
		t.Fatal("the customer was not cached")
	}
}

func TestCurrencyAndVoidAreRefusedBefore(t *testing.T) {
	t.Parallel()
	for cause, change := range map[string]func(*fake, *mapping.Document){
		"currency_fixed": func(_ *fake, d *mapping.Document) { d.CurrencyID = "4" },
		"record_voided":  func(f *fake, d *mapping.Document) { d.Memo = "x"; f.set("status", map[string]any{"id": "V"}) },
	} {
		f := newFake(t)
		c := f.client()
		mustDeliver(t, c, doc(), false, integration.Created)
		d := doc()
		change(f, &d)
		_, err := c.Deliver(t.Context(), encode(d), delivery.Before{}, nil)
		failure(t, err, integration.ClassRefused, cause)
	}
}

func TestExternalIDTakenByAnotherKind(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.refuse("POST /invoice", 400, "USER_ERROR", "Error while accessing a resource. This record already exists.")
	_, err := f.client().Deliver(t.Context(), encode(doc()), delivery.Before{}, nil)
	failure(t, err, integration.ClassRefused, "external_id_taken")
}

func TestCreditMemo(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	d := doc()
	d.Kind, d.ExternalID = mapping.CreditMemo, "m3c-1"
	got := mustDeliver(t, f.client(), d, false, integration.Created)
	if f.count("POST /creditMemo") != 1 || !strings.Contains(got.URL, "custcred.nl?id=101") {
		t.Fatal(got, f.seen)
	}
}

func TestManyAtOnceMakeOne(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	c := f.client()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := c.Deliver(context.Background(), encode(doc()), delivery.Before{}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(f.records) != 1 || f.count("POST /oauth2") > 1 || f.count("POST /auth/oauth2") != 1 {
		t.Fatal(len(f.records), f.seen)
	}
}
