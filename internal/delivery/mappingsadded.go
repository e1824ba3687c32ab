package delivery

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/mapping"
)

// mappedKey is what a mapping is for; the integration is empty for all.
type mappedKey struct{ system, integration, entity, id string }

// MappingsAdded re-queues exactly the runs that waited for external mappings.
// The runs that wait are gone through once, not once a mapping.
func (e *Engine) MappingsAdded(ctx context.Context, ms []integration.ExternalMapping) error {
	account := strings.ToLower(accountEntity)
	added := map[mappedKey]bool{}
	accounts, items := false, false
	for _, m := range ms {
		k := mappedKey{strings.ToLower(m.ExternalSystem), m.IntegrationID, strings.ToLower(m.M3terEntity), m.M3terID}
		added[k] = true
		accounts, items = accounts || k.entity == account, items || k.entity != account
	}
	mapped := func(r integration.Run, entity, id string) bool {
		sys, err := e.o.Resolver.System(r.EntityType, r.Destination)
		if err != nil {
			return false
		}
		system, entity := strings.ToLower(sys.Words().Mapped), strings.ToLower(entity)
		return added[mappedKey{system, "", entity, id}] || added[mappedKey{system, r.IntegrationID, entity, id}]
	}
	if accounts {
		waited := map[mappedKey]bool{}
		pick := func(_ context.Context, r integration.Run) (bool, error) {
			ok := mapped(r, account, r.AccountID)
			if ok {
				waited[mappedKey{"", r.IntegrationID, account, r.AccountID}] = true
			}
			return ok, nil
		}
		err := e.requeue(ctx, parkedFor(causeAccountMapping), pick)
		for k := range waited {
			if err == nil {
				err = e.accountMapped(ctx, k.integration, k.id)
			}
		}
		if err != nil {
			return fmt.Errorf("re-queue what waited for the mappings of accounts: %w", err)
		}
	}
	if !items {
		return nil
	}
	err := e.requeue(ctx, parkedFor(itemCauses...), func(ctx context.Context, r integration.Run) (bool, error) {
		wants, err := e.itemsOf(ctx, r)
		return slices.ContainsFunc(wants, func(w mapping.Want) bool { return mapped(r, w.Entity, w.ID) }), err
	})
	if err != nil {
		return fmt.Errorf("re-queue what waited for the mappings of items: %w", err)
	}
	return nil
}

func parkedFor(causes ...string) integration.RunFilter {
	return integration.RunFilter{Statuses: []integration.Status{integration.Errored}, Causes: causes}
}

// itemsOf are the mappings that the lines of a run look for; none when its
// settings or its Bill cannot be read, which stops it for another reason.
func (e *Engine) itemsOf(ctx context.Context, r integration.Run) ([]mapping.Want, error) {
	in, err := e.o.Ledger.Integration(ctx, r.IntegrationID)
	if err != nil {
		return nil, err
	}
	c, err := e.config(in)
	if err != nil {
		return nil, nil
	}
	raw, err := e.o.Ledger.Bill(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	b, err := bill.Decode(raw)
	if err != nil {
		return nil, nil
	}
	return mapping.Wants(c.cfg, b), nil
}
