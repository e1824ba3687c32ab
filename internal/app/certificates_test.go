package app

import (
	"strings"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/netsuite"
)

// The certificate that comes with a key is known, and warned of 30, 7 and 1
// days before its end and at its end: each once, in one event, until a new key
// is connected.
func TestACertificateThatEndsIsWarnedOf(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)
	now := made
	a, err := Open(Config{DataDir: t.TempDir(), NoKeyring: true, Idle: true, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	in, err := a.Create(t.Context(), service.NewIntegration{EntityType: "Bill", Destination: "Netsuite", Name: "NetSuite US"})
	if err != nil {
		t.Fatal(err)
	}
	connect := func(days int) integration.Credentials {
		t.Helper()
		key, cert, err := netsuite.GenerateKey("ES256", days, "x", now)
		if err != nil {
			t.Fatal(err)
		}
		c, err := a.Connect(t.Context(), service.Connect{
			IntegrationID: in.ID,
			Values:        spec.Values{"externalCustomerId": "1234567", "clientId": "c", "keyId": "k"},
			Secrets:       map[string]secret.Value{"privateKey": secret.New(key.Reveal() + string(cert))},
			Unverified:    true,
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := connect(100); !c.CertificateEnds.Equal(made.AddDate(0, 0, 100)) {
		t.Fatalf("it is said to end on %s", c.CertificateEnds)
	}
	open := func() []integration.Event {
		t.Helper()
		if err := a.warnOfCertificates(t.Context()); err != nil {
			t.Fatal(err)
		}
		ev, err := a.store.Events(t.Context(), in.ID, "", false, 100)
		if err != nil {
			t.Fatal(err)
		}
		return ev
	}
	for _, c := range []struct{ day, times int }{{0, 0}, {69, 0}, {70, 1}, {71, 1}, {93, 2}, {94, 2}, {99, 3}, {101, 4}, {110, 4}} {
		now = made.AddDate(0, 0, c.day)
		got, times := open(), 0
		if len(got) > 0 {
			times = got[0].Times()
		}
		if len(got) > 1 || times != c.times {
			t.Errorf("on day %d: %d events, told %d times, want %d", c.day, len(got), times, c.times)
		}
	}
	if got := open(); !strings.Contains(got[0].Message, "the certificate of NetSuite US ended on 2026-11-09") ||
		!strings.Contains(got[0].Message, "To do: make a new key") {
		t.Errorf("it says %q", got[0].Message)
	}
	connect(700)
	if got := open(); len(got) != 0 {
		t.Errorf("with a new key: %+v", got)
	}
}
