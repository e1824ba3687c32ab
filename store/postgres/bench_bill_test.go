package postgres_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/store"
	"billferry/store/postgres"
)

// BenchmarkBills takes Bills through what each costs the database when all goes well:
// it is added by itself, goes on its way, is sent and is proven, by 20 at a time.
func BenchmarkBills(b *testing.B) {
	const writers = 20
	s := benchServer(b)
	st, _ := benchStore(b, s)
	in, err := st.CreateIntegration(b.Context(), integration.Integration{EntityType: "Bill", Destination: "Netsuite", Name: "US"}, "")
	if err != nil {
		b.Fatal(err)
	}
	ctx := benchLease(b, st)
	together(b, "through", writers, func(w, n int) error {
		r := benchRun(w)
		r.IntegrationID, r.EntityID = in.ID, uuid.NewString()
		added, err := st.AddRuns(b.Context(), []delivery.NewRun{{Run: r, Bill: benchBill(r.EntityID)}})
		if err != nil {
			return err
		}
		now := added[0].Run
		now.Status, now.InFlight = integration.Started, true
		if err := st.SaveRun(ctx, now, nil); err != nil {
			return err
		}
		sent := settled(n*writers+w+1, now)
		sent.InFlight, sent.Proof = false, integration.Pending
		if err := st.SaveRun(ctx, sent, &integration.Attempt{N: 1, Document: []byte(`{"kind":"invoice"}`)}); err != nil {
			return err
		}
		if sent.Status == integration.Complete {
			sent.Proof = integration.Proven
		}
		return st.SaveProven(ctx, sent, nil, nil)
	})
}

// BenchmarkPosted adds Bills by 20 at a time, as the API does: each with an entry in the
// audit trail, for which all wait, beside those that have none.
func BenchmarkPosted(b *testing.B) {
	s := benchServer(b)
	st, _ := benchStore(b, s)
	in, err := st.CreateIntegration(b.Context(), integration.Integration{EntityType: "Bill", Destination: "Netsuite", Name: "US"}, "")
	if err != nil {
		b.Fatal(err)
	}
	for _, audited := range []bool{false, true} {
		name := map[bool]string{true: "audited", false: "plain"}[audited]
		together(b, name, 20, func(w, n int) error {
			ctx := b.Context()
			if audited {
				ctx, _ = store.WithAudit(ctx, "a", "b", "c")
			}
			r := benchRun(w)
			r.IntegrationID, r.EntityID = in.ID, uuid.NewString()
			_, err := st.AddRuns(ctx, []delivery.NewRun{{Run: r, Bill: benchBill(r.EntityID)}})
			return err
		})
	}
}

// benchLease gives what changes runs are made with: an account of a process's own.
func benchLease(b *testing.B, st *postgres.Store) context.Context {
	b.Helper()
	node, err := st.Join(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	leases, err := node.Take(b.Context(), []string{"x"}, 1)
	if err != nil || len(leases) != 1 {
		b.Fatal(leases, err)
	}
	return leases[0].With(b.Context())
}
