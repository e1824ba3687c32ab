package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"billferry/internal/integration"
)

const (
	// failuresToTell is how many passes over m3ter fail before a person is
	// told: one that failed is made up for half a minute later.
	failuresToTell = 3
	// sayAgain is how often the log says that m3ter still does not answer.
	sayAgain = time.Hour
)

// alarm tells that no Bills come from m3ter: once, until they come again.
type alarm struct {
	began  bool // the event of a process before this one was seen to
	failed int  // passes in a row
	since  time.Time
	said   time.Time
}

// passed takes the outcome of one pass.
func (l *alarm) passed(ctx context.Context, a *App, err error) {
	if err == nil {
		l.recovered(ctx, a)
		return
	}
	now := a.now()
	if l.failed++; l.failed == 1 {
		l.since = now
	}
	if l.failed == 1 || now.Sub(l.said) >= sayAgain {
		l.said = now
		a.log.Warn("asking m3ter for Bills failed; it is asked again by itself", "since", l.since, "error", err)
	}
	var f *integration.Failure
	forGood := errors.As(err, &f) && f.Class != integration.ClassTransient && f.Class != integration.ClassLoad
	if l.failed < failuresToTell && !forGood {
		return
	}
	text := fmt.Sprintf("no Bills come from m3ter since %s: %v", l.since.UTC().Format("2006-01-02 15:04 UTC"), err)
	if f != nil {
		text = integration.ToDo(text, f.Advice)
	}
	e := integration.Event{Name: integration.EventSource, Group: integration.EventSource, Time: now, Message: text}
	if f != nil {
		e.Cause = f.Cause
	}
	if err := a.store.AddEvent(ctx, e); err != nil && ctx.Err() == nil {
		a.log.Error("an event could not be kept", "event", e.Name, "message", e.Message, "error", err)
	}
}

// recovered closes the event, also one of a process before this one.
func (l *alarm) recovered(ctx context.Context, a *App) {
	if l.began && l.failed == 0 {
		return
	}
	if l.failed > 0 {
		a.log.Info("m3ter answers again", "failed", l.failed, "since", l.since)
	}
	if err := a.store.CloseEvents(ctx, "", integration.EventSource); err != nil {
		if ctx.Err() == nil {
			a.log.Error("the event about m3ter could not be closed; it is tried again", "error", err)
		}
		return
	}
	*l = alarm{began: true}
}
