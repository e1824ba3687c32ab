package storetest

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"billferry/internal/app"
	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/store"
)

// model is what the store should hold, kept in the simplest way.
type model struct {
	t     *rapid.T
	s     app.Store
	place Place
	clock *clock
	runs  []integration.Run // in the order of their ids
	tries map[string]int    // attempts by run
}

func (m *model) fail(err error) {
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) open() {
	s, err := m.place.Open(store.Options{Now: m.clock.now})
	m.fail(err)
	m.s = s
}

var (
	modelIntegrations = []string{"int-a", "int-b"}
	modelBills        = []string{"b1", "b2", "b3", "b4", "b5"}
	modelOutcomes     = []integration.Outcome{integration.Created, integration.Unchanged, integration.Skipped, ""}
	modelCauses       = []string{"", "account_mapping_missing", "item_missing"}
)

// AddRuns adds some Bills and does to the model what DELIVERY.md says.
func (m *model) AddRuns(t *rapid.T) {
	m.t = t
	var news []delivery.NewRun
	for range rapid.IntRange(1, 4).Draw(t, "runs") {
		n := newRun(rapid.SampledFrom(modelIntegrations).Draw(t, "integration"), rapid.SampledFrom(modelBills).Draw(t, "bill"),
			int64(rapid.IntRange(1, 4).Draw(t, "version")))
		n.Run.AccountID = "acc-" + n.Run.EntityID
		n.Run.Currency = rapid.SampledFrom([]string{"USD", "EUR"}).Draw(t, "currency")
		n.Run.AmountIn = decimal.New(int64(rapid.IntRange(-500, 5000).Draw(t, "cents")), -2)
		if len(m.runs) > 0 && rapid.Bool().Draw(t, "replay") {
			old := rapid.SampledFrom(m.runs).Draw(t, "of")
			n.Run = old
			n.Run.ID, n.Run.ReplayedFrom, n.Run.Status, n.Run.Outcome, n.Run.InFlight = "", old.ID, "", "", false
			n.Run.Proof, n.Run.ProofNote, n.Run.ProofBy = "", "", ""
			n.Run.Created, n.Run.Next = time.Time{}, time.Time{}
		}
		news = append(news, n)
	}
	added, err := m.s.AddRuns(t.Context(), news)
	m.fail(err)
	for i, a := range added {
		m.add(news[i].Run, a)
	}
}

func (m *model) add(r integration.Run, a delivery.AddedRun) {
	i := slices.IndexFunc(m.runs, func(o integration.Run) bool { return o.Key() == r.Key() })
	if known := i >= 0; known == a.Added {
		m.t.Fatalf("run %s: known %v, added %v", r.Key(), known, a.Added)
	}
	if i >= 0 {
		want := m.runs[i]
		if want.Cause == integration.CauseRetried { // then the last retry is known
			for _, o := range m.runs {
				if o.SameVersion(r) {
					want = o
				}
			}
		}
		if a.Run.ID != want.ID {
			m.t.Fatalf("another run was taken for known: %s for %s", a.Run.Key(), want.Key())
		}
		return
	}
	superseded := false
	_, before := m.ofBill(r)
	for j := range m.runs {
		o := &m.runs[j]
		if o.IntegrationID != r.IntegrationID || o.EntityID != r.EntityID {
			continue
		}
		if o.NewerThan(r) {
			superseded = true
			continue
		}
		if cause, ok := o.ReplacedBy(r); ok {
			r.InFlight = r.InFlight || o.InFlight
			*o = o.Replaced(a.Run.ID, cause, m.clock.now())
			continue
		}
		if !o.Status.Settled() && o.Status != integration.Started {
			r.InFlight = r.InFlight || o.InFlight
			*o = o.SupersededBy(a.Run.ID, m.clock.now())
		}
	}
	want := integration.Waiting
	if superseded {
		want = integration.Complete
	}
	if a.Run.Status != want || superseded != (a.Run.Outcome == integration.Superseded) || (!superseded && a.Run.InFlight != r.InFlight) {
		m.t.Fatalf("added as %s/%s, in flight %v; superseded should be %v, in flight %v",
			a.Run.Status, a.Run.Outcome, a.Run.InFlight, superseded, r.InFlight)
	}
	held := a.Run
	held.Counted = ""
	held.TakesOver(before)
	if !held.AmountOut.Equal(a.Run.AmountOut) {
		m.t.Fatalf("added with %s in NetSuite, want %s", a.Run.AmountOut, held.AmountOut)
	}
	held.AmountOut = a.Run.AmountOut // the same amount: 0.00 is kept as 0
	m.runs = append(m.runs, held)
	slices.SortFunc(m.runs, func(a, b integration.Run) int { return cmp.Compare(a.ID, b.ID) })
	m.reckon(r, a.Run.ID)
}

