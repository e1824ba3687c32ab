package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/sandbox"
	"billferry/internal/service"
)

// shop is a store with one connected integration, One, into a simulated account.
type shop struct {
	t   *testing.T
	box *sandbox.Sandbox
	dir string
}

// ownItems are settings that give prepayments an item of their own.
const ownItems = `"netsuiteItemMapping":{"COMMITMENT_FEE":"102","COMMITMENT_CONSUMED":"102","BALANCE_FEE":"102","BALANCE_CONSUMED":"102"}`

// openShop sets one up; config is the integration's configData in JSON, without
// braces.
func openShop(t *testing.T, account, config string) *shop {
	t.Helper()
	p, err := sandbox.OpenAccount(account)
	if err != nil {
		t.Fatal(err)
	}
	box, err := sandbox.Start(t.Context(), sandbox.Options{Account: p, Clean: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(box.Close)
	dir := t.TempDir()
	if _, err := box.WriteCredentials(filepath.Join(dir, "creds")); err != nil {
		t.Fatal(err)
	}
	s := &shop{t, box, dir}
	if config != "" {
		config = "," + config
	}
	s.in(exitOK, `{"entityType":"Bill","destination":"Netsuite","name":"One","configData":{"netsuiteDefaultItemId":"199"`+config+`}}`,
		"integration", "create", "--file", "-")
	s.run(exitOK, "integration", "connect", "One", "--credentials", filepath.Join(dir, "creds", sandbox.IndexFileName))
	return s
}

// run runs a command and returns what it printed.
func (s *shop) run(code int, args ...string) string {
	s.t.Helper()
	return s.in(code, "", args...)
}

// in is run with something on standard input.
func (s *shop) in(code int, stdin string, args ...string) string {
	s.t.Helper()
	var out, told bytes.Buffer
	got := Main(append([]string{"--data-dir", filepath.Join(s.dir, "data"), "--no-keyring"}, args...), strings.NewReader(stdin), &out, &told)
	if got != code {
		s.t.Fatalf("%q ended with %d, want %d:\n%s%s", args, got, code, out.String(), told.String())
	}
	return out.String()
}

// The fields of the account and their values are found without a screen.
func TestFieldsCommand(t *testing.T) {
	t.Parallel()
	s := openShop(t, "strict", "")
	all := s.run(exitOK, "integration", "fields", "One")
	for _, want := range []string{"line.department", "Billing Source", "cseg_channel", "reference  mandatory", "line.custcol_service_start"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in:\n%s", want, all)
		}
	}
	if strings.Contains(all, "amountRemaining") {
		t.Errorf("what NetSuite only shows is listed:\n%s", all)
	}
	if got := s.run(exitOK, "integration", "fields", "One", "--query", "remaining", "--all"); !strings.Contains(got,
		"cannot be filled: NetSuite only shows it") {
		t.Errorf("%s", got)
	}
	if got := s.run(exitOK, "integration", "fields", "One", "--options", "line.class"); !strings.Contains(got, "12  EMEA") {
		t.Errorf("%s", got)
	}
	if got := s.run(exitOK, "integration", "fields", "One", "--options", "cseg_channel", "--json"); !strings.Contains(got,
		`"name": "Direct"`) {
		t.Errorf("%s", got)
	}
	s.run(exitFailed, "integration", "fields", "One", "--options", "nothing")
}

// The report of an account ends with 3 while something is to do, and with 0 once
// the settings mend it.
func TestReport(t *testing.T) {
	t.Parallel()
	s := openShop(t, "strict", "")
	out := s.run(exitNotDelivered, "integration", "test", "One")
	for _, want := range []string{"✓ Access token: NetSuite accepted the key",
		"! to do: Mandatory fields: Billing Source (custbody_billing_source) must be filled",
		"billferry integration fields NAME --options", "4 to do, 0 cannot be told"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	if out := s.run(exitNotDelivered, "integration", "test", "One", "--json"); !strings.Contains(out, `"state": "todo"`) ||
		strings.Contains(out, "to do,") {
		t.Errorf("%s", out)
	}
	if out := s.run(exitOK, "integration", "test", "One", "--role-xml"); !strings.HasPrefix(out, "<customrole") {
		t.Errorf("%s", out)
	}
	if out := openShop(t, "plain", "").run(exitOK, "integration", "test", "One"); !strings.Contains(out, "\n0 to do, ") {
		t.Errorf("%s", out)
	}
}

// What the Bills that were sent have told is in the report.
func TestReportKnowsTheBills(t *testing.T) {
	t.Parallel()
	s := openShop(t, "arm", ownItems)
	bills := filepath.Join(s.dir, "bills.ndjson")
	if err := os.WriteFile(bills, s.bills(), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(exitNotDelivered, "send", "--integration", "One", "--from", bills)
	out := s.run(exitNotDelivered, "integration", "test", "One")
	for _, want := range []string{"! to do: Revenue dates: ", "! to do: Periods: accounting periods end on ",
		"✓ Customers: each of the 11 accounts with Bills has a customer", "2 to do"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
}

// bills are the seed Bills, a line each.
func (s *shop) bills() (out []byte) {
	for _, b := range s.box.World().Bills {
		out = append(b.Append(out, true, true), '\n')
	}
	return out
}

// Coverage tells the money by rule with the default item apart, and Bill by Bill
// what other settings would change, to the cent; nothing is saved.
func TestCoverageCommand(t *testing.T) {
	t.Parallel()
	s := openShop(t, "plain", `"netsuiteItemCustomFieldMapping":{"servicePeriodStart":"custcol_service_start"}`)
	bills := filepath.Join(s.dir, "bills.ndjson")
	if err := os.WriteFile(bills, s.bills(), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(exitOK, "send", "--integration", "One", "--from", bills)
	out := s.run(exitOK, "integration", "coverage", "One")
	for _, want := range []string{"40 Bills: 40 documents, 0 left out, 0 would stop", "line.custcol_service_start  40 of 40 Bills",
		"Netsuite Default Item Id  199 Services (default)", "on the default item alone: ", " USD"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	file := filepath.Join(s.dir, "new.yaml")
	text := "entityType: Bill\ndestination: Netsuite\nname: One\nconfigData:\n  netsuiteDefaultItemId: \"199\"\n  netsuiteItemMapping: " +
		"{STANDING_CHARGE: \"104\"}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out = s.run(exitOK, "integration", "coverage", "One", "--file", file)
	for _, want := range []string{"with these settings 40 of 40 Bills would have another document",
		"Netsuite Item Mapping for STANDING_CHARGE  104 Standing charge",
		"item.id: 199 → 104", "line.custcol_service_start  0 of 40 Bills"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	var got service.Coverage
	if err := json.Unmarshal([]byte(s.run(exitOK, "integration", "coverage", "One", "--file", file, "--json")), &got); err != nil {
		t.Fatal(err)
	}
	before, after := map[string]decimal.D{}, map[string]decimal.D{}
	for _, m := range got.Money {
		before[m.Currency], after[m.Currency] = before[m.Currency].Add(m.Amount), after[m.Currency].Add(m.After)
	}
	for iso, sum := range before {
		if !sum.Equal(after[iso]) || sum.IsZero() {
			t.Errorf("%s: %s before, %s after: moving money to another item changes no sum", iso, sum, after[iso])
		}
	}
	if err := os.WriteFile(file, []byte(strings.Replace(text, `"104"`, "x", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(exitFailed, "integration", "coverage", "One", "--file", file)
	if n := len(s.box.NetSuite().Invoices()); n != 40 {
		t.Errorf("%d invoices", n)
	}
}

// steer does what a person does in NetSuite: pairs of path and body.
func (s *shop) steer(acts []string) {
	s.t.Helper()
	for i := 0; i+1 < len(acts); i += 2 {
		path := strings.Replace(acts[i], "NEXT", fmt.Sprint(time.Now().UTC().Year()+1), 1)
		resp, err := http.Post(s.box.NetSuiteURL()+path, "application/json", strings.NewReader(acts[i+1]))
		if err != nil {
			s.t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			s.t.Fatalf("%s: %s", path, resp.Status)
		}
	}
}

// What is stored as an id shows its name, and a name that nobody can tell blocks
// nothing.
func TestNamesBesideIds(t *testing.T) {
	t.Parallel()
	s := openShop(t, "plain", `"netsuiteItemMapping":{"USAGE":"101","AD_HOC":"777"},"accountIds":["a-1"]`)
	out := s.run(exitOK, "integration", "show", "One")
	for _, want := range []string{"199 Services (default)", "Usage → 101 Usage", "Ad-hoc → 777,", "a-1"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	bills := filepath.Join(s.dir, "bills.ndjson")
	if err := os.WriteFile(bills, s.bills(), 0o600); err != nil {
		t.Fatal(err)
	}
	plain := openShop(t, "plain", "")
	if out := plain.run(exitOK, "send", "--integration", "One", "--from", bills, "--dry-run", "--explain"); !strings.Contains(out,
		"199 Services (default)\n") {
		t.Error("the items of a dry run have no names")
	}
	s.box.Close()
	if out := s.run(exitOK, "integration", "show", "One"); !strings.Contains(out, "Netsuite Default Item Id           199\n") &&
		strings.Contains(out, "Services") {
		t.Errorf("without NetSuite:\n%s", out)
	}
}
