package netsuite_test

import (
	"maps"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/mapping"
	"billferry/store"
)

// verify holds the store against the simulator, and both against the Bills.
func (o *torture) verify() {
	if o.killed() < o.kills {
		o.Errorf("all Bills were settled after %d kills, wanted %d", o.killed(), o.kills)
	}
	for _, step := range everyStep {
		if o.at[step] == 0 {
			o.Errorf("nobody died at %q", step)
		}
	}
	s := o.box.Stats()
	if s.DuplicateCreates != 0 || s.CreatesWithoutID != 0 || int(s.Creates) != o.bills || len(s.CreatesByExternalID) != o.bills {
		o.Errorf("%d creates of %d external ids for %d Bills; %d duplicates, %d without an external id",
			s.Creates, len(s.CreatesByExternalID), o.bills, s.DuplicateCreates, s.CreatesWithoutID)
	}
	for _, text := range everyFault {
		if f, err := sandbox.ParseFault(text); err != nil || (s.Faults[f.Kind] == 0 && o.bills >= 1000) {
			o.Errorf("the fault %s never struck: %v", text, err)
		}
	}
	st, err := openStore(o.life.Dir)
	if err != nil {
		o.Fatal(err)
	}
	o.verifyRuns(st, o.invoices())
	rep, err := st.Check(o.Context(), false, nil)
	if err != nil {
		o.Fatal(err)
	}
	for _, p := range rep.Problems {
		o.Error("store: " + p)
	}
	if err := st.Close(); err != nil {
		o.Error(err)
	}
}

// invoice is one document as the simulator holds it.
type invoice struct {
	id    string
	total decimal.D // below zero: a credit memo
}

// invoices reads them by Bill id.
func (o *torture) invoices() map[string]invoice {
	out := map[string]invoice{}
	o.invoiced = map[string]decimal.D{}
	for _, v := range o.box.NetSuite().Invoices() {
		billID, ours := strings.CutPrefix(v.TextOf("externalId"), "m3b-")
		total, err := v.Get("total").Decimal()
		if id, memo := strings.CutPrefix(v.TextOf("externalId"), "m3c-"); memo {
			billID, ours, total = id, true, total.Neg()
		}
		_, known := o.want[billID]
		if _, twice := out[billID]; err != nil || !ours || !known || twice {
			o.Fatalf("invoice %s with external id %q: of a known Bill %v, twice %v, %v", v.TextOf("id"), v.TextOf("externalId"), known, twice, err)
		}
		out[billID] = invoice{v.TextOf("id"), total}
		iso := v.Get("currency").TextOf("refName")
		o.invoiced[iso] = o.invoiced[iso].Add(total)
	}
	if len(out) != o.bills {
		o.Errorf("%d invoices of %d Bills", len(out), o.bills)
	}
	return out
}

// verifyRuns wants every run through, and for every Bill a delivered one that
// tells what NetSuite holds and how it came to be there.
func (o *torture) verifyRuns(st *store.Store, invoices map[string]invoice) {
	delivered, held := map[string]bool{}, map[string]bool{}
	in := map[string]decimal.D{}
	seen := 0
	for token := ""; ; {
		p, err := st.Runs(o.Context(), integration.RunFilter{}, token, 500)
		if err != nil {
			o.Fatal(err)
		}
		for _, r := range p.Runs { // newest first
			seen++
			o.outcomes[r.Outcome]++
			if r.Status == integration.Errored && r.Cause == "other_kind_exists" && !delivered[r.EntityID] {
				held[r.EntityID] = true
			} else if r.Status != integration.Complete {
				o.Errorf("run %s is %s: %s", r.ID, r.Status, r.Error)
			}
			if r.Proof == integration.Pending || r.Proof == integration.Drift {
				o.Errorf("run %s has the proof %s: %s", r.ID, r.Proof, r.Error)
			}
			o.proofs[r.Proof]++
			if r.InFlight || len(r.Doubt) > 0 && !held[r.EntityID] {
				o.Errorf("run %s is %s/%s, in flight %v, in doubt %v: %s", r.ID, r.Status, r.Outcome, r.InFlight, r.Doubt, r.Error)
			}
			if r.Outcome == integration.Superseded || delivered[r.EntityID] {
				continue
			}
			delivered[r.EntityID] = true
			in[r.Currency] = in[r.Currency].Add(r.AmountIn)
			if held[r.EntityID] {
				o.verifyHeld(r, invoices[r.EntityID])
			} else {
				o.verifyRun(st, r, invoices[r.EntityID])
			}
		}
		if token = p.Next; token == "" {
			break
		}
	}
	if len(delivered) != o.bills || seen != o.bills+o.revised {
		o.Errorf("%d runs, and %d Bills with one that delivered; want %d and %d", seen, len(delivered), o.bills+o.revised, o.bills)
	}
	if !maps.EqualFunc(in, o.sums, decimal.D.Equal) {
		o.Errorf("the runs come to %v, the Bills to %v", in, o.sums)
	}
}

// verifyHeld wants what the version before made to be there, alone and as it was,
// and the run that waits for a person to name it.
func (o *torture) verifyHeld(r integration.Run, is invoice) {
	o.held++
	places, _ := mapping.Exponent(r.Currency)
	if was := o.was[r.EntityID].Round(places); was.Sign()*o.want[r.EntityID].Sign() >= 0 || !is.total.Equal(was) ||
		r.ExternalID != "" || !strings.Contains(r.Error, " "+is.id+" ") {
		o.Errorf("Bill %s is held (%s); it came to %s and NetSuite holds %s of %s", r.EntityID, r.Error, o.was[r.EntityID], is.id, is.total)
	}
}

func (o *torture) verifyRun(st *store.Store, r integration.Run, is invoice) {
	switch r.Outcome {
	case integration.Created, integration.Updated, integration.Adopted, integration.Unchanged:
	default:
		o.Errorf("run %s of Bill %s has the outcome %s: %s", r.ID, r.EntityID, r.Outcome, r.Error)
	}
	want := o.want[r.EntityID]
	places, _ := mapping.Exponent(r.Currency) // an unknown currency would have been refused
	if !is.total.Equal(want.Round(places)) || !r.AmountIn.Equal(want) || !r.AmountOut.Equal(is.total) || r.ExternalID != is.id {
		o.Errorf("Bill %s comes to %s %s; NetSuite holds invoice %s of %s; run %s says %s in, %s out, invoice %s",
			r.EntityID, want, r.Currency, is.id, is.total, r.ID, r.AmountIn, r.AmountOut, r.ExternalID)
	}
	tries, err := st.Attempts(o.Context(), r.ID)
	if err != nil || len(tries) == 0 || len(tries[len(tries)-1].Exchanges) == 0 {
		o.Errorf("run %s cannot be reviewed: %d attempts, %v", r.ID, len(tries), err)
	}
}
