package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/testkit/pgtest"
	"billferry/store"
	"billferry/store/postgres"
)

// The figures in docs are of -postgres.runs=1000000, which takes some minutes to
// fill, and of PostgreSQL as it is set up by itself: every commit is on disk.
var (
	benchRuns = flag.Int("postgres.runs", 20_000, "runs in the store of BenchmarkPage")
	benchURL  = flag.String("postgres.url", "", "a database that BenchmarkPage fills once and uses again")
)

// benchServer is one with its default settings.
func benchServer(b *testing.B) *server {
	b.Helper()
	if pgtest.Bin() == "" {
		pgtest.Missing(b)
	}
	s, stop, err := pgtest.Start("-c fsync=on", "-c full_page_writes=on")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(stop)
	return &server{s}
}

func benchStore(b *testing.B, s *server) (*postgres.Store, *pgxpool.Pool) {
	b.Helper()
	return benchAt(b, fmt.Sprintf("postgres://postgres@/postgres?host=%s&pool_max_conns=24&search_path=%s", s.Dir, s.Schema()))
}

// benchAt opens a store beside a pool for what the store has no method for.
func benchAt(b *testing.B, at string) (*postgres.Store, *pgxpool.Pool) {
	b.Helper()
	st, err := postgres.OpenShared(b.Context(), at, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = st.Close() })
	p, err := pgxpool.New(b.Context(), at)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.Close)
	return st, p
}

