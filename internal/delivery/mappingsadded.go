package delivery

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/mapping"
)

// mappedKey stands for what a mapping is for. A file of a million lines frees
// what it frees with 16 MB of them.
type mappedKey [16]byte

// keyOfMapped makes a mappedKey; the integration is empty for all.
func keyOfMapped(system, integrationID, entity, id string) mappedKey {
	sum := sha256.Sum256([]byte(strings.ToLower(system+"\x00"+entity) + "\x00" + integrationID + "\x00" + id))
	return mappedKey(sum[:])
}

// mappedKeys are the mappings that were added.
type mappedKeys struct {
	Accounts bool   `json:"accounts,omitempty"` // some are of accounts
	Others   bool   `json:"others,omitempty"`   // some are of what lines are about
	Packed   []byte `json:"packed,omitempty"`   // a mappedKey each
	sorted   []mappedKey
}

func (m *mappedKeys) add(ms []integration.ExternalMapping) {
	for _, x := range ms {
		k := keyOfMapped(x.ExternalSystem, x.IntegrationID, x.M3terEntity, x.M3terID)
		m.Packed = append(m.Packed, k[:]...)
		account := strings.EqualFold(x.M3terEntity, accountEntity)
		m.Accounts, m.Others = m.Accounts || account, m.Others || !account
	}
}

// join takes over what another has.
func (m *mappedKeys) join(o mappedKeys) {
	m.Accounts, m.Others = m.Accounts || o.Accounts, m.Others || o.Others
	for k := range slices.Chunk(o.Packed, len(mappedKey{})) {
		m.sorted = append(m.sorted, mappedKey(k))
	}
}

func (m *mappedKeys) sort() {
	slices.SortFunc(m.sorted, compareKeys)
}

func (m *mappedKeys) has(k mappedKey) bool {
	_, ok := slices.BinarySearchFunc(m.sorted, k, compareKeys)
	return ok
}

func compareKeys(a, b mappedKey) int { return slices.Compare(a[:], b[:]) }

// mapped tells whether one of the mappings is of what a run looks for.
func (e *Engine) mapped(m *mappedKeys, r *integration.Run, entity, id string) bool {
	sys, err := e.o.Resolver.System(r.EntityType, r.Destination)
	if err != nil {
		return false
	}
	system := sys.Words().Mapped
	return m.has(keyOfMapped(system, "", entity, id)) || m.has(keyOfMapped(system, r.IntegrationID, entity, id))
}

// MappingsAdded re-queues exactly the runs that waited for external mappings.
func (e *Engine) MappingsAdded(ctx context.Context, ms []integration.ExternalMapping) error {
	var added, all mappedKeys
	added.add(ms)
	all.join(added)
	return e.mappingsAdded(ctx, all)
}

// mappingsAdded goes once through the runs that wait, not once a mapping.
func (e *Engine) mappingsAdded(ctx context.Context, added mappedKeys) error {
	added.sort()
	if added.Accounts {
		if err := e.accountsMapped(ctx, &added); err != nil {
			return fmt.Errorf("re-queue what waited for the mappings of accounts: %w", err)
		}
	}
	if !added.Others {
		return nil
	}
	_, err := e.each(ctx, parkedFor(itemCauses...), nil, func(ctx context.Context, r integration.Run) (bool, error) {
		wants, err := e.itemsOf(ctx, r)
		return slices.ContainsFunc(wants, func(w mapping.Want) bool { return e.mapped(&added, &r, w.Entity, w.ID) }), err
	}, reopen)
	if err != nil {
		return fmt.Errorf("re-queue what waited for the mappings of items: %w", err)
	}
	return nil
}

// accountsMapped re-queues what waited for the mappings of accounts and closes the
// events about them.
func (e *Engine) accountsMapped(ctx context.Context, added *mappedKeys) error {
	freed := map[string]integration.Run{} // one by integration
	_, err := e.each(ctx, parkedFor(causeAccountMapping), func(r *integration.Run) bool {
		ok := e.mapped(added, r, accountEntity, r.AccountID)
		if ok {
			freed[r.IntegrationID] = *r
		}
		return ok
	}, always, reopen)
	if err != nil {
		return err
	}
	for id, r := range freed {
		isMapped := func(accountID string) bool { return e.mapped(added, &r, accountEntity, accountID) }
		if err := e.closeUnmapped(ctx, id, isMapped); err != nil {
			return err
		}
	}
	return nil
}

// closeUnmapped closes the events of an integration about customers that have
// a mapping now.
func (e *Engine) closeUnmapped(ctx context.Context, integrationID string, mapped func(accountID string) bool) error {
	e.unmapped.forget(integrationID, mapped)
	open, err := e.o.Ledger.OpenEvents(ctx, integrationID)
	if err != nil {
		return err
	}
	for _, ev := range open {
		if ev.AccountID != "" && ev.Group == unmappedGroup(ev.AccountID) && mapped(ev.AccountID) {
			e.closeEvents(ctx, integrationID, ev.Group)
		}
	}
	f := parkedFor(causeAccountMapping)
	f.IntegrationID = integrationID
	left, err := e.o.Ledger.Runs(ctx, f, "", 1)
	if err == nil && len(left.Runs) == 0 { // nobody is left that the shared one could be about
		e.closeEvents(ctx, integrationID, unmappedGroup(""))
	}
	return err
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