// SaveRun moves a run anywhere, with or without an attempt.
func (m *model) SaveRun(t *rapid.T) {
	m.t = t
	if len(m.runs) == 0 {
		t.Skip("no runs")
	}
	i := rapid.IntRange(0, len(m.runs)-1).Draw(t, "run")
	r := m.runs[i]
	r.Status = rapid.SampledFrom(integration.Statuses).Draw(t, "status")
	r.Outcome, r.Cause, r.Next, r.ExternalID, r.Proof = "", "", time.Time{}, "", ""
	if r.Status == integration.Complete {
		r.Outcome, r.ExternalID = rapid.SampledFrom(modelOutcomes).Draw(t, "outcome"), "77"
		if r.Proof = ""; r.Outcome == integration.Created || r.Outcome == integration.Unchanged {
			r.Proof = rapid.SampledFrom(integration.Proofs).Draw(t, "proof")
		}
		r.AmountOut = decimal.New(int64(rapid.IntRange(-500, 5000).Draw(t, "cents out")), -2)
	}
	if r.Status.Failed() {
		r.Cause = rapid.SampledFrom(modelCauses).Draw(t, "cause")
	}
	if r.Status == integration.AwaitingRetry {
		r.InFlight = rapid.Bool().Draw(t, "in flight")
		r.Next = m.clock.now().Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, "next")) * time.Minute)
	}
	var attempt *integration.Attempt
	if rapid.Bool().Draw(t, "attempt") {
		attempt = &integration.Attempt{N: m.tries[r.ID] + 1, Status: r.Status}
	}
	err := m.s.SaveRun(t.Context(), r, attempt)
	if was := m.runs[i]; was.Outcome == integration.Superseded || was.Status == integration.Complete && r.Status != integration.Complete {
		if !errors.Is(err, integration.ErrConflict) {
			t.Fatalf("a run that was %s %s came back: %v", was.Status, was.Outcome, err)
		}
		return
	}
	m.fail(err)
	r.Modified = m.clock.now()
	r.Keeps(m.runs[i])
	if r.Status.Failed() && !m.runs[i].Status.Failed() {
		r = m.succeeded(r)
	}
	m.runs[i] = r
	m.reckon(r, r.ID)
	if attempt != nil {
		m.tries[r.ID]++
	}
}

// Advance lets time pass, sometimes a day.
func (m *model) Advance(t *rapid.T) {
	m.clock.advance(rapid.SampledFrom([]time.Duration{time.Millisecond, time.Minute, 50 * time.Minute, 9 * time.Hour}).Draw(t, "by"))
}

// Purge deletes what is settled and old.
func (m *model) Purge(t *rapid.T) {
	m.t = t
	before := m.clock.now().Add(-time.Duration(rapid.IntRange(0, 30).Draw(t, "hours")) * time.Hour)
	n, err := m.s.Purge(t.Context(), before, rapid.IntRange(1, 5).Draw(t, "step"))
	m.fail(err)
	had := len(m.runs)
	m.runs = slices.DeleteFunc(m.runs, func(r integration.Run) bool {
		gone := r.Purgeable(before)
		if gone {
			delete(m.tries, r.ID)
		}
		return gone
	})
	for _, r := range slices.Clone(m.runs) {
		m.reckon(r, "")
	}
	if n != had-len(m.runs) {
		t.Fatalf("purged %d, want %d", n, had-len(m.runs))
	}
}

