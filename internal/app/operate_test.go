package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"billferry/internal/integration"
	"billferry/internal/notify"
	"billferry/internal/sandbox"
	"billferry/store"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	in := w.create(t, "NetSuite US", defaultItem)
	w.connect(t, in)
	w.submitAll(t, in.ID)
	rec := httptest.NewRecorder()
	newMetrics(w.app).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	text := rec.Body.String()
	for _, want := range []string{
		`billferry_runs{integration="NetSuite US",status="COMPLETE"} 37`,
		`billferry_runs{integration="NetSuite US",status="ERROR"} 2`,
		`billferry_integration_authorized{integration="NetSuite US"} 1`,
		`billferry_queue_age_seconds 0`, `billferry_delivering 1`, `billferry_build_info{version="test"} 1`,
		`billferry_money_out{currency="USD",integration="NetSuite US"}`, `billferry_slots_limit{account=`,
		`billferry_needs_a_person{integration="NetSuite US"} 3`, `go_goroutines`, `process_resident_memory_bytes`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
	if rec.Code != http.StatusOK {
		t.Fatalf("%d: %s", rec.Code, text)
	}
}

// Each attempt becomes a span with its requests below it, at the times it took.
func TestTraces(t *testing.T) {
	t.Parallel()
	kept := tracetest.NewInMemoryExporter()
	tr := newTraces(sdktrace.NewSimpleSpanProcessor(kept), "test")
	at := time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)
	tr.attempt(integration.Run{ID: "r1", EntityID: "b1"}, integration.Attempt{N: 2, Start: at, End: at.Add(time.Second),
		Status: integration.PeriodClosed, Cause: "period_closed",
		Exchanges: []integration.Exchange{{Purpose: "create", Method: "POST", URL: "https://ns/secret?x=1", Start: at,
			Duration: 300 * time.Millisecond, Status: 400, ReqBody: []byte("amount 12.50")}}})
	spans := kept.GetSpans()
	if len(spans) != 2 {
		t.Fatalf("%d spans", len(spans))
	}
	child, parent := spans[0], spans[1]
	if child.Parent.SpanID() != parent.SpanContext.SpanID() || parent.EndTime.Sub(parent.StartTime) != time.Second ||
		child.EndTime.Sub(child.StartTime) != 300*time.Millisecond {
		t.Errorf("%+v below %+v", child, parent)
	}
	all, err := json.Marshal(spans)
	if err != nil || bytes.Contains(all, []byte("12.50")) || bytes.Contains(all, []byte("secret")) {
		t.Errorf("a span holds what no span may: %s, %v", all, err)
	}
	if err := tr.close(); err != nil {
		t.Error(err)
	}
}

// An event of a run reaches a webhook, on its own.
func TestWebhookIsTold(t *testing.T) {
	t.Parallel()
	got := make(chan []byte, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got <- b
	}))
	t.Cleanup(hook.Close)
	w := &world{dir: t.TempDir()}
	for name, text := range map[string]string{notify.FileName: "webhooks: [{url: '" + hook.URL + "', secretFile: s}]", "s": "secret"} {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.open(t)
	in := w.create(t, "NetSuite US", defaultItem)
	e := integration.Event{Name: integration.EventDisabled, IntegrationID: in.ID, Message: "5 authentication failures in a row"}
	if err := w.app.store.AddEvent(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	select {
	case b := <-got:
		if !bytes.Contains(b, []byte(e.Message)) || !bytes.Contains(b, []byte(`"integrationName":"NetSuite US"`)) {
			t.Errorf("told %s", b)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("nobody was told")
	}
}

// Settings of notifications that cannot be read stop the start, with a sentence.
func TestBadNotifySettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, notify.FileName), []byte("webhook: []"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time shows that the store was given back
		if _, err := Open(Config{DataDir: dir, NoKeyring: true}); err == nil || !strings.Contains(err.Error(), notify.FileName) {
			t.Fatalf("opened with %v", err)
		}
	}
}

