package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/store"
)

func drafts(t *testing.T, b *testbed) {
	one, err := b.SaveDraft(t.Context(), integration.Draft{Title: "one", Stage: 2, Data: []byte("{}")})
	if err != nil || one.ID == "" {
		t.Fatal(one, err)
	}
	b.clock.advance(time.Minute)
	two, err := b.SaveDraft(t.Context(), integration.Draft{Title: "two"})
	if err != nil {
		t.Fatal(err)
	}
	if all, err := b.Drafts(t.Context()); err != nil || len(all) != 2 || all[0].ID != two.ID || string(all[1].Data) != "{}" {
		t.Errorf("the last touched is not the first: %+v, %v", all, err)
	}
	b.clock.advance(time.Minute)
	one.Stage = 3
	if one, err = b.SaveDraft(t.Context(), one); err != nil || !one.Modified.Equal(b.clock.now()) {
		t.Errorf("%+v, %v", one, err)
	}
	if err := b.DeleteDraft(t.Context(), two.ID); err != nil {
		t.Fatal(err)
	}
	if err := b.DeleteDraft(t.Context(), two.ID); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("deleting it twice gave %v", err)
	}
	if all, err := b.Drafts(t.Context()); err != nil || len(all) != 1 || all[0].Stage != 3 {
		t.Errorf("%+v, %v", all, err)
	}
}

