package month_test

import (
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"billferry/internal/app"
	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/runfilter"
	"billferry/internal/testkit/pgtest"
	"billferry/store"
	"billferry/ui/month"
	"billferry/ui/screen"
)

// The figures in docs/SPEED.md are of -month.runs=1000000, which takes minutes to
// fill; -month.dir keeps the store for the next time.
var (
	benchRuns = flag.Int("month.runs", 20_000, "runs in the store of BenchmarkOpen")
	benchDir  = flag.String("month.dir", "", "folder of a store to fill once and use again")
)

const (
	benchMonth  = "2026-07"
	benchBreaks = 1000
)

// BenchmarkOpen opens the page of a month over a store full of runs, of which a
// twelfth is of that month and one in twenty is not settled: in a file, and the same
// runs in PostgreSQL with its default settings, where there is one. The baseline reads
// each run that is not settled, as it was done before months were summed.
func BenchmarkOpen(b *testing.B) {
	dir := *benchDir
	if dir == "" {
		dir = b.TempDir()
	}
	here := app.Config{DataDir: dir, NoKeyring: true, Idle: true}
	if err := opened(b, here).Close(); err != nil { // it makes the key that seals
		b.Fatal(err)
	}
	id := fill(b, dir, *benchRuns)
	stores := map[string]*app.App{"file": nil, "postgres": nil}
	if pgtest.Bin() == "" {
		delete(stores, "postgres")
	} else {
		there := here
		there.DataDir, there.Database, there.SealFile = b.TempDir(), copied(b, dir), filepath.Join(dir, "seal.key")
		stores["postgres"] = opened(b, there)
	}
	stores["file"] = opened(b, here)
	f, err := runfilter.Parse("period:"+benchMonth+" status:failed,open amount>=-1", time.Now())
	if err != nil {
		b.Fatal(err)
	}
	f.IntegrationID = id
	for _, name := range slices.Sorted(maps.Keys(stores)) {
		a := stores[name]
		b.Cleanup(func() { _ = a.Close() })
		b.Run(name+"/page", func(b *testing.B) {
			for b.Loop() {
				s := month.New(screen.Env{Service: a, Now: time.Now}, id, benchMonth)
				s.SetSize(120, 36)
				load(s, s.Init())
				if text := s.View(); !strings.Contains(text, "BREAKS") {
					b.Fatalf("the page shows %s", text)
				}
			}
		})
		b.Run(name+"/reading-runs", func(b *testing.B) {
			for b.Loop() {
				if sum, err := a.Sum(b.Context(), f); err != nil || sum.ByStatus[integration.Waiting] == 0 {
					b.Fatal(sum.ByStatus, err)
				}
			}
		})
	}
}

func opened(b *testing.B, cfg app.Config) *app.App {
	b.Helper()
	a, err := app.Open(cfg)
	if err != nil {
		b.Fatal(err)
	}
	return a
}

// copied copies the store of a folder to a PostgreSQL of its own, and answers where it is.
func copied(b *testing.B, dir string) (url string) {
	b.Helper()
	s, stop, err := pgtest.Start("-c fsync=on", "-c full_page_writes=on")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(stop)
	url = s.URL("postgres", "postgres", "")
	if _, err := app.CopyToDatabase(b.Context(), dir, url, func(string, int) {}); err != nil {
		b.Fatal(err)
	}
	db, err := pgxpool.New(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(b.Context(), "VACUUM ANALYZE"); err != nil { // as the server does by itself after a while
		b.Fatal(err)
	}
	return url
}

// load runs what the screen asks for beside each other, as Bubble Tea does, until it
// has been read: the spinner asks for ever.
func load(s screen.Screen, asked tea.Cmd) {
	told := make(chan tea.Msg, 16)
	for waiter := s.(screen.Waiter); waiter.Waiting(); {
		if asked != nil {
			go func(cmd tea.Cmd) { told <- cmd() }(asked)
		}
		asked = nil
		switch m := (<-told).(type) {
		case tea.BatchMsg:
			for _, c := range m {
				go func() { told <- c() }()
			}
		default:
			asked = s.Update(m)
		}
	}
}

// fill brings the store of a folder to n runs, and answers whose they are.
func fill(b *testing.B, dir string, n int) (id string) {
	b.Helper()
	s, err := store.Open(app.StorePath(dir), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	ctx := b.Context()
	all, err := s.Integrations(ctx)
	if len(all) == 0 && err == nil {
		in := integration.Integration{EntityType: "Bill", Destination: "Netsuite", Name: "US", ConfigData: map[string]any{}}
		in, err = s.CreateIntegration(ctx, in, "")
		all = append(all, in)
	}
	if err != nil {
		b.Fatal(err)
	}
	id = all[0].ID
	totals, err := s.Totals(ctx, "")
	have := 0
	for _, c := range totals.ByStatus {
		have += c
	}
	for ; have < n && err == nil; have += 4000 {
		news := make([]delivery.NewRun, min(4000, n-have))
		for i := range news {
			news[i] = bill(id, have+i)
		}
		var added []delivery.AddedRun
		added, err = s.AddRuns(ctx, news)
		var wg sync.WaitGroup
		for i := range added {
			if (have+i)/12%20 == 0 {
				continue // these wait, of each month
			}
			wg.Go(func() {
				r := added[i].Run
				r.Status, r.Outcome, r.ExternalID, r.AmountOut = integration.Complete, integration.Created, fmt.Sprint(i), r.AmountIn
				if err := s.SaveRun(ctx, r, nil); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if err == nil {
		err = s.SaveReport(ctx, report(id))
	}
	if err != nil {
		b.Fatal(err)
	}
	return id
}

func bill(in string, i int) delivery.NewRun {
	id := uuid.NewString()
	from := time.Date(2026, time.January+time.Month(i%12), 1, 0, 0, 0, 0, time.UTC)
	return delivery.NewRun{Bill: fmt.Appendf(nil, `{"id":%q,"version":1}`, id), Run: integration.Run{
		IntegrationID: in, EntityType: "Bill", EntityID: id, Destination: "Netsuite", BillVersion: 1, BillStatus: "APPROVED",
		BillRef: fmt.Sprint("INVOICE-", i), AccountID: fmt.Sprint("account-", i%5000), Currency: []string{"USD", "EUR"}[i%2],
		PeriodStart: from.Format(time.DateOnly), PeriodEnd: from.AddDate(0, 1, 0).Format(time.DateOnly),
		AmountIn: decimal.New(int64(i%99_999), -2),
	}}
}

// report is of a month with many breaks.
func report(in string) reconcile.Report {
	span, _ := reconcile.ParseSpan(benchMonth, "") // a month
	r := reconcile.Report{ID: in + "." + span.Key(), IntegrationID: in, Integration: "US", Span: span, Verdict: reconcile.Breaks,
		Ended: time.Now(), Bills: 80_000, Totals: []reconcile.Total{{Currency: "USD", Bills: 80_000}}}
	for i := range benchBreaks {
		r.Breaks = append(r.Breaks, reconcile.Break{ID: fmt.Sprint("b-", i), Code: reconcile.FailedCode, Title: "Failed",
			Ref: fmt.Sprint("INVOICE-", i), Currency: "USD", Difference: decimal.New(int64(i), -2),
			Text: "no customer is mapped to the account", Advice: "map the account and retry",
			Facts: []reconcile.Fact{{Name: "memo", Ours: "as sent", Theirs: "as it is"}}})
	}
	return r
}
