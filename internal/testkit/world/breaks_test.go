package world

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"billferry/internal/bill"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/m3ter"
	"billferry/internal/notify"
	"billferry/mapping"
)

// breaks are faults made on purpose around the real engine and sender: each is
// one that somebody may make.
var breaks = []breakage{
	{name: "the intent is not written", ledger: ledgerOf(func(b *brokenLedger) {
		b.soon = func(ctx context.Context, r integration.Run, a *integration.Attempt) error {
			if r.Status == integration.Started {
				return nil
			}
			return b.Ledger.SaveRunSoon(ctx, r, a)
		}
	})},
	{quick: true, name: "the intent is written late", ledger: ledgerOf(func(b *brokenLedger) {
		b.soon = func(ctx context.Context, r integration.Run, a *integration.Attempt) error {
			if r.Status == integration.Started {
				go b.Ledger.SaveRunSoon(context.WithoutCancel(ctx), r, a)
				return nil
			}
			return b.Ledger.SaveRunSoon(ctx, r, a)
		}
	})},
	{name: "the result is not written", ledger: ledgerOf(func(b *brokenLedger) {
		skip := func(ctx context.Context, r integration.Run, a *integration.Attempt) error {
			if r.Outcome == integration.Adopted {
				return nil
			}
			return b.Ledger.SaveRun(ctx, r, a)
		}
		b.soon, b.now = skip, skip // a Bill that comes alone is saved at once
	})},
	{name: "what was in flight at a crash is not found", ledger: ledgerOf(func(b *brokenLedger) {
		b.inFlight = func([]integration.Run) []integration.Run { return nil }
	})},
	{quick: true, name: "what was in flight at a crash counts as not sent", ledger: ledgerOf(func(b *brokenLedger) {
		b.soon = func(ctx context.Context, r integration.Run, a *integration.Attempt) error {
			return b.Ledger.SaveRunSoon(ctx, forgetful(r), a)
		}
		b.now = func(ctx context.Context, r integration.Run, a *integration.Attempt) error {
			return b.Ledger.SaveRun(ctx, forgetful(r), a)
		}
	})},
	{name: "what other versions have in doubt is dropped", ledger: ledgerOf(func(b *brokenLedger) {
		b.siblings = func(all []integration.Run) []integration.Run {
			for i := range all {
				all[i].Doubt = nil
			}
			return all
		}
	})},
	{quick: true, name: "other runs of the Bill are not asked for", ledger: ledgerOf(func(b *brokenLedger) {
		b.siblings = func([]integration.Run) []integration.Run { return nil }
	})},
	{name: "a newer version is lost", ledger: ledgerOf(func(b *brokenLedger) {
		b.add = func(rs []delivery.NewRun) []delivery.NewRun {
			for i := range rs {
				if rs[i].Run.BillVersion > 2 {
					rs[i].Run.Status, rs[i].Run.Outcome = integration.Complete, integration.Superseded
				}
			}
			return rs
		}
	})},
	{quick: true, name: "a second try does not look first", destination: destinationOf(func(c deliver) (delivery.Delivered, error) {
		c.was.Look = false
		return c.do()
	})},
	{name: "the other kind is not looked for", destination: destinationOf(func(c deliver) (delivery.Delivered, error) {
		c.was.Others, c.doc.OtherID = nil, ""
		return c.do()
	})},
	{name: "what may still come holds nothing back", destination: destinationOf(func(c deliver) (delivery.Delivered, error) {
		c.was.Others = slices.Clone(c.was.Others)
		for i := range c.was.Others {
			c.was.Others[i].Since = c.was.Others[i].Since.Add(-lateFor)
		}
		return c.do()
	})},
	{name: "silence is taken for success", destination: destinationOf(func(c deliver) (delivery.Delivered, error) {
		got, err := c.do()
		if err != nil && c.ctx.Err() == nil && asFailure(err).Unknown {
			return delivery.Delivered{Outcome: integration.Created, ID: "1"}, nil
		}
		return got, err
	})},
	{quick: true, name: "silence is taken for a refusal", destination: destinationOf(func(c deliver) (delivery.Delivered, error) {
		got, err := c.do()
		if err != nil {
			f := *asFailure(err)
			f.Unknown, f.Doubt = false, false
			err = &f
		}
		return got, err
	})},
	{name: "a gateway's error is taken for absence", wire: func(m message, r reply) reply {
		if m.method == http.MethodGet && m.ext != "" && (r.status >= 500 || r.err != nil) {
			return reply{status: http.StatusNotFound, head: http.Header{"Content-Type": {"application/json"}},
				body: []byte(`{"status":404,"o:errorDetails":[{"detail":"The record instance does not exist.","o:errorCode":"NONEXISTENT_ID"}]}`)}
		}
		return r
	}},
	{name: "an update adds its lines to those that are there", request: func(m message) message {
		if m.method == http.MethodPatch {
			m.query = ""
		}
		return m
	}},
	{name: "a second try has another external id", request: func(m message) message {
		if m.create() && m.again {
			m.body = bytes.Replace(m.body, []byte(m.ext), []byte(m.ext+"x"), 1)
		}
		return m
	}},
	{name: "twice as many slots are used as are allowed", ledger: ledgerOf(func(b *brokenLedger) {
		b.settings = func(in integration.Integration) integration.Integration {
			in.ConfigData = in.ConfigData.Clone()
			in.ConfigData.Set("billferry.maxConcurrency", 2*in.ConfigData.Int("billferry.maxConcurrency"))
			return in
		}
	})},
	{name: "what no plan has goes out", plans: true, ledger: ledgerOf(func(b *brokenLedger) {
		b.settings = func(in integration.Integration) integration.Integration {
			in.ConfigData = in.ConfigData.Clone()
			in.ConfigData.Set(integration.KeyApproval, integration.ApprovalNone)
			return in
		}
		b.overlooks = true
	})},
	{quick: true, name: "a disk that says it wrote and did not", lies: true},
	{quick: true, name: "some Bills are never due", ledger: ledgerOf(func(b *brokenLedger) {
		b.due = func(all []integration.Run) []integration.Run {
			return slices.DeleteFunc(all, func(r integration.Run) bool { return strings.HasSuffix(r.EntityID, "7") })
		}
	})},
	{name: "an amount has a digit more", request: func(m message) message {
		if m.create() {
			m.body = bytes.Replace(m.body, []byte(`"amount":`), []byte(`"amount":1`), 1)
		}
		return m
	}},
	{quick: true, name: "the poller takes a Bill once", sink: func(s m3ter.Sink) m3ter.Sink { return onceSink{s} }},
	{name: "the notifier passes over an event", feed: func(f notify.Feed) notify.Feed { return holedFeed{f} }},
	{quick: true, name: "NEEDS YOU is off by one", needs: 1},
	{quick: true, name: "a run is missing in an index", file: unlist},
	{quick: true, name: "an entry of the audit trail is changed", file: forge},
	{name: "the token is in what is kept", destination: destinationOf(func(c deliver) (delivery.Delivered, error) {
		was := c.rec
		c.rec = func(x integration.Exchange) {
			if t, ok := c.to.(interface {
				Token(context.Context) (string, error)
			}); ok {
				x.Error, _ = t.Token(c.ctx)
			}
			was(x)
		}
		return c.do()
	})},
}

