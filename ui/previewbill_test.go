package ui

import (
	"os"
	"path/filepath"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/ui/screen"
)

// The preview is of any Bill that a search finds, or of one of a file, and goes
// back to the latest of its accounts.
func TestThePreviewIsOfTheBillThatIsChosen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	two := `{"id":"b1","sequentialInvoiceNumber":"FILED-1"}` + "\nno Bill\n" + `{"id":"b2","sequentialInvoiceNumber":"FILED-2"}`
	for name, text := range map[string]string{"bills.ndjson": two, "notes.txt": "nothing"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite",
		ConfigData: spec.Values{"netsuiteDefaultItemId": "199"}})
	add := func(ref, account, raw string) {
		f.AddRunDetail(service.RunDetail{Bill: []byte(raw), Run: integration.Run{
			IntegrationID: in.ID, EntityID: "bill-" + ref, BillRef: ref, AccountID: "id-" + account, AccountCode: account}})
	}
	add("INVOICE-7", "globex", `{"sequentialInvoiceNumber":"INVOICE-7"}`)
	add("INVOICE-8", "initech", `{"sequentialInvoiceNumber":"INVOICE-8"}`)
	add("INVOICE-9", "hooli", "")
	drive(t, f, 140, 36, screen.Route{Name: screen.Edit, ID: in.ID}, func(d *driver) {
		choose := func(query string) {
			d.keys("ctrl+n")
			d.typeText(query)
			d.keys("enter")
		}
		d.shows("Preview of built-in sample")
		d.keys("ctrl+n")
		d.shows("latest of its accounts", "INVOICE-7", "INVOICE-8")
		d.typeText("acct:globex")
		d.hides("INVOICE-8")
		d.keys("enter")
		d.shows("Preview of INVOICE-7")

		choose("INVOICE-9")
		d.shows("the Bill of INVOICE-9 is not kept any more: choose another", "Preview of INVOICE-7")

		d.keys("ctrl+n")
		d.typeText(dir + "/b")
		d.shows("bills.ndjson", "file")
		d.keys("enter") // goes on with what is in it
		d.shows("FILED-1", "FILED-2")
		d.keys("down", "enter")
		d.shows("Preview of FILED-2")

		d.keys("ctrl+n")
		d.typeText(dir + "/notes.txt")
		d.shows("holds no Bill")
		d.keys("enter")
		d.shows("Preview of FILED-2")

		d.keys("ctrl+p")
		d.shows("Preview of FILED-2", "ctrl+n preview another Bill")
		choose("")
		d.shows("Preview of built-in sample")
	})
}

// Who comes from a run to a setting sees what it does to the Bill of that run; where that
// Bill is not kept any more, to the latest.
func TestTheSettingOfARunPreviewsItsBill(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite",
		ConfigData: spec.Values{"netsuiteDefaultItemId": "199"}})
	add := func(ref, raw string) string {
		return f.AddRunDetail(service.RunDetail{Bill: []byte(raw), Run: integration.Run{IntegrationID: in.ID, EntityID: "bill-" + ref,
			EntityType: "Bill", Destination: "Netsuite", BillRef: ref, Status: integration.Errored, Cause: "item_missing"}}).ID
	}
	for id, want := range map[string]string{
		add("INVOICE-7", `{"sequentialInvoiceNumber":"INVOICE-7"}`): "Preview of INVOICE-7", add("INVOICE-8", ""): "Preview of built-in sample",
	} {
		drive(t, f, 140, 36, screen.Route{Name: screen.Run, ID: id}, func(d *driver) {
			d.shows("enter opens the setting")
			d.keys("enter")
			d.shows(want)
		})
	}
}
