package app

import (
	"errors"
	"testing"
	"time"

	"billferry/internal/integration"
)

// m3ter that does not answer is one open event, however long; it closes itself
// when m3ter answers, also when that is after a restart.
func TestM3terDownIsOneEvent(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	open := func() *App {
		a, err := Open(Config{DataDir: dir, NoKeyring: true, Idle: true, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	events := func(a *App, all bool) []integration.Event {
		ev, err := a.store.Events(t.Context(), "", "", all, 100)
		if err != nil {
			t.Fatal(err)
		}
		return ev
	}
	a := open()
	down := &integration.Failure{Class: integration.ClassTransient, Cause: "source_down", Message: "m3ter answered 503", Advice: "wait"}
	for i := range 100 {
		if i == failuresToTell-1 && len(events(a, true)) != 0 {
			t.Error("a failure that passed by itself was told")
		}
		a.source.alarm.passed(t.Context(), a, down)
		now = now.Add(30 * time.Second)
	}
	got := events(a, true)
	if len(got) != 1 || got[0].Times() != 100-failuresToTell+1 || !got[0].Actioned.IsZero() || got[0].Cause != "source_down" {
		t.Fatalf("%+v", got)
	}
	if want := "no Bills come from m3ter since 2026-08-01 09:00 UTC: m3ter answered 503. To do: wait"; got[0].Message != want {
		t.Errorf("it says %q", got[0].Message)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	a = open()
	t.Cleanup(func() { _ = a.Close() })
	a.source.alarm.passed(t.Context(), a, nil)
	if open := events(a, false); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
	// What no waiting mends is told at once.
	a.source.alarm.passed(t.Context(), a, &integration.Failure{Class: integration.ClassAuth, Cause: "source_refused", Message: "no",
		Advice: "connect again"})
	if open := events(a, false); len(open) != 1 || open[0].Cause != "source_refused" {
		t.Errorf("open are %+v", open)
	}
	a.source.alarm.passed(t.Context(), a, nil)
	a.source.alarm.passed(t.Context(), a, errors.New("once"))
	if open := events(a, false); len(open) != 0 {
		t.Errorf("open are %+v", open)
	}
}
