package store

import (
	"context"
	"encoding/json"
	"fmt"

	"billferry/internal/reconcile"
)

// SaveReport keeps what a reconciliation found, in place of the one before of the
// same integration and span. Rows are not kept.
func (s *Store) SaveReport(ctx context.Context, r reconcile.Report) error {
	r.Rows = nil
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write report %s: %w", r.ID, err)
	}
	packed := pack(raw)
	return s.write(ctx, func(t *tx) error {
		t.Changed("reconciliation", r.ID)
		return t.Put(bReconciled, []byte(r.ID), packed)
	})
}

// Report reads what was found last of an integration and span, with what people
// made of it.
func (s *Store) Report(ctx context.Context, id string) (r reconcile.Report, err error) {
	err = s.view(ctx, func(t *tx) error {
		v := t.Get(bReconciled, []byte(id))
		if v == nil {
			return notFound("reconciliation", id)
		}
		if r, err = unpackReport(id, v); err != nil {
			return err
		}
		resolved, err := resolutions(t)
		r = r.With(resolved)
		return err
	})
	return r, err
}

// Reports lists all reports; an integration's id selects its own.
func (s *Store) Reports(ctx context.Context, integrationID string) (out []reconcile.Report, err error) {
	err = s.view(ctx, func(t *tx) error {
		resolved, err := resolutions(t)
		if err != nil {
			return err
		}
		return t.All(bReconciled, func(k, v []byte) error {
			r, err := unpackReport(string(k), v)
			if err == nil && (integrationID == "" || r.IntegrationID == integrationID) {
				out = append(out, r.With(resolved))
			}
			return err
		})
	})
	return out, err
}

func unpackReport(id string, v []byte) (r reconcile.Report, err error) {
	raw, err := unpack(v)
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err != nil {
		return r, fmt.Errorf("read reconciliation %s: %w", id, err)
	}
	return r, nil
}

func resolutions(t *tx) (map[string]reconcile.Resolution, error) {
	all, err := allJSON[reconcile.Resolution](t, bResolved)
	out := make(map[string]reconcile.Resolution, len(all))
	for _, x := range all {
		out[x.Break] = x
	}
	return out, err
}

// Resolutions are what people made of breaks, by the break's id.
func (s *Store) Resolutions(ctx context.Context) (out map[string]reconcile.Resolution, err error) {
	err = s.view(ctx, func(t *tx) error {
		out, err = resolutions(t)
		return err
	})
	return out, err
}

// Resolve keeps what a person made of a break.
func (s *Store) Resolve(ctx context.Context, x reconcile.Resolution) error {
	return s.write(ctx, func(t *tx) error {
		t.Changed("reconciliation", x.Break)
		return t.putJSON(bResolved, x.Break, x)
	})
}

// Unresolve takes that back.
func (s *Store) Unresolve(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		if t.Get(bResolved, []byte(id)) == nil {
			return notFound("resolution of break", id)
		}
		t.Changed("reconciliation", id)
		return t.Delete(bResolved, []byte(id))
	})
}
