package conformance_test

import (
	"os"
	"testing"
	"time"

	"billferry/internal/sandbox"
	"billferry/internal/sandbox/account"
	"billferry/internal/secret"
	"billferry/netsuite"
	"billferry/netsuite/conformance"
)

// TestSimulator runs the suite against the simulator.
func TestSimulator(t *testing.T) {
	t.Parallel()
	// A field of its own, so that the list of custom fields is not empty.
	account := account.Profile{Fields: []account.Field{{Key: "custbody_note", Label: "Note", Type: account.Text, On: []string{"header"}}}}
	box, err := sandbox.Start(t.Context(), sandbox.Options{Account: account})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(box.Close)
	creds, err := box.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	client, err := netsuite.New(netsuite.Credentials(creds), netsuite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	conformance.Run(t, conformance.Target{BaseURL: creds.RESTURL, Token: client.Token, CustomerID: "601", ItemID: "101", CurrencyID: "1",
		Date: time.Now().UTC().Format(time.DateOnly)})
	if left := box.NetSuite().Invoices(); len(left) > 0 {
		t.Errorf("%d records were left behind, such as %s", len(left), left[0].JSON())
	}
}

// TestAccount runs the suite against a real sandbox account, named by the
// environment (docs/NETSUITE.md). Without it there is nothing to run against.
func TestAccount(t *testing.T) {
	account := os.Getenv("BILLFERRY_NETSUITE_ACCOUNT")
	if account == "" {
		t.Skip("BILLFERRY_NETSUITE_ACCOUNT is not set: no real account to test; docs/NETSUITE.md says how")
	}
	key, err := os.ReadFile(os.Getenv("BILLFERRY_NETSUITE_KEY_FILE"))
	if err != nil {
		t.Fatal("BILLFERRY_NETSUITE_KEY_FILE:", err)
	}
	client, err := netsuite.New(netsuite.Credentials{
		AccountID: account, ClientID: os.Getenv("BILLFERRY_NETSUITE_CLIENT_ID"), KeyID: os.Getenv("BILLFERRY_NETSUITE_KEY_ID"),
		PrivateKey: secret.New(string(key)), RESTURL: os.Getenv("BILLFERRY_NETSUITE_REST_URL"),
		TokenURL: os.Getenv("BILLFERRY_NETSUITE_TOKEN_URL"),
	}, netsuite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	base := os.Getenv("BILLFERRY_NETSUITE_REST_URL")
	if base == "" {
		host, err := netsuite.Host(account)
		if err != nil {
			t.Fatal(err)
		}
		base = "https://" + host
	}
	conformance.Run(t, conformance.Target{BaseURL: base, TokenURL: os.Getenv("BILLFERRY_NETSUITE_TOKEN_URL"), Token: client.Token,
		CustomerID: os.Getenv("BILLFERRY_NETSUITE_CUSTOMER"),
		ItemID:     os.Getenv("BILLFERRY_NETSUITE_ITEM"), CurrencyID: os.Getenv("BILLFERRY_NETSUITE_CURRENCY"),
		Date: time.Now().UTC().Format(time.DateOnly)})
}
