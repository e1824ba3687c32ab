package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// Integrations implements service.Service.
func (a *App) Integrations(ctx context.Context) ([]service.Summary, error) {
	ins, err := a.store.Integrations(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]service.Summary, len(ins))
	for i, in := range ins {
		totals, err := a.store.Totals(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if in.Unreachable, err = a.engine.Unreachable(ctx, in.ID, totals.Waiting()); err != nil {
			return nil, err
		}
		s := service.Summary{Integration: in}
		page, err := a.store.Runs(ctx, integration.RunFilter{IntegrationID: in.ID}, "", 1)
		if err != nil {
			return nil, err
		}
		if len(page.Runs) > 0 {
			s.LastRun = &page.Runs[0]
		}
		if s.Bills24h, s.NeedsYou, err = a.store.Summary24h(ctx, in.ID); err != nil {
			return nil, err
		}
		if in.CredentialsID != "" {
			c, err := a.store.CredentialsInfo(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			s.CertificateEnds = c.CertificateEnds
		}
		out[i] = s
	}
	return out, nil
}

// Integration implements service.Service.
func (a *App) Integration(ctx context.Context, id string) (service.Detail, error) {
	in, err := a.store.Integration(ctx, id)
	if err != nil {
		return service.Detail{}, err
	}
	d := service.Detail{Integration: in}
	if in.CredentialsID != "" {
		c, err := a.store.CredentialsInfo(ctx, id)
		if err != nil {
			return d, err
		}
		d.Credentials = &c
	}
	page, err := a.store.Runs(ctx, integration.RunFilter{IntegrationID: id}, "", 5)
	if err != nil {
		return d, err
	}
	d.LastRuns = page.Runs
	if d.Totals, err = a.store.Totals(ctx, id); err != nil {
		return d, err
	}
	if d.Unreachable, err = a.engine.Unreachable(ctx, id, d.Totals.Waiting()); err != nil {
		return d, err
	}
	linked, err := a.Mappings(ctx, service.MappingFilter{IntegrationID: id})
	if err != nil {
		return d, err
	}
	d.Mappings = len(linked)
	if f, ok := a.forms.Form(in.EntityType, in.Destination); ok {
		d.Warnings = f.Validate(in.Name, in.ConfigData)
	}
	d.Overlaps, err = a.overlaps(ctx, in)
	return d, err
}

// form finds the form of an integration, or says what exists.
func (a *App) form(entity, destination string) (spec.Form, error) {
	if f, ok := a.forms.Form(entity, destination); ok {
		return f, nil
	}
	if len(a.forms.Destinations(entity)) == 0 {
		return spec.Form{}, spec.Problems{{Key: "entityType", Label: "Entity Type",
			Message: fmt.Sprintf("%q is not known; use one of %s", entity, strings.Join(a.forms.Entities(), ", "))}}
	}
	return spec.Form{}, spec.Problems{{Key: "destination", Label: "Destination",
		Message: fmt.Sprintf("%q is not known; use one of %s", destination, strings.Join(a.forms.Destinations(entity), ", "))}}
}

// Create implements service.Service.
func (a *App) Create(ctx context.Context, n service.NewIntegration) (integration.Integration, error) {
	f, err := a.form(n.EntityType, n.Destination)
	if err != nil {
		return integration.Integration{}, err
	}
	name, data := strings.TrimSpace(n.Name), f.Texts(n.ConfigData)
	if err := f.Validate(name, data).Err(); err != nil {
		return integration.Integration{}, err
	}
	if data, err = a.saved(ctx, n.DraftID, f, data); err != nil {
		return integration.Integration{}, err
	}
	in := integration.Integration{
		EntityType: f.EntityType, Destination: f.Destination, Name: name,
		ConfigData: f.Fill(data), Enabled: true, Sent: n.Sent,
	}
	in.ID, in.CreatedBy = uuid.NewString(), a.by(ctx).ID
	in.ModifiedBy = in.CreatedBy
	if ctx, err = a.noting(ctx, a.who, "create integration", subject(in), nil); err != nil {
		return in, err
	}
	if in, err = a.store.CreateIntegration(ctx, in, n.DraftID); err == nil && in.CredentialsID != "" { // the draft's
		a.dest.forget(n.DraftID)
		a.engine.Wake()
	}
	return in, err
}

// Update implements service.Service.
func (a *App) Update(ctx context.Context, in integration.Integration) (integration.Integration, error) {
	old, err := a.store.Integration(ctx, in.ID)
	if err != nil {
		return in, err
	}
	f, err := a.form(old.EntityType, old.Destination)
	if err != nil {
		return in, err
	}
	in.Name, in.ConfigData = strings.TrimSpace(in.Name), f.Texts(in.ConfigData)
	if err := f.Validate(in.Name, in.ConfigData).Err(); err != nil {
		return in, err
	}
	if in.ConfigData, err = a.saved(ctx, in.ID, f, in.ConfigData); err != nil {
		return in, err
	}
	changed := auditedChanges(f, old.ConfigData, in.ConfigData)
	old.Name, old.ConfigData, old.Version, old.ModifiedBy = in.Name, f.Fill(in.ConfigData), in.Version, a.by(ctx).ID
	if in.Sent != nil {
		old.Sent = in.Sent
	}
	with, err := a.noting(ctx, a.who, fmt.Sprintf("change integration to version %d", old.Version+1), subject(old)+changed,
		&delivery.Requeue{IntegrationID: old.ID})
	if err != nil {
		return in, err
	}
	out, err := a.store.UpdateIntegration(with, old)
	if err == nil {
		a.requeue(ctx)
	}
	return out, err
}

// auditedChanges says how the settings changed whose changes the audit trail has word
// for word.
func auditedChanges(f spec.Form, before, after spec.Values) (out string) {
	for _, x := range f.Fields {
		if was, is := x.Show(before.Get(x.Key)), x.Show(after.Get(x.Key)); x.Audit && was != is {
			out += fmt.Sprintf("; %s: %s, was %s", x.Label, is, was)
		}
	}
	return out
}

// Delete implements service.Service.
func (a *App) Delete(ctx context.Context, id string) (integration.Integration, error) {
	in, err := a.store.Integration(ctx, id)
	if err != nil {
		return in, err
	}
	if err := a.finished(ctx, in); err != nil {
		return in, err
	}
	if ctx, err = a.noting(ctx, a.who, "delete integration", subject(in), nil); err != nil {
		return in, err
	}
	in, err = a.store.DeleteIntegration(ctx, id)
	a.dest.forget(id)
	a.kickRequeue() // what it did not come to
	return in, err
}

// finished refuses to let an integration go while one of its runs may have made the first of
// two documents of an amendment: nobody would make the second, and the customer would owe
// the Bill twice.
func (a *App) finished(ctx context.Context, in integration.Integration) error {
	f := integration.RunFilter{IntegrationID: in.ID,
		Statuses: slices.DeleteFunc(slices.Clone(integration.Statuses), func(s integration.Status) bool { return s == integration.Complete })}
	for token := ""; ; {
		page, err := a.store.Runs(ctx, f, token, 1000)
		if err != nil {
			return err
		}
		for _, r := range page.Runs {
			if slices.ContainsFunc(r.Doubt, func(d integration.Doc) bool { return d.Amends }) {
				return conflict("amendment_follows",
					fmt.Sprintf("integration %q is not deleted: an amendment of Bill %s is not finished, and half of it may stand in the destination",
						in.Name, r.EntityID),
					fmt.Sprintf("let run %s end: retry it, or settle the Bill by hand and skip the run; then delete the integration", r.ID))
			}
		}
		if token = page.Next; token == "" {
			return nil
		}
	}
}

// SetEnabled implements service.Service.
func (a *App) SetEnabled(ctx context.Context, id string, enabled bool) (integration.Integration, error) {
	in, err := a.store.Integration(ctx, id)
	if err != nil {
		return in, err
	}
	why := ""
	if !enabled {
		why = "disabled by an operator"
	}
	what := map[bool]string{true: "enable integration", false: "disable integration"}[enabled]
	with, err := a.noting(ctx, a.who, what, subject(in), &delivery.Requeue{IntegrationID: id})
	if err != nil {
		return in, err
	}
	if _, err := a.store.SetEnabled(with, id, enabled, why); err != nil {
		return in, err
	}
	if enabled {
		if err := a.store.CloseEvents(ctx, id, integration.EventDisabled); err != nil {
			return in, err
		}
	}
	a.requeue(ctx)
	return a.store.Integration(ctx, id)
}

// Drafts implements service.Service.
func (a *App) Drafts(ctx context.Context) ([]integration.Draft, error) { return a.store.Drafts(ctx) }

// SaveDraft implements service.Service.
func (a *App) SaveDraft(ctx context.Context, d integration.Draft) (integration.Draft, error) {
	return a.store.SaveDraft(ctx, d)
}

// DeleteDraft implements service.Service.
func (a *App) DeleteDraft(ctx context.Context, id string) error {
	a.dest.forget(id)
	return a.store.DeleteDraft(ctx, id)
}

// Events implements service.Service.
func (a *App) Events(ctx context.Context, f service.EventFilter) ([]integration.Event, error) {
	if f.Limit <= 0 {
		f.Limit = 200
	}
	return a.store.EventsBefore(ctx, f.Before, f.IntegrationID, f.Name, f.IncludeActioned, f.Limit)
}

// Event implements service.Service.
func (a *App) Event(ctx context.Context, id string) (integration.Event, error) {
	return a.store.EventByID(ctx, id)
}

// ActionEvent implements service.Service.
func (a *App) ActionEvent(ctx context.Context, id string, actioned bool) (integration.Event, error) {
	e, err := a.store.ActionEvent(ctx, id, actioned)
	return e, a.acted(err, fmt.Sprintf("mark event actioned=%t", actioned), e.Name+" "+id)
}
