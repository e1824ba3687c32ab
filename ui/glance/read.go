// Package glance is the state of everything in a dozen lines: where this month's
// money is, what went on lately, how fast Bills are sent, and what needs a
// person. The list of integrations draws it; accessible mode reads it out.
package glance

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/runfilter"
	"billferry/internal/service"
	"billferry/ui/events"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// State is what is known. The zero value knows nothing.
type State struct {
	Now        time.Time
	Activity   service.Activity
	Needs      []Need            // most money first
	Accounts   map[string]string // what accounts are called, by their ids; as far as it is known
	currencies []string          // in which there ever was money, most first
	names      map[string]string // of the integrations
	bills24    int

	Month *integration.Totals // of the runs made since MonthStart; nil: not known yet
}

// Need is something that waits for a person.
type Need struct {
	ID    string
	What  string
	Of    string // the integration it is about, where it is about no Bills
	Thing string // what Count counts; "": nothing is counted
	Count int
	More  bool // there are more than were counted
	Money map[string]decimal.D
	Who   []string // the accounts of some of its Bills: codes, or ids where there is none
	IDs   []string // the same accounts by their m3ter ids
	All   bool     // these are all of them
	Does  string   // what enter does, in words
	Retry bool     // R tries its runs again
	Map   string   // the account that m maps, by its id; "": m is of no use
	// Connect tells that c connects the integration it is about, which enter does too.
	Connect bool

	Integration string // of that account
	caused      bool   // its runs are told from others by their cause
	To          screen.Route
	Retries     screen.Route // where R asks
}

// eventsRead is how many of the latest events are looked through for those that
// no run tells of.
const eventsRead = 200

// Read reads all but the month, which takes as long as the month has runs.
func Read(ctx context.Context, svc service.Service, all []service.Summary, now time.Time) (s State, err error) {
	s = State{Now: now, names: map[string]string{}}
	for _, in := range all {
		s.names[in.ID] = in.Name
		s.bills24 += in.Bills24h
	}
	if s.Activity, err = svc.Activity(ctx); err != nil {
		return s, err
	}
	ever, err := svc.Totals(ctx, "")
	if err != nil {
		return s, err
	}
	s.currencies = byWeight(ever.Money, func(m integration.Money) decimal.D { return m.In })
	s.Needs, err = needs(ctx, svc, ever)
	ended, ending := certificates(all, now)
	s.Needs = slices.Concat(ended, s.Needs, ending)
	return s, err
}

// MonthStart is when the month begins that the figures are of: in UTC, as m3ter's
// billing periods.
func MonthStart(now time.Time) time.Time {
	y, m, _ := now.UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}

// ReadMonth sums up the runs made since the month began.
func ReadMonth(ctx context.Context, svc service.Service, now time.Time) (integration.Totals, error) {
	return svc.Sum(ctx, integration.RunFilter{Since: MonthStart(now)})
}

// byWeight sorts currencies by their sums, the largest first.
func byWeight[T any](money map[string]T, of func(T) decimal.D) []string {
	codes := slices.DeleteFunc(slices.Sorted(maps.Keys(money)), func(c string) bool { return c == "" || of(money[c]).IsZero() })
	slices.SortStableFunc(codes, func(a, b string) int { return widget.Weight(of(money[b]), b).Cmp(widget.Weight(of(money[a]), a)) })
	return codes
}