// Crash goes on as after the death of the process: all that was acknowledged
// has to be there, since nothing is closed first.
func (m *model) Crash(t *rapid.T) {
	m.t = t
	s, err := m.place.Crash(m.s, store.Options{Now: m.clock.now})
	m.fail(err)
	m.s = s
}

// Check compares everything that can be asked. rapid calls it after each step.
func (m *model) Check(t *rapid.T) {
	m.t = t
	f := integration.RunFilter{Oldest: rapid.Bool().Draw(t, "oldest")}
	if rapid.Bool().Draw(t, "by integration") {
		f.IntegrationID = rapid.SampledFrom(modelIntegrations).Draw(t, "filter integration")
	}
	if rapid.Bool().Draw(t, "by status") {
		f.Statuses = rapid.SliceOfNDistinct(rapid.SampledFrom(integration.Statuses), 1, 3, rapid.ID).Draw(t, "statuses")
	}
	if rapid.Bool().Draw(t, "by month") {
		f.Period = rapid.SampledFrom([]string{"2026-10", "2026-11", "2026-12"}).Draw(t, "filter month")
	}
	switch rapid.IntRange(0, 9).Draw(t, "more") {
	case 0:
		f.BillID = rapid.SampledFrom(modelBills).Draw(t, "filter bill")
	case 1:
		f.Account = rapid.SampledFrom([]string{"acc-b1", "acme", "nobody"}).Draw(t, "filter account")
	case 2:
		f.Causes = modelCauses[1:]
	case 3:
		f.Outcomes = []integration.Outcome{integration.Created, integration.Superseded}
	case 4:
		f.Currency = "EUR"
	case 5:
		f.Since = m.clock.now().Add(-time.Minute)
	case 6:
		f.Until, f.Text = m.clock.now(), "INVOICE-b2"
	case 7:
		f.MinAmount, f.HasMin = decimal.MustParse("20"), true
	case 8:
		f.Proofs = []integration.Proof{integration.Pending, integration.Drift}
	}
	m.checkFilter(f)
	m.checkTotals(f.IntegrationID)
	m.checkDue()
}

func (m *model) pick(match func(r *integration.Run) bool) (ids []string) {
	for i := range m.runs {
		if match(&m.runs[i]) {
			ids = append(ids, m.runs[i].ID)
		}
	}
	return ids
}

func (m *model) checkFilter(f integration.RunFilter) {
	want := m.pick(func(r *integration.Run) bool {
		return (f.IntegrationID == "" || r.IntegrationID == f.IntegrationID) && (f.BillID == "" || r.EntityID == f.BillID) &&
			(len(f.Statuses) == 0 || slices.Contains(f.Statuses, r.Status)) && (len(f.Causes) == 0 || slices.Contains(f.Causes, r.Cause)) &&
			(len(f.Outcomes) == 0 || slices.Contains(f.Outcomes, r.Outcome)) && (len(f.Proofs) == 0 || slices.Contains(f.Proofs, r.Proof)) &&
			(f.Currency == "" || r.Currency == f.Currency) && (f.Period == "" || strings.HasPrefix(r.PeriodStart, f.Period)) &&
			(f.Account == "" || r.AccountID == f.Account || r.AccountCode == f.Account) &&
			!r.Created.Before(f.Since) && (f.Until.IsZero() || r.Created.Before(f.Until)) &&
			(!f.HasMin || r.AmountIn.Cmp(f.MinAmount) >= 0) && (f.Text == "" || strings.Contains(r.BillRef, f.Text))
	})
	if !f.Oldest {
		slices.Reverse(want)
	}
	var got []string
	for token, more := "", true; more; more = token != "" {
		p, err := m.s.Runs(m.t.Context(), f, token, 3)
		m.fail(err)
		for _, r := range p.Runs {
			got = append(got, r.ID)
		}
		token = p.Next
	}
	if !slices.Equal(got, want) {
		m.t.Fatalf("filter %+v gave %v, want %v", f, got, want)
	}
	sum, err := m.s.Sum(m.t.Context(), f)
	m.fail(err)
	n := 0
	for _, runs := range sum.ByStatus {
		n += runs
	}
	if n != len(want) {
		m.t.Fatalf("filter %+v counted %d, want %d", f, n, len(want))
	}
	money := map[string]integration.Money{}
	for i := range m.runs {
		if r := &m.runs[i]; slices.Contains(want, r.ID) {
			money[r.Currency] = money[r.Currency].Plus(r.Figures())
		}
	}
	for c := range money {
		if got, want := sum.Money[c], money[c]; !got.Plus(want.Neg()).IsZero() {
			m.t.Fatalf("filter %+v sums %s to %v, want %v", f, c, got, want)
		}
	}
}