// The process that has the store copies it for another, while it works; the
// copy opens and holds what was there.
func TestBackupWhileRunning(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Bills: 1})
	in := w.create(t, "NetSuite US", defaultItem)
	_, err := Open(Config{DataDir: w.dir, NoKeyring: true})
	s, err := Attach(t.Context(), w.dir, asLocked(t, err), Catalog())
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "copy.db")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	n, err := s.(interface {
		Backup(context.Context, io.Writer) (int64, error)
	}).Backup(t.Context(), f)
	if err != nil || n == 0 || f.Close() != nil {
		t.Fatal(n, err)
	}
	c, err := store.Open(name, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if got, err := c.Integration(t.Context(), in.ID); err != nil || got.Name != in.Name {
		t.Errorf("the copy has %+v, %v", got, err)
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{"7y": "2019-03-01", "90d": "2025-12-01", "0": ""} {
		a, err := ParseAge(text)
		if err != nil || a.String() != text {
			t.Errorf("%s: %v, %v", text, a, err)
		}
		if at, ok := a.before(now); ok != (want != "") || ok && at.Format(time.DateOnly) != want {
			t.Errorf("%s before now is %s, %t", text, at, ok)
		}
	}
	for _, bad := range []string{"", "y", "-1y", "7", "7h", "0y"} {
		if _, err := ParseAge(bad); err == nil {
			t.Errorf("%q was taken for an age", bad)
		}
	}
}

// Settled runs go when they are old enough, what waits stays, and the trail
// says how many went.
func TestRetention(t *testing.T) {
	t.Parallel()
	var years atomic.Int32
	now := func() time.Time { return time.Date(2026+int(years.Load()), 8, 1, 9, 0, 0, 0, time.UTC) }
	a, err := Open(Config{DataDir: t.TempDir(), NoKeyring: true, PollEvery: -1, Now: now, Keep: DefaultKeep})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{app: a}
	t.Cleanup(func() { w.close(t) })
	_, ids := w.unsent(t, 3)
	if held, err := a.HoldRuns(t.Context(), ids[:2], "x"); err != nil || held.Done != 2 {
		t.Fatal(held, err)
	}
	if _, err := a.SkipRun(t.Context(), ids[0], "written off"); err != nil {
		t.Fatal(err)
	}
	left := func() int {
		p, err := a.Runs(t.Context(), integration.RunFilter{}, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(p.Runs)
	}
	for _, c := range []struct{ after, left int }{{6, 3}, {8, 2}} {
		years.Store(int32(c.after))
		if err := a.purge(t.Context()); err != nil || left() != c.left {
			t.Errorf("after %d years %d runs are left, want %d: %v", c.after, left(), c.left, err)
		}
	}
	trail, err := a.store.AuditTrail(t.Context(), 1)
	if err != nil || len(trail) != 1 || trail[0].Who != "retention" || !strings.HasPrefix(trail[0].Detail, "1 settled runs") {
		t.Errorf("the trail ends with %+v, %v", trail, err)
	}
}

// However short runs are kept, what m3ter may still list stays: the poller would take
// its Bill for a new one, and send what a person has skipped.
func TestRetentionKeepsWhatMayComeAgain(t *testing.T) {
	t.Parallel()
	var days atomic.Int32
	now := func() time.Time { return time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC).AddDate(0, 0, int(days.Load())) }
	a, err := Open(Config{DataDir: t.TempDir(), NoKeyring: true, PollEvery: -1, Now: now, Keep: Age{Days: 1}})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{app: a}
	t.Cleanup(func() { w.close(t) })
	in := w.create(t, "NetSuite US", defaultItem)
	for _, date := range []string{"2026-08-01", "2026-08-31"} {
		bill := fmt.Sprintf(`{"id":"b%s","version":1,"accountId":"a","currency":"USD","status":"APPROVED","billTotal":1.5,"billDate":%q,`+
			`"lineItems":[]}`, date, date)
		runs, err := a.Submit(t.Context(), in.ID, []byte(bill), "file")
		if err != nil || len(runs) != 1 {
			t.Fatal(err, runs)
		}
		if _, err := a.HoldRuns(t.Context(), []string{runs[0].ID}, "x"); err != nil {
			t.Fatal(err)
		}
		if _, err := a.SkipRun(t.Context(), runs[0].ID, "written off"); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ after, left int32 }{{99, 2}, {102, 1}, {129, 1}, {132, 0}} {
		days.Store(c.after)
		if err := a.purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p, err := a.Runs(t.Context(), integration.RunFilter{}, "", 10); err != nil || len(p.Runs) != int(c.left) {
			t.Errorf("after %d days %d runs are left, want %d: %v", c.after, len(p.Runs), c.left, err)
		}
	}
}