// benchBill is a Bill of 2 KB, as small customers have them.
func benchBill(id string) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, `{"id":%q,"status":"APPROVED","currency":"USD","billDate":"2026-08-01","lineItems":[`, id)
	for i := range 4 {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"id":%q,"lineItemType":"USAGE","description":"API calls","productId":%q,"productName":"API","quantity":1234.5,`+
			`"units":1234.5,"unit":"{call}","subtotal":12.35,"currency":"USD","conversionRate":1,"convertedSubtotal":12.35,`+
			`"averageUnitPrice":0.01,"servicePeriodStartDate":"2026-07-01T00:00:00Z","servicePeriodEndDate":"2026-08-01T00:00:00Z",`+
			`"sequenceNumber":%d}`, uuid.NewString(), uuid.NewString(), i)
	}
	out.WriteString(`]}`)
	return out.Bytes()
}

func benchRun(i int) integration.Run {
	in := fmt.Sprintf("5b2d1f60-3c1e-4f0a-9a53-%012d", i%20)
	return integration.Run{IntegrationID: in, EntityID: uuid.NewString(), EntityType: "BILL", BillVersion: 3, Currency: "USD",
		BillCalculated: "2026-08-01T00:05:00Z", BillRef: fmt.Sprint("INVOICE-", i), Trigger: "poll",
		AccountID: fmt.Sprintf("0198a2b4-0000-7000-8000-%012x", i%5000), AccountCode: fmt.Sprint("account_", i%5000),
		PeriodStart: fmt.Sprintf("%d-%02d-01", 2025+i/12%2, i%12+1), PeriodEnd: "2026-12-31", AmountIn: decimal.New(int64(i%1_000_000), -2)}
}

// settled is what most runs are: delivered; a few failed, each in its own way.
func settled(i int, r integration.Run) integration.Run {
	r.Tries, r.DocumentKind, r.AmountIncluded = 1, "invoice", r.AmountIn
	r.ExternalRef, r.PayloadHash = "m3b-"+r.EntityID, fmt.Sprintf("%064x", i)
	r.Status, r.Outcome, r.ExternalID, r.AmountOut = integration.Complete, integration.Created, fmt.Sprint(48000+i), r.AmountIn
	r.Proof = integration.Proven
	r.URL = "https://1234567.app.netsuite.com/app/accounting/transactions/custinvc.nl?id=" + r.ExternalID
	switch {
	case i%100 == 0:
		r.Status, r.Outcome, r.Proof, r.Cause = integration.Errored, "", "", "account_mapping_missing"
		r.Error, r.Advice = "no NetSuite customer is mapped to account "+r.AccountCode, "map the account, then retry"
	case i%1001 == 0:
		r.Status, r.Outcome, r.Proof, r.Cause = integration.AuthFailed, "", "", "credentials_refused"
	case i%10_007 == 0:
		r.Proof = integration.Drift
	case i%50_021 == 0:
		r.Currency = "JPY"
	}
	return r
}

// records are n runs, one a second, the last of them now.
func records(n int) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		at := time.Now().Add(-time.Duration(n) * time.Second)
		for i := range n {
			r := settled(i, benchRun(i))
			r.Created = at.Add(time.Duration(i) * time.Second).UTC()
			r.Modified, r.Started, r.Completed, r.Seq, r.Counted = r.Created, r.Created, r.Created, int64(i+1), integration.CountedWhole
			id, err := store.RunID("", r.Created, uint32(i+1))
			r.ID = id
			if !yield(store.Record{Kind: store.KindRun, ID: id, Value: store.PackRun(r), More: store.Pack(benchBill(r.EntityID))}, err) {
				return
			}
		}
	}
}

// pages are the lists that screens and API ask for.
func pages(first integration.Run) map[string]integration.RunFilter {
	in := first.IntegrationID
	one := func(s integration.Status) []integration.Status { return []integration.Status{s} }
	var failed integration.RunFilter
	failed.OnlyFailed()
	failedHere := failed
	failedHere.IntegrationID = in
	return map[string]integration.RunFilter{
		"all": {}, "oldest": {Oldest: true}, "integration": {IntegrationID: in}, "bill": {BillID: first.EntityID},
		"failed": failed, "integration+failed": failedHere, "error": {Statuses: one(integration.Errored)},
		"complete": {Statuses: one(integration.Complete)}, "none so": {Statuses: one(integration.Started)},
		"integration+none so": {IntegrationID: in, Statuses: one(integration.Started)},
		"integration+error":   {IntegrationID: in, Statuses: one(integration.Errored)},
		"cause":               {Causes: []string{"credentials_refused"}}, "outcome": {Outcomes: []integration.Outcome{integration.Created}},
		"proof":             {Proofs: []integration.Proof{integration.Drift}},
		"integration+proof": {IntegrationID: in, Proofs: []integration.Proof{integration.Drift}},
		"account":           {Account: "account_7"}, "account+error": {Account: "account_100", Statuses: one(integration.Errored)},
		"no such account": {Account: "nobody"}, "no such integration": {IntegrationID: "none"},
		"currency": {Currency: "USD"}, "rare currency": {Currency: "JPY"}, "no such currency": {Currency: "CHF"},
		"since": {Since: time.Now().Add(-time.Hour)}, "until": {Until: first.Created.Add(-1000 * time.Hour)},
		"account+since": {Account: "account_7", Since: time.Now().Add(-24 * time.Hour)},
		"period":        {Period: "2026-03"}, "period+none so": {Period: "2026-03", Statuses: one(integration.Errored)},
		"period+error": {Period: "2026-05", Statuses: one(integration.Errored)},
		"text":         {Text: "invoice-1"}, "no such text": {Text: "zzzz"},
	}
}

// BenchmarkPage reads pages of 50 runs. The floor is the newest 50 records by
// their key, read by pgx and unpacked.
func BenchmarkPage(b *testing.B) {
	var st *postgres.Store
	var pool *pgxpool.Pool
	if *benchURL != "" {
		st, pool = benchAt(b, *benchURL)
	} else {
		st, pool = benchStore(b, benchServer(b))
	}
	err := st.Import(b.Context(), records(*benchRuns))
	if errors.Is(err, store.ErrNotEmpty) && *benchURL != "" {
		err = nil
	}
	if err == nil {
		_, err = pool.Exec(b.Context(), "VACUUM ANALYZE") // as the server does by itself after a while
	}
	if err != nil {
		b.Fatal(err)
	}
	first, err := st.Runs(b.Context(), integration.RunFilter{}, "", 1)
	if err != nil {
		b.Fatal(err)
	}
	measure(b, "floor", func() error {
		rows, err := pool.Query(b.Context(), "SELECT id::text AS key, record FROM run ORDER BY id DESC LIMIT 51")
		if err != nil {
			return err
		}
		var id string
		var rec []byte
		_, err = pgx.ForEachRow(rows, []any{&id, &rec}, func() error { _, err := store.UnpackRun(id, rec); return err })
		return err
	})
	var failed integration.RunFilter
	failed.OnlyFailed()
	all := pages(first.Runs[0])
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for n := range all {
			if !yield(n) {
				return
			}
		}
	}) {
		measure(b, name, func() error { _, err := st.Runs(b.Context(), all[name], "", 50); return err })
	}
	deep, _ := store.RunID("", first.Runs[0].Created.Add(-time.Duration(*benchRuns/10)*time.Second), 0)
	measure(b, "a tenth deep", func() error { _, err := st.Runs(b.Context(), integration.RunFilter{}, deep, 50); return err })
	measure(b, "totals", func() error { _, err := st.Totals(b.Context(), ""); return err })
	month := failed
	month.Period = "2026-05" // all that have failed are of this month and five others
	measure(b, "month", func() error { _, err := st.Sum(b.Context(), month); return err })
	month.HasMin = true // each run is read
	measure(b, "month read", func() error { _, err := st.Sum(b.Context(), month); return err })
	measure(b, "groups", func() error { _, err := st.Groups(b.Context(), integration.RunFilter{}); return err })
	measure(b, "due", func() error { _, err := st.Due(b.Context(), time.Now(), 50); return err })
	measure(b, "summary", func() error {
		_, _, err := st.Summary24h(b.Context(), first.Runs[0].IntegrationID)
		return err
	})
}

// measure reports the median and the 99th percentile of f in milliseconds.
func measure(b *testing.B, name string, f func() error) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		var took []time.Duration
		for b.Loop() {
			since := time.Now()
			if err := f(); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(since))
		}
		report(b, took)
	})
}

func report(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	ms := func(at int) float64 { return float64(took[at].Microseconds()) / 1000 }
	b.ReportMetric(ms(len(took)/2), "p50-ms")
	b.ReportMetric(ms(len(took)*99/100), "p99-ms")
}

// BenchmarkEnqueue adds 100,000 Bills durably. The floor copies the same bytes into
// a table without an index but that of its key.
func BenchmarkEnqueue(b *testing.B) {
	const n = 100_000
	s := benchServer(b)
	news := make([]delivery.NewRun, n)
	for i := range news {
		r := benchRun(i)
		news[i] = delivery.NewRun{Run: r, Bill: benchBill(r.EntityID)}
	}
	b.Run("floor", func(b *testing.B) {
		_, pool := benchStore(b, s)
		for b.Loop() {
			_, err := pool.Exec(b.Context(), "DROP TABLE IF EXISTS floor; CREATE TABLE floor (id uuid PRIMARY KEY, record bytea, bill bytea)")
			if err != nil {
				b.Fatal(err)
			}
			rows := pgx.CopyFromSlice(n, func(i int) ([]any, error) {
				return []any{uuid.NewString(), store.PackRun(news[i].Run), store.Pack(news[i].Bill)}, nil
			})
			if _, err := pool.CopyFrom(b.Context(), pgx.Identifier{"floor"}, []string{"id", "record", "bill"}, rows); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("added", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			st, _ := benchStore(b, s)
			b.StartTimer()
			if _, err := st.AddRuns(b.Context(), news); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkWriters changes runs of one integration by 20 writers, which all change
// the same sums. The floors are one small UPDATE of a row each: of a row of its own,
// and with one of a counter that all share in the same transaction.
func BenchmarkWriters(b *testing.B) {
	const writers = 20
	s := benchServer(b)
	st, pool := benchStore(b, s)
	_, err := pool.Exec(b.Context(), `CREATE TABLE floor (id int PRIMARY KEY, n bigint);
		INSERT INTO floor SELECT i, 0 FROM generate_series(0, 20) i`)
	if err != nil {
		b.Fatal(err)
	}
	update := func(ctx context.Context, ids ...int) error {
		return pgx.BeginFunc(ctx, pool, func(t pgx.Tx) error {
			for _, id := range ids {
				if _, err := t.Exec(ctx, "UPDATE floor SET n = n + 1 WHERE id = $1", id); err != nil {
					return err
				}
			}
			return nil
		})
	}
	together(b, "floor", writers, func(w, _ int) error { return update(b.Context(), w) })
	together(b, "floor with one counter", writers, func(w, _ int) error { return update(b.Context(), w, writers) })
	news := make([]delivery.NewRun, 2000)
	for i := range news {
		r := benchRun(0)
		news[i] = delivery.NewRun{Run: r, Bill: benchBill(r.EntityID)}
	}
	added, err := st.AddRuns(b.Context(), news)
	if err != nil {
		b.Fatal(err)
	}
	ctx := benchLease(b, st)
	together(b, "saved", writers, func(w, n int) error {
		i := (n*writers + w) % len(added)
		r := settled(1, added[i].Run)
		if n*writers/len(added)%2 == 1 {
			r.Proof = integration.Pending
		}
		return st.SaveRun(ctx, r, nil)
	})
}

// together has writers do f, each for itself, and reports how many are done in a second.
func together(b *testing.B, name string, writers int, f func(writer, n int) error) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		var next atomic.Int64
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for n := 0; next.Add(1) <= int64(b.N); n++ {
					if err := f(w, n); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "per-s")
	})
}

// BenchmarkLeases is what 10,000 accounts cost: a renewal, and a take-over of all of
// them from a process that died. The floor is an UPDATE of one row.
func BenchmarkLeases(b *testing.B) {
	const n = 10_000
	s := benchServer(b)
	st, pool := benchStore(b, s)
	accounts := make([]string, n)
	for i := range accounts {
		accounts[i] = fmt.Sprint("account_", i)
	}
	first, err := st.Join(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if got, err := first.Take(b.Context(), accounts, n); err != nil || len(got) != n {
		b.Fatal(len(got), err)
	}
	if _, err := pool.Exec(b.Context(), "CREATE TABLE floor (id int PRIMARY KEY, n bigint); INSERT INTO floor VALUES (1, 1)"); err != nil {
		b.Fatal(err)
	}
	measure(b, "floor", func() error { _, err := pool.Exec(b.Context(), "UPDATE floor SET n = n + 1"); return err })
	measure(b, "renew", func() error { return first.Renew(b.Context(), "") })
	measure(b, "nothing to take", func() error { _, err := first.Take(b.Context(), accounts, n); return err })
	b.Run("take over", func(b *testing.B) {
		var took []time.Duration
		for b.Loop() {
			b.StopTimer()
			if _, err := pool.Exec(b.Context(), "UPDATE node SET expires_at = clock_timestamp()"); err != nil {
				b.Fatal(err)
			}
			next, err := st.Join(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			since := time.Now()
			if got, err := next.Take(b.Context(), accounts, n); err != nil || len(got) != n {
				b.Fatal(len(got), err)
			}
			took = append(took, time.Since(since))
		}
		report(b, took)
	})
}