func (m *model) checkTotals(in string) {
	totals, err := m.s.Totals(m.t.Context(), in)
	m.fail(err)
	byStatus, money := map[integration.Status]int{}, map[string]integration.Money{}
	for _, r := range m.runs {
		if in != "" && r.IntegrationID != in {
			continue
		}
		byStatus[r.Status]++
		money[r.Currency] = money[r.Currency].Plus(r.Figures())
	}
	for _, s := range integration.Statuses {
		if totals.ByStatus[s] != byStatus[s] {
			m.t.Fatalf("%s is counted %d times, want %d", s, totals.ByStatus[s], byStatus[s])
		}
	}
	for _, c := range []string{"USD", "EUR"} {
		if got, want := totals.Money[c], money[c]; !got.Plus(want.Neg()).IsZero() {
			m.t.Fatalf("%s sums to %v, want %v", c, got, want)
		}
	}
}

func (m *model) checkDue() {
	now := m.clock.now()
	waits := func(r *integration.Run) bool { return !r.Status.Settled() && r.Status != integration.Started }
	due, err := m.s.Due(m.t.Context(), now, 1000)
	m.fail(err)
	var got []string
	for _, r := range due {
		got = append(got, r.ID)
	}
	slices.Sort(got)
	if want := m.pick(func(r *integration.Run) bool { return waits(r) && !r.Next.After(now) }); !slices.Equal(got, want) {
		m.t.Fatalf("due are %v, want %v", got, want)
	}
	up, err := m.s.InFlight(m.t.Context())
	m.fail(err)
	if want := m.pick(func(r *integration.Run) bool { return r.Status == integration.Started }); len(up) != len(want) {
		m.t.Fatalf("in flight are %d, want %v", len(up), want)
	}
	for _, in := range modelIntegrations {
		m.checkSummary(in)
	}
}

// final compares every record, and asks the store to check itself.
func (m *model) final() {
	for _, r := range m.runs {
		got, err := m.s.Run(m.t.Context(), r.ID)
		m.fail(err)
		if string(store.PackRun(got)) != string(store.PackRun(r)) {
			m.t.Fatalf("run %s is %+v, want %+v", r.ID, got, r)
		}
		tries, err := m.s.Attempts(m.t.Context(), r.ID)
		m.fail(err)
		if len(tries) != m.tries[r.ID] {
			m.t.Fatalf("run %s has %d attempts, want %d", r.ID, len(tries), m.tries[r.ID])
		}
	}
	rep, err := m.place.Check(m.s)
	m.fail(err)
	if rep.Found != 0 || rep.Runs != len(m.runs) {
		m.t.Fatalf("check found %v in %d runs, want none in %d", rep.Problems, rep.Runs, len(m.runs))
	}
}

// Model does to a store whatever comes to mind, and compares all that can be
// asked of it with the simplest thing that it could be.
func Model(t *testing.T, place func(t *testing.T) Place) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{t: rt, place: place(t), clock: newClock(), tries: map[string]int{}}
		m.open()
		defer func() { _ = m.s.Close() }()
		rt.Repeat(map[string]func(*rapid.T){
			"AddRuns": m.AddRuns, "SaveRun": m.SaveRun, "SaveRun again": m.SaveRun, "Advance": m.Advance,
			"Purge": m.Purge, "Crash": m.Crash, "": m.Check,
		})
		m.t = rt
		m.final()
	})
}
