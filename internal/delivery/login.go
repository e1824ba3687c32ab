package delivery

import (
	"context"
	"maps"
	"time"

	"billferry/internal/integration"
)

// Login is a Destination that can be asked whether it takes the credentials. An
// error is an *integration.Failure.
type Login interface {
	Login(ctx context.Context) error
}

// loginWaits are the waits between attempts at a login that was refused; the
// last one is repeated. Who mends something at the destination need not come
// here as well, and one that stays refused costs two attempts an hour.
var loginWaits = []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute}

// steadyAfter is how long a login is accepted until its next refusal begins a
// new row of waits.
const steadyAfter = time.Hour

// lostLogin is an integration whose credentials were refused.
type lostLogin struct {
	credentialsID string
	tries         int
	next          time.Time
	regained      time.Time // zero: it is lost
	trying        bool
}

// tried is the end of an attempt at a login.
type tried struct {
	login    *lostLogin
	accepted bool
}

// refusing counts tasks of an integration whose login was refused, and which
// have not written so yet. Nothing else is sent for it meanwhile.
func (e *Engine) refusing(integrationID string, n int) {
	e.mu.Lock()
	if e.refused[integrationID] += n; e.refused[integrationID] == 0 {
		delete(e.refused, integrationID)
	}
	e.mu.Unlock()
	if n < 0 {
		e.Wake()
	}
}

func (e *Engine) isRefusing(integrationID string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.refused[integrationID] > 0
}

// relogin has the logins that were refused looked at.
func (e *Engine) relogin() {
	select {
	case e.lost <- struct{}{}:
	default:
	}
}

// regainLogins tries the logins that were refused until ctx ends: what waits for
// one goes on once it is accepted.
func (e *Engine) regainLogins(ctx context.Context, h *workers) {
	lost, ended := map[string]*lostLogin{}, make(chan tried)
	for {
		next, err := e.tryLogins(ctx, h, lost, ended)
		if err != nil && ctx.Err() == nil {
			e.log.Error("the integrations without authorisation could not be read; it is tried again", "error", err)
		}
		timer := time.NewTimer(min(max(next.Sub(e.o.Now()), time.Millisecond), lookAgain))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-e.lost:
			timer.Stop()
		case t := <-ended:
			timer.Stop()
			t.login.end(t.accepted, e.o.Now())
		case <-timer.C:
		}
	}
}

func (l *lostLogin) end(accepted bool, now time.Time) {
	l.trying = false
	if accepted {
		l.regained = now
		return
	}
	l.wait(now)
}

// tryLogins has those tried whose time has come, each by itself: a destination
// that is slow holds up nobody else's. It tells when the next is due.
func (e *Engine) tryLogins(
	ctx context.Context, h *workers, lost map[string]*lostLogin, ended chan<- tried,
) (next time.Time, err error) {
	now := e.o.Now()
	next = now.Add(lookAgain)
	ins, err := e.o.Ledger.Integrations(ctx)
	if err != nil {
		return next, err
	}
	there := map[string]bool{}
	for _, in := range ins {
		there[in.ID] = true
		if e.hold(e.accountOf(ctx, in)) == nil {
			delete(lost, in.ID)
			continue
		}
		l := lost[in.ID]
		switch same := l != nil && l.credentialsID == in.CredentialsID; {
		case !in.Enabled, in.CredentialsID == "", in.Authorized && (!same || now.Sub(l.regained) > steadyAfter):
			delete(lost, in.ID)
			continue
		case in.Authorized, same && l.trying:
			continue
		case !same:
			l = &lostLogin{credentialsID: in.CredentialsID}
			l.wait(now)
			lost[in.ID] = l
		case !l.regained.IsZero(): // it was accepted, and refused again soon
			l.regained = time.Time{}
			l.wait(now)
		}
		if now.Before(l.next) && l.next.Sub(now) <= loginWaits[len(loginWaits)-1] { // later: the clock was set back
			next = earlier(next, l.next)
			continue
		}
		l.trying = true
		l.tries++
		h.all.Go(func() {
			t := tried{l, e.tryLogin(ctx, h, in)}
			select {
			case ended <- t:
			case <-ctx.Done():
			}
		})
	}
	maps.DeleteFunc(lost, func(id string, _ *lostLogin) bool { return !there[id] })
	return next, nil
}

func (l *lostLogin) wait(now time.Time) {
	l.next = now.Add(loginWaits[min(l.tries, len(loginWaits)-1)])
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// tryLogin asks the destination, with a slot of the account, and authorises the
// integration when it accepts the credentials.
func (e *Engine) tryLogin(ctx context.Context, h *workers, in integration.Integration) (accepted bool) {
	q := e.openQueue(ctx, in)
	dest, ok := q.dest.(Login)
	if q.err != nil || !ok || q.hold == nil {
		return false
	}
	if err := q.pace.call(ctx, inTurn, func() error { return dest.Login(calling(h.calls, q.hold)) }); err != nil {
		if ctx.Err() == nil {
			e.log.Info("the login was tried again", "integration", in.Name, "answer", failure(err).Message)
		}
		return false
	}
	changed, err := e.o.Ledger.SetAuthorized(h.saves, in.ID, in.CredentialsID, true)
	if err != nil {
		e.log.Error("the login is accepted again, which could not be kept", "integration", in.Name, "error", err)
		return false
	}
	if changed {
		e.log.Info("the login is accepted again; what waited for it goes on", "integration", in.Name)
	}
	e.block(in.ID)
	return true
}
