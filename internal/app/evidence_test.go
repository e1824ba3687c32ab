package app

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"billferry/internal/api"
	"billferry/internal/evidence"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/sandbox"
	"billferry/internal/service"
)

func (w *world) pack(t *testing.T, in integration.Integration) ([]byte, service.EvidencePack) {
	t.Helper()
	var b bytes.Buffer
	p, err := w.app.Evidence(t.Context(), service.ReconcileRequest{IntegrationID: in.ID, Period: month()}, &b, func(reconcile.Progress) {})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), p
}

// unpacked is a pack by the names of its members.
func unpacked(t *testing.T, pack []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(b)
	}
	return out
}

// table is a member, each row by its columns.
func table(t *testing.T, text string) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, c := range row {
			m[rows[0][i]] = c
		}
		out = append(out, m)
	}
	return out
}

// A pack has both populations, what differs with its resolution, how it was asked
// for, who did what, and nothing secret; what it says is what reconcile says.
func TestAPackHoldsWhatAnAuditorTakes(t *testing.T) {
	t.Parallel()
	w, in := delivered(t)
	apiKey, apiSecret, err := w.app.CreateAPIKey(t.Context(), "=the close tool", api.ScopeRead)
	if err != nil {
		t.Fatal(err)
	}
	r := w.reconcile(t, in, month())
	w.byHand(t, "edits", fmt.Sprintf(`{"transaction":%q,"set":{"memo":"goodwill"}}`, r.Rows[0].Doc))
	w.byHand(t, "copies", fmt.Sprintf(`{"transaction":%q}`, r.Rows[2].Doc))
	r = w.reconcile(t, in, month())
	for _, b := range r.Breaks[:1] {
		q := service.ResolveRequest{Break: b.ID, As: "settled", Reason: "agreed", Reference: "JE-1042"}
		if _, err := w.app.ResolveBreak(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	pack, told := w.pack(t, in)
	found, err := evidence.Verify(bytes.NewReader(pack), int64(len(pack)), told.Key)
	if err != nil || len(found.Problems) > 0 || !found.Known {
		t.Fatalf("%+v, %v", found, err)
	}
	if told.Verdict != reconcile.Breaks || told.Open != 1 || told.Resolved != 1 ||
		told.Manifest != found.Sum || told.Bytes != int64(len(pack)) {
		t.Errorf("%+v", told)
	}
	m := unpacked(t, pack)
	if bills, docs := table(t, m["bills.csv"]), table(t, m["documents.csv"]); len(bills) != r.Bills || len(docs) != r.Documents {
		t.Errorf("%d Bills of %d, %d documents of %d", len(bills), r.Bills, len(docs), r.Documents)
	}
	resolved := 0
	for _, b := range table(t, m["breaks.csv"]) {
		if b["reference"] == "JE-1042" && b["reason"] == "agreed" && b["by"] == w.app.who && b["state"] == "resolved" {
			resolved++
		}
	}
	if resolved != 1 {
		t.Error("the resolution is not told:", m["breaks.csv"])
	}
	read := 0
	for _, c := range table(t, m["completeness.csv"]) {
		if c["complete"] != "true" || c["counted"] != c["shown"] {
			t.Errorf("%v", c)
		}
		n := 0
		if _, err := fmt.Sscan(c["counted"], &n); err != nil {
			t.Fatal(err)
		}
		read += n
	}
	if read != r.Documents {
		t.Errorf("%d documents are counted of %d", read, r.Documents)
	}
	purposes := map[string]bool{}
	for _, q := range table(t, m["queries.csv"]) {
		purposes[q["purpose"]] = strings.HasPrefix(q["text"], "SELECT ")
	}
	for _, p := range []string{"documents", "lines of documents", "count and sum of documents", "documents of others", "accounting periods"} {
		if !purposes[p] {
			t.Errorf("the query for %s is not told: %v", p, purposes)
		}
	}
	for name, want := range map[string][]string{
		"summary.txt":   {"NetSuite US", "settled by " + w.app.who, "JE-1042", "complete", "1 breaks open, 1 resolved"},
		"settings.json": {"netsuiteDefaultItemId", in.ID}, "access.csv": {apiKey.ID, "'=the close tool"},
		"audit.csv": {"make API key", "resolve break"}, "mappings.csv": {"external_id"}, "report.json": {`"counted"`},
	} {
		for _, text := range want {
			if !strings.Contains(m[name], text) {
				t.Errorf("%s lacks %q:\n%.2000s", name, text, m[name])
			}
		}
	}
	w.nothingSecret(t, m, apiSecret.Reveal(), apiKey.ID)
	trail, err := w.app.store.AuditTrail(t.Context(), 1)
	if err != nil || trail[0].What != "make evidence" || !strings.Contains(trail[0].Detail, found.Sum) {
		t.Errorf("%+v, %v", trail, err)
	}
}

// nothingSecret looks for what must not leave the store.
func (w *world) nothingSecret(t *testing.T, m map[string]string, secrets ...string) {
	t.Helper()
	c, err := w.sb.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	keyID := secrets[len(secrets)-1]
	k, err := w.app.keys.Key(t.Context(), keyID)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := w.app.signing.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	secrets = append(secrets[:len(secrets)-1], k.Hash, w.sb.Source().APISecret.Reveal(), string(seed), string(seed.Seed()))
	for line := range strings.Lines(c.PrivateKey.Reveal()) {
		if !strings.HasPrefix(line, "-----") {
			secrets = append(secrets, strings.TrimSpace(line))
		}
	}
	for _, s := range secrets {
		if len(s) < 8 {
			continue
		}
		for name, text := range m {
			if strings.Contains(text, s) {
				t.Errorf("%s has a secret", name)
			}
		}
	}
}

// The key is made once. One that another sealing key has sealed is not replaced.
func TestTheSigningKeyStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Clean: true})
	first, err := w.app.signing.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.close(t)
	w.open(t)
	again, err := w.app.signing.get(t.Context())
	if err != nil || !again.Equal(first) {
		t.Fatal("another key after a restart:", err)
	}
	other := newWorld(t, sandbox.Options{Clean: true})
	sealed, err := other.app.seal.Seal(first.Seed())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.app.store.SetMeta(t.Context(), signingMeta, sealed); err != nil {
		t.Fatal(err)
	}
	_, err = w.app.signing.get(t.Context())
	if f := new(integration.Failure); !errors.As(err, &f) || f.Cause != "signing_key_lost" || f.Advice == "" {
		t.Fatal(err)
	}
	if kept, err := w.app.store.Meta(t.Context(), signingMeta); err != nil || !bytes.Equal(kept, sealed) {
		t.Fatal("the key was replaced:", err)
	}
}

// What is stopped or cannot be written is no pack, and nothing says that one was made.
func TestAPackThatIsStoppedIsNone(t *testing.T) {
	t.Parallel()
	w, in := delivered(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	q := service.ReconcileRequest{IntegrationID: in.ID, Period: month()}
	_, err := w.app.Evidence(ctx, q, io.Discard, func(reconcile.Progress) { stop() })
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	_, err = w.app.Evidence(t.Context(), q, &full{room: 100}, func(reconcile.Progress) {})
	if !errors.Is(err, errFull) {
		t.Fatal(err)
	}
	trail, err := w.app.store.AuditTrail(t.Context(), 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range trail {
		if e.What == "make evidence" {
			t.Error("a pack is told of that was not made:", e.Detail)
		}
	}
}

var errFull = errors.New("no space left on device")

// full is a disk with little room.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}
