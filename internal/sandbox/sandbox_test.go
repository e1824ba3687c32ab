package sandbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/tree"
)

func TestLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0"} {
		for _, o := range []sandbox.Options{{NetSuiteListen: addr}, {M3terListen: addr}} {
			if _, err := sandbox.Start(t.Context(), o); !errors.Is(err, sandbox.ErrNotLoopback) {
				t.Errorf("%s: %v", addr, err)
			}
		}
	}
	if _, err := sandbox.Start(t.Context(), sandbox.Options{NetSuiteListen: "127.0.0.1"}); err == nil ||
		!strings.Contains(err.Error(), "HOST:PORT") {
		t.Errorf("no port: %v", err)
	}
}

func TestCloseFreesWhatHangs(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Latency: time.Hour}).login()
	failed := make(chan answer)
	go func() { failed <- c.post(invoice("x", "1")) }()
	for c.box.Stats().HighestConcurrency == 0 { // until the call holds its slot
		time.Sleep(time.Millisecond)
	}
	c.box.Close()
	if a := <-failed; a.status == 204 && a.err == nil {
		t.Error("an invoice came out of a sandbox that was closed in mid-call")
	}
}

// Of the 40 Bills, 37 become invoices of plain settings, and three are
// refused, each for its own reason.
func TestTheSeedBillsFitTheSeedCustomers(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{M3terRateLimit: -1}).login()
	places := map[string]int{"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0}
	refused := map[string]int{}
	created := 0
	for _, id := range c.box.M3ter().BillIDs() {
		v, err := tree.Parse(c.meter("GET", "/bills/"+id, "").body)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, l := range v.Get("lineItems").Items {
			d := decimal.MustParse(l.TextOf("convertedSubtotal")).Round(places[v.TextOf("currency")])
			lines = append(lines, fmt.Sprintf(`{"item":{"id":%q},"amount":%s,"price":{"id":"-1"}}`, sandbox.ItemDefault, d))
		}
		a := c.post(fmt.Sprintf(`{"externalId":"m3b-%s","entity":{"externalId":%q},"tranDate":%q,"item":{"items":[%s]}}`,
			id, v.TextOf("accountId"), v.TextOf("externalInvoiceDate"), strings.Join(lines, ",")))
		if a.status == 204 {
			created++
			continue
		}
		refused[strings.TrimPrefix(a.detail(), "Error while accessing a resource. ")[:20]]++
	}
	if created != 37 || len(refused) != 3 {
		t.Errorf("%d created, refused: %v", created, refused)
	}
	if n := len(c.box.NetSuite().Invoices()); n != 37 {
		t.Errorf("%d invoices", n)
	}
}

func TestWriteCredentials(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	dir := filepath.Join(t.TempDir(), "new", "folder")
	for range 2 { // the second time replaces the first
		f, err := c.box.WriteCredentials(dir)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(f.KeyFile) != "netsuite-private-key.pem" {
			t.Errorf("key file %s", f.KeyFile)
		}
		for _, path := range []string{f.KeyFile, f.M3ter.APISecretFile, filepath.Join(dir, sandbox.IndexFileName)} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Fatalf("%s: %v %v", path, info, err)
			}
		}
		index, err := os.ReadFile(filepath.Join(dir, sandbox.IndexFileName))
		if err != nil {
			t.Fatal(err)
		}
		var back sandbox.Files
		if err := json.Unmarshal(index, &back); err != nil || !reflect.DeepEqual(back, f) {
			t.Fatalf("credentials.json: %s %v", index, err)
		}
		key, err := os.ReadFile(f.KeyFile)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(index, key) || !bytes.HasPrefix(key, []byte("-----BEGIN PRIVATE KEY-----")) {
			t.Error("the key is PKCS#8 PEM in its own file")
		}
	}
}

