package world

import (
	"fmt"
	"slices"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/sandbox/account"
	"billferry/internal/sandbox/suitetalk"
	"billferry/internal/sandbox/tree"
	"billferry/internal/spec"
)

const (
	whenFinal = "billferry.whenFinal"
	revenue   = "billferry.revenueManagement"
	delta     = "DELTA"
	asFinal   = "AS_FINAL"
)

// amending is what a world tries of Bills that change after their documents are final.
type amending struct {
	on      bool
	issued  string // When Issued of all integrations; "": each has its own
	pending bool   // invoices wait for their approval in NetSuite
	taxed   bool
	revenue bool // Revenue Management is on somewhere
	settles bool // in the end When Final is DELTA everywhere; else people settle by hand what is held
}

// drawAmending draws it: half of the worlds amend that need no plans.
func (w *world) drawAmending() {
	r := w.draws("amend", 0)
	often := r.IntN(2) == 0 || w.o.Break.amends
	a := amending{on: w.on("amend") && often, issued: []string{asFinal, "UPDATE", ""}[r.IntN(3)], settles: r.IntN(2) == 0}
	a.pending = a.on && w.on("pending") && r.IntN(4) == 0
	a.taxed = a.on && w.on("tax") && r.IntN(3) == 0
	w.amending = a
}

// profile is the account's.
func (a amending) profile() (p account.Profile) {
	p.Approval.Pending = a.pending
	return p
}

// amendSettings are those of an integration about documents that are final.
func (w *world) amendSettings(v spec.Values, name string) {
	if !w.amending.on {
		return
	}
	r := w.draws("amend "+name, 0)
	one := func(key string, of ...string) { v.Set("billferry."+key, of[r.IntN(len(of))]) }
	one("whenFinal", delta, delta, delta, "HOLD")
	one("whenIssued", "UPDATE", asFinal)
	one("amendmentApply", "NONE", "ORIGINAL")
	one("amendmentExchangeRate", "DATE", "ORIGINAL")
	v.Set(revenue, r.IntN(6) == 0)
	if w.amending.issued != "" {
		v.Set("billferry.whenIssued", w.amending.issued)
	}
	w.amending.revenue = w.amending.revenue || v.Bool(revenue)
}

// reconsider is an edit of what becomes of final documents.
func (w *world) reconsider(in integration.Integration) {
	key, of := whenFinal, []string{"HOLD", delta, delta}
	if w.rnd.IntN(3) == 0 {
		key, of = "billferry.amendmentApply", []string{"NONE", "ORIGINAL"}
	}
	in.ConfigData.Set(key, of[w.rnd.IntN(len(of))])
}

// finalize has accountants do something to a document whose Bill changes again: most
// of what they do makes it final.
func (w *world) finalize() {
	coming := map[string]bool{}
	for _, v := range w.feed[w.at:] {
		coming[v.bill] = true
	}
	docs := slices.DeleteFunc(w.ns.Invoices(), func(d tree.Value) bool { return !coming[billOf(d.TextOf("externalId"))] })
	if len(docs) == 0 {
		return
	}
	w.onDocument(&docs[w.rnd.IntN(len(docs))], []string{"pay", "pay", "pay part", "pay part", "email", "email", "print", "approve",
		"approve", "settle with a journal", "credit"}[w.rnd.IntN(11)])
}

