package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/mapping"
)

// Reconcile implements service.Service.
func (a *App) Reconcile(ctx context.Context, q service.ReconcileRequest, progress func(reconcile.Progress)) (reconcile.Report, error) {
	return a.reconcile(ctx, q, func(o *reconcile.Options) { o.Progress = progress })
}

// reconcile asks both sides and keeps the report; with completes the options.
// Nothing is kept of one that did not come to its end.
func (a *App) reconcile(ctx context.Context, q service.ReconcileRequest, with func(*reconcile.Options)) (reconcile.Report, error) {
	span, err := reconcile.ParseSpan(q.Period, reconcile.By(q.By))
	if err != nil {
		return reconcile.Report{}, spec.Problems{{Key: "period", Label: "Period", Message: err.Error()}}
	}
	in, err := a.store.Integration(ctx, q.IntegrationID)
	if err != nil {
		return reconcile.Report{}, fmt.Errorf("integration %s: %w", q.IntegrationID, err)
	}
	o, l, books, err := a.sides(ctx, in)
	if err != nil {
		return reconcile.Report{}, err
	}
	o.Span, o.Rows = span, q.Rows
	with(&o)
	r, err := reconcile.Run(ctx, o, l, books)
	if p := new(reconcile.PeriodError); errors.As(err, &p) {
		return r, &integration.Failure{Class: integration.ClassData, Cause: "period_unknown", Message: p.Text, Advice: p.Advice}
	}
	if err != nil {
		return r, err
	}
	before, err := a.store.Report(ctx, r.ID)
	if err != nil && !errors.Is(err, integration.ErrNotFound) {
		return r, err
	}
	r = r.After(before)
	resolved, err := a.store.Resolutions(ctx)
	if err != nil {
		return r, err
	}
	if err := a.store.SaveReport(ctx, r); err != nil {
		return r, err
	}
	return r.With(resolved), nil
}

// sides makes ready both sides of a reconciliation.
func (a *App) sides(ctx context.Context, in integration.Integration) (o reconcile.Options, l *ledgerSide, books destination.Population,
	err error) {
	sys, err := a.dest.System(in.EntityType, in.Destination)
	if err != nil {
		return o, nil, nil, err
	}
	system := sys.Words().System
	conn, err := a.dest.open(ctx, in)
	if err != nil {
		return o, nil, nil, err
	}
	books, ok := conn.(destination.Population)
	if !ok {
		return o, nil, nil, &integration.Failure{Class: integration.ClassData, Cause: "reconcile_impossible",
			Message: "billferry cannot list the documents of " + system + ", and so cannot reconcile with it", Advice: "reconcile by hand"}
	}
	f, err := a.form(in.EntityType, in.Destination)
	if err != nil {
		return o, nil, nil, err
	}
	cfg, err := sys.Config(in.ID, f.Fill(in.ConfigData))
	if err != nil {
		return o, nil, nil, err
	}
	l = &ledgerSide{app: a, in: in, cfg: cfg, sys: sys, books: books, account: conn.Account(),
		codes: map[string]string{}, words: map[string]string{}}
	prefixes, err := a.prefixes(ctx, conn.Account())
	if err != nil {
		return o, nil, nil, err
	}
	asker, err := a.engine.Asker(ctx, conn)
	if err != nil {
		return o, nil, nil, err
	}
	o = reconcile.Options{
		IntegrationID: in.ID, Integration: in.Name, System: system, Prefixes: prefixes, NoMoney: cfg.BaseCurrency != "",
		Slots: asker.Slots(), Turn: asker.Do, Now: a.now, Source: "the Bills that were handed over here (no m3ter organisation is connected)",
	}
	o.Prepaid = map[string]reconcile.Stands{}
	for item, of := range mapping.PrepaidItems(cfg) {
		o.Prepaid[item] = reconcile.Stands(of)
	}
	if l.source, err = a.m3ter(ctx); err == nil {
		o.Source = "m3ter"
	} else if !errors.Is(err, integration.ErrNotFound) {
		return o, nil, nil, err
	}
	return o, l, books, nil
}

