package api_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
)

func testRuns(t *testing.T, r rig) {
	ctx := t.Context()
	in := r.fake.AddIntegration(integration.Integration{Name: "One", Enabled: true})
	bill := []byte(`{"id":"b1","accountId":"a1","currency":"USD","billTotal":1727.10}`)
	made := ok(r.svc.Submit(ctx, in.ID, bill, "file"))(t)
	if len(made) != 1 || made[0].Trigger != "file" || made[0].AmountIn.String() != "1727.10" {
		t.Fatalf("submitted %+v", made)
	}
	if d := ok(r.svc.Run(ctx, made[0].ID))(t); string(d.Bill) != string(bill) {
		t.Errorf("the Bill changed on its way: %s", d.Bill)
	}
	if _, err := r.svc.Submit(ctx, in.ID, []byte("{not json"), "file"); err == nil {
		t.Error("a broken Bill was taken")
	}
	r.fake.AddRunDetail(service.RunDetail{Run: integration.Run{ID: "bad", IntegrationID: in.ID, Status: integration.Errored,
		Cause: "item_missing"},
		Attempts: []integration.Attempt{
			{N: 1, Exchanges: []integration.Exchange{{Method: "POST", ReqBody: []byte("{}"), Duration: time.Second}}}}})
	direct := ok(r.fake.Run(ctx, "bad"))(t)
	same(t, "run", ok(r.svc.Run(ctx, "bad"))(t), direct)

	page := ok(r.svc.Runs(ctx, integration.RunFilter{}, "", 1))(t)
	if len(page.Runs) != 1 || page.Next == "" {
		t.Fatalf("page %+v", page)
	}
	rest := ok(r.svc.Runs(ctx, integration.RunFilter{}, page.Next, 1))(t)
	if len(rest.Runs) != 1 || rest.Next != "" || rest.Runs[0].ID == page.Runs[0].ID {
		t.Errorf("rest %+v", rest)
	}
	same(t, "totals", ok(r.svc.Totals(ctx, in.ID))(t), ok(r.fake.Totals(ctx, in.ID))(t))
	same(t, "groups", ok(r.svc.Groups(ctx, integration.RunFilter{Causes: []string{"item_missing"}}))(t),
		ok(r.fake.Groups(ctx, integration.RunFilter{}))(t))
	r.fake.SetPaces(service.AccountPace{Account: "1234567", Integrations: []string{in.ID}, Slots: 5, InUse: 4, PerMinute: 984, Left: 1842,
		Paused: servicetest.Start.Add(time.Minute)})
	activity := ok(r.svc.Activity(ctx))(t)
	if len(activity.Accounts) != 1 || activity.Hours[service.ActivityHours-1] != 2 {
		t.Errorf("activity %+v", activity)
	}
	same(t, "activity", activity, ok(r.fake.Activity(ctx))(t))
	if dry := ok(r.svc.Retry(ctx, service.RetryRequest{Filter: &integration.RunFilter{}, DryRun: true}))(t); dry.Eligible != 1 ||
		dry.Not["not failed"] != 1 || len(dry.Runs) != 0 {
		t.Errorf("dry run %+v", dry)
	}
	if res := ok(r.svc.Retry(ctx, service.RetryRequest{RunIDs: []string{"bad"}}))(t); len(res.Runs) != 1 {
		t.Errorf("retry %+v", res)
	}
}

func testFilters(t *testing.T, r rig) {
	ctx := t.Context()
	for i, amount := range []string{"1", "250.25", "900"} {
		r.fake.AddRun(integration.Run{ID: string(rune('a' + i)), EntityID: "b", Status: integration.Errored, Outcome: integration.Held,
			Cause: "c,d", AccountCode: "x&y",
			Currency: "USD", AmountIn: decimal.MustParse(amount), Created: servicetest.Start.Add(time.Duration(i) * time.Nanosecond)})
	}
	all := integration.RunFilter{BillID: "b", Statuses: []integration.Status{integration.Errored, integration.Complete},
		Outcomes: []integration.Outcome{integration.Held},
		Causes:   []string{"c,d"}, Account: "x&y", Currency: "usd", Text: "X&Y"}
	middle := all
	middle.Since, middle.Until = servicetest.Start.Add(1), servicetest.Start.Add(2)
	least := integration.RunFilter{MinAmount: decimal.MustParse("250.25"), HasMin: true, Oldest: true}
	for name, c := range map[string]struct {
		f    integration.RunFilter
		want []string
	}{"all": {all, []string{"c", "b", "a"}}, "time": {middle, []string{"b"}}, "amount": {least, []string{"b", "c"}}} {
		var ids []string
		for _, run := range ok(r.svc.Runs(ctx, c.f, "", 10))(t).Runs {
			ids = append(ids, run.ID)
		}
		if !slices.Equal(ids, c.want) {
			t.Errorf("%s: %v, want %v", name, ids, c.want)
		}
	}
}

