package netsuite_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/delivery/ledgertest"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/suitetalk"
	"billferry/internal/spec"
	"billferry/netsuite"
)

// bubbled is an engine at work against the simulator, in the bubble of a test.
type bubbled struct {
	t      *testing.T
	box    *sandbox.Sandbox
	ledger *ledgertest.Memory
	engine *delivery.Engine
}

// deliverTo starts an engine whose one integration has these settings.
func deliverTo(t *testing.T, so sandbox.Options, set spec.Values) *bubbled {
	t.Helper()
	box, c := inMemory(t, so, netsuite.Options{})
	v := spec.Values{"netsuiteDefaultItemId": "199"}
	for k, x := range set {
		v.Set(k, x)
	}
	l := &bubbled{t: t, box: box, ledger: ledgertest.New(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill",
		Destination: "Netsuite",
		Version:     1, ConfigData: v, Enabled: true, Authorized: true, CredentialsID: "c1"})}
	l.engine = delivery.New(delivery.Options{Ledger: l.ledger, Resolver: fixed{c}})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.engine.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l
}

// submit hands over a Bill of the simulator's first customer; set replaces in it.
func (l *bubbled) submit(id string, set ...string) integration.Run {
	l.t.Helper()
	text := fmt.Sprintf(`{"id":%q,"version":1,"accountId":%q,"accountCode":"acme","startDate":"2026-07-01","endDate":"2026-08-01",
"billDate":"%s","dueDate":"%s","currency":"USD","status":"APPROVED","lastCalculatedDate":"2026-08-01T00:00:00Z",
"billingFrequency":"MONTHLY","sequentialInvoiceNumber":"INVOICE-%s","billTotal":12.50,"lineItems":[
{"id":"l1","lineItemType":"STANDING_CHARGE","description":"Standing","productId":"p1","quantity":1,"units":1,"unit":"","subtotal":12.50,
"currency":"USD","conversionRate":1,"convertedSubtotal":12.50,"averageUnitPrice":12.50}]}`, id, l.box.World().Accounts[0].ID, today, today,
		id)
	rs, err := l.engine.Submit(context.Background(), "us", []byte(strings.NewReplacer(set...).Replace(text)), "file")
	if err != nil || len(rs) != 1 {
		l.t.Fatal(rs, err)
	}
	return rs[0]
}

func (l *bubbled) want(id string, s integration.Status, o integration.Outcome) integration.Run {
	l.t.Helper()
	r, err := l.ledger.Run(context.Background(), id)
	if err != nil || r.Status != s || r.Outcome != o {
		l.t.Errorf("run %s is %s/%s (%s: %s), %v; want %s/%s", id, r.Status, r.Outcome, r.Cause, r.Error, err, s, o)
	}
	return r
}

// The role loses REST Web Services, or the employee leaves and is put back: what
// waited goes on by itself. A revoked certificate is never accepted again, stays
// told with what to do, and is tried twice an hour.
func TestALoginThatWasMended(t *testing.T) {
	t.Parallel()
	for _, loss := range []string{suitetalk.PermitREST, suitetalk.PermitEntity, "certificate"} {
		t.Run(loss, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := deliverTo(t, sandbox.Options{}, nil)
				deny := func() error { return l.box.NetSuite().Deny(loss) }
				if loss == "certificate" {
					deny = func() error {
						for _, id := range l.box.NetSuite().KeyIDs() {
							l.box.NetSuite().Revoke(id)
						}
						return nil
					}
				}
				if err := deny(); err != nil {
					t.Fatal(err)
				}
				first := l.submit("b1")
				time.Sleep(time.Minute)
				refused := l.want(first.ID, integration.AuthFailed, "")
				second := l.submit("b2")
				before := l.box.Stats()
				time.Sleep(4 * time.Hour)
				now := l.box.Stats()
				// a refused call is repeated with a fresh token: up to four an attempt
				if asked := now.TokenRequests - before.TokenRequests + now.Requests - before.Requests; asked > 50 {
					t.Errorf("%d requests in 4 hours", asked)
				}
				l.want(second.ID, integration.Waiting, "")
				if err := l.box.NetSuite().Deny(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(31 * time.Minute)
				event := l.ledger.Events()[0]
				if loss == "certificate" {
					l.want(second.ID, integration.Waiting, "")
					if !event.Actioned.IsZero() || !strings.Contains(event.Message, refused.Advice) || !strings.Contains(refused.Advice, "revoked") {
						t.Errorf("the event is %+v", event)
					}
					return
				}
				l.want(first.ID, integration.Complete, integration.Created)
				l.want(second.ID, integration.Complete, integration.Created)
				if event.Actioned.IsZero() {
					t.Error("the event is still open")
				}
				if s := l.box.Stats(); s.Creates != 2 || s.DuplicateCreates != 0 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}
