package servicetest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// AddIntegration seeds an integration; an empty id, version or time is filled in.
func (f *Fake) AddIntegration(in integration.Integration) integration.Integration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if in.ID == "" {
		in.ID = f.id("integration")
	}
	if in.EntityType == "" {
		in.EntityType, in.Destination = f.catalog[0].EntityType, f.catalog[0].Destination
	}
	if in.ConfigData == nil {
		in.ConfigData = f.catalog[0].Defaults()
	}
	in.Version = max(in.Version, 1)
	if in.Created.IsZero() {
		in.Created, in.Modified = f.now(), f.now()
	}
	f.integrations = append(f.integrations, in)
	f.notify("integration", in.ID)
	return in
}

// AddCredentials seeds the credentials of an integration and authorises it.
func (f *Fake) AddCredentials(integrationID string, c integration.Credentials) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keep(integrationID, c)
}

// keep stores credentials; f.mu is held.
func (f *Fake) keep(integrationID string, c integration.Credentials) integration.Credentials {
	if c.ID == "" {
		c.ID = f.id("credentials")
	}
	f.credentials[integrationID] = c
	if i := f.find(integrationID); i >= 0 {
		f.integrations[i].CredentialsID, f.integrations[i].Authorized = c.ID, c.Verified
	}
	f.notify("integration", integrationID)
	return c
}

// find returns the index of an integration or -1; f.mu is held.
func (f *Fake) find(id string) int {
	return slices.IndexFunc(f.integrations, func(in integration.Integration) bool { return in.ID == id })
}

func notFound(kind, id string) error {
	return fmt.Errorf("%s %s: %w", kind, id, integration.ErrNotFound)
}

// Integrations implements service.Service.
func (f *Fake) Integrations(ctx context.Context) ([]service.Summary, error) {
	if err := f.enter(ctx, "Integrations"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]service.Summary, 0, len(f.integrations))
	for _, in := range f.integrations {
		s := service.Summary{Integration: in, CertificateEnds: f.credentials[in.ID].CertificateEnds}
		for i := range f.runs {
			r := &f.runs[i].Run
			if r.IntegrationID != in.ID {
				continue
			}
			if s.LastRun == nil {
				last := *r
				s.LastRun = &last
			}
			if f.now().Sub(r.Created).Hours() < 24 && r.StandsForBill() {
				s.Bills24h++
			}
			if r.Status.Failed() {
				s.NeedsYou++
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// Integration implements service.Service.
func (f *Fake) Integration(ctx context.Context, id string) (service.Detail, error) {
	if err := f.enter(ctx, "Integration"); err != nil {
		return service.Detail{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.find(id)
	if i < 0 {
		return service.Detail{}, notFound("integration", id)
	}
	in := f.integrations[i]
	d := service.Detail{Integration: in, LastRuns: []integration.Run{}, Totals: f.totals(id)}
	if c, ok := f.credentials[id]; ok {
		d.Credentials = &c
	}
	for _, r := range f.runs {
		if r.IntegrationID == id && len(d.LastRuns) < 5 {
			d.LastRuns = append(d.LastRuns, r.Run)
		}
	}
	for _, m := range f.mappings {
		if m.IntegrationID == id {
			d.Mappings++
		}
	}
	if form, ok := f.catalog.Form(in.EntityType, in.Destination); ok {
		d.Warnings = form.Validate(in.Name, in.ConfigData)
	}
	return d, nil
}

// check validates a configuration as every real service does; f.mu is held.
func (f *Fake) check(entity, destination, name string, v spec.Values, except string) error {
	form, ok := f.catalog.Form(entity, destination)
	if !ok {
		return spec.Problems{{Key: "destination", Message: fmt.Sprintf("there is no integration of %s with %s", entity, destination)}}
	}
	if err := form.Validate(name, v).Err(); err != nil {
		return err
	}
	for _, in := range f.integrations {
		if strings.EqualFold(in.Name, name) && in.ID != except {
			return fmt.Errorf("an integration named %q: %w", name, integration.ErrExists)
		}
	}
	return nil
}

// Create implements service.Service.
func (f *Fake) Create(ctx context.Context, n service.NewIntegration) (integration.Integration, error) {
	if err := f.enter(ctx, "Create"); err != nil {
		return integration.Integration{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.check(n.EntityType, n.Destination, n.Name, n.ConfigData, ""); err != nil {
		return integration.Integration{}, err
	}
	in := integration.Integration{
		ID: f.id("integration"), Version: 1, EntityType: n.EntityType, Destination: n.Destination, Name: n.Name,
		ConfigData: n.ConfigData.Clone(), Sent: n.Sent, Enabled: true, Created: f.now(), Modified: f.now(),
	}
	f.integrations = append(f.integrations, in)
	f.dropDraft(n.DraftID)
	f.notify("integration", in.ID)
	return in, nil
}

// Update implements service.Service.
func (f *Fake) Update(ctx context.Context, in integration.Integration) (integration.Integration, error) {
	if err := f.enter(ctx, "Update"); err != nil {
		return integration.Integration{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.find(in.ID)
	if i < 0 {
		return integration.Integration{}, notFound("integration", in.ID)
	}
	old := &f.integrations[i]
	if old.Version != in.Version {
		return integration.Integration{}, fmt.Errorf("integration %s has version %d, not %d: %w", in.ID, old.Version, in.Version,
			integration.ErrConflict)
	}
	if err := f.check(old.EntityType, old.Destination, in.Name, in.ConfigData, in.ID); err != nil {
		return integration.Integration{}, err
	}
	old.Name, old.ConfigData, old.Modified = in.Name, in.ConfigData.Clone(), f.now()
	if in.Sent != nil {
		old.Sent = in.Sent
	}
	old.Version++
	f.notify("integration", in.ID)
	return *old, nil
}

// Delete implements service.Service.
func (f *Fake) Delete(ctx context.Context, id string) (integration.Integration, error) {
	if err := f.enter(ctx, "Delete"); err != nil {
		return integration.Integration{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.find(id)
	if i < 0 {
		return integration.Integration{}, notFound("integration", id)
	}
	in := f.integrations[i]
	f.integrations = slices.Delete(f.integrations, i, i+1)
	delete(f.credentials, id)
	f.mappings = slices.DeleteFunc(f.mappings, func(m integration.ExternalMapping) bool { return m.IntegrationID == id })
	f.notify("integration", id)
	return in, nil
}

// SetEnabled implements service.Service.
func (f *Fake) SetEnabled(ctx context.Context, id string, enabled bool) (integration.Integration, error) {
	if err := f.enter(ctx, "SetEnabled"); err != nil {
		return integration.Integration{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.find(id)
	if i < 0 {
		return integration.Integration{}, notFound("integration", id)
	}
	in := &f.integrations[i]
	in.Enabled, in.DisabledWhy, in.Modified = enabled, "", f.now()
	in.Version++
	if !enabled {
		in.DisabledWhy = "disabled by the operator"
	}
	f.notify("integration", id)
	return *in, nil
}