func TestControlSurface(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{M3terRateLimit: -1}).login()
	control := func(path, body string) answer { return c.send("POST", c.box.M3terURL()+"/sandbox/"+path, body) }
	id := c.post(invoice("c", "10.00")).expect(t, 204, "").id()
	control("payments", `{"invoice":"c","amount":2.50}`).expect(t, 200, "payment")
	c.get(id).expect(t, 200, `"amountPaid":2.50`)
	control("payments", `{"invoice":"nobody"}`).expect(t, 400, "no invoice")
	control("periods/2026-11-05", `{"state":"lock"}`).expect(t, 200, "done")
	c.post(invoice("d", "1")).expect(t, 400, "posting period")
	control("periods/2026-11-05", `{"state":"melt"}`).expect(t, 400, "open, lock or close")
	control("periods/2026-11-05", `{"state":"open"}`).expect(t, 200, "done")
	control("faults", `{"faults":["500@1"]}`).expect(t, 200, "done")
	c.post(invoice("d", "1")).expect(t, 500, "")
	control("faults", `{"faults":["nonsense=1"]}`).expect(t, 400, "unknown kind")
	control("concurrency", `{"limit":2}`).expect(t, 200, "done")
	control("concurrency", `{"limit":0}`).expect(t, 400, "limit")
	control("permissions", `{"deny":["invoice"]}`).expect(t, 200, "done")
	c.post(invoice("e", "1")).expect(t, 403, "")
	control("permissions", `{"deny":[],"grant":["override"]}`).expect(t, 200, "done")
	control("permissions", `{"grant":["sleep"]}`).expect(t, 400, "unknown permission")
	c.post(invoice("void", "1")).expect(t, 204, "")
	control("voids", `{"transaction":"void"}`).expect(t, 200, "done")
	control("voids", `{"transaction":"nobody"}`).expect(t, 400, "no transaction")
	bill := c.box.M3ter().BillIDs()[0]
	control("bills", `{"action":"recalculate","id":"`+bill+`","amount":1.5}`).expect(t, 200, "done")
	c.meter("GET", "/bills/"+bill, "").expect(t, 200, "Usage that came late")
	control("bills", `{"action":"approve","id":"`+bill+`"}`).expect(t, 200, "done")
	control("bills", `{"action":"put","bill":{"id":"b-1","accountId":"a","currency":"USD","billTotal":1.10,"lineItems":[]}}`).expect(t, 200,
		"done")
	c.meter("GET", "/bills?pageSize=1&includeBillTotal=true", "").expect(t, 200, `"billTotal":1.10`)
	control("bills", `{"action":"put","bill":[]}`).expect(t, 400, "not a Bill")
	control("bills", `{"action":"burn"}`).expect(t, 400, "unknown action")
	c.send("GET", c.box.NetSuiteURL()+"/sandbox/invoices", "").expect(t, 200, `"externalId":"c"`)
	c.send("GET", c.box.NetSuiteURL()+"/sandbox/stats", "").expect(t, 200, `"creates_by_external_id":{"c":1,"void":1}`).expect(t, 200,
		`"fill_slot_seconds":`).expect(t, 200, `"fill_capacity_seconds":`).expect(t, 200, `"fill_span_seconds":`)
	c.send("GET", c.box.NetSuiteURL()+"/app/accounting/transactions/custinvc.nl?id="+id, "").expect(t, 200, `"externalId":"c"`)
	pem, err := os.ReadFile(mustWrite(t, c).CertFile)
	if err != nil {
		t.Fatal(err)
	}
	c.cred.KeyID = control("certificates", string(pem)).expect(t, 200, "keyId").text("keyId")
	control("certificates", "x").expect(t, 400, "certificate")
	control("tokens/expire", "").expect(t, 200, "done")
	c.get(id).expect(t, 401, "INVALID_LOGIN")
}

func mustWrite(t *testing.T, c *caller) sandbox.Files {
	t.Helper()
	f, err := c.box.WriteCredentials(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	text := start(t, sandbox.Options{}).box.Describe()
	for _, want := range []string{sandbox.AccountID, "199 Services (default)", "12 m3ter Accounts and 40 Bills", "Wayfarer Robotics"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
}

// BenchmarkCreate is what one invoice of 20 lines costs, client included.
func BenchmarkCreate(b *testing.B) {
	c := start(b, sandbox.Options{}).login()
	line := `{"item":{"id":"101"},"quantity":12,"rate":0.125,"amount":1.50,"price":{"id":"-1"},"description":"API calls, tier 2, eu-west-1",` +
		`"custcol_service_start":"2026-10-01"}`
	lines := strings.Repeat(line+",", 19) + line
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		a := c.post(fmt.Sprintf(`{"externalId":"m3b-%d","entity":{"id":"601"},"tranDate":"2026-11-01","item":{"items":[%s]}}`, n, lines))
		if a.status != 204 {
			b.Fatalf("%d %s %v", a.status, a.body, a.err)
		}
	}
}
