package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/store"
)

// A plan lies in the store's small things: its head by itself, since lists and each
// step rewrite that, and its Bills in parts that are written once, and again when it
// is over.
const (
	planHeads = "plan/"
	planBills = "planned/"
	planPart  = 200
)

func billsKey(id string, part int) string { return fmt.Sprintf("%s%s/%04d", planBills, id, part) }

// savePlan writes the head, with the audit entry that ctx may have, if the plan still
// is in the state in which it was read: another process may have gone on with it.
func (a *App) savePlan(ctx context.Context, was plan.State, p plan.Plan) error {
	p.Bills, p.Need = nil, ""
	raw, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write plan %s: %w", p.ID, err)
	}
	err = a.store.UpdateMeta(ctx, planHeads+p.ID, func(old []byte) ([]byte, error) {
		var is plan.Plan
		if old != nil {
			if err := json.Unmarshal(old, &is); err != nil {
				return nil, fmt.Errorf("read plan %s: %w", p.ID, err)
			}
		}
		if is.State != was {
			return nil, fmt.Errorf("plan %s is %s by now, by another process; look at it again: %w", p.ID,
				strings.ToLower(string(is.State)), integration.ErrConflict)
		}
		return raw, nil
	})
	if err != nil {
		return err
	}
	a.changed("plan", p.ID)
	return nil
}

// savePlanBills writes the Bills. A plan without a head is none.
func (a *App) savePlanBills(ctx context.Context, p plan.Plan) error {
	part := 0
	for bills := range slices.Chunk(p.Bills, planPart) {
		raw, err := json.Marshal(bills)
		if err != nil {
			return fmt.Errorf("write plan %s: %w", p.ID, err)
		}
		if err := a.store.SetMeta(ctx, billsKey(p.ID, part), raw); err != nil {
			return err
		}
		part++
	}
	return nil
}

// planHead reads a plan without its Bills.
func (a *App) planHead(ctx context.Context, id string) (p plan.Plan, err error) {
	raw, err := a.store.Meta(ctx, planHeads+id)
	if err != nil {
		return p, err
	}
	if raw == nil {
		return p, fmt.Errorf("plan %q: %w; 'billferry plan list' shows what exists", id, integration.ErrNotFound)
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, fmt.Errorf("read plan %s: %w", id, err)
	}
	return p, nil
}

// wholePlan reads a plan with its Bills as they are kept.
func (a *App) wholePlan(ctx context.Context, id string) (plan.Plan, error) {
	p, err := a.planHead(ctx, id)
	if err != nil {
		return p, err
	}
	parts, err := a.store.MetaUnder(ctx, planBills+id+"/")
	if err != nil {
		return p, err
	}
	for _, k := range slices.Sorted(maps.Keys(parts)) {
		var bills []plan.Bill
		if err := json.Unmarshal(parts[k], &bills); err != nil {
			return p, fmt.Errorf("read plan %s: %w", id, err)
		}
		p.Bills = append(p.Bills, bills...)
	}
	return p, nil
}

// planHeadsOf reads the heads of an integration's plans, or of all, newest first. Its
// error names those that cannot be read; the others are there all the same.
func (a *App) planHeadsOf(ctx context.Context, integrationID string) ([]plan.Plan, error) {
	return a.planHeadsSince(ctx, integrationID, map[string]readHead{})
}

// readHead is the head of a plan and what it was read from.
type readHead struct {
	raw  []byte
	head plan.Plan
}

// planHeadsSince is planHeadsOf for who looks often: what is as it was is not read again.
func (a *App) planHeadsSince(ctx context.Context, integrationID string, were map[string]readHead) ([]plan.Plan, error) {
	raws, err := a.store.MetaUnder(ctx, planHeads)
	if err != nil {
		return nil, err
	}
	out := []plan.Plan{}
	var faults []error
	for _, k := range slices.Sorted(maps.Keys(raws)) {
		h, ok := were[k]
		if !ok || !bytes.Equal(h.raw, raws[k]) {
			h = readHead{raw: raws[k]}
			if err := json.Unmarshal(h.raw, &h.head); err != nil {
				faults = append(faults, fmt.Errorf("read %s: %w", k, err))
				continue
			}
			were[k] = h
		}
		if integrationID == "" || h.head.IntegrationID == integrationID {
			out = append(out, h.head)
		}
	}
	maps.DeleteFunc(were, func(k string, _ readHead) bool { return raws[k] == nil })
	slices.SortFunc(out, func(x, y plan.Plan) int { return y.Created.Compare(x.Created) })
	return out, errors.Join(faults...)
}

// planKey signs plans. Whoever can read it can approve them: it is sealed.
func (a *App) planKey(ctx context.Context) ([]byte, error) {
	key, err := a.tokens.get(ctx)
	if err != nil {
		return nil, err
	}
	return []byte(plan.Seal(key, "plans")), nil
}

// auditing gives a context whose next change is committed with an entry of the
// audit trail.
func auditing(ctx context.Context, who plan.Who, what, detail string) context.Context {
	name := who.Name
	if who.ID != "user:"+who.Name {
		name += " (" + who.ID + ")"
	}
	ctx, _ = store.WithAudit(ctx, name, what, detail)
	return ctx
}
