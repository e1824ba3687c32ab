package storetest

import (
	"bytes"
	"errors"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/secret"
)

// connectedDraft: the credentials of a draft are sealed, stay while it is saved,
// and become those of the integration that is made of it; with a draft that is
// discarded, or made for another destination, they go.
func connectedDraft(t *testing.T, b *testbed) {
	ctx := t.Context()
	connected := func() (integration.Draft, integration.Credentials) {
		d, err := b.SaveDraft(ctx, integration.Draft{Title: "x", Stage: 3, Data: []byte("{}")})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.PutCredentials(ctx, d.ID, integration.Credentials{Destination: "Netsuite", Verified: true,
			Secrets: map[string]secret.Value{"privateKey": secret.New(marker)}}); err != nil {
			t.Fatal(err)
		}
		c, err := b.Credentials(ctx, d.ID)
		if err != nil || c.Secrets["privateKey"].Reveal() != marker || c.ID == "" {
			t.Fatalf("the draft's credentials are %+v, %v", c, err)
		}
		d.Title = "y"
		if again, err := b.SaveDraft(ctx, integration.Draft{ID: d.ID, Title: "y", Stage: 3, Data: []byte("{}")}); err != nil ||
			again.CredentialsID != c.ID {
			t.Fatalf("saved again it is %+v, %v", again, err)
		}
		return d, c
	}
	d, c := connected()
	b.reopen()
	if kept, err := b.place.AtRest(); err != nil || bytes.Contains(kept, []byte("very-secret")) {
		t.Errorf("the draft's secret is not sealed: %v", err)
	}
	in, err := b.CreateIntegration(ctx, integration.Integration{Name: "one", EntityType: "Bill", Destination: "Netsuite", Enabled: true}, d.ID)
	if err != nil || in.CredentialsID != c.ID || !in.Authorized {
		t.Errorf("made of it: %+v, %v", in, err)
	}
	if got, err := b.Credentials(ctx, in.ID); err != nil || got.Secrets["privateKey"].Reveal() != marker {
		t.Errorf("its credentials are %+v, %v", got, err)
	}
	d, _ = connected()
	elsewhere := integration.Integration{Name: "two", EntityType: "Bill", Destination: "Ledgerly", Enabled: true}
	other, err := b.CreateIntegration(ctx, elsewhere, d.ID)
	if err != nil || other.CredentialsID != "" || other.Authorized {
		t.Errorf("made for another destination: %+v, %v", other, err)
	}
	d, _ = connected()
	if err := b.DeleteDraft(ctx, d.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Credentials(ctx, d.ID); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("discarded it leaves credentials: %v", err)
	}
	if got, err := b.Integration(ctx, in.ID); err != nil || !got.Authorized {
		t.Errorf("the first is %+v, %v", got, err)
	}
}
