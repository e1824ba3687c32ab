package world

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// document is one that counts in NetSuite.
type document struct {
	ext, id, number string
	net             decimal.D // below zero: a credit memo
}

// documents are those that count, by Bill.
func (w *world) documents() map[string][]document {
	out := map[string][]document{}
	for _, v := range w.ns.Invoices() {
		d := document{ext: v.TextOf("externalId"), id: v.TextOf("id"), number: v.TextOf("tranId"), net: must(v.Get("subtotal").Decimal())}
		if d.ext == "" || v.Get("status").TextOf("refName") == "Voided" { // of people
			continue
		}
		if v.Get("type").TextOf("id") == "CustCred" {
			d.net = d.net.Neg()
		}
		out[billOf(d.ext)] = append(out[billOf(d.ext)], d)
	}
	return out
}

// standIn names the documents of a Bill that count.
func (w *world) standIn(bill string) (out []string) {
	for _, d := range w.documents()[bill] {
		out = append(out, d.ext)
	}
	return out
}

// judge holds what NetSuite has against the Bills, and the file against both.
func (w *world) judge(l *life) {
	docs := w.documents()
	ins, stands := w.integrations(l), map[string][]integration.Run{}
	for _, r := range standing(w.runs(l)) {
		if slices.ContainsFunc(ins, func(in integration.Integration) bool { return in.ID == r.IntegrationID }) {
			stands[r.EntityID] = append(stands[r.EntityID], r)
		}
	}
	for bill := range docs {
		if _, ours := w.truth[bill]; !ours {
			w.rules.breach(bill, "NetSuite has a document of %q, which is no Bill", bill)
		}
	}
	for bill, v := range w.truth {
		has := docs[bill]
		firsts := slices.DeleteFunc(slices.Clone(has), func(d document) bool { return isAmendment(d.ext) })
		if len(firsts) > 1 {
			w.rules.breach(bill, "%s has %d live documents that are no amendments: %v", bill, len(firsts), has)
			continue
		}
		if !w.wanted(v) { // what there is of it was wanted once
			for _, r := range stands[bill] {
				w.judgeOld(r, stands[bill], has)
			}
			continue
		}
		// Of a Bill that a person skipped retention leaves nothing, or the run that was retried before.
		if len(stands[bill]) != len(ins) && !(w.purging && w.byHand[bill]) {
			w.rules.breach(bill, "%s has %d runs that stand for it, of %d integrations", bill, len(stands[bill]), len(ins))
		}
		for _, r := range stands[bill] {
			w.judgeRun(r, v, has)
		}
	}
	w.checkBooks(l)
	if _, _, err := l.store.VerifyAudit(context.Background()); err != nil {
		w.rules.breach("LIFE", "verify the audit chain: %v", err)
	}
	w.secrets(l)
}

// judgeOld judges a run of a Bill that m3ter has no longer, or not approved: what it
// made is there, unless another integration sent a newer version of it.
func (w *world) judgeOld(r integration.Run, all []integration.Run, has []document) {
	made := r.Outcome == integration.Created || r.Outcome == integration.Updated
	made = made && !slices.ContainsFunc(all, func(o integration.Run) bool { return o.Sent() && o.NewerThan(r) })
	if (r.Status != integration.Complete || r.InFlight) && !r.Proposed() {
		w.rules.breach(r.EntityID, "%s version %d, which m3ter withdrew, ends %s %s", r.EntityID, r.BillVersion, r.Status, r.Outcome)
	}
	if made && !w.byHand[r.EntityID] && (len(has) == 0 || !sum(has).Equal(r.AmountOut)) {
		w.rules.breach(r.EntityID, "%s comes to %s, m3ter withdrew it, and NetSuite has %v", r.EntityID, r.AmountOut, has)
	}
}

// sum is what documents come to together.
func sum(has []document) (sum decimal.D) {
	for _, d := range has {
		sum = sum.Add(d.net)
	}
	return sum
}

func (w *world) judgeRun(r integration.Run, v version, has []document) {
	if r.Proposed() && !v.approved {
		if !w.byHand[v.bill] && !w.comesTo(v.bill, sum(has)) {
			w.rules.breach(v.bill, "an amendment of %s waits, its documents come to %s, and none of its versions does", v.bill, sum(has))
		}
		return
	}
	if r.Status != integration.Complete || r.InFlight {
		w.rules.breach(v.bill, "%s version %d ends %s %s, in flight %v", v.bill, r.BillVersion, r.Status, r.Outcome, r.InFlight)
	}
	if r.BillVersion != int64(v.n) {
		w.rules.breach(v.bill, "version %d stands for %s, and m3ter has version %d", r.BillVersion, v.bill, v.n)
	}
	if w.byHand[v.bill] {
		return // what is there is a person's doing
	}
	want := v.worth()
	if want.Sign() == 0 {
		return
	}
	switch {
	case len(has) == 0:
		w.rules.breach(v.bill, "%s is %s %s and not in NetSuite", v.bill, r.Status, r.Outcome)
	case !sum(has).Equal(want):
		w.rules.breach(v.bill, "%s comes to %s, NetSuite has %s: %v", v.bill, want, sum(has), has)
	case !r.AmountOut.Equal(want) || !r.AmountIn.Equal(v.total) || len(r.Doubt) > 0 ||
		!slices.ContainsFunc(has, func(d document) bool { return d.id == r.ExternalID }):
		w.rules.breach(v.bill, "the run of %s says %s in, %s out, document %s, doubt %v; NetSuite has %v",
			v.bill, r.AmountIn, r.AmountOut, r.ExternalID, r.Doubt, has)
	}
}

