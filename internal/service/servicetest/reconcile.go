package servicetest

import (
	"context"
	"fmt"
	"slices"

	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/service"
)

// SetReport makes a report that Reconcile of its integration and span answers,
// and that is kept already.
func (f *Fake) SetReport(r reconcile.Report) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reports = append(slices.DeleteFunc(f.reports, func(o reconcile.Report) bool { return o.ID == r.ID }), r)
}

// Reconcile implements service.Service.
func (f *Fake) Reconcile(ctx context.Context, q service.ReconcileRequest, progress func(reconcile.Progress)) (reconcile.Report, error) {
	if err := f.enter(ctx, "Reconcile"); err != nil {
		return reconcile.Report{}, err
	}
	span, err := reconcile.ParseSpan(q.Period, reconcile.By(q.By))
	if err != nil {
		return reconcile.Report{}, err
	}
	if progress != nil {
		progress(reconcile.Progress{Step: "documents", Done: 1, All: 2})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.reports {
		if r := &f.reports[i]; r.IntegrationID == q.IntegrationID && r.Span.Key() == span.Key() {
			r.Ended = f.now()
			f.notify("reconciliation", r.ID)
			return r.With(f.resolved), nil
		}
	}
	r := reconcile.Report{ID: q.IntegrationID + "." + span.Key(), IntegrationID: q.IntegrationID, Span: span, System: "NetSuite",
		Begun: f.now(), Ended: f.now()}
	f.reports = append(f.reports, r)
	f.notify("reconciliation", r.ID)
	return r.With(nil), nil
}

// Reconciliations implements service.Service.
func (f *Fake) Reconciliations(ctx context.Context, integrationID string) ([]reconcile.Report, error) {
	if err := f.enter(ctx, "Reconciliations"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := []reconcile.Report{}
	for _, r := range slices.Backward(f.reports) {
		if integrationID == "" || r.IntegrationID == integrationID {
			r = r.With(f.resolved)
			r.Breaks, r.Fixed = nil, nil
			out = append(out, r)
		}
	}
	return out, nil
}

// Reconciliation implements service.Service.
func (f *Fake) Reconciliation(ctx context.Context, id string) (reconcile.Report, error) {
	if err := f.enter(ctx, "Reconciliation"); err != nil {
		return reconcile.Report{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.reports {
		if r.ID == id {
			return r.With(f.resolved), nil
		}
	}
	return reconcile.Report{}, fmt.Errorf("reconciliation %q: %w", id, integration.ErrNotFound)
}

// ResolveBreak implements service.Service.
func (f *Fake) ResolveBreak(ctx context.Context, q service.ResolveRequest) (reconcile.Break, error) {
	if err := f.enter(ctx, "ResolveBreak"); err != nil {
		return reconcile.Break{}, err
	}
	if err := required(map[string]string{"reason": q.Reason, "as": q.As}); err != nil {
		return reconcile.Break{}, err
	}
	return f.changeBreak(q.Break, func(b *reconcile.Break) {
		x := b.Resolve(q.As, q.Reason, q.Reference, "tester", f.now())
		f.resolved[b.ID], b.Resolution = x, &x
	})
}

// UndoBreak implements service.Service.
func (f *Fake) UndoBreak(ctx context.Context, id string) (reconcile.Break, error) {
	if err := f.enter(ctx, "UndoBreak"); err != nil {
		return reconcile.Break{}, err
	}
	return f.changeBreak(id, func(b *reconcile.Break) {
		delete(f.resolved, b.ID)
		b.Resolution = nil
	})
}

func (f *Fake) changeBreak(id string, change func(*reconcile.Break)) (reconcile.Break, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.reports {
		for _, b := range r.Breaks {
			if b.ID == id {
				change(&b)
				f.notify("reconciliation", r.ID)
				return b, nil
			}
		}
	}
	return reconcile.Break{}, fmt.Errorf("break %q: %w", id, integration.ErrNotFound)
}

// Explain implements service.Service.
func (f *Fake) Explain(ctx context.Context, document string) (service.RunDetail, error) {
	if err := f.enter(ctx, "Explain"); err != nil {
		return service.RunDetail{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.runs {
		if r.ExternalID == document || r.ExternalRef == document {
			return r, nil
		}
	}
	return service.RunDetail{}, fmt.Errorf("document %q: %w", document, integration.ErrNotFound)
}
