package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"billferry/internal/integration"
)

// ErrElsewhere is what a ledger answers, wrapped, to a write for an account that may
// be another process's by now.
var ErrElsewhere = errors.New("the account may be another process's by now")

// Holder tells which accounts are this process's, where several processes share a
// ledger. What an account is not held of is neither looked up nor sent.
type Holder interface {
	// Holds are the accounts that are this process's now. An account that went and
	// came back has another Hold.
	Holds() map[string]Hold
}

// Hold is an account that is this process's until another takes it over. It can be
// compared.
type Hold interface {
	// May tells whether a call may be started now.
	May() bool
	// With has what is written with the context written while the account is this
	// process's, or not at all: then the error is ErrElsewhere.
	With(ctx context.Context) context.Context
}

// holdAgain is how soon an account is looked at again that may not be called now.
const holdAgain = 250 * time.Millisecond

// alone holds every account of a process that shares its ledger with nobody.
type alone struct{}

func (alone) May() bool                                { return true }
func (alone) With(ctx context.Context) context.Context { return ctx }

type holdKey struct{}

// MayCall tells whether a request with this context may go out now: one that
// Deliver or a read-back makes may begin long after its call did.
func MayCall(ctx context.Context) error {
	if h, ok := ctx.Value(holdKey{}).(Hold); ok && !h.May() {
		return fmt.Errorf("nothing more is sent by this process: %w", ErrElsewhere)
	}
	return nil
}

// calling is a context for calls to an account.
func calling(ctx context.Context, h Hold) context.Context {
	if h == (alone{}) {
		return ctx
	}
	return context.WithValue(ctx, holdKey{}, h)
}

// hold gives an account if this process has it; nil when it has not.
func (e *Engine) hold(account string) Hold {
	if e.o.Holder == nil {
		return alone{}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.held[account] // what was adopted: what is held since then waits for that
}

// use counts who works on an account.
func (e *Engine) use(h Hold, n int) {
	if h == (alone{}) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.used[h] += n; e.used[h] == 0 {
		delete(e.used, h)
	}
}

// UnderWay counts the Bills that this process has in hand of an account.
func (e *Engine) UnderWay(h Hold) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.used[h]
}

// accountOf is the account that the runs of an integration go into; one that has
// none stands for itself.
func (e *Engine) accountOf(ctx context.Context, in integration.Integration) string {
	if in.Enabled {
		if dest, err := e.o.Resolver.Destination(ctx, in); err == nil {
			return dest.Account()
		}
	}
	return ownAccount(in.ID)
}

// ownAccount has a pace of its own while an integration has no account.
func ownAccount(integrationID string) string { return "integration/" + integrationID }

func sentInto(r integration.Run) string { return cmp.Or(r.Account, ownAccount(r.IntegrationID)) }

// Accounts are those with work: that integrations send into, or that runs in flight
// were sent into.
func (e *Engine) Accounts(ctx context.Context) (map[string]bool, error) {
	ins, err := e.o.Ledger.Integrations(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, in := range ins {
		out[e.accountOf(ctx, in)] = true
	}
	runs, err := e.o.Ledger.InFlight(ctx)
	for _, r := range runs {
		out[sentInto(r)] = true
	}
	return out, err
}

// adopt looks at what this process has come to hold, or holds no more. What was in
// flight in an account is made due before anything else is done there: another
// process may have been at it.
func (e *Engine) adopt(ctx context.Context) error {
	if e.o.Holder == nil {
		return nil
	}
	holds := e.o.Holder.Holds()
	news := map[string]Hold{}
	e.mu.Lock()
	for account, h := range holds {
		if e.held[account] != h {
			news[account] = h
		}
	}
	for account := range e.held {
		if holds[account] != e.held[account] {
			delete(e.held, account)
			// Others may learn its pace; what is under way keeps the governor that it has.
			delete(e.paces, account)
			delete(e.kept, account)
		}
	}
	e.mu.Unlock()
	if len(news) == 0 {
		return nil
	}
	if err := e.recover(ctx, func(r integration.Run) Hold { return news[sentInto(r)] }); err != nil {
		return err
	}
	e.mu.Lock()
	for account, h := range news {
		e.held[account] = h
		delete(e.paces, account) // a question may have been asked in it
		delete(e.kept, account)
	}
	clear(e.healths) // they are read again: others may have counted
	e.mu.Unlock()
	e.proveAgain()
	e.relogin()
	return nil
}
