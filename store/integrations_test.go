package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/spec"
)

func TestIntegrationLife(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
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

func TestDeleteTakesWhatBelongsToIt(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
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
	n := -1
	if err := b.view(ctx, func(x *tx) error { n = x.Count(bCredentials); return nil }); err != nil || n != 0 {
		t.Errorf("%d credentials stayed, %v", n, err)
	}
	b.integration("X") // the name is free again
}

func TestRunsDoNotWaitForADeletedIntegration(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
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
func TestNothingBeginsToWaitForADeletedIntegration(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
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

const marker = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49-very-secret\n-----END PRIVATE KEY-----"

func TestSecretsAreSealedInTheFile(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	ctx := t.Context()
	in := b.integration("x")
	c := integration.Credentials{
		Values:   spec.Values{"externalCustomerId": "1234567_SB1", "clientId": "client", "keyId": "kid"},
		Secrets:  map[string]secret.Value{"privateKey": secret.New(marker)},
		Verified: true,
	}
	if err := b.PutCredentials(ctx, in.ID, c); err != nil {
		t.Fatal(err)
	}
	if err := b.PutSource(ctx, integration.Source{OrgID: "org", AccessKey: "ak",
		APISecret: secret.New("m3ter-api-secret-value")}); err != nil {
		t.Fatal(err)
	}
	b.reopen()
	file, err := os.ReadFile(b.path())
	if err != nil || !bytes.Contains(file, []byte("1234567_SB1")) {
		t.Fatalf("the file cannot be what it should be: %v", err)
	}
	for _, s := range []string{marker, "very-secret", "bXktdmVyeS", "m3ter-api-secret-value"} {
		if bytes.Contains(file, []byte(s)) {
			t.Errorf("the file holds %q", s)
		}
	}
	got, err := b.Credentials(ctx, in.ID)
	if err != nil || got.Secrets["privateKey"].Reveal() != marker || got.Values.Text("externalCustomerId") != "1234567_SB1" || got.ID == "" {
		t.Errorf("credentials came back as %+v, %v", got, err)
	}
	info, err := b.CredentialsInfo(ctx, in.ID)
	if err != nil || info.Secrets != nil || info.Values.Text("clientId") != "client" {
		t.Errorf("their public part is %+v, %v", info, err)
	}
	if src, err := b.Source(ctx); err != nil || src.APISecret.Reveal() != "m3ter-api-secret-value" {
		t.Errorf("the source came back as %+v, %v", src, err)
	}
	if now, err := b.Integration(ctx, in.ID); err != nil || now.CredentialsID != got.ID || !now.Authorized || now.Version != in.Version {
		t.Errorf("the integration is %+v, %v", now, err)
	}
}

func TestCredentialsKeepTheKeyThatIsNotGiven(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	ctx := t.Context()
	in := b.integration("x")
	if err := b.PutCredentials(ctx, in.ID, integration.Credentials{Values: spec.Values{"clientId": "c"}}); !errors.Is(err,
		integration.ErrNotFound) {
		t.Errorf("credentials without any key gave %v", err)
	}
	if err := b.PutCredentials(ctx, in.ID, integration.Credentials{Secrets: map[string]secret.Value{"privateKey": secret.New(marker)},
		Verified: true}); err != nil {
		t.Fatal(err)
	}
	if err := b.PutCredentials(ctx, in.ID, integration.Credentials{Values: spec.Values{"clientId": "c2"}}); err != nil {
		t.Fatal(err)
	}
	got, err := b.Credentials(ctx, in.ID)
	if err != nil || got.Secrets["privateKey"].Reveal() != marker || got.Values.Text("clientId") != "c2" {
		t.Errorf("got %+v, %v", got, err)
	}
	if now, err := b.Integration(ctx, in.ID); err != nil || now.Authorized {
		t.Errorf("unverified credentials left it authorized, %v", err)
	}
}

func TestSecretsNeedASealer(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x")
	b.sealer = nil
	err := b.PutCredentials(context.Background(), in.ID,
		integration.Credentials{Secrets: map[string]secret.Value{"privateKey": secret.New(marker)}})
	if !errors.Is(err, errNoSealer) || strings.Contains(err.Error(), "very-secret") {
		t.Errorf("got %v", err)
	}
}

// Many mappings are one transaction, with one audit entry and one note of what is
// new; what cannot be kept is told and stops nothing; a dry run writes nothing.
func TestImportMappings(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	ctx := t.Context()
	of := func(id, ext string) integration.ExternalMapping {
		return integration.ExternalMapping{M3terEntity: "Account", M3terID: id, ExternalSystem: "Netsuite",
			ExternalTable: "Customer", ExternalID: ext}
	}
	linked := of("c", "3")
	linked.IntegrationID = "nowhere"
	had, err := b.PutMapping(ctx, of("a", "1"))
	if err != nil {
		t.Fatal(err)
	}
	batch := []integration.ExternalMapping{of("a", "2"), linked, of("b", "2"), of("b", "2")}
	for _, dry := range []bool{true, false} {
		got, err := b.ImportMappings(ctx, MappingImport{Who: "me", Source: "a.csv", DryRun: dry,
			Note: func(news []integration.ExternalMapping) (string, []byte, error) {
				return "note", fmt.Append(nil, len(news)), nil
			}}, batch)
		if err != nil || !got[0].Changed || !errors.Is(got[1].Err, integration.ErrNotFound) || !got[2].Added ||
			got[3].Added == !dry || got[3].Changed {
			t.Fatalf("dry %v: %+v, %v", dry, got, err)
		}
	}
	now, err := b.MappingByID(ctx, had.ID)
	if err != nil || now.ExternalID != "2" || now.Version != 2 || !now.Created.Equal(had.Created) {
		t.Errorf("changed: %+v, %v", now, err)
	}
	got, err := b.ImportMappings(ctx, MappingImport{Who: "it", Add: true}, []integration.ExternalMapping{of("a", "3")})
	id, _, _, err2 := b.LookupMapping(ctx, "", "Netsuite", "Customer", "Account", "a")
	if err != nil || err2 != nil || got[0] != (ImportedMapping{}) || id != "2" {
		t.Errorf("what is there is changed: %+v, %q, %v, %v", got, id, err, err2)
	}
	if all, err := b.Mappings(ctx); err != nil || len(all) != 2 {
		t.Errorf("%+v, %v", all, err)
	}
	if trail, err := b.AuditTrail(ctx, 9); err != nil || len(trail) != 1 || trail[0].Detail != "1 added, 1 changed of 4: a.csv" {
		t.Errorf("audit trail %+v, %v", trail, err)
	}
	if note, err := b.Meta(ctx, "note"); err != nil || string(note) != "2" {
		t.Errorf("note %q, %v", note, err)
	}
}

func TestMappings(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	ctx := t.Context()
	in := b.integration("x")
	plain, err := b.PutMapping(ctx, integration.ExternalMapping{ExternalSystem: "Netsuite", ExternalTable: "Customer", M3terEntity: "Account",
		M3terID: "a1", ExternalID: "7"})
	if err != nil || plain.Version != 1 {
		t.Fatalf("%+v, %v", plain, err)
	}
	look := func(id string) string {
		ext, linked, ok, err := b.LookupMapping(ctx, id, "NETSUITE", "customer", "account", "a1")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join([]string{ext, map[bool]string{true: "linked", false: "plain"}[linked],
			map[bool]string{true: "ok", false: "none"}[ok]}, " ")
	}
	if got := look(in.ID); got != "7 plain ok" {
		t.Error(got)
	}
	linked := plain
	linked.ID, linked.Version, linked.ExternalID, linked.IntegrationID = "", 0, "8", in.ID
	if linked, err = b.PutMapping(ctx, linked); err != nil {
		t.Fatal(err)
	}
	if a, c := look(in.ID), look("other"); a != "8 linked ok" || c != "7 plain ok" {
		t.Errorf("%s; %s", a, c)
	}
	if _, err := b.PutMapping(ctx, integration.ExternalMapping{ExternalSystem: "netsuite", ExternalTable: "CUSTOMER", M3terEntity: "account",
		M3terID: "a1"}); !errors.Is(err, integration.ErrExists) {
		t.Errorf("a second mapping of the same gave %v", err)
	}
	stale := plain
	plain.M3terID = "a2"
	if plain, err = b.PutMapping(ctx, plain); err != nil || plain.Version != 2 {
		t.Fatalf("%+v, %v", plain, err)
	}
	if _, err := b.PutMapping(ctx, stale); !errors.Is(err, integration.ErrConflict) {
		t.Errorf("an update of an old version gave %v", err)
	}
	if got := look("other"); got != " plain none" {
		t.Errorf("after the mapping moved away: %s", got)
	}
	if err := b.DeleteMapping(ctx, linked.ID); err != nil {
		t.Fatal(err)
	}
	if got := look(in.ID); got != " plain none" {
		t.Errorf("after delete: %s", got)
	}
	if m, err := b.MappingByID(ctx, plain.ID); err != nil || m.M3terID != "a2" {
		t.Errorf("%+v, %v", m, err)
	}
	if err := b.DeleteMapping(ctx, linked.ID); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("deleting twice gave %v", err)
	}
}
