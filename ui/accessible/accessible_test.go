package accessible_test

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/ui/accessible"
)

// say runs a session on lines of input and returns what was said.
func say(t *testing.T, f *servicetest.Fake, lines ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := accessible.Run(t.Context(), f, strings.NewReader(strings.Join(lines, "\n")+"\n"), &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Fatal("an escape sequence was written")
	}
	return out.String()
}

func contains(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Fatalf("%q was not said:\n%s", w, got)
		}
	}
}

// A key pasted where the Client Id is asked for is taken as the key, whole, and
// the Client Id is asked for again.
func TestAKeyPastedAtAnotherQuestion(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	files, err := f.GenerateKey(context.Background(), t.TempDir(), "ES256", 30)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(files.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(pem)), "\n")
	got := say(t, f, slices.Concat(
		[]string{"1", "", "", "", "NetSuite US", "", "", "", "", "", "", "", "", "", "", "", "199", "", "", "no", "", "yes", "yes", "1234567"},
		lines, []string{"client", "key", "", "", "quit"})...)
	contains(t, got, "kept as that. Now the answer", "EC P-256", "Integration connected successfully")
	for _, l := range lines {
		if strings.Contains(got, l) {
			t.Errorf("%q was said", l)
		}
	}
}

func TestCreateAndConnect(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	key, err := f.GenerateKey(context.Background(), t.TempDir(), "ES256", 30)
	if err != nil {
		t.Fatal(err)
	}
	got := say(t, f,
		"1", "", "", "", // create; Bill; Netsuite; not connected first
		"", "NetSuite US", // an empty name is refused
		"", "", "", // accounts, restricted, users
		"2", "", "", "CREDIT_MEMO", // on approval; filter; external code; excluded
		"1", "", "", "", "abc", "199", // split; due date; commitment; minimum; default item, first wrong
		"USAGE=101", "NOPE=1", "", "", // item mapping; custom fields
		"no", "", "yes", // extensions; preview; create
		"yes", "1234567", "client", "key", key.KeyFile, "", "", // connect
		"quit")
	contains(t, got, "Stage 1 of 3", "\nName:\n", "Error: Name: Name is required", "not an item's internal id", `"NOPE=1" is not KEY=value`,
		"not yet authenticated", "EC P-256", "Integration connected successfully", "CONNECTED")
	all, _ := f.Integrations(t.Context())
	if len(all) != 1 || !all[0].Authorized {
		t.Fatalf("%+v", all)
	}
	v := all[0].ConfigData
	if !v.Bool("onlySendBillOnApproval") || v.Text("splitUsageLineItems") != "ITEM_PER_USAGE_BAND" ||
		v.Text("netsuiteDefaultItemId") != "199" ||
		v.Map("netsuiteItemMapping")["USAGE"] != "101" || len(v.Strings("excludedLineItemTypes")) != 1 {
		t.Fatalf("config: %v", v)
	}
	if drafts, _ := f.Drafts(t.Context()); len(drafts) != 0 {
		t.Fatal("the draft outlived its integration")
	}
}

func TestAnInputThatEndsKeepsTheDraft(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	say(t, f, "1", "", "", "", "Half")
	drafts, _ := f.Drafts(t.Context())
	if len(drafts) != 1 || drafts[0].Title != "Half" {
		t.Fatalf("%+v", drafts)
	}
}

func TestRunsAreReadOutAndRetried(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{Name: "US", Enabled: true})
	f.AddRun(integration.Run{
		IntegrationID: in.ID, Status: integration.Errored, BillRef: "INVOICE-101", AccountCode: "acme", Currency: "USD",
		AmountIn: decimal.MustParse("17.5"),
		Error:    "no\x1b[2J customer", Advice: "map the account",
	}, integration.Attempt{N: 1, Status: integration.Errored,
		Exchanges: []integration.Exchange{{Purpose: "create", Method: "POST", Status: 400, ReqBody: []byte(`{"a":1}`)}}})
	got := say(t, f, "4", "1", "2", "1", "1", "2", "3", "4", "5", "", "back", "quit")
	contains(t, got, "ERROR, INVOICE-101, account acme, 17.50 USD", "no customer", "map the account", "Which runs?", "There is no document",
		`request: {"a":1}`, "1 queued again", "Attempt 1 at", "Bill INVOICE-101 of account acme")
	if heard, asked := strings.Index(got, `request: {"a":1}`), strings.Index(got, "What next?"); heard < asked {
		t.Error("the request was read out before anybody asked for it")
	}
	if f.Calls("Retry") != 1 {
		t.Fatal("not retried")
	}
}