// prefixes are those of the external ids that integrations into an account make.
func (a *App) prefixes(ctx context.Context, account string) ([]string, error) {
	ins, err := a.store.Integrations(ctx)
	if err != nil {
		return nil, err
	}
	set := map[string]bool{}
	for _, in := range ins {
		conn, err := a.dest.open(ctx, in)
		if err != nil || conn.Account() != account {
			continue
		}
		f, err := a.form(in.EntityType, in.Destination)
		if err != nil {
			continue
		}
		sys, err := a.dest.System(in.EntityType, in.Destination)
		if err != nil {
			continue
		}
		cfg, err := sys.Config(in.ID, f.Fill(in.ConfigData))
		if err != nil {
			continue
		}
		for _, p := range mapping.ExternalIDPrefixes(cfg) {
			set[p] = true
		}
	}
	var out []string
	for p := range set {
		out = append(out, p)
	}
	slices.Sort(out)
	return out, nil
}

// Reconciliations implements service.Service.
func (a *App) Reconciliations(ctx context.Context, integrationID string) ([]reconcile.Report, error) {
	all, err := a.store.Reports(ctx, integrationID)
	slices.SortStableFunc(all, func(x, y reconcile.Report) int { return y.Ended.Compare(x.Ended) })
	for i := range all {
		all[i].Breaks, all[i].Fixed = nil, nil
	}
	return all, err
}

// Reconciliation implements service.Service.
func (a *App) Reconciliation(ctx context.Context, id string) (reconcile.Report, error) {
	return a.store.Report(ctx, id)
}

// ResolveBreak implements service.Service.
func (a *App) ResolveBreak(ctx context.Context, q service.ResolveRequest) (reconcile.Break, error) {
	if err := needed("reason", "Reason", q.Reason); err != nil {
		return reconcile.Break{}, err
	}
	q.As = strings.ToLower(strings.TrimSpace(q.As))
	if !slices.Contains(reconcile.Ways, q.As) {
		return reconcile.Break{}, spec.Problems{{Key: "as", Label: "As", Message: fmt.Sprintf("%q: use one of %s", q.As,
			strings.Join(reconcile.Ways, ", "))}}
	}
	if q.As == reconcile.AsSettled {
		if err := needed("reference", "Reference", q.Reference); err != nil {
			return reconcile.Break{}, err
		}
	}
	b, err := a.breakByID(ctx, q.Break)
	if err != nil {
		return b, err
	}
	who := a.actor(ctx)
	x := b.Resolve(q.As, strings.TrimSpace(q.Reason), strings.TrimSpace(q.Reference), who, a.now().UTC())
	said := fmt.Sprintf("%s %s %s, %s %s as %s: %s", b.ID, b.Code, b.Ref, b.Difference, b.Currency, q.As,
		strings.TrimSpace(q.Reason+" "+q.Reference))
	with, err := a.noting(ctx, who, "resolve break", said, nil)
	if err != nil {
		return b, err
	}
	if err := a.store.Resolve(with, x); err != nil {
		return b, err
	}
	return a.breakByID(ctx, q.Break)
}

// UndoBreak implements service.Service.
func (a *App) UndoBreak(ctx context.Context, id string) (reconcile.Break, error) {
	b, err := a.breakByID(ctx, id)
	if err != nil && !errors.Is(err, integration.ErrNotFound) {
		return b, err
	}
	if b.Accepted != nil && b.Resolution == b.Accepted {
		return b, spec.Problems{{Key: "break", Label: "Break", Message: fmt.Sprintf("%s is accepted with run %s, by %s: retry the run to have "+
			"the document as it was sent", id, b.Run, b.Accepted.By)}}
	}
	with, err := a.noting(ctx, a.actor(ctx), "undo the resolution of a break", strings.TrimSpace(id+" "+string(b.Code)+" "+b.Ref), nil)
	if err != nil {
		return b, err
	}
	if err := a.store.Unresolve(with, id); err != nil {
		return b, err
	}
	b.ID, b.Resolution, b.Lapsed = id, b.Accepted, false // no report may have it any more
	return b, nil
}

// breakByID finds a break in the newest report that has it.
func (a *App) breakByID(ctx context.Context, id string) (found reconcile.Break, err error) {
	all, err := a.store.Reports(ctx, "")
	if err != nil {
		return found, err
	}
	slices.SortStableFunc(all, func(x, y reconcile.Report) int { return y.Ended.Compare(x.Ended) })
	for _, r := range all {
		if i := slices.IndexFunc(r.Breaks, func(b reconcile.Break) bool { return b.ID == id }); i >= 0 {
			return r.Breaks[i], nil
		}
	}
	return found, fmt.Errorf("break %q: no reconciliation has it (billferry reconcile PERIOD lists them): %w", id, integration.ErrNotFound)
}
