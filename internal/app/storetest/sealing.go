package storetest

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/spec"
	"billferry/store"
)

const marker = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49-very-secret\n-----END PRIVATE KEY-----"

func sealed(t *testing.T, b *testbed) {
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
	kept, err := b.place.AtRest()
	if err != nil || !bytes.Contains(kept, []byte("1234567_SB1")) {
		t.Fatalf("this cannot be all that is kept: %v", err)
	}
	for _, s := range []string{marker, "very-secret", "bXktdmVyeS", "m3ter-api-secret-value"} {
		if bytes.Contains(kept, []byte(s)) {
			t.Errorf("what is kept holds %q", s)
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

func keepsSecrets(t *testing.T, b *testbed) {
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

func needsSealer(t *testing.T, b *testbed) {
	in := b.integration("x")
	b.sealer = nil
	b.reopen()
	err := b.PutCredentials(t.Context(), in.ID,
		integration.Credentials{Secrets: map[string]secret.Value{"privateKey": secret.New(marker)}})
	if err == nil || !strings.Contains(err.Error(), "no key to seal secrets with") || strings.Contains(err.Error(), "very-secret") {
		t.Errorf("got %v", err)
	}
}

// A store that was sealed with another key says so, at once or when a secret is
// asked for, and shows what is no secret.
func otherKey(t *testing.T, b *testbed) {
	in := b.integration("x")
	c := integration.Credentials{Name: "mine", Secrets: map[string]secret.Value{"privateKey": secret.New(marker)}}
	if err := b.PutCredentials(t.Context(), in.ID, c); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	other, err := b.place.Open(store.Options{Sealer: newSealer(t), Now: b.clock.now})
	if err != nil {
		if !strings.Contains(err.Error(), "another sealing key") {
			t.Error(err)
		}
		return
	}
	b.Store = other
	if got, err := b.Credentials(t.Context(), in.ID); err == nil || got.Secrets["privateKey"].Reveal() != "" {
		t.Errorf("another key opens %+v, %v", got, err)
	}
	if info, err := b.CredentialsInfo(t.Context(), in.ID); err != nil || info.Name != "mine" {
		t.Errorf("%+v, %v", info, err)
	}
}