// Each break is found within 2,000 sends by each of three seeds; -v prints the
// sends it took. The short form tries some of them by one seed.
func TestBreaksAreFound(t *testing.T) {
	seeds, all := uint64(1), slices.Concat(breaks, amendBreaks)
	if *fLong || *fBreak != "" {
		seeds = 3
		all = slices.DeleteFunc(all, func(b breakage) bool { return !strings.Contains(b.name, *fBreak) })
	} else {
		all = slices.DeleteFunc(all, func(b breakage) bool { return !b.quick })
	}
	if testing.Short() {
		all = all[:3]
	}
	share(t, func(i, n int) {
		for ; i < len(all); i += n {
			var took []int
			rules := map[string]bool{}
			for s := range seeds {
				sends, rule := find(t, all[i], 1000*(s+1))
				took = append(took, sends)
				rules[rule] = true
			}
			t.Logf("%s: %v by %q", all[i].name, took, slices.Sorted(maps.Keys(rules)))
		}
	})
}

// find lives through worlds with a break until one shows it.
func find(t *testing.T, b breakage, seed uint64) (sends int, rule string) {
	for ; sends < 2000; seed++ {
		o := ordinary(seed)
		o.Bills, o.Crashes = 60, 8
		o.Break, o.Most = b, 2000-sends
		r := live(t, o)
		sends += r.Sends
		if len(r.Broken) > 0 {
			return sends, r.Broken[0].rule
		}
	}
	t.Errorf("%s: not found in %d sends, up to seed %d", b.name, sends, seed)
	return sends, ""
}

