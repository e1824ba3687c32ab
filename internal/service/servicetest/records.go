package servicetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/mapping"
)

// SetAccounts seeds m3ter's accounts.
func (f *Fake) SetAccounts(a ...integration.Account) { f.mu.Lock(); f.accounts = a; f.mu.Unlock() }

// SetItems seeds NetSuite's items.
func (f *Fake) SetItems(n ...integration.Named) { f.mu.Lock(); f.items = n; f.mu.Unlock() }

// SetCustomers seeds NetSuite's customers.
func (f *Fake) SetCustomers(n ...integration.Named) { f.mu.Lock(); f.customers = n; f.mu.Unlock() }

// AddEvent seeds an event; the last added is listed first.
func (f *Fake) AddEvent(e integration.Event) integration.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e.ID == "" {
		e.ID = f.id("event")
	}
	if e.Time.IsZero() {
		e.Time = f.now()
	}
	f.events = slices.Insert(f.events, 0, e)
	f.notify("event", e.ID)
	return e
}

// Accounts implements service.Service.
func (f *Fake) Accounts(ctx context.Context, query string, limit int) ([]integration.Account, error) {
	if err := f.enter(ctx, "Accounts"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := []integration.Account{}
	for _, a := range f.accounts {
		if len(out) < limit && contains(query, a.Name, a.Code, a.ID) {
			out = append(out, a)
		}
	}
	return out, nil
}

func contains(query string, in ...string) bool {
	return slices.ContainsFunc(in, func(s string) bool {
		return strings.Contains(strings.ToLower(s), strings.ToLower(query))
	})
}

// Names implements service.Service.
func (f *Fake) Names(ctx context.Context, q service.NamesRequest) (map[string]string, error) {
	if err := f.enter(ctx, "Names"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]string{}
	if _, ok := f.credentials[q.IntegrationID]; ok {
		for _, n := range f.items {
			if slices.Contains(q.Items, n.ID) {
				out[n.ID] = n.Name
			}
		}
	}
	for _, a := range f.accounts {
		if slices.Contains(q.Accounts, a.ID) {
			out[a.ID] = a.Name
		}
	}
	for _, ids := range q.Entities {
		for _, id := range ids {
			if name := f.entities[id]; name != "" {
				out[id] = name
			}
		}
	}
	return out, nil
}

// SetEntities seeds what products and aggregations of m3ter are called, by their ids.
func (f *Fake) SetEntities(names map[string]string) { f.mu.Lock(); f.entities = names; f.mu.Unlock() }

// SetFields seeds the fields of documents.
func (f *Fake) SetFields(list ...integration.Field) { f.mu.Lock(); f.fields = list; f.mu.Unlock() }

// SetOptions seeds the values of a field.
func (f *Fake) SetOptions(field string, list ...integration.Named) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.options == nil {
		f.options = map[string][]integration.Named{}
	}
	f.options[field] = list
}

// Items implements service.Service.
func (f *Fake) Items(ctx context.Context, integrationID, query string, limit int) ([]integration.Named, error) {
	return f.named(ctx, "Items", integrationID, query, limit, func() []integration.Named { return f.items })
}

// Customers implements service.Service.
func (f *Fake) Customers(ctx context.Context, integrationID, query string, limit int) ([]integration.Named, error) {
	return f.named(ctx, "Customers", integrationID, query, limit, func() []integration.Named { return f.customers })
}

// Fields implements service.Service: what SetFields gave.
func (f *Fake) Fields(ctx context.Context, integrationID string) ([]integration.Field, error) {
	if _, err := f.named(ctx, "Fields", integrationID, "", 0, func() []integration.Named { return nil }); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.fields), nil
}

// Proposed implements service.Service: of what SetFields gave what no rule fills,
// for a failed run.
func (f *Fake) Proposed(ctx context.Context, runID string) ([]integration.Field, error) {
	r, err := f.Run(ctx, runID)
	if err != nil {
		return nil, err
	}
	all, err := f.Fields(ctx, r.IntegrationID)
	if err != nil || !r.Status.Failed() {
		return nil, err
	}
	in, err := f.Integration(ctx, r.IntegrationID)
	filled := integration.Targets(in.ConfigData)
	return slices.DeleteFunc(all, func(x integration.Field) bool { return slices.Contains(filled, x.Key) }), err
}