func TestWrongNumbersAreAskedAgain(t *testing.T) {
	t.Parallel()
	contains(t, say(t, servicetest.New(), "99", "x", "re", "2", "quit"), `"99" is none of them`, `"re" is the beginning of 2 of them`,
		`"x" is none of them`, "There is no integration yet")
}

// An exact name or id is taken although other options begin with it.
func TestAnExactNameOrIDIsNoBeginning(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	for _, name := range []string{"West", "Westland"} {
		f.AddIntegration(integration.Integration{ID: name, Name: name, EntityType: "Bill", Destination: "Netsuite", Enabled: true})
	}
	got := say(t, f, "7", "we", "west", "yes", "quit")
	contains(t, got, `"we" is the beginning of 2 of them`, "Disable West?", "West is DISABLED.")
	f = ruled()
	f.SetFields(integration.Field{Key: "department", Label: "Department", Type: "REFERENCE", Writable: true},
		integration.Field{Key: "line.department", Label: "Department", Type: "REFERENCE", Writable: true})
	got = say(t, f, "change", "1", "fields", "add", "?depart", "dep", "department", "5", "")
	contains(t, got, `"dep" is the beginning of 2 of them`, "Rule 1 fills department, with 5")
}

// Back at a yes or no is no answer: it goes to what was asked before.
func TestBackFromAYesOrNo(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	stage3 := []string{"1", "", "", "no", "NetSuite US", "", "", "", "", "", "", "", "", "", "", "", "199", "", ""}
	got := say(t, f, slices.Concat(stage3, []string{"yes", "no", "back", "back", "back", "1"})...)
	told := ""
	for l := range strings.Lines(got[strings.Index(got, "The rest are"):]) {
		for _, q := range []string{"The rest", "Change any of Documents", "Change any of Items", "Split Usage Line Items.", "Netsuite Send Due"} {
			if strings.HasPrefix(l, q) {
				told += q + "; "
			}
		}
	}
	if want := "The rest; Change any of Documents; Change any of Items; Change any of Documents; The rest; Split Usage Line Items.; " +
		"Netsuite Send Due; Netsuite Send Due; "; told != want {
		t.Errorf("it asked %s\nnot      %s", told, want)
	}
	// what was changed is not lost by it, and what was created is created once
	in := f.AddIntegration(integration.Integration{ID: "us", Name: "West", EntityType: "Bill", Destination: "Netsuite", Enabled: true})
	got = say(t, f, "change", "1", "name", "East", "back", "back", "save", "", "back", "save", "", "yes", "quit")
	contains(t, got, "Leave without saving what was changed?", "Saved.")
	if d, err := f.Integration(t.Context(), in.ID); err != nil || d.Name != "East" {
		t.Errorf("%+v, %v", d.Name, err)
	}
	f = servicetest.New()
	got = say(t, f, slices.Concat(stage3, []string{"no", "", "yes", "back", "quit"})...)
	if all, err := f.Integrations(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%d were created, %v\n%s", len(all), err, got)
	}
}

// Before something is created that would invoice the Bills of another integration
// once more, it is said.
func TestAnOverlapIsSaidBeforeCreating(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	f.SetPreview(service.Preview{Overlaps: []service.Overlap{{Name: "NetSuite EU", Accounts: "all accounts", System: "NetSuite"}}})
	got := say(t, f, "1", "", "", "", "NetSuite US", "", "", "", "", "", "", "", "", "", "", "", "199", "", "", "no", "", "no", "quit")
	contains(t, got, "Warning: the integration NetSuite EU may send the same Bills", "Not created")
}
