package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/internal/sandbox"
)

// guarded is delivered, with rounds over the documents that follow each other at
// once. NetSuite tells changes apart by their second: later lets some pass there.
func guarded(t *testing.T, o sandbox.Options) (w *world, in integration.Integration, later func()) {
	t.Helper()
	var ahead atomic.Int64
	o.Clean, o.Now = true, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	sb, err := sandbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sb.Close)
	w = &world{sb: sb, dir: t.TempDir(), guard: time.Millisecond}
	w.open(t)
	in = w.create(t, "NetSuite US", defaultItem)
	w.connect(t, in)
	w.submitAll(t, in.ID)
	return w, in, func() { ahead.Add(int64(2 * time.Second)) }
}

// comes waits for something that a round brings about.
func (w *world) comes(t *testing.T, what string, ok func() bool) {
	t.Helper()
	w.until(t, func(context.Context) any {
		if ok() {
			return nil
		}
		return what
	})
}

// runs are those of a filter, newest first.
func (w *world) runs(t *testing.T, f integration.RunFilter) []integration.Run {
	t.Helper()
	p, err := w.app.Runs(t.Context(), f, "", 200)
	if err != nil {
		t.Fatal(err)
	}
	return p.Runs
}

func (w *world) runOf(t *testing.T, id string) integration.Run {
	t.Helper()
	r, err := w.app.store.Run(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// told are the open events about documents, by cause and run.
func (w *world) told(t *testing.T) map[string]integration.Event {
	t.Helper()
	all, err := w.app.store.Events(t.Context(), "", integration.EventDocument, false, 100)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]integration.Event{}
	for _, e := range all {
		out[e.Cause+" "+e.RunID] = e
	}
	return out
}

// What people change, void, delete or double after a document was proven is told
// once, with both sides and what to do, and is over once it is set right.
func TestDocumentsAreLookedAtAgain(t *testing.T) {
	t.Parallel()
	w, in, later := guarded(t, sandbox.Options{})
	sent := w.runs(t, integration.RunFilter{IntegrationID: in.ID, Outcomes: []integration.Outcome{integration.Created}})
	w.comes(t, "all are seen", func() bool {
		return !slices.ContainsFunc(w.runs(t, integration.RunFilter{IntegrationID: in.ID}), func(r integration.Run) bool {
			return r.Delivered() && r.Watch.Stamp == ""
		})
	})
	if got := w.told(t); len(got) > 0 {
		t.Fatalf("nothing was done: %+v", got)
	}
	later()
	w.byHand(t, "edits", fmt.Sprintf(`{"transaction":%q,"set":{"memo":"goodwill"}}`, sent[0].ExternalID))
	w.byHand(t, "voids", fmt.Sprintf(`{"transaction":%q}`, sent[1].ExternalID))
	w.byHand(t, "deletes", fmt.Sprintf(`{"transaction":%q}`, sent[2].ExternalID))
	w.byHand(t, "copies", fmt.Sprintf(`{"transaction":%q}`, sent[3].ExternalID))
	w.byHand(t, "payments", fmt.Sprintf(`{"invoice":%q}`, sent[4].ExternalID))
	w.comes(t, "four are told", func() bool { return len(w.told(t)) == 4 })
	got := w.told(t)
	for key, words := range map[string][]string{
		integration.CauseChanged + " " + sent[0].ID:     {`memo: sent "` + sent[0].BillRef, `holds "goodwill"`, "To do: compare both sides"},
		integration.CauseVoidedSince + " " + sent[1].ID: {"was voided in NetSuite", "it came to", " and comes to 0.00 ", "To do: ask who"},
		integration.CauseDeleted + " " + sent[2].ID:     {"it was deleted", "(id " + sent[2].ExternalID + ")", "To do: ask who"},
		integration.CauseTwin + " " + sent[3].ID:        {"the same customer, date and amount", "To do: void the one"},
	} {
		e, ok := got[key]
		for _, word := range words {
			if !ok || !strings.Contains(e.Message, word) || e.Times() != 1 {
				t.Errorf("%s: %d times %q lacks %q", key, e.Times(), e.Message, word)
			}
		}
	}
	for i, want := range []integration.Proof{integration.Drift, integration.Drift, integration.Drift, integration.Proven, integration.Proven} {
		if r := w.runOf(t, sent[i].ID); r.Proof != want || r.Status != integration.Complete {
			t.Errorf("run %d is %s %s: %s", i, r.Status, r.Proof, r.Error)
		}
	}
	if r := w.runOf(t, sent[2].ID); !r.AmountOut.IsZero() {
		t.Errorf("a deleted document holds %s", r.AmountOut)
	}
	for i, held := range []string{`"goodwill"`, `"Voided"`, ""} { // beside what was sent stands what is there now
		d, err := w.app.Run(t.Context(), sent[i].ID)
		if err != nil {
			t.Fatal(err)
		}
		a := d.Attempts[len(d.Attempts)-1]
		if !a.Look || a.Cause != d.Cause || a.Error != d.Error || a.Start.IsZero() || (len(a.Exchanges) > 0) != (held != "") {
			t.Errorf("run %d keeps of the look %+v", i, a)
		}
		read := slices.IndexFunc(a.Exchanges, integration.Exchange.Reads)
		if held != "" && (read < 0 || !strings.Contains(string(a.Exchanges[read].RespBody), held)) {
			t.Errorf("run %d keeps no answer with %s: %+v", i, held, a.Exchanges)
		}
		if d.Document == nil || d.Tries != len(d.Attempts)-1 {
			t.Errorf("run %d has lost its document, or counts the look: %d of %d", i, d.Tries, len(d.Attempts))
		}
	}
	w.comes(t, "the double is kept", func() bool { return w.runOf(t, sent[3].ID).Watch.Twin != "" })
	w.comes(t, "it is paid", func() bool { return w.runOf(t, sent[4].ID).Watch.Payment == integration.Paid })

	later()
	_, memo, _ := strings.Cut(got[integration.CauseChanged+" "+sent[0].ID].Message, `memo: sent "`)
	memo, _, _ = strings.Cut(memo, `", NetSuite`)
	w.byHand(t, "edits", fmt.Sprintf(`{"transaction":%q,"set":{"memo":%q}}`, sent[0].ExternalID, memo))
	w.byHand(t, "voids", fmt.Sprintf(`{"transaction":%q}`, w.runOf(t, sent[3].ID).Watch.Twin))
	w.comes(t, "two are over", func() bool { return len(w.told(t)) == 2 })
	if r := w.runOf(t, sent[0].ID); r.Proof != integration.Proven || r.Cause != "" || r.Error != "" {
		t.Errorf("what was set back is %s: %s", r.Proof, r.Error)
	}
}

// What a person accepts needs nobody any more, is not told again while it stays as it
// is, and leaves sums that add up; another change is told.
func TestWhatPeopleDidIsAccepted(t *testing.T) {
	t.Parallel()
	w, in, later := guarded(t, sandbox.Options{})
	f := integration.RunFilter{IntegrationID: in.ID}
	sent := w.runs(t, integration.RunFilter{IntegrationID: in.ID, Outcomes: []integration.Outcome{integration.Created}})
	w.comes(t, "all are seen", func() bool {
		return !slices.ContainsFunc(w.runs(t, f), func(r integration.Run) bool { return r.Delivered() && r.Watch.Stamp == "" })
	})
	_, needed, err := w.app.store.Summary24h(t.Context(), in.ID)
	if err != nil {
		t.Fatal(err)
	}
	later()
	w.byHand(t, "edits", fmt.Sprintf(`{"transaction":%q,"set":{"memo":"goodwill"}}`, sent[0].ExternalID))
	w.byHand(t, "voids", fmt.Sprintf(`{"transaction":%q}`, sent[1].ExternalID))
	w.byHand(t, "deletes", fmt.Sprintf(`{"transaction":%q}`, sent[2].ExternalID))
	w.comes(t, "three are told", func() bool { return len(w.told(t)) == 3 })
	if _, err := w.app.SkipRun(t.Context(), sent[3].ID, "nothing is wrong"); err == nil {
		t.Error("a proven document was accepted")
	}
	for i, r := range sent[:3] {
		was := w.runOf(t, r.ID)
		got, err := w.app.SkipRun(t.Context(), r.ID, "agreed with the customer")
		if err != nil || got.Proof != integration.Accepted || got.ProofNote != "agreed with the customer" || got.Error != was.Error ||
			got.Outcome != was.Outcome || got.NeedsPerson() {
			t.Errorf("run %d: %v %+v", i, err, got)
		}
		m := got.Figures()
		if !m.Open.IsZero() || !m.Out.Equal(was.AmountOut) || !m.In.Equal(m.Out.Add(m.Excluded).Add(m.Rounding)) {
			t.Errorf("run %d counts %+v", i, m)
		}
		if _, err := w.app.SkipRun(t.Context(), r.ID, "again"); err == nil {
			t.Error("it was accepted twice")
		}
	}
	if _, needs, err := w.app.store.Summary24h(t.Context(), in.ID); err != nil || needs != needed {
		t.Errorf("%d need somebody, %d did before: %v", needs, needed, err)
	}
	w.comes(t, "its events are over", func() bool { return len(w.told(t)) == 0 })

	stamp := w.runOf(t, sent[0].ID).Watch.Stamp
	later() // touched, but what was accepted is all that differs
	w.byHand(t, "payments", fmt.Sprintf(`{"invoice":%q}`, sent[0].ExternalID))
	w.comes(t, "it is paid", func() bool { return w.runOf(t, sent[0].ID).Watch.Payment == integration.Paid })
	for _, r := range sent[4:12] { // rounds go on until it was read again
		if w.runOf(t, sent[0].ID).Watch.Stamp != stamp {
			break
		}
		w.byHand(t, "payments", fmt.Sprintf(`{"invoice":%q}`, r.ExternalID))
		w.comes(t, "another is paid", func() bool { return w.runOf(t, r.ID).Watch.Payment == integration.Paid })
	}
	if r := w.runOf(t, sent[0].ID); r.Proof != integration.Accepted || r.Watch.Stamp == stamp || len(w.told(t)) > 0 {
		t.Errorf("what was accepted is told again: %s %s", r.Proof, r.Error)
	}
	later()
	w.byHand(t, "edits", fmt.Sprintf(`{"transaction":%q,"set":{"memo":"worse"}}`, sent[0].ExternalID))
	w.comes(t, "another change is told", func() bool {
		r := w.runOf(t, sent[0].ID)
		return r.Proof == integration.Drift && strings.Contains(r.Error, "worse") && len(w.told(t)) == 1
	})
	if r := w.runOf(t, sent[2].ID); r.Proof != integration.Accepted {
		t.Errorf("a deleted document is %s", r.Proof)
	}
	trail, err := w.app.store.AuditTrail(t.Context(), 20)
	n := 0
	for _, e := range trail {
		if e.What == "accept document" && strings.Contains(e.Detail, "agreed with the customer") {
			n++
		}
	}
	if err != nil || n != 3 {
		t.Errorf("%d are in the audit trail: %+v %v", n, trail, err)
	}
}
