package accessible_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
)

const acmeID = "11111111-0000-4000-8000-000000000001"

// twoRuns is an integration with two runs that wait, each of a Bill that is kept.
func twoRuns(t *testing.T) *servicetest.Fake {
	t.Helper()
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite", Enabled: true,
		Authorized: true, ConfigData: spec.Values{"netsuiteDefaultItemId": "101"}})
	f.AddCredentials(in.ID, integration.Credentials{Verified: true, KeyType: "EC P-256", Algorithm: "ES256", Fingerprint: "0f3a"})
	f.SetAccounts(integration.Account{ID: acmeID, Name: "Acme Corp", Code: "acme"})
	f.SetCustomers(integration.Named{ID: "601", Name: "Acme Corporation"})
	f.SetItems(integration.Named{ID: "101", Name: "Usage"})
	for _, ref := range []string{"INVOICE-1", "INVOICE-2"} {
		f.AddRunDetail(service.RunDetail{Run: integration.Run{ID: ref, IntegrationID: in.ID, EntityID: "bill-" + ref, BillRef: ref,
			AccountID: acmeID, AccountCode: "acme", Status: integration.Waiting, Currency: "USD", AmountIn: decimal.MustParse("5")},
			Bill: []byte(`{"sequentialInvoiceNumber":"` + ref + `"}`),
			Attempts: []integration.Attempt{{N: 1, Exchanges: []integration.Exchange{{Purpose: "create", Method: "POST",
				URL: "https://1.example/invoice", Status: 400, ReqBody: []byte(`{"a":1}`)}}}}})
	}
	return f
}

// A preview chooses its Bill as that of the screens does: by words, or out of a file.
func TestAPreviewChoosesItsBill(t *testing.T) {
	t.Parallel()
	f := twoRuns(t)
	file := filepath.Join(t.TempDir(), "bills.ndjson")
	if err := os.WriteFile(file, []byte(`{"id":"bill-9","sequentialInvoiceNumber":"FILED-9","accountCode":"acme"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := say(t, f, "change", "1", "save", "preview", "INVOICE-2", "1", "hear", "preview", file, "1",
		"preview", "nobody", "-", "", "no", "quit")
	contains(t, got, "Preview of built-in sample", "1. INVOICE-2, acme", "Preview of INVOICE-2", "FILED-9, acme", "Preview of FILED-9",
		`No Bill is found for "nobody"`, "Save the settings of NetSuite US?", "Not saved.")
}

// What stands on the page of an integration is read out.
func TestAnIntegrationIsReadOut(t *testing.T) {
	t.Parallel()
	got := say(t, twoRuns(t), "hear", "1", "quit")
	contains(t, got, "NetSuite US: entity type Bill, integration destination Netsuite, id us", "It is CONNECTED.",
		"Key: EC P-256, signs with ES256, SHA-256 0f3a.", "0 external mappings linked to it", "Run of ", "WAITING, INVOICE-1, account acme",
		"Netsuite Default Item Id: 101 Usage.", "Every other setting is as usual.")
}

// All runs of a filter are held and released at once, and heard the oldest first.
func TestAllRunsOfAFilterAtOnce(t *testing.T) {
	t.Parallel()
	f := twoRuns(t)
	got := say(t, f, "review", "1", "", "the oldest", "all", "hold", "month end", "yes", "all", "release", "yes", "back", "quit")
	contains(t, got, "The newest first", "Hold 2 runs?", "2 runs done.", "Release 2 runs?")
	if strings.Count(got, "2 runs done.") != 2 {
		t.Error(got)
	}
}

// An event is taken back; a run tells its request as a command, and its account is mapped
// from there.
func TestARunsAccountAndRequest(t *testing.T) {
	t.Parallel()
	f := twoRuns(t)
	f.AddEvent(integration.Event{Name: integration.EventSource, IntegrationID: "us", Message: "m3ter does not answer"})
	got := say(t, f, "review", "1", "", "1", "hear the request as", "map", "acme", "1", "go", "back",
		"events", "1", "", "those", "1", "", "", "quit")
	contains(t, got, "curl -X 'POST' 'https://1.example/invoice'", `-H "Authorization: Bearer $TOKEN"`, `--data-raw '{"a":1}'`,
		acmeID+" is mapped to 601", "The Bill's id is bill-INVOICE-", "Marked as seen to.", "It waits for somebody again.")
}

// A product is mapped, and the mapping changed.
func TestAnyMappingIsMadeAndChanged(t *testing.T) {
	t.Parallel()
	f := twoRuns(t)
	got := say(t, f, "external", "1", "", "add a mapping of a product", "product", "prod-api", "usage", "1", "for all",
		"external", "1", "", "product", "change", "", "prod-web", "", "for netsuite", "quit")
	contains(t, got, "Which Item, by name or id", "prod-api is mapped to 101",
		"Product prod-api is Item 101 Usage of Netsuite", "prod-web is mapped to 101")
	all, err := f.Mappings(t.Context(), service.MappingFilter{})
	if err != nil || len(all) != 1 || all[0].M3terID != "prod-web" || all[0].ExternalTable != "Item" || all[0].IntegrationID != "us" {
		t.Errorf("%+v, %v", all, err)
	}
}

// An approved plan is applied, and one that is being applied is stopped.
func TestAPlanIsAppliedWithoutAScreen(t *testing.T) {
	t.Parallel()
	f, _ := planned()
	got := say(t, f, "plans", "1", "p-1", "approve", "looked through", "p-1", "apply", "month end", "no",
		"p-1", "apply", "month end", "yes", "none", "quit")
	contains(t, got, "Plan p-1 is APPROVED", "Apply plan p-1? What has changed since it was made is named and not sent.")
	if p, err := f.Plan(t.Context(), "p-1"); err != nil || p.State != plan.Applying && p.State != plan.Applied {
		t.Errorf("%s, %v", p.State, err)
	}
}
