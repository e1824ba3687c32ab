package storetest

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/internal/secret"
)

func integrationLife(t *testing.T, b *testbed) {
	ctx := t.Context()
	draft, err := b.SaveDraft(ctx, integration.Draft{Title: "NetSuite US", Stage: 3, Data: []byte(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	in, err := b.CreateIntegration(ctx, integration.Integration{Name: "NetSuite US", Enabled: true, ConfigData: map[string]any{
		"unknown": json.Number("12345678901234567890"), "billferry": map[string]any{"maxConcurrency": json.Number("5")},
	}}, draft.ID)
	if err != nil || in.ID == "" || in.Version != 1 || in.Created.IsZero() {
		t.Fatalf("created %+v, %v", in, err)
	}
	if d, err := b.Drafts(ctx); err != nil || len(d) != 0 {
		t.Errorf("the draft stayed: %v, %v", d, err)
	}
	if _, err := b.CreateIntegration(ctx, integration.Integration{Name: " netsuite us "}, ""); !errors.Is(err, integration.ErrExists) {
		t.Errorf("a second integration of that name gave %v", err)
	}
	got, err := b.Integration(ctx, in.ID)
	if err != nil || got.ConfigData["unknown"] != json.Number("12345678901234567890") || got.ConfigData.Int("billferry.maxConcurrency") != 5 {
		t.Errorf("configData came back as %v, %v", got.ConfigData, err)
	}
	if _, err := b.SetEnabled(ctx, in.ID, false, "25 errors in a row"); err != nil {
		t.Fatal(err)
	}
	in.Name = "NetSuite EU"
	up, err := b.UpdateIntegration(ctx, in) // of the version before SetEnabled, which does not count
	if err != nil || up.Version != 2 || up.Name != "NetSuite EU" || up.Enabled || up.DisabledWhy == "" {
		t.Errorf("updated to %+v, %v", up, err)
	}
	if _, err := b.UpdateIntegration(ctx, in); !errors.Is(err, integration.ErrConflict) {
		t.Errorf("an update of an old version gave %v", err)
	}
	if _, err := b.CreateIntegration(ctx, integration.Integration{Name: "NETSUITE US"}, ""); err != nil {
		t.Errorf("the name that was given up is still taken: %v", err)
	}
	if all, err := b.Integrations(ctx); err != nil || len(all) != 2 {
		t.Errorf("%d integrations, %v", len(all), err)
	}
}

func deleteTakes(t *testing.T, b *testbed) {
	ctx := t.Context()
	in := b.integration("x")
	r := b.add(newRun(in.ID, "b1", 1))[0]
	if err := b.PutCredentials(ctx, in.ID, integration.Credentials{Secrets: map[string]secret.Value{"privateKey": secret.New("k")},
		Verified: true}); err != nil {
		t.Fatal(err)
	}
	m := integration.ExternalMapping{ExternalSystem: "Netsuite", ExternalTable: "Customer", M3terEntity: "Account",
		M3terID: "a1", ExternalID: "7"}
	if _, err := b.PutMapping(ctx, m); err != nil {
		t.Fatal(err)
	}
	m.IntegrationID = in.ID
	if _, err := b.PutMapping(ctx, m); err != nil {
		t.Fatal(err)
	}
	if was, err := b.DeleteIntegration(ctx, in.ID); err != nil || was.Name != "x" {
		t.Fatalf("deleted %+v, %v", was, err)
	}
	if _, err := b.Integration(ctx, in.ID); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("it is still there: %v", err)
	}
	if all, err := b.Mappings(ctx); err != nil || len(all) != 1 || all[0].IntegrationID != "" {
		t.Errorf("mappings left are %v, %v", all, err)
	}
	if _, err := b.Run(ctx, r.ID); err != nil {
		t.Errorf("its run has gone: %v", err)
	}
	b.integration("X") // the name is free again
}

func deletedEndsRuns(t *testing.T, b *testbed) {
	in, other := b.integration("x"), b.integration("y")
	runs := b.add(newRun(in.ID, "b1", 1), newRun(in.ID, "b2", 1), newRun(in.ID, "b3", 1), newRun(in.ID, "b4", 1), newRun(in.ID, "b5", 1))
	change := func(i int, f func(r *integration.Run)) {
		f(&runs[i])
		b.save(runs[i], nil)
	}
	change(1, func(r *integration.Run) { r.Outcome = integration.Held })
	change(2, func(r *integration.Run) {
		r.Status, r.Next = integration.AwaitingRetry, b.clock.now().Add(time.Hour)
	})
	change(3, func(r *integration.Run) { r.Status = integration.Started })
	change(4, func(r *integration.Run) { r.Status, r.Outcome = integration.Complete, integration.Created })
	stays := b.add(newRun(other.ID, "b1", 1))[0]
	if _, err := b.DeleteIntegration(t.Context(), in.ID); err != nil {
		t.Fatal(err)
	}
	for i, want := range []integration.Status{
		integration.Disabled, integration.Disabled, integration.Disabled, integration.Started, integration.Complete,
	} {
		r, err := b.Run(t.Context(), runs[i].ID)
		if err != nil || r.Status != want || want == integration.Disabled && (r.Cause != "integration_deleted" || r.Outcome != "") {
			t.Errorf("run %d is %s %s %s, want %s, %v", i, r.Status, r.Outcome, r.Cause, want, err)
		}
	}
	due, err := b.Due(t.Context(), b.clock.now().Add(2*time.Hour), 10)
	if err != nil || len(due) != 1 || due[0].ID != stays.ID {
		t.Errorf("due are %v, %v", due, err)
	}
	b.checkClean()
}

// What a requeue, a task or a submission has read before an integration was
// deleted, and writes after it, does not wait for it for ever.
func nothingWaitsForDeleted(t *testing.T, b *testbed) {
	in := b.integration("x")
	runs := b.add(newRun(in.ID, "b1", 1), newRun(in.ID, "b2", 1))
	runs[0].Status, runs[0].Cause = integration.Errored, "item_missing"
	runs[1].Status, runs[1].InFlight = integration.Started, true
	b.save(runs[0], nil)
	b.save(runs[1], nil)
	if _, err := b.DeleteIntegration(t.Context(), in.ID); err != nil {
		t.Fatal(err)
	}
	runs[0].Status, runs[0].Cause = integration.Waiting, "" // re-queued
	b.save(runs[0], nil)
	runs[1].Status, runs[1].Next = integration.AwaitingRetry, b.clock.now().Add(time.Minute) // its call came to nothing
	b.save(runs[1], nil)
	runs = append(runs, b.add(newRun(in.ID, "b3", 1))...) // submitted
	for i, r := range runs {
		if got, err := b.Run(t.Context(), r.ID); err != nil || got.Status != integration.Disabled || got.Cause != "integration_deleted" {
			t.Errorf("run %d is %s %s, %v", i, got.Status, got.Cause, err)
		}
	}
	if got, err := b.Run(t.Context(), runs[1].ID); err != nil || !got.InFlight {
		t.Errorf("that it may have been sent is forgotten: %+v, %v", got, err)
	}
	if due, err := b.Due(t.Context(), b.clock.now().Add(2*time.Hour), 10); err != nil || len(due) != 0 {
		t.Errorf("due are %v, %v", due, err)
	}
	b.checkClean()
}
