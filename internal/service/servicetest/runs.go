package servicetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
)

// AddRun seeds a run with its attempts and gives it back with what was filled
// in. Runs are listed newest first; of two made at once the later added leads.
func (f *Fake) AddRun(r integration.Run, attempts ...integration.Attempt) integration.Run {
	return f.AddRunDetail(service.RunDetail{Run: r, Attempts: attempts}).Run
}

// AddRunDetail seeds a run with everything that is known of it.
func (f *Fake) AddRunDetail(d service.RunDetail) service.RunDetail {
	f.mu.Lock()
	defer f.mu.Unlock()
	if d.ID == "" {
		d.ID = f.id("run")
	}
	if d.Created.IsZero() {
		d.Created = f.now()
	}
	if d.Modified.IsZero() {
		d.Modified = d.Created
	}
	if d.Tries == 0 {
		d.Tries = len(d.Attempts)
	}
	if d.EntityType == "" {
		d.EntityType, d.Destination = "Bill", "Netsuite"
	}
	at := slices.IndexFunc(f.runs, func(o service.RunDetail) bool { return !o.Created.After(d.Created) })
	if at < 0 {
		at = len(f.runs)
	}
	f.runs = slices.Insert(f.runs, at, d)
	f.notify("run", d.ID)
	return d
}

// ChangeRun lets a test move a run on; it panics when there is no such run.
func (f *Fake) ChangeRun(id string, change func(*service.RunDetail)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.runs[f.run(id)])
	f.notify("run", id)
}

func (f *Fake) run(id string) int {
	return slices.IndexFunc(f.runs, func(r service.RunDetail) bool { return r.ID == id })
}