// Reports keep what people made of their breaks when they are made anew.
func reports(t *testing.T, b *testbed) {
	brk := reconcile.Break{ID: "brk-1"}
	r := reconcile.Report{ID: "rep-1", IntegrationID: "in-1", Bills: 3, Breaks: []reconcile.Break{brk}, Rows: []reconcile.Row{{}}}
	other := reconcile.Report{ID: "rep-2", IntegrationID: "in-2"}
	for _, x := range []reconcile.Report{r, other} {
		if err := b.SaveReport(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Resolve(t.Context(), brk.Resolve("explained", "why", "JE-1", "anna", b.clock.now())); err != nil {
		t.Fatal(err)
	}
	r.Bills = 4
	if err := b.SaveReport(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	got, err := b.Report(t.Context(), "rep-1")
	if err != nil || got.Bills != 4 || len(got.Rows) != 0 || got.Breaks[0].Resolution == nil || got.Breaks[0].Resolution.By != "anna" {
		t.Errorf("%+v, %v", got, err)
	}
	all, err := b.Reports(t.Context(), "")
	own, err2 := b.Reports(t.Context(), "in-2")
	if err != nil || err2 != nil || len(all) != 2 || len(own) != 1 || own[0].ID != "rep-2" {
		t.Errorf("%d and %d reports, %v, %v", len(all), len(own), err, err2)
	}
	if m, err := b.Resolutions(t.Context()); err != nil || m["brk-1"].Reason != "why" {
		t.Errorf("%+v, %v", m, err)
	}
	if err := b.Unresolve(t.Context(), "brk-1"); err != nil {
		t.Fatal(err)
	}
	if err := b.Unresolve(t.Context(), "brk-1"); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("taken back twice: %v", err)
	}
	if _, err := b.Report(t.Context(), "none"); !errors.Is(err, integration.ErrNotFound) {
		t.Error(err)
	}
}

// The trail is a chain, newest first, and is written with the change or not at
// all, as is what is noted with it.
func audit(t *testing.T, b *testbed) {
	for i := range 5 { // with what is no UTF-8
		if err := b.Audit(t.Context(), "anna", "retry <\xff>", fmt.Sprint("run ", i)); err != nil {
			t.Fatal(err)
		}
	}
	n, last, err := b.VerifyAudit(t.Context())
	if err != nil || n != 5 || len(last) != 32 {
		t.Fatalf("%d entries, hash %x, %v", n, last, err)
	}
	trail, err := b.AuditTrail(t.Context(), 2)
	if err != nil || len(trail) != 2 || trail[0].Detail != "run 4" || trail[0].Seq != 5 || !bytes.Equal(trail[0].Hash, last) ||
		!trail[0].Time.Equal(b.clock.now()) {
		t.Errorf("the trail ends with %+v, %v", trail, err)
	}
	raw, err := trail[0].Raw() // an auditor chains what was read, and has nothing else
	if err != nil || !bytes.Equal(store.Chain(trail[1].Hash, raw), trail[0].Hash) {
		t.Errorf("%s does not make its own hash; %v", raw, err)
	}
	in := b.integration("x")
	count := func() int {
		t.Helper()
		n, _, err := b.VerifyAudit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	ctx, written := store.WithAudit(t.Context(), "anna", "rename", "x")
	ctx = store.WithNote(ctx, "note/1", []byte("noted"))
	in.Version = 7
	if _, err := b.UpdateIntegration(ctx, in); !errors.Is(err, integration.ErrConflict) || count() != 5 || written() {
		t.Errorf("what failed is in the trail: %v, %d entries", err, count())
	}
	if changed, err := b.SetEnabled(ctx, in.ID, true, ""); err != nil || changed || count() != 5 {
		t.Errorf("what changed nothing is in the trail: %v, %d entries", err, count())
	}
	if changed, err := b.SetEnabled(ctx, in.ID, false, "why"); err != nil || !changed || count() != 6 {
		t.Errorf("a change is not in the trail: %v, %d entries", err, count())
	}
	if note, err := b.Meta(t.Context(), "note/1"); err != nil || string(note) != "noted" {
		t.Errorf("the note with it: %q, %v", note, err)
	}
	ctx, written = store.WithAudit(t.Context(), "anna", "count", "in vain")
	vain := errors.New("no")
	err = b.UpdateMeta(ctx, "note/1", func([]byte) ([]byte, error) { return nil, vain })
	if note, _ := b.Meta(t.Context(), "note/1"); !errors.Is(err, vain) || string(note) != "noted" || written() || count() != 6 {
		t.Errorf("a change of a note that was not made: %v; it is %q, and %d entries", err, note, count())
	}
	var counting sync.WaitGroup
	for range 8 { // each finds what the one before has left
		counting.Go(func() {
			err := b.UpdateMeta(t.Context(), "note/2", func(old []byte) ([]byte, error) { return append(old, 'x'), nil })
			if err != nil {
				t.Error(err)
			}
		})
	}
	counting.Wait()
	if note, err := b.Meta(t.Context(), "note/2"); err != nil || string(note) != "xxxxxxxx" {
		t.Errorf("a note that eight have changed is %q, %v", note, err)
	}
	if err := b.UpdateMeta(t.Context(), "note/2", func([]byte) ([]byte, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	if note, err := b.Meta(t.Context(), "note/2"); err != nil || note != nil {
		t.Errorf("a note that was taken away is %q, %v", note, err)
	}
	ctx, written = store.WithAudit(t.Context(), "anna", "submit", "two Bills")
	if _, err := b.AddRuns(ctx, []delivery.NewRun{newRun(in.ID, "b1", 1), newRun(in.ID, "b2", 1)}); err != nil || !written() || count() != 7 {
		t.Errorf("Bills are not in the trail: %v, %d entries", err, count())
	}
	ctx, written = store.WithAudit(t.Context(), "anna", "submit", "again")
	if _, err := b.AddRuns(ctx, []delivery.NewRun{newRun(in.ID, "b1", 1)}); err != nil || written() || count() != 7 {
		t.Errorf("a known Bill is in the trail: %v, %d entries", err, count())
	}
}

// What hours and days show.
func hours(t *testing.T, b *testbed) {
	in := b.integration("x").ID
	for i := range 5 {
		b.add(newRun(in, fmt.Sprint("b", i), 1))
		b.clock.advance(40 * time.Minute) // 9:00, 9:40, 10:20, 11:00, 11:40; then it is 12:20
	}
	got, err := b.BillsByHour(t.Context(), in, b.clock.now().Add(-4*time.Hour))
	if err != nil || fmt.Sprint(got) != "[0 2 1 2 0]" {
		t.Errorf("%v, %v", got, err)
	}
	b.add(newRun(in, "b3", 2)) // a newer version of the one of 11:00: a Bill counts once
	if got, err := b.BillsByHour(t.Context(), in, b.clock.now().Add(-4*time.Hour)); err != nil || fmt.Sprint(got) != "[0 2 1 1 1]" {
		t.Errorf("%v, %v", got, err)
	}
	b.clock.advance(21 * time.Hour) // 9:20; the day is this hour and the 23 before it
	if n, _, err := b.Summary24h(t.Context(), in); err != nil || n != 3 {
		t.Errorf("%d Bills in 24 hours, %v", n, err)
	}
}

// An attempt is kept whole; one of the same number takes its place.
func attempts(t *testing.T, b *testbed) {
	in := b.integration("x").ID
	r := b.add(newRun(in, "b1", 1))[0]
	a := integration.Attempt{N: 1, Status: integration.Started, Start: b.clock.now(), End: b.clock.now(), Document: []byte(`{"a":"\u0000"}`),
		Exchanges: []integration.Exchange{{Purpose: "create", Method: "POST", Status: 204, ReqBody: []byte{0, 1}, RespBody: []byte("x"),
			RespHead: map[string]string{"Location": "/1"}, Start: b.clock.now()}}}
	b.save(r, &a)
	a.Status = integration.Complete
	b.save(r, &a)
	a.N, a.Document = 2, nil
	b.save(r, &a)
	got, err := b.Attempts(t.Context(), r.ID)
	if err != nil || len(got) != 2 || got[0].Status != integration.Complete || got[1].N != 2 ||
		!bytes.Equal(got[0].Exchanges[0].ReqBody, []byte{0, 1}) || got[0].Exchanges[0].RespHead["Location"] != "/1" {
		t.Errorf("%+v, %v", got, err)
	}
	if doc, err := b.Sent(t.Context(), r.ID); err != nil || string(doc) != `{"a":"\u0000"}` {
		t.Errorf("sent was %q, %v", doc, err)
	}
	if _, err := b.Attempts(t.Context(), uuid.NewString()); !errors.Is(err, integration.ErrNotFound) {
		t.Error(err)
	}
}
