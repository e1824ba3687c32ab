package app

import (
	"errors"
	"fmt"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/service"
)

// What an attempt makes of an error is what the dry run says of it.
func TestVerdictOf(t *testing.T) {
	t.Parallel()
	fail := func(c integration.Class) error {
		return fmt.Errorf("wrapped: %w", &integration.Failure{Class: c, Cause: "x", Message: "m", Advice: "a"})
	}
	for _, c := range []struct {
		err  error
		want service.DryRun
	}{
		{nil, service.DryRun{Verdict: service.WouldSend}},
		{&delivery.Skip{Outcome: integration.Skipped, Cause: "c", Reason: "r"},
			service.DryRun{Verdict: service.WouldSkip, Cause: "c", Reason: "r"}},
		{fail(integration.ClassMapping), service.DryRun{Verdict: service.WouldStop, Cause: "x", Reason: "m", Advice: "a"}},
		{fail(integration.ClassAuth), service.DryRun{Verdict: service.WouldStop, Cause: "x", Reason: "m", Advice: "a"}},
		{fail(integration.ClassLoad), service.DryRun{Verdict: service.WouldWait, Cause: "x", Reason: "m", Advice: "a"}},
		{fail(integration.ClassTransient), service.DryRun{Verdict: service.WouldWait, Cause: "x", Reason: "m", Advice: "a"}},
	} {
		if got, err := verdictOf(c.err); err != nil || got != c.want {
			t.Errorf("%v: %+v, %v, want %+v", c.err, got, err, c.want)
		}
	}
	if _, err := verdictOf(errors.New("disk full")); err == nil {
		t.Error("an error that says nothing of the Bill became a verdict")
	}
}
