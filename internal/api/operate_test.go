package api_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"billferry/internal/api"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
)

// Health needs no key and tells a stranger nothing but yes or no; figures need
// one.
func TestHealthAndMetrics(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	a := newAPI(t, api.Options{
		Ready: func(context.Context) error {
			if down.Load() {
				return errors.New("the disk of acme is full")
			}
			return nil
		},
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "billferry_runs 1\n") }),
	})
	get := func(path, auth string) (int, string) {
		status, body := a.ask(t, http.MethodGet, path, auth, "")
		return status, string(body)
	}
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready"} {
		if status, body := get(path, ""); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	down.Store(true)
	if status, body := get("/readyz", ""); status != 503 || strings.Contains(body, "acme") {
		t.Errorf("not ready: %d %s", status, body)
	}
	if status, _ := get("/metrics", ""); status != 403 {
		t.Errorf("figures without a key: %d", status)
	}
	if status, body := get("/metrics", "Bearer "+a.token(t, "read")); status != 200 || body != "billferry_runs 1\n" {
		t.Errorf("figures: %d %s", status, body)
	}
}

// A backup arrives whole or as an error, and only over the socket.
func TestBackup(t *testing.T) {
	t.Parallel()
	whole := bytes.Repeat([]byte("page"), 1<<20)
	var broken atomic.Bool
	o := api.Options{Backup: func(w io.Writer) (int64, error) {
		n, err := w.Write(whole[:len(whole)/2])
		if err != nil || broken.Load() {
			return int64(n), errors.Join(err, errors.New("read error"))
		}
		m, err := w.Write(whole[len(whole)/2:])
		return int64(n + m), err
	}}
	c := attach(t, servicetest.New(), o)
	var got bytes.Buffer
	if n, err := c.Backup(t.Context(), &got); err != nil || n != int64(len(whole)) || !bytes.Equal(got.Bytes(), whole) {
		t.Errorf("%d bytes, %v", n, err)
	}
	broken.Store(true)
	if _, err := c.Backup(t.Context(), io.Discard); err == nil {
		t.Error("half a backup was taken for a whole one")
	}
	if _, err := attach(t, servicetest.New()).Backup(t.Context(), io.Discard); err == nil {
		t.Error("a backup of nothing worked")
	}
	a := newAPI(t, o)
	if status, _ := a.ask(t, http.MethodGet, "/organizations/-/billferry/backup", "Bearer "+a.token(t, "admin"),
		""); status != http.StatusForbidden {
		t.Errorf("the store goes out over TCP: %d", status)
	}
}

// kept is a Service with a store to look after.
type kept struct {
	service.Service
	service.Keeper // nil: what is not below is not asked
	repaired       bool
	head           error
}

func (k *kept) AuditTrail(_ context.Context, limit int) ([]service.AuditEntry, error) {
	return []service.AuditEntry{{Seq: uint64(limit), Who: "jo", What: "x", Time: time.Unix(7, 0).UTC()}}, nil
}

func (k *kept) VerifyAudit(context.Context) (service.AuditHead, error) {
	return service.AuditHead{Entries: 7, Head: "ab"}, k.head
}

func (k *kept) CheckStore(_ context.Context, repair bool, step func(service.Step)) (service.StoreReport, error) {
	k.repaired = repair
	return service.StoreReport{Runs: 9, Found: 2, Repaired: 1, Problems: []string{"a", "b"}}, nil
}

// The store is looked after over the socket alone; a Service without one says so.
func TestKeeper(t *testing.T) {
	t.Parallel()
	k := &kept{Service: servicetest.New()}
	c := attach(t, k)
	ctx := t.Context()
	trail, err := c.AuditTrail(ctx, 3)
	if err != nil || len(trail) != 1 || trail[0].Seq != 3 || trail[0].Who != "jo" || trail[0].Time.Unix() != 7 {
		t.Errorf("%+v, %v", trail, err)
	}
	if h, err := c.VerifyAudit(ctx); err != nil || h.Entries != 7 || h.Head != "ab" {
		t.Errorf("%+v, %v", h, err)
	}
	k.head = errors.New("the audit trail was changed: entry 4 is missing")
	if _, err := c.VerifyAudit(ctx); err == nil || !strings.Contains(err.Error(), k.head.Error()) {
		t.Errorf("a trail that was changed gave %v", err)
	}
	for _, repair := range []bool{true, false} {
		if r, err := c.CheckStore(ctx, repair, nil); err != nil || k.repaired != repair || r.Found != 2 || r.Repaired != 1 ||
			len(r.Problems) != 2 {
			t.Errorf("%t: %+v, %v", repair, r, err)
		}
	}
	if _, err := attach(t, servicetest.New()).VerifyAudit(ctx); err == nil || !strings.Contains(err.Error(), "no store here") {
		t.Errorf("without a store: %v", err)
	}
	a := newAPI(t, api.Options{})
	for path, method := range map[string]string{"audit": http.MethodGet, "audit/verify": http.MethodGet, "store/check": http.MethodPost} {
		if status, _ := a.ask(t, method, "/organizations/-/billferry/"+path, "Bearer "+a.token(t, "admin"), ""); status != http.StatusForbidden {
			t.Errorf("%s is served over TCP: %d", path, status)
		}
	}
}
