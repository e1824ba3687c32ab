package reconcile_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/reconcile"
	"billferry/internal/sandbox"
	"billferry/mapping"
	"billferry/netsuite"
)

// month is one of some documents that rules fill fields of, with a touch of each.
func month(t *testing.T, b books, n int, touch func(*mapping.Document)) (*desk, []string) {
	t.Helper()
	desk, ids := newDesk(), []string(nil)
	for i := range n {
		d := document(i, mapping.Invoice, "601", "1", "USD", "2026-10-15", decimal.New(int64(5000+i), -2))
		filled(&d)
		touch(&d)
		id := b.send(t, d)
		ids = append(ids, id)
		run := fmt.Sprint(i)
		desk.wants[run] = wantOf(d)
		desk.bills = append(desk.bills, reconcile.Bill{ID: run, Ref: "INVOICE-" + run, Account: "acc1", Currency: "USD", Date: d.TranDate,
			Total: d.Total, State: reconcile.Sent, Approved: true, Run: run, SentRun: run, DocID: id, Kind: string(d.Kind),
			Refs: []string{d.ExternalID}, Lines: len(d.Lines)})
	}
	return desk, ids
}

// otherwise is an account whose queries show some things otherwise than they are.
type otherwise struct {
	*netsuite.Client
	show   func(*reconcile.Doc)
	reread int
}

func (o *otherwise) ReadLines(ctx context.Context, q reconcile.Query, docs []*reconcile.Doc, turn reconcile.Turn) error {
	err := o.Client.ReadLines(ctx, q, docs, turn)
	for _, d := range docs {
		o.show(d)
	}
	return err
}

func (o *otherwise) Reread(ctx context.Context, q reconcile.Query, d *reconcile.Doc) (reconcile.Doc, bool, error) {
	o.reread++
	return o.Client.Reread(ctx, q, d)
}

// What a person changed in a field that a rule has filled is told with both sides. It
// takes one request more, in which that the query shows the field as it is is seen.
func TestFieldsAreToldWithBothSides(t *testing.T) {
	t.Parallel()
	b := newBooks(t, sandbox.Options{Bills: 1, Clean: true})
	desk, ids := month(t, b, 4, func(*mapping.Document) {})
	whole := b.reconcile(t, desk, october, "")
	if whole.Verdict != reconcile.Equal || len(whole.NotCompared) > 0 {
		t.Fatal(whole.Verdict, whole.NotCompared, words(codes(whole)))
	}
	for _, id := range ids[:2] {
		if err := b.box.NetSuite().Edit(id, object(`{"department":{"id":"2"}}`)); err != nil {
			t.Fatal(err)
		}
	}
	e := document(2, mapping.Invoice, "601", "1", "USD", "2026-10-15", decimal.New(5002, -2))
	filled(&e)
	e.Lines[1].Fields[0].Value = "APAC"
	if err := b.box.NetSuite().Edit(ids[2], object(items(e))); err != nil {
		t.Fatal(err)
	}
	r := b.reconcile(t, desk, october, "")
	got := map[string]string{}
	for _, x := range r.Breaks {
		got[x.Bill] = fmt.Sprint(x.Code, x.Facts)
	}
	department := "changed[{department 1 2}]"
	want := map[string]string{"0": department, "1": department, "2": "line[{line 2 custcol_region EMEA APAC}]"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("found %v", got)
	}
	if r.Requests != whole.Requests+2 {
		t.Errorf("%d requests, and %d while nothing differed", r.Requests, whole.Requests)
	}
}

// A field that queries show otherwise than it is, or not at all, is not compared, and
// the report says so; all others are.
func TestFieldsThatQueriesDoNotShow(t *testing.T) {
	t.Parallel()
	b := newBooks(t, sandbox.Options{Bills: 1, Clean: true})
	desk, ids := month(t, b, 4, func(d *mapping.Document) {
		d.Fields = append(d.Fields, mapping.Field{Name: "message", As: mapping.AsText, Value: "Thank you"})
	})
	if err := b.box.NetSuite().Edit(ids[3], object(`{"custbody_po":"another"}`)); err != nil {
		t.Fatal(err)
	}
	odd := &otherwise{Client: b.conn, show: func(d *reconcile.Doc) {
		d.Held["department"] = "Department " + d.Held["department"]
		for i := range d.Lines {
			d.Lines[i].Held["custcol_share"] = strings.Replace(d.Lines[i].Held["custcol_share"], "0.5", "50%", 1)
		}
	}}
	span, err := reconcile.ParseSpan(october, "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := reconcile.Run(t.Context(), reconcile.Options{Span: span, IntegrationID: "in", System: "NetSuite", Prefixes: []string{"m3b-"},
		Now: func() time.Time { return now }}, desk, odd)
	if err != nil {
		t.Fatal(err)
	}
	if got := words(codes(r)); got != "changed 3" {
		t.Errorf("found %s", got)
	}
	if want := []string{"department", "line.custcol_share", "message"}; !slices.Equal(r.NotCompared, want) {
		t.Errorf("not compared: %v", r.NotCompared)
	}
	if odd.reread > 2 {
		t.Errorf("%d documents were read by themselves", odd.reread)
	}
}

// What was sent of a document that is deleted is told as it was sent, not as the Bill's
// total is before it is rounded; of a Bill that is another one by now that is not known.
func TestADeletedDocumentIsToldAsItWasSent(t *testing.T) {
	t.Parallel()
	b := newBooks(t, sandbox.Options{Bills: 1, Clean: true})
	desk, ids := month(t, b, 3, func(*mapping.Document) {})
	for i, id := range ids {
		if err := b.box.NetSuite().Remove(id); err != nil {
			t.Fatal(err)
		}
		x := &desk.bills[i]
		x.Rounding, x.Excluded = decimal.New(3, -3), decimal.New(2, 0)
		x.Total = x.Total.Add(x.Rounding).Add(x.Excluded)
	}
	desk.bills[1].Newer = true
	desk.bills[2].State = reconcile.Failed
	got := map[string]string{}
	for _, x := range b.reconcile(t, desk, october, "").Breaks {
		got[x.Bill] = fmt.Sprint(x.Code, x.Facts)
	}
	want := map[string]string{"0": "deleted[{total 50.00 }]", "1": "deleted[]", "2": "failed[{total 52.023 }]"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("found %v, want %v", got, want)
	}
}