// brokenLedger changes some of what the ledger is told or tells.
type brokenLedger struct {
	delivery.Ledger
	soon, now func(context.Context, integration.Run, *integration.Attempt) error
	inFlight  func([]integration.Run) []integration.Run
	siblings  func([]integration.Run) []integration.Run
	add       func([]delivery.NewRun) []delivery.NewRun
	settings  func(integration.Integration) integration.Integration
	due       func([]integration.Run) []integration.Run
	overlooks bool // that a plan is asked for
}

func ledgerOf(set func(*brokenLedger)) func(delivery.Ledger) delivery.Ledger {
	return func(l delivery.Ledger) delivery.Ledger {
		b := &brokenLedger{Ledger: l, soon: l.SaveRunSoon, now: l.SaveRun}
		set(b)
		return b
	}
}

func (b *brokenLedger) SaveRunSoon(ctx context.Context, r integration.Run, a *integration.Attempt) error {
	return b.soon(ctx, r, a)
}

func (b *brokenLedger) SaveRun(ctx context.Context, r integration.Run, a *integration.Attempt) error {
	return b.now(ctx, r, a)
}

func (b *brokenLedger) InFlight(ctx context.Context) ([]integration.Run, error) {
	all, err := b.Ledger.InFlight(ctx)
	if b.inFlight != nil {
		all = b.inFlight(all)
	}
	return all, err
}

func (b *brokenLedger) Siblings(ctx context.Context, of integration.Run) ([]integration.Run, error) {
	all, err := b.Ledger.Siblings(ctx, of)
	if b.siblings != nil {
		all = b.siblings(all)
	}
	return all, err
}

func (b *brokenLedger) AddRuns(ctx context.Context, rs []delivery.NewRun) ([]delivery.AddedRun, error) {
	if b.add != nil {
		rs = b.add(rs)
	}
	return b.Ledger.AddRuns(ctx, rs)
}

func (b *brokenLedger) Integrations(ctx context.Context) ([]integration.Integration, error) {
	all, err := b.Ledger.Integrations(ctx)
	for i := range all {
		if b.settings != nil {
			all[i] = b.settings(all[i])
		}
	}
	return all, err
}

func (b *brokenLedger) DueFor(ctx context.Context, id string, now time.Time, limit int) ([]integration.Run, time.Time, error) {
	all, next, err := b.Ledger.DueFor(ctx, id, now, limit)
	if b.due != nil {
		all = b.due(all)
	}
	return all, next, err
}

func (b *brokenLedger) MaySend(ctx context.Context, id string, byPlan bool) (bool, error) {
	return b.Ledger.MaySend(ctx, id, byPlan || b.overlooks)
}

// onceSink wants each Bill in its first version only.
type onceSink struct{ m3ter.Sink }

func (o onceSink) Missing(ctx context.Context, heads []bill.Head) ([]bool, error) {
	out, err := o.Sink.Missing(ctx, heads)
	for i := range out {
		out[i] = out[i] && heads[i].Version < 3
	}
	return out, err
}

// holedFeed shows no event that comes right after another.
type holedFeed struct{ notify.Feed }

func (h holedFeed) EventsAfter(ctx context.Context, id string, limit int) ([]integration.Event, error) {
	all, err := h.Feed.EventsAfter(ctx, id, limit)
	if len(all) > 1 {
		all = all[1:]
	}
	return all, err
}

// forgetful takes from a run what a crash left unknown.
func forgetful(r integration.Run) integration.Run {
	if r.Status == integration.AwaitingRetry || r.Status == integration.RateLimitRetry {
		r.InFlight, r.Doubt = false, nil
	}
	return r
}

// deliver is one call of Deliver, to be changed.
type deliver struct {
	to  delivery.Destination
	ctx context.Context
	doc mapping.Encoded
	was delivery.Before
	rec func(integration.Exchange)
}

func (c deliver) do() (delivery.Delivered, error) { return c.to.Deliver(c.ctx, c.doc, c.was, c.rec) }

type brokenDestination struct {
	*lookups
	deliver func(deliver) (delivery.Delivered, error)
}

func destinationOf(f func(deliver) (delivery.Delivered, error)) func(*lookups) delivery.Destination {
	return func(d *lookups) delivery.Destination { return brokenDestination{d, f} }
}

func (d brokenDestination) Deliver(ctx context.Context, doc mapping.Encoded, was delivery.Before,
	rec func(integration.Exchange)) (delivery.Delivered, error) {
	return d.deliver(deliver{d.lookups, ctx, doc, was, rec})
}

func asFailure(err error) *integration.Failure {
	if f, ok := err.(*integration.Failure); ok {
		return f
	}
	return &integration.Failure{Class: integration.ClassTransient, Cause: "internal", Message: strings.TrimSpace(err.Error()), Err: err}
}
