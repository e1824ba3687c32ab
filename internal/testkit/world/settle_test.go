package world

import (
	"slices"

	"billferry/internal/integration"
)

// endTroubles ends all but those that are on their way.
func (w *world) endTroubles(l *life) {
	w.calm.Store(true)
	if err := w.faults.Replace(nil); err != nil {
		w.rules.breach("LIFE", "%v", err)
	}
	if err := w.m3terFaults.Replace(nil); err != nil {
		w.rules.breach("LIFE", "%v", err)
	}
	w.ns.SetConcurrency(slots)
	w.period(false)
	w.approve()
	w.passes.Store(0)
	w.set(0)
	w.history.add("LIFE the troubles are over")
}

// mend does what the advice of each run that needs a person says, and tells how
// many runs are not settled.
func (w *world) mend(l *life) (open int, err error) {
	open = w.mapAll(l) + w.untold(l)
	if w.passes.Load() < 2 {
		open++ // what m3ter has is not all taken
	}
	live := map[string]bool{}
	for _, in := range w.integrations(l) {
		live[in.ID] = true
		if !in.Authorized || !in.Enabled {
			w.connect(l, in)
			open++
		}
		if in.ConfigData.Text("billferry.negativeBills") != "CREDIT_MEMO" {
			in.ConfigData = in.ConfigData.Clone()
			in.ConfigData.Set("billferry.negativeBills", "CREDIT_MEMO")
			w.edit(l, in)
			open++
		}
		if w.amending.settles && w.amending.on && in.ConfigData.Text(whenFinal) != delta {
			in.ConfigData = in.ConfigData.Clone()
			in.ConfigData.Set(whenFinal, delta)
			w.edit(l, in)
			open++
		}
	}
	all := w.runs(l)
	stands, waits := standing(all), map[string]bool{}
	var again, free []integration.Run
	for _, r := range all {
		switch {
		case r.WaitsForPlan():
			open++
			waits[r.IntegrationID] = true
		case r.Proposed():
			if v := w.truth[r.EntityID]; v.approved && !v.gone {
				open++
			}
		case r.HeldByHand():
			open++
			free = append(free, r)
		case !r.Status.Settled():
			open++
		case r.Status == integration.Complete && r.Proof == integration.Pending:
			open++
		case r.NeedsPerson() && live[r.IntegrationID] && stands[r.IntegrationID+" "+r.EntityID].ID == r.ID:
			open++
			if w.remedy(l, r) {
				again = append(again, r)
			}
		}
	}
	w.do(l, "release", free...)
	w.do(l, "retry", again...)
	w.planAll(l, waits)
	return open, nil
}

// remedy does what there is to do before a run is sent again, and tells whether it is to be.
func (w *world) remedy(l *life, r integration.Run) (again bool) {
	removes := slices.Contains([]string{"other_kind_exists", "documents_many", "record_voided"}, r.Cause)
	if removes && w.travelling.Load() > 0 {
		return false // what is removed now would be made again by a request from before
	}
	if w.tries[r.EntityID]++; w.tries[r.EntityID] == 50 {
		w.rules.breach(r.EntityID, "%s version %d stays %s %s: %s", r.EntityID, r.BillVersion, r.Status, r.Cause, r.Error)
	}
	if r.Proof == integration.Drift && !w.byHand[r.EntityID] && !w.rules.unheard(r.EntityID) {
		w.rules.breach(r.EntityID, "%s version %d reads back otherwise than it was sent, and nobody changed it: %s",
			r.EntityID, r.BillVersion, r.Error)
	}
	switch {
	case removes:
		stuck := false
		wrong := []string{"m3b-" + r.EntityID, "m3c-" + r.EntityID}
		if r.Cause == "other_kind_exists" { // the one that is of the right kind stays
			wrong = slices.DeleteFunc(wrong, func(ext string) bool { return ext == r.ExternalRef })
		}
		for _, ext := range wrong {
			if slices.Contains(w.standIn(r.EntityID), ext) || r.Cause == "record_voided" {
				if err := w.ns.Remove(ext); err == nil {
					w.gone++
					w.happens(r.EntityID, "delete")
				} else if slices.Contains(w.standIn(r.EntityID), ext) {
					stuck = true // it is paid
				}
			}
		}
		if stuck {
			w.do(l, "skip", r)
			return false
		}
	case r.Cause == "invoice_paid", r.Cause == "amendment_held":
		return w.settleFinal(l, r)
	}
	return true
}

// heldByPerson tells whether a person holds the run, and not the want of a plan.
func heldByPerson(r integration.Run) bool { return r.HeldByHand() && !r.WaitsForPlan() }

func failed(r integration.Run) bool { return r.Status.Failed() }
