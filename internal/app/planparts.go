package app

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/reconcile"
)

// customersAtOnce is how many customers one query names.
const customersAtOnce = 1000

// subsidiaries writes into the Bills of a plan whose customers they are for. Where the
// destination cannot tell, the plan says so and is made without.
func (a *App) subsidiaries(ctx context.Context, in integration.Integration, p *plan.Plan) error {
	conn, err := a.dest.open(ctx, in)
	if err != nil {
		return err
	}
	books, ok := conn.(destination.Population)
	if !ok {
		return nil
	}
	asker, err := a.engine.Asker(ctx, conn)
	if err != nil {
		return err
	}
	refs := map[string]bool{}
	for i := range p.Bills {
		if b := &p.Bills[i]; b.CustomerRef != "" {
			refs[b.CustomerRef] = true
		}
	}
	customers, names := map[string]reconcile.Customer{}, map[string]string{}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(refs)), customersAtOnce) {
		err = asker.Do(ctx, func(ctx context.Context) error {
			got, err := books.Customers(ctx, part)
			maps.Copy(customers, got)
			return err
		})
		if err != nil {
			break
		}
	}
	if err == nil && len(customers) > 0 {
		err = asker.Do(ctx, func(ctx context.Context) (err error) {
			names, err = books.Subsidiaries(ctx)
			return err
		})
	}
	var f *integration.Failure
	switch {
	case errors.As(err, &f) && f.Class != integration.ClassLoad && f.Class != integration.ClassTransient:
		p.Warnings = append(p.Warnings, "the subsidiaries of the customers are not known: "+f.Message)
		return nil
	case err != nil:
		return err
	}
	for i := range p.Bills {
		b := &p.Bills[i]
		if c, ok := customers[b.CustomerRef]; ok {
			b.Subsidiary = cmp.Or(names[c.Subsidiary], c.Subsidiary)
		}
	}
	return nil
}
