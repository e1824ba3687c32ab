package delivery

import (
	"context"

	"billferry/internal/integration"
)

// asking asks the destination of an integration for what is no Bill on its way: a
// preview, a plan. What is known already takes no slot.
type asking struct {
	e    *Engine
	in   integration.Integration
	dest func(context.Context) (Destination, error)
	// turn makes a call with a slot of the destination's account.
	turn func(ctx context.Context, dest Destination, call func(context.Context) error) error
}

func (a *asking) currency(ctx context.Context, iso string) (id string, err error) {
	dest, err := a.dest(ctx)
	if err != nil {
		return "", err
	}
	if id := a.e.knownCurrency(ctx, dest.Account(), iso); id != "" {
		return id, nil
	}
	err = a.turn(ctx, dest, func(ctx context.Context) (err error) {
		id, err = dest.CurrencyID(ctx, iso, nobody)
		return err
	})
	if err == nil {
		a.e.keepCurrency(ctx, dest.Account(), iso, id)
	}
	return id, err
}

func (a *asking) record(ctx context.Context, kind RecordKind, refs []string) (map[string]integration.Named, error) {
	dest, err := a.dest(ctx)
	if err != nil {
		return nil, err
	}
	reader, ok := dest.(Reader)
	if !ok {
		return nil, errNoReader
	}
	ask := func(want []string) (found map[string]integration.Named, err error) {
		err = a.turn(context.WithoutCancel(ctx), dest, func(ctx context.Context) (err error) { // others may wait for it
			found, err = reader.Resolve(ctx, kind, want)
			return err
		})
		return found, err
	}
	return a.e.resolve(ctx, dest.Account(), a.in.CredentialsID, kind, refs, ask)
}

func nobody(integration.Exchange) {}
