package app

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/suitetalk"
	"billferry/internal/service"
	"billferry/mapping"
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

// What a closed period stopped stops again for as long as the period is closed, says
// the dry run, which asks for it each time; when it was opened, it is sent.
func TestTheDryRunAsksForThePeriodThatStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	in := w.create(t, "NetSuite US", defaultItem)
	w.connect(t, in)
	w.submitAll(t, in.ID)
	f := integration.RunFilter{IntegrationID: in.ID, Causes: []string{"period_closed"}}
	dry := func() service.RetryResult {
		t.Helper()
		got, err := w.app.Retry(t.Context(), service.RetryRequest{Filter: &f, DryRun: true, Map: true})
		if err != nil || got.Eligible != 1 || len(got.DryRun) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		return got
	}
	shut, period := dry().DryRun[0], w.sb.NetSuite().LastClosed()
	if shut.Verdict != service.WouldStop || shut.Cause != "period_closed" || shut.Runs != 1 || shut.Advice == "" ||
		!strings.HasPrefix(shut.Reason, "accounting period ") || !strings.HasSuffix(shut.Reason, " is still closed in NetSuite") {
		t.Errorf("while it is closed: %+v", shut)
	}
	if err := w.sb.NetSuite().SetPeriod(period, suitetalk.Open); err != nil {
		t.Fatal(err)
	}
	if got := dry().DryRun[0]; got != (service.DryRun{Verdict: service.WouldSend, Runs: 1}) {
		t.Errorf("while it is open: %+v", got)
	}
	if err := w.sb.NetSuite().SetPeriod(period, suitetalk.Closed); err != nil {
		t.Fatal(err)
	}
	if got := dry().DryRun[0]; got != shut {
		t.Errorf("closed again: %+v, want %+v", got, shut)
	}
}

// A period stops by itself only what it stopped before, and not what is posted to
// another one.
func TestWhatAShutPeriodStops(t *testing.T) {
	t.Parallel()
	stopped := integration.Run{Status: integration.PeriodClosed}
	shut := delivery.Mapped{Period: mapping.Period{Name: "Oct 2026", Shut: "closed"}}
	later := shut
	later.Document.PeriodID = "311"
	for _, c := range []struct {
		name string
		run  integration.Run
		m    delivery.Mapped
		want bool
	}{
		{"still shut", stopped, shut, true},
		{"open, or not known", stopped, delivery.Mapped{}, false},
		{"posted to the first open one", stopped, later, false},
		{"stopped by something else", integration.Run{Status: integration.Errored}, shut, false},
	} {
		if got := shutStill(c.run, c.m); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