// onDocument is what accountants do to a document in NetSuite, as far as it takes it.
func (w *world) onDocument(d *tree.Value, what string) {
	id, ext, open := d.TextOf("id"), d.TextOf("externalId"), decimal.D{}
	if v := d.Get("amountRemaining"); v != nil {
		open = must(v.Decimal())
	}
	part := open.Mul(decimal.New(int64(1+w.rnd.IntN(9)), -1)).Round(open.Places())
	var err error
	switch what {
	case "delete":
		if err = w.ns.Remove(id); err == nil {
			w.gone++
		}
	case "void":
		err = w.ns.Void(id)
	case "email", "print":
		err = w.ns.Issue(id, what)
	case "approve":
		err = w.ns.Approve(id)
	case "pay":
		if open.IsZero() {
			return
		}
		_, err = w.ns.Pay(id, open)
	default:
		if part.IsZero() {
			return
		}
		switch what {
		case "pay part":
			_, err = w.ns.Pay(id, part)
		case "settle with a journal":
			_, err = w.ns.Settle(id, part)
		default:
			_, err = w.ns.Make("creditMemo", creditFor(d, part))
		}
	}
	if err != nil {
		return
	}
	bill := billOf(ext)
	if what == "delete" || what == "void" {
		w.byHand[bill] = true
	}
	w.happens(bill, what)
	w.rules.becomes(id, finality[what])
	w.acts["NetSuite: "+what]++
	w.history.add("accountants %s %s", what, ext)
}

// finality is how a document is final after what people did to it.
var finality = map[string]string{"pay": paid, "pay part": paid, "settle with a journal": paid, "credit": paid, "email": issued,
	"print": issued, "approve": issued}

const paid, issued = "paid", "issued"

// creditFor is a credit memo by hand that pays for a part of an invoice.
func creditFor(d *tree.Value, amount decimal.D) tree.Value {
	text := fmt.Sprintf(`{"entity":{"id":%q},"currency":{"id":%q},"item":{"items":[{"item":{"id":"101"},"quantity":1,"rate":%[3]s,`+
		`"amount":%[3]s}]},"apply":{"items":[{"apply":true,"doc":{"id":%[4]q}}]}}`,
		d.Get("entity").TextOf("id"), d.Get("currency").TextOf("id"), amount, d.TextOf("id"))
	body, err := tree.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return body
}

// happens notes what people did to a document of a Bill.
func (w *world) happens(bill, what string) {
	if w.happened[bill] == nil {
		w.happened[bill] = map[string]bool{}
	}
	w.happened[bill][what] = true
}

// has tells whether people did one of these things to a document of a Bill.
func (w *world) has(bill string, one ...string) bool {
	return slices.ContainsFunc(one, func(what string) bool { return w.happened[bill][what] })
}

// reasons are what a run says that is held since its documents are final, and what
// people did then.
var reasons = []struct {
	says string
	did  []string
}{
	{"was voided", []string{"void"}},
	{"is not in NetSuite any more", []string{"delete"}},
	{"is not there any more", []string{"delete"}},
	{"people have settled part of", []string{"settle with a journal", "credit"}},
	{"paid or applied", []string{"pay", "pay part", "settle with a journal", "credit"}},
	{"was emailed", []string{"email"}},
	{"was printed", []string{"print"}},
	{"was approved", []string{"approve"}},
}

// allApproved is what accountants do about a document that does not post.
const allApproved = "accountants approve all"

// settleFinal is what people do about a Bill whose documents are final: what the run
// says has to be so. It tells whether the run is to be sent again.
func (w *world) settleFinal(l *life, r integration.Run) (again bool) {
	amended := slices.ContainsFunc(w.standIn(r.EntityID), isAmendment)
	so := false
	for _, reason := range reasons {
		so = so || strings.Contains(r.Error, reason.says) && w.has(r.EntityID, reason.did...)
	}
	switch {
	case strings.Contains(r.Error, "does not post") && w.amending.pending:
		w.ns.ApproveAll()
		w.did(allApproved)
		return true
	case so, strings.Contains(r.Error, "was approved") && w.acts[allApproved] > 0,
		strings.Contains(r.Error, "Revenue Management is on") && w.amending.revenue,
		strings.Contains(r.Error, "amended before") && amended, strings.Contains(r.Error, "paid or applied") && amended:
	case strings.Contains(r.Error, "the accounting period") && w.acts[periodIs+string(suitetalk.Closed)] > 0:
		return true // it is open again
	default:
		w.rules.breach(r.EntityID, "%s version %d says %s, and in NetSuite happened %v", r.EntityID, r.BillVersion, r.Error,
			w.happened[r.EntityID])
	}
	w.do(l, "skip", r)
	return false
}
