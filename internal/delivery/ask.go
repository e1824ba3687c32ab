package delivery

import (
	"context"
	"time"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/mapping"
)

// mostAsks is how often a question is asked that gets no answer.
const mostAsks = 6

// Asker asks the destination of one integration in the slots of its account,
// beside what is delivered there.
type Asker struct {
	e     *Engine
	pace  *governor
	slots int
}

// Asker makes one for a connection to the destination of an integration.
func (e *Engine) Asker(ctx context.Context, dest Destination) (*Asker, error) {
	ins, err := e.o.Ledger.Integrations(ctx)
	if err != nil {
		return nil, err
	}
	a := &Asker{e: e, pace: e.governor(ctx, dest.Account())}
	for _, in := range ins {
		d, err := e.o.Resolver.Destination(ctx, in)
		if err != nil || d.Account() != dest.Account() {
			continue
		}
		if c := ceiling(in, e.o.Workers); a.slots == 0 || c < a.slots {
			a.slots = c // the most careful setting counts, as for deliveries
		}
	}
	if e.hold(dest.Account()) == nil {
		a.slots = 1 // beside the process that has the account, and knows its pace
	}
	a.slots = max(1, a.slots)
	a.pace.setCeiling(a.slots)
	return a, nil
}

// Slots is how many calls may be under way at once.
func (a *Asker) Slots() int { return a.slots }

// Do makes a call when there is a slot for it: again and again while the account
// refuses for load, and a few times when there is no answer. What it asks for
// must change nothing.
func (a *Asker) Do(ctx context.Context, call func(context.Context) error) error {
	for try := 1; ; try++ {
		err := a.pace.call(ctx, inTurn, func() error { return call(ctx) })
		if err == nil {
			return nil
		}
		switch f := failure(err); {
		case ctx.Err() != nil:
			return ctx.Err()
		case f.Class == integration.ClassLoad:
			try-- // it is asked again at the account's own pace
		case f.Class != integration.ClassTransient || try >= mostAsks:
			return err
		case !sleep(ctx, min(backoff(a.e.o, try), 10*time.Second)):
			return ctx.Err()
		}
	}
}

// Qualifies tells whether an integration sends a Bill, as the poller asks it. A
// rule that cannot be told now says that it does.
func (e *Engine) Qualifies(ctx context.Context, in integration.Integration, h bill.Head) mapping.Verdict {
	return e.qualifies(ctx, in, h)
}

// TooOld tells whether a Bill was calculated before the integration's history
// begins, so that it is not sent by itself.
func (e *Engine) TooOld(in integration.Integration, h bill.Head) bool { return e.tooOld(in, h) }