func testEvents(t *testing.T, r rig) {
	ctx := t.Context()
	e := r.fake.AddEvent(integration.Event{Name: integration.EventPerform, IntegrationID: "i", Message: "m"})
	r.fake.AddEvent(integration.Event{Name: integration.EventDisabled, IntegrationID: "j"})
	if got := ok(r.svc.Events(ctx, service.EventFilter{IntegrationID: "i", Name: integration.EventPerform}))(t); len(got) != 1 ||
		got[0].ID != e.ID {
		t.Errorf("events %+v", got)
	}
	if got := ok(r.svc.Event(ctx, e.ID))(t); got != e {
		t.Errorf("event %+v, want %+v", got, e)
	}
	if _, err := r.svc.Event(ctx, "none"); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("no such event: %v", err)
	}
	newest := ok(r.svc.Events(ctx, service.EventFilter{Limit: 1}))(t)
	if got := ok(r.svc.Events(ctx, service.EventFilter{Before: newest[0].ID}))(t); len(got) != 1 || got[0].ID != e.ID {
		t.Errorf("before %s: %+v", newest[0].ID, got)
	}
	if got := ok(r.svc.ActionEvent(ctx, e.ID, true))(t); got.Actioned.IsZero() {
		t.Errorf("actioned %+v", got)
	}
	for include, want := range map[bool]int{false: 1, true: 2} {
		if got := ok(r.svc.Events(ctx, service.EventFilter{IncludeActioned: include}))(t); len(got) != want {
			t.Errorf("includeActioned %t: %d events, want %d", include, len(got), want)
		}
	}
	if got := ok(r.svc.Events(ctx, service.EventFilter{IncludeActioned: true, Limit: 1}))(t); len(got) != 1 {
		t.Errorf("limit: %+v", got)
	}
}

func testMappings(t *testing.T, r rig) {
	ctx := t.Context()
	m := ok(r.svc.PutMapping(ctx, integration.ExternalMapping{M3terEntity: "Account", M3terID: "a", ExternalSystem: "Netsuite",
		ExternalTable: "Customer", ExternalID: "7"}))(t)
	m.ExternalID = "8"
	m = ok(r.svc.PutMapping(ctx, m))(t)
	if got := ok(r.svc.Mappings(ctx, service.MappingFilter{System: "netsuite", Entity: "account", Text: "8"}))(t); len(got) != 1 ||
		got[0].Version != 2 {
		t.Errorf("mappings %+v", got)
	}
	if got := ok(r.svc.Mapping(ctx, m.ID))(t); got != m {
		t.Errorf("mapping %+v, want %+v", got, m)
	}
	if _, err := r.svc.Mapping(ctx, "none"); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("no such mapping: %v", err)
	}
	m.Version = 1
	if _, err := r.svc.PutMapping(ctx, m); !errors.Is(err, integration.ErrConflict) {
		t.Errorf("stale: %v", err)
	}
	again, changed, news := m, m, m
	changed.ExternalID, news.M3terID = "9", "b"
	got := ok(r.svc.ImportMappings(ctx, service.MappingImport{Mappings: []integration.ExternalMapping{again, {ExternalID: "1"}, news},
		DryRun: true}))(t)
	if got.Unchanged != 1 || got.Added != 1 || len(got.Refused) != 1 || got.Refused[0].Index != 1 || got.Refused[0].Reason == "" {
		t.Errorf("import, dry: %+v", got)
	}
	got = ok(r.svc.ImportMappings(ctx, service.MappingImport{Mappings: []integration.ExternalMapping{changed, news}}))(t)
	if all := ok(r.svc.Mappings(ctx, service.MappingFilter{}))(t); got.Changed != 1 || got.Added != 1 || len(all) != 2 ||
		all[0].ExternalID != "9" {
		t.Errorf("import: %+v, %+v", got, all)
	}
	if err := r.svc.DeleteMapping(ctx, m.ID); err != nil {
		t.Error(err)
	}
	if err := r.svc.DeleteMapping(ctx, m.ID); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
	want, direct := r.fake.PullMappings(ctx)
	if n, err := r.svc.PullMappings(ctx); n != want || (err == nil) != (direct == nil) {
		t.Errorf("pull: %d, %v", n, err)
	}
}
