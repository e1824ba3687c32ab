package delivery_test

import (
	"errors"
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

func TestAPersonSettlesAFailedRun(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
			return &integration.Failure{Class: integration.ClassPeriod, Cause: "period_closed", Message: "July 2026 is closed"}
		}
		rs := b.submit("us", billOf("b1", "acc", 1, "APPROVED"), billOf("b2", "acc", 1, "APPROVED"))
		if _, err := b.engine.Skip(t.Context(), rs[0].ID, "too soon", "anna"); !errors.Is(err, integration.ErrConflict) {
			t.Errorf("a waiting run was skipped: %v", err)
		}
		time.Sleep(time.Minute)
		if _, err := b.engine.Skip(t.Context(), rs[0].ID, " ", "anna"); !errors.Is(err, delivery.ErrReason) {
			t.Errorf("skipped without a reason: %v", err)
		}
		if _, err := b.engine.MarkSent(t.Context(), rs[0].ID, "", "by phone", true); err == nil {
			t.Error("marked as sent without an id")
		}
		if _, err := b.engine.MarkSent(t.Context(), rs[0].ID, "4711", "entered by hand", true); err != nil {
			t.Error(err)
		}
		if _, err := b.engine.Skip(t.Context(), rs[1].ID, "billed elsewhere", "anna"); err != nil {
			t.Error(err)
		}
		if r := b.want(rs[0].ID, integration.Complete, integration.Adopted); r.ExternalID != "4711" || r.Error != "entered by hand" {
			t.Errorf("the run says %+v", r)
		}
		b.want(rs[1].ID, integration.Complete, integration.Skipped)
		if _, err := b.engine.Skip(t.Context(), rs[0].ID, "again", "anna"); !errors.Is(err, integration.ErrConflict) {
			t.Errorf("a complete run was skipped: %v", err)
		}
	})
}
