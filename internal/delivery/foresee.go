package delivery

import (
	"context"
	"errors"

	"billferry/internal/integration"
	"billferry/mapping"
)

// foresee works out what an attempt for a run would send beside what stands: m is
// what its Bill becomes by itself, siblings are all its other runs. The error is a
// *Skip when the documents say it already.
func (a *amender) foresee(ctx context.Context, m Mapped, siblings []integration.Run) (Mapped, error) {
	a.siblings = a.e.ours(ctx, a.conf.cfg, a.run, &m.Document.Document, siblings)
	a.rec = nobody
	if looks, err := a.looks(ctx); !looks || err != nil {
		return m, err
	}
	got, _, err := a.amend(ctx, m.Document.Document)
	var f *integration.Failure
	switch {
	case errors.As(err, &f) && f.Cause == causeEarlierUnproven:
		held := *f // for as long as that takes, which is longer than anybody waits for an answer
		held.Class = integration.ClassHeld
		return m, &held
	case err != nil || got.InPlace:
		return m, err
	case got.Document == nil:
		return m, &Skip{Outcome: integration.Unchanged, Reason: "what " + a.conf.sys.Words().System + " holds of the Bill comes to what it says"}
	}
	m.Document, m.There = a.conf.sys.Encode(*got.Document), false
	if a.run.BillStatus != approvedBill {
		return m, &integration.Failure{Class: integration.ClassHeld, Cause: integration.CauseProposed, Message: proposed(got.Document),
			Advice: adviceProposed}
	}
	return m, nil
}

// adviceProposed is what to do about an amendment of a Bill that is not approved.
const adviceProposed = "approve the Bill in m3ter; a newer calculation of it replaces the proposal"

func proposed(d *mapping.Document) string {
	return "its amendment waits until the Bill is approved in m3ter: " + d.Warnings[0]
}