// standing are the runs that stand for their Bills, one for each integration.
func standing(runs []integration.Run) map[string]integration.Run {
	out := map[string]integration.Run{}
	for _, r := range runs { // oldest first
		key := r.IntegrationID + " " + r.EntityID
		was, ok := out[key]
		if r.Outcome != integration.Superseded && (!ok || r.NewerThan(was) || !was.NewerThan(r) && r.Seq > was.Seq) {
			out[key] = r
		}
	}
	return out
}

// checkBooks has the store check itself, and NEEDS YOU counted anew.
func (w *world) checkBooks(l *life) {
	ctx, st := context.Background(), l.store
	rep, err := st.Check(ctx, false, nil)
	if err != nil {
		w.rules.breach("LIFE", "check the store: %v", err)
		return
	}
	for _, p := range rep.Problems {
		w.rules.breach("LIFE", "store: %s", p)
	}
	for _, in := range w.integrations(l) {
		id := in.ID
		_, told, err := st.Summary24h(ctx, id)
		page, err2 := st.Runs(ctx, integration.RunFilter{IntegrationID: id, Oldest: true}, "", 10_000)
		events, err3 := st.Events(ctx, id, "", false, 10_000)
		if err != nil || err2 != nil || err3 != nil {
			w.rules.breach("LIFE", "read the store: %v, %v, %v", err, err2, err3)
			return
		}
		needs := 0
		for _, r := range standing(page.Runs) {
			if r.NeedsPerson() {
				needs++
			}
		}
		for _, e := range events {
			if e.RunID == "" {
				needs++
			}
		}
		if told += w.o.Break.needs; told != needs {
			w.rules.breach("LIFE", "%s says that %d need you, and %d do", in.Name, told, needs)
		}
	}
}

// secrets looks for what must not be kept: in the file, and in what is packed
// in it.
func (w *world) secrets(l *life) {
	raw, err := os.ReadFile(w.path(l.n)) // it began as a copy of those before
	if err != nil {
		w.rules.breach("LIFE", "%v", err)
	}
	w.secretIn("the file", raw)
	w.secretIn("the log", w.logged.Bytes())
	for _, r := range w.runs(l) {
		tries, err := l.store.Attempts(context.Background(), r.ID)
		if err != nil {
			w.rules.breach(r.EntityID, "read the attempts of %s: %v", r.EntityID, err)
		}
		var all bytes.Buffer
		for _, a := range tries {
			for _, x := range a.Exchanges {
				fmt.Fprintln(&all, x.URL, x.Error, x.ReqHead, x.RespHead)
				all.Write(x.ReqBody)
				all.Write(x.RespBody)
			}
		}
		w.secretIn("an attempt at "+r.EntityID, all.Bytes())
	}
}

// secretIn looks for all secrets at once: there are dozens.
func (w *world) secretIn(what string, all []byte) {
	heads := w.rules.secretHeads()
	for i := 0; i+secretHead <= len(all); i++ {
		if !heads.begin[all[i]][all[i+1]] {
			continue
		}
		for n, secrets := range heads.by[string(all[i:i+secretHead])] {
			if len(all)-i >= n && secrets[string(all[i:i+n])] {
				w.rules.breach("LIFE", "a secret of %d characters is in %s", n, what)
			}
		}
	}
}

// secretHead is how much of a secret is looked for at first. None is shorter.
const secretHead = 12

// heads are secrets by how they begin and how long they are.
type heads struct {
	of    int // so many of them
	begin [256][256]bool
	by    map[string]map[int]map[string]bool
}

func (r *rules) secretHeads() *heads {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.heads == nil || r.heads.of != len(r.secrets) {
		r.heads = &heads{of: len(r.secrets), by: map[string]map[int]map[string]bool{}}
		for _, s := range r.secrets {
			h := s[:secretHead]
			r.heads.begin[h[0]][h[1]] = true
			if r.heads.by[h] == nil {
				r.heads.by[h] = map[int]map[string]bool{}
			}
			if r.heads.by[h][len(s)] == nil {
				r.heads.by[h][len(s)] = map[string]bool{}
			}
			r.heads.by[h][len(s)][s] = true
		}
	}
	return r.heads
}