// FieldOptions implements service.Service: what SetOptions gave the field.
func (f *Fake) FieldOptions(ctx context.Context, integrationID, field, query string, limit int) ([]integration.Named, error) {
	return f.named(ctx, "FieldOptions", integrationID, query, limit, func() []integration.Named { return f.options[field] })
}

func (f *Fake) named(
	ctx context.Context, method, integrationID, query string, limit int, all func() []integration.Named,
) ([]integration.Named, error) {
	if err := f.enter(ctx, method); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.credentials[integrationID]; !ok {
		return nil, &integration.Failure{Class: integration.ClassAuth, Cause: "not_connected", Message: "not connected to NetSuite",
			Advice: "connect the integration to search NetSuite"}
	}
	out := []integration.Named{}
	for _, n := range all() {
		if len(out) < limit && contains(query, n.Name, n.ID) {
			out = append(out, n)
		}
	}
	return out, nil
}

// Coverage implements service.Service: what SetCoverage gave.
func (f *Fake) Coverage(ctx context.Context, q service.CoverageRequest, step func(service.Step)) (service.Coverage, error) {
	if err := f.enter(ctx, "Coverage"); err != nil {
		return service.Coverage{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.find(q.IntegrationID) < 0 {
		return service.Coverage{}, notFound("integration", q.IntegrationID)
	}
	tell(step, service.Step{Name: "Bills", State: "running", Detail: "0 of 1"})
	return f.coverage, nil
}

// SetCoverage replaces what Coverage answers.
func (f *Fake) SetCoverage(c service.Coverage) { f.mu.Lock(); f.coverage = c; f.mu.Unlock() }

// Preview implements service.Service: two lines that carry the default item of
// the configuration, of the Bill that is asked for, or what SetPreview gave.
func (f *Fake) Preview(ctx context.Context, p service.PreviewRequest) (service.Preview, error) {
	if err := f.enter(ctx, "Preview"); err != nil {
		return service.Preview{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.preview != nil {
		return *f.preview, nil
	}
	item := p.ConfigData.Text("netsuiteDefaultItemId")
	if item == "" {
		return service.Preview{}, &integration.Failure{
			Class: integration.ClassData, Cause: "item_missing", Message: "no item for line 1 (USAGE)", Advice: "set Netsuite Default Item Id",
		}
	}
	line := func(text, quantity, rate, amount string) mapping.Line {
		return mapping.Line{
			ItemID: item, Description: text, Quantity: decimal.MustParse(quantity), Rate: decimal.MustParse(rate),
			Amount: decimal.MustParse(amount), Why: mapping.Provenance{Rule: "default item", Fallback: "none"},
		}
	}
	total := decimal.MustParse("1100.00")
	source := "built-in sample"
	if len(p.Bill) > 0 {
		var b struct{ SequentialInvoiceNumber string }
		if err := json.Unmarshal(p.Bill, &b); err != nil {
			return service.Preview{}, err
		}
		source = b.SequentialInvoiceNumber
	}
	return service.Preview{
		Source: source, Verdict: "would be sent", Encoded: mapping.Encoded{Document: mapping.Document{
			Currency: "USD", Total: total, Included: total, BillTotal: total,
			Lines: []mapping.Line{line("Standing Charge", "1", "500", "500.00"), line("API calls", "1250", "0.48", "600.00")},
		}},
	}, nil
}

// Events implements service.Service.
func (f *Fake) Events(ctx context.Context, q service.EventFilter) ([]integration.Event, error) {
	if err := f.enter(ctx, "Events"); err != nil {
		return nil, err
	}
	if q.Limit == 0 {
		q.Limit = 200
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := []integration.Event{}
	rest := f.events
	if q.Before != "" {
		at := slices.IndexFunc(rest, func(e integration.Event) bool { return e.ID == q.Before })
		if at < 0 {
			return nil, notFound("event", q.Before)
		}
		rest = rest[at+1:]
	}
	for _, e := range rest {
		if len(out) < q.Limit && (q.IntegrationID == "" || q.IntegrationID == e.IntegrationID) &&
			(q.Name == "" || q.Name == e.Name) && (q.IncludeActioned || e.Actioned.IsZero()) {
			out = append(out, e)
		}
	}
	return out, nil
}

// Event implements service.Service.
func (f *Fake) Event(ctx context.Context, id string) (integration.Event, error) {
	if err := f.enter(ctx, "Event"); err != nil {
		return integration.Event{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := slices.IndexFunc(f.events, func(e integration.Event) bool { return e.ID == id }); i >= 0 {
		return f.events[i], nil
	}
	return integration.Event{}, notFound("event", id)
}

// ActionEvent implements service.Service.
func (f *Fake) ActionEvent(ctx context.Context, id string, actioned bool) (integration.Event, error) {
	if err := f.enter(ctx, "ActionEvent"); err != nil {
		return integration.Event{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.events {
		e := &f.events[i]
		if e.ID != id {
			continue
		}
		e.Actioned, e.Resolved = time.Time{}, false
		if actioned {
			e.Actioned = f.now()
		}
		f.notify("event", id)
		return *e, nil
	}
	return integration.Event{}, notFound("event", id)
}

// Mappings implements service.Service.
func (f *Fake) Mappings(ctx context.Context, q service.MappingFilter) ([]integration.ExternalMapping, error) {
	if err := f.enter(ctx, "Mappings"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := []integration.ExternalMapping{}
	for _, m := range f.mappings {
		if (q.IntegrationID == "" || q.IntegrationID == m.IntegrationID) && (q.System == "" || strings.EqualFold(q.System, m.ExternalSystem)) &&
			(q.Entity == "" || strings.EqualFold(q.Entity, m.M3terEntity)) && contains(q.Text, m.M3terID, m.ExternalID, m.ExternalTable) {
			out = append(out, m)
		}
	}
	return out, nil
}

// Mapping implements service.Service.
func (f *Fake) Mapping(ctx context.Context, id string) (integration.ExternalMapping, error) {
	if err := f.enter(ctx, "Mapping"); err != nil {
		return integration.ExternalMapping{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := slices.IndexFunc(f.mappings, func(m integration.ExternalMapping) bool { return m.ID == id }); i >= 0 {
		return f.mappings[i], nil
	}
	return integration.ExternalMapping{}, notFound("mapping", id)
}

// PutMapping implements service.Service.
func (f *Fake) PutMapping(ctx context.Context, m integration.ExternalMapping) (integration.ExternalMapping, error) {
	if err := f.enter(ctx, "PutMapping"); err != nil {
		return integration.ExternalMapping{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	m.Modified = f.now()
	if m.ID == "" {
		m.ID, m.Version, m.Created = f.id("mapping"), 1, f.now()
		f.mappings = append(f.mappings, m)
		f.notify("mapping", m.ID)
		return m, nil
	}
	i := slices.IndexFunc(f.mappings, func(o integration.ExternalMapping) bool { return o.ID == m.ID })
	if i < 0 {
		return integration.ExternalMapping{}, notFound("mapping", m.ID)
	}
	if f.mappings[i].Version != m.Version {
		return integration.ExternalMapping{}, fmt.Errorf("mapping %s has version %d, not %d: %w", m.ID, f.mappings[i].Version, m.Version,
			integration.ErrConflict)
	}
	m.Version++
	m.Created = f.mappings[i].Created
	f.mappings[i] = m
	f.notify("mapping", m.ID)
	return m, nil
}

// DeleteMapping implements service.Service.
func (f *Fake) DeleteMapping(ctx context.Context, id string) error {
	if err := f.enter(ctx, "DeleteMapping"); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.mappings)
	f.mappings = slices.DeleteFunc(f.mappings, func(m integration.ExternalMapping) bool { return m.ID == id })
	if len(f.mappings) == n {
		return notFound("mapping", id)
	}
	f.notify("mapping", id)
	return nil
}

// PullMappings implements service.Service: m3ter has none here.
func (f *Fake) PullMappings(ctx context.Context) (int, error) {
	return 0, f.enter(ctx, "PullMappings")
}