func needs(ctx context.Context, svc service.Service, ever integration.Totals) ([]Need, error) {
	var out []Need
	groups, err := svc.Groups(ctx, integration.RunFilter{})
	if err != nil {
		return nil, err
	}
	runs := func(f integration.RunFilter) screen.Route {
		return screen.Route{Name: screen.Runs, Arg: runfilter.Format(f)}
	}
	for _, g := range groups {
		what := integration.CauseTitle(g.Cause)
		f := integration.RunFilter{Statuses: []integration.Status{g.Status}}
		if g.Cause != "" {
			f.Causes = []string{g.Cause}
		}
		out = append(out, Need{ID: "cause/" + string(g.Status) + "/" + g.Cause, What: cmp.Or(what, string(g.Status)),
			Thing: "Bill", Count: g.Count,
			Money: g.Money, Does: "its runs", To: runs(f), Retry: true, Retries: runs(f), caused: g.Cause != ""})
	}
	if n := ever.ByProof[integration.Drift]; n > 0 {
		f := integration.RunFilter{Proofs: []integration.Proof{integration.Drift}}
		t, err := svc.Sum(ctx, f)
		if err != nil {
			return nil, err
		}
		money := map[string]decimal.D{}
		for c, m := range t.Money {
			money[c] = m.In
		}
		out = append(out, Need{ID: "drift", What: "Changed after it was sent", Thing: "Bill", Count: n, Money: money,
			Does: "its runs", To: runs(f), caused: true})
	}
	slices.SortStableFunc(out, func(a, b Need) int { return b.weight().Cmp(a.weight()) })
	for i := range out[:min(len(out), mostNeeds)] {
		if err := out[i].readWho(ctx, svc); err != nil {
			return nil, err
		}
	}
	list, err := svc.Events(ctx, service.EventFilter{Limit: eventsRead})
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for _, e := range list {
		if e.RunID != "" || e.Name == integration.EventMissingMapping || e.Group == integration.GroupCertificate { // it is told of already
			continue
		}
		if i, ok := at[e.Name]; ok {
			out[i].Count++
			out[i].More = len(list) == eventsRead
			out[i].To.ID = ""
			continue
		}
		at[e.Name] = len(out)
		out = append(out, Need{ID: "event/" + e.Name, What: events.Words(e), Thing: "event", Count: 1, Does: "events",
			To: screen.Route{Name: screen.Events, ID: e.IntegrationID}})
	}
	return out, nil
}

// certificates are those that end soon, and before them those that nothing is sent
// with any more.
func certificates(all []service.Summary, now time.Time) (ended, ending []Need) {
	for _, in := range all {
		left := in.CertificateEnds.Sub(now)
		if in.CertificateEnds.IsZero() || left > integration.CertificateWarned {
			continue
		}
		n := Need{ID: "certificate/" + in.ID, What: "Certificate ends in " + widget.Span(left), Of: in.Name, Does: "connect", Connect: true,
			To: screen.Route{Name: screen.Details, ID: in.ID, Arg: screen.ToConnect}}
		if left > 0 {
			ending = append(ending, n)
			continue
		}
		n.What = "Certificate has ended"
		ended = append(ended, n)
	}
	return ended, ending
}

// readWho looks at the newest runs for whose Bills they are. A single one is opened
// itself, and no list of it.
func (n *Need) readWho(ctx context.Context, svc service.Service) error {
	if !n.caused {
		return nil
	}
	f, err := runfilter.Parse(n.To.Arg, time.Time{}) // it has no time in it
	if err != nil {
		return err
	}
	p, err := svc.Runs(ctx, f, "", someRuns)
	if err != nil {
		return err
	}
	n.All = p.Next == ""
	if n.All && len(p.Runs) == 1 {
		n.Does, n.To = "its run", screen.Route{Name: screen.Run, ID: p.Runs[0].ID}
	}
	for _, r := range p.Runs {
		if code := r.AccountRef(); code != "" && !slices.Contains(n.Who, code) {
			n.Who, n.IDs = append(n.Who, code), append(n.IDs, r.AccountID)
		}
		if n.Map == "" && slices.Contains(mapped, r.Cause) {
			n.Map, n.Integration = r.AccountID, r.IntegrationID
		}
	}
	return nil
}

// someRuns is how many runs are looked at for whose Bills they are.
const someRuns = 20

// mapped are the causes that a mapping of the account mends.
var mapped = []string{"account_mapping_missing", "reference_unknown", "customer_refused"}

func (n Need) weight() decimal.D {
	most := decimal.D{}
	for c, d := range n.Money {
		if w := widget.Weight(d, c); w.Cmp(most) > 0 {
			most = w
		}
	}
	return most
}
