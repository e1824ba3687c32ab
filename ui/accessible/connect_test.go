package accessible_test

import (
	"errors"
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/netsuite"
)

// A key pair is made at any question of the connection; where its certificate goes is
// said, and its file is the answer to the question for the key.
func TestAKeyPairIsMade(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	f.SetInfo(service.Info{Organisation: "acme", Mode: "embedded", DataDir: t.TempDir()})
	f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite"})
	f.AddCredentials("us", integration.Credentials{Values: spec.Values{"externalCustomerId": "1234567", "clientId": "before"}})
	f.Fail("GenerateKey", errors.New("the disk is full"))
	got := say(t, f, "connect", "1", "make", "back", "quit")
	contains(t, got, "Error: the key pair was not made: the disk is full")
	f.Fail("GenerateKey", nil)
	got = say(t, f, "connect", "1", "", "", "MAKE", "cert-1", "", "", "", "quit")
	contains(t, got, `External Customer Id (enter keeps "1234567"`, `Client Id (enter keeps "before"`,
		"valid until", "Setup > Integration > Manage Authentication > OAuth 2.0 Client Credentials (M2M) Setup",
		"Now the answer to this question.",
		"private-key.pem", "Integration connected successfully.")
	all, err := f.Integrations(t.Context())
	if err != nil || len(all) != 1 || !all[0].Authorized {
		t.Errorf("%+v, %v", all, err)
	}
}

// Made at the question for the key itself, after that for the id of its certificate, it
// has the questions asked once more.
func TestAKeyPairIsMadeAtTheLastQuestion(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	f.SetInfo(service.Info{Organisation: "acme", Mode: "embedded", DataDir: t.TempDir()})
	f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite"})
	got := say(t, f, "connect", "1", "1234567", "client", "none", "make", "", "", "cert-1", "", "", "", "quit")
	contains(t, got, "The questions once more", `Key Id (enter keeps "none"`, "Integration connected successfully.")
	d, err := f.Integration(t.Context(), "us")
	if err != nil || d.Credentials == nil || d.Credentials.Values.Text(netsuite.KeyKey) != "cert-1" {
		t.Errorf("%+v, %v", d.Credentials, err)
	}
	if strings.Count(got, "Made ") != 1 {
		t.Error(got)
	}
}
