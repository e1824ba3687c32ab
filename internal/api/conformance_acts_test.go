package api_test

import (
	"errors"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
)

func testActs(t *testing.T, r rig) {
	ctx := t.Context()
	for id, status := range map[string]integration.Status{"failed": integration.Errored, "paid": integration.AlreadyPaid,
		"waits": integration.Waiting, "done": integration.Complete} {
		r.fake.AddRun(integration.Run{ID: id, Status: status, Currency: "USD", AmountIn: decimal.MustParse("0.1")})
	}
	if held := ok(r.svc.HoldRuns(ctx, []string{"waits", "done", "gone"}, "credit check"))(t); held.Done != 1 || held.Not["not found"] != 1 ||
		len(held.Not) != 2 {
		t.Errorf("hold %+v", held)
	}
	if d := ok(r.svc.Run(ctx, "waits"))(t); d.Status != integration.Waiting || d.Outcome != integration.Held || d.Error != "credit check" {
		t.Errorf("held %+v", d.Run)
	}
	if freed := ok(r.svc.ReleaseRuns(ctx, []string{"waits"}))(t); freed.Done != 1 {
		t.Errorf("release %+v", freed)
	}
	if run := ok(r.svc.MarkSent(ctx, "paid", "4711", "by hand", false))(t); run.Status != integration.Complete || run.ExternalID != "4711" {
		t.Errorf("marked %+v", run)
	}
	if run := ok(r.svc.SkipRun(ctx, "failed", "billed elsewhere"))(t); run.Outcome != integration.Skipped {
		t.Errorf("skipped %+v", run)
	}
	if _, err := r.svc.SkipRun(ctx, "failed", "again"); !errors.Is(err, integration.ErrConflict) {
		t.Errorf("skipped twice: %v", err)
	}
	doubt := &integration.Mismatch{
		Bill: integration.Side{Reference: "INVOICE-1", Customer: "globex = 602 Globex", Currency: "USD",
			Amount: decimal.MustParse("-334.40")},
		Document: integration.Side{Reference: "invoice 48213", Customer: "601 Northwind", Currency: "USD", Amount: decimal.MustParse("500")},
		Why:      []string{"the document is for customer 601 Northwind, the Bill for 602 Globex"},
	}
	r.fake.Mismatches("48213", doubt)
	r.fake.AddRun(integration.Run{ID: "doubtful", Status: integration.Errored, Cause: "negative_total"})
	var told *integration.Mismatch
	if _, err := r.svc.MarkSent(ctx, "doubtful", "48213", "x", false); !errors.As(err, &told) || !errors.Is(err, integration.ErrConflict) {
		t.Errorf("a doubtful document: %v", err)
	} else {
		same(t, "both sides", told, doubt)
	}
	if run := ok(r.svc.MarkSent(ctx, "doubtful", "48213", "x", true))(t); run.ExternalID != "48213" {
		t.Errorf("confirmed: %+v", run)
	}
	var faults spec.Problems
	if _, err := r.svc.MarkSent(ctx, "paid", "", " ", false); !errors.As(err, &faults) || len(faults) != 2 {
		t.Errorf("neither id nor reason: %v", err)
	}
	if _, err := r.svc.MarkSent(ctx, "", "1", "x", false); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("no run: %v", err)
	}
	if sum := ok(r.svc.Sum(ctx, integration.RunFilter{Statuses: []integration.Status{integration.Complete}}))(
		t); sum.ByStatus[integration.Complete] != 4 || sum.Money["USD"].In.String() != "0.3" || sum.Money["USD"].Excluded.String() != "0.1" {
		t.Errorf("sum %+v", sum)
	}
	r.fake.AddReplay(service.BulkRetry{Name: "July again", Total: 500, Done: 200, Started: servicetest.Start})
	same(t, "replays", ok(r.svc.BulkRetries(ctx))(t), ok(r.fake.BulkRetries(ctx))(t))
	if stopped := ok(r.svc.StopBulkRetry(ctx, "July again"))(t); !stopped.Stopped || stopped.Done != 200 {
		t.Errorf("stopped %+v", stopped)
	}
	if _, err := r.svc.StopBulkRetry(ctx, "August"); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("stopped what there is not: %v", err)
	}
}
