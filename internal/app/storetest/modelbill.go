package storetest

import (
	"slices"
	"time"

	"billferry/internal/integration"
)

// ofBill lists where the runs of a run's Bill are.
func (m *model) ofBill(r integration.Run) (at []int, runs []integration.Run) {
	for i, o := range m.runs {
		if o.IntegrationID == r.IntegrationID && o.EntityID == r.EntityID {
			at, runs = append(at, i), append(runs, o)
		}
	}
	return at, runs
}

// reckon says how the runs of a Bill count after one of them, or none, changed.
func (m *model) reckon(of integration.Run, changed string) {
	at, runs := m.ofBill(of)
	integration.Reckon(runs, slices.IndexFunc(runs, func(r integration.Run) bool { return r.ID == changed }))
	for i := range at {
		m.runs[at[i]] = runs[i]
	}
}

// checkSummary knows "24 h" as the Bills whose newest run is of this hour or the 23
// before, and "needs you" as: the run that stands for the Bill failed or
// drifted.
func (m *model) checkSummary(in string) {
	runs, needs, err := m.s.Summary24h(m.t.Context(), in)
	m.fail(err)
	wantRuns := 0
	bills := map[string][]integration.Run{}
	for _, r := range m.runs {
		if r.IntegrationID == in {
			bills[r.EntityID] = append(bills[r.EntityID], r)
			if r.StandsForBill() && !r.Created.Before(m.clock.now().Add(-23*time.Hour).Truncate(time.Hour)) {
				wantRuns++
			}
		}
	}
	wantNeeds := 0
	for _, runs := range bills {
		if i := integration.Current(runs); i >= 0 && runs[i].NeedsPerson() {
			wantNeeds++
		}
	}
	if runs != wantRuns || needs != wantNeeds {
		m.t.Fatalf("%s: %d Bills in 24 h and %d need you, want %d and %d", in, runs, needs, wantRuns, wantNeeds)
	}
}

// succeeded is what becomes of a run that fails when a newer version of its Bill
// is known: that has its place.
func (m *model) succeeded(r integration.Run) integration.Run {
	by, ok := integration.Run{}, false
	for _, o := range m.runs {
		if cause, takes := r.ReplacedBy(o); takes && cause == integration.CauseNewerVersion && (!ok || o.Seq > by.Seq) {
			by, ok = o, true
		}
	}
	if !ok {
		return r
	}
	return r.Replaced(by.ID, integration.CauseNewerVersion, m.clock.now())
}