// Runs implements service.Service; the token is the number of runs to skip.
func (f *Fake) Runs(ctx context.Context, q integration.RunFilter, token string, limit int) (integration.RunPage, error) {
	if err := f.enter(ctx, "Runs"); err != nil {
		return integration.RunPage{}, err
	}
	skip := 0
	if token != "" {
		n, err := strconv.Atoi(token)
		if err != nil {
			return integration.RunPage{}, fmt.Errorf("page token %q is not one of ours: leave it out to start again", token)
		}
		skip = n
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.matching(q)
	if q.Oldest {
		slices.Reverse(all)
	}
	page := integration.RunPage{Runs: []integration.Run{}}
	end := min(len(all), skip+limit)
	if skip < end {
		page.Runs = slices.Clone(all[skip:end])
	}
	if end < len(all) {
		page.Next = strconv.Itoa(end)
	}
	return page, nil
}

// matching lists the runs a filter selects, newest first; f.mu is held.
func (f *Fake) matching(q integration.RunFilter) []integration.Run {
	var out []integration.Run
	for _, r := range f.runs {
		if matches(q, r.Run) {
			out = append(out, r.Run)
		}
	}
	return out
}

func matches(q integration.RunFilter, r integration.Run) bool {
	text := strings.ToLower(strings.Join([]string{r.ID, r.EntityID, r.BillRef, r.AccountID, r.AccountCode, r.ExternalID, r.ExternalRef}, " "))
	switch {
	case q.IntegrationID != "" && r.IntegrationID != q.IntegrationID,
		q.Period != "" && r.Month() != q.Period,
		q.BillID != "" && r.EntityID != q.BillID,
		len(q.Statuses) > 0 && !slices.Contains(q.Statuses, r.Status),
		len(q.Outcomes) > 0 && !slices.Contains(q.Outcomes, r.Outcome),
		len(q.Proofs) > 0 && !slices.Contains(q.Proofs, r.Proof),
		len(q.Payments) > 0 && !slices.Contains(q.Payments, r.Watch.Payment),
		q.DatedBefore != "" && (r.DocumentDate == "" || r.DocumentDate >= q.DatedBefore),
		len(q.Causes) > 0 && !slices.Contains(q.Causes, r.Cause),
		q.Account != "" && q.Account != r.AccountID && q.Account != r.AccountCode,
		q.Currency != "" && !strings.EqualFold(q.Currency, r.Currency),
		!q.Since.IsZero() && r.Created.Before(q.Since),
		!q.Until.IsZero() && !r.Created.Before(q.Until),
		q.HasMin && r.AmountIn.Cmp(q.MinAmount) < 0,
		!strings.Contains(text, strings.ToLower(q.Text)):
		return false
	}
	return true
}

// Run implements service.Service.
func (f *Fake) Run(ctx context.Context, id string) (service.RunDetail, error) {
	if err := f.enter(ctx, "Run"); err != nil {
		return service.RunDetail{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := f.run(id); i >= 0 {
		return f.runs[i], nil
	}
	return service.RunDetail{}, notFound("run", id)
}

// Totals implements service.Service.
func (f *Fake) Totals(ctx context.Context, integrationID string) (integration.Totals, error) {
	if err := f.enter(ctx, "Totals"); err != nil {
		return integration.Totals{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.totals(integrationID), nil
}

// Sum implements service.Service.
func (f *Fake) Sum(ctx context.Context, q integration.RunFilter) (integration.Totals, error) {
	if err := f.enter(ctx, "Sum"); err != nil {
		return integration.Totals{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sum(q), nil
}

func (f *Fake) totals(integrationID string) integration.Totals {
	return f.sum(integration.RunFilter{IntegrationID: integrationID})
}

func (f *Fake) sum(q integration.RunFilter) integration.Totals {
	t := integration.NewTotals()
	for _, r := range f.matching(q) {
		t.Add(r, 1, r.Figures())
	}
	return t
}

// Groups implements service.Service: the failed runs by cause, largest first.
func (f *Fake) Groups(ctx context.Context, q integration.RunFilter) ([]integration.Group, error) {
	if err := f.enter(ctx, "Groups"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	at := map[string]int{}
	out := []integration.Group{}
	for _, r := range f.matching(q) {
		if !r.Status.Failed() {
			continue
		}
		i, ok := at[r.Cause]
		if !ok {
			i = len(out)
			at[r.Cause] = i
			out = append(out, integration.Group{Cause: r.Cause, Status: r.Status, Money: map[string]decimal.D{}, Last: r.Created,
				Advice: r.Advice, Sample: r.ID})
		}
		g := &out[i]
		g.Count, g.First = g.Count+1, r.Created
		g.Money[r.Currency] = g.Money[r.Currency].Add(r.AmountIn)
	}
	slices.SortStableFunc(out, func(a, b integration.Group) int { return b.Count - a.Count })
	return out, nil
}

// Submit implements service.Service: one WAITING run for each integration.
func (f *Fake) Submit(ctx context.Context, integrationID string, body []byte, trigger string) ([]integration.Run, error) {
	if err := f.enter(ctx, "Submit"); err != nil {
		return nil, err
	}
	var head struct {
		ID       string    `json:"id"`
		Account  string    `json:"accountId"`
		Code     string    `json:"accountCode"`
		Currency string    `json:"currency"`
		Ref      string    `json:"sequentialInvoiceNumber"`
		Total    decimal.D `json:"billTotal"`
	}
	if err := json.Unmarshal(body, &head); err != nil {
		return nil, fmt.Errorf("the Bill is not JSON: %w", err)
	}
	f.mu.Lock()
	var ids []string
	for _, in := range f.integrations {
		if in.ID == integrationID || (integrationID == "" && in.Enabled) {
			ids = append(ids, in.ID)
		}
	}
	f.mu.Unlock()
	if integrationID != "" && len(ids) == 0 {
		return nil, notFound("integration", integrationID)
	}
	out := []integration.Run{}
	for _, id := range ids {
		out = append(out, f.AddRunDetail(service.RunDetail{Bill: body, Run: integration.Run{
			IntegrationID: id, EntityID: head.ID, AccountID: head.Account, AccountCode: head.Code, Currency: head.Currency,
			BillRef: head.Ref, AmountIn: head.Total, Status: integration.Waiting, Trigger: trigger,
		}}).Run)
	}
	return out, nil
}
