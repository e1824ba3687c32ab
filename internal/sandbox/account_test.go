package sandbox_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"billferry/internal/decimal"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/suitetalk"
)

// What an administrator takes from the integration is told by the token
// endpoint, each with its own code, and ends the tokens given out.
func TestWithdrawnIntegration(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	for _, w := range []struct{ deny, code, reason string }{
		{suitetalk.PermitM2M, "unsupported_grant_type", "FeatureDisabled"},
		{suitetalk.PermitIntegration, "unauthorized_client", "IntegrationBlocked"},
		{suitetalk.PermitEntity, "invalid_grant", "EntityOrRoleDisabled"},
	} {
		if err := c.box.NetSuite().Deny(w.deny); err != nil {
			t.Fatal(err)
		}
		c.get("eid:x").expect(t, 401, "INVALID_LOGIN")
		a := c.tokenRequest(c.assertion(jwt.SigningMethodES256, c.cred.KeyID, c.claims())).expect(t, 400, "")
		if a.text("error") != w.code || c.box.Stats().TokenRefusals[w.reason] != 1 {
			t.Errorf("%s: %s, audit trail %v", w.deny, a.body, c.box.Stats().TokenRefusals)
		}
	}
	if err := c.box.NetSuite().Deny(); err != nil {
		t.Fatal(err)
	}
	c.get("eid:x").expect(t, 404, "")
}

// A clock that is off shows in the Date of the answer, and refuses what is not
// valid yet or any more by it.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		fault, reason string
		off           time.Duration
	}{
		{"skew=1", "TokenNotAcceptable", -10 * time.Minute},
		{"skew(-2m)@1", "TokenNotAcceptable", -2 * time.Minute},
		{"skew(1h)=1", "TokenExpired", time.Hour},
		{"skew(-1m)=1", "", -time.Minute}, // the assertion is issued half a minute back: within the tolerance
	} {
		c := start(t, sandbox.Options{Faults: faults(t, s.fault)})
		a := c.tokenRequest(c.assertion(jwt.SigningMethodES256, c.cred.KeyID, c.claims()))
		if (a.status == 200) != (s.reason == "") || s.reason != "" && c.box.Stats().TokenRefusals[s.reason] != 1 {
			t.Errorf("%s: %d %s, audit trail %v", s.fault, a.status, a.body, c.box.Stats().TokenRefusals)
		}
		if date, err := http.ParseTime(a.header.Get("Date")); err != nil || !date.Equal(clock.Add(s.off)) {
			t.Errorf("%s: the answer is dated %v, want %v (%v)", s.fault, date, clock.Add(s.off), err)
		}
	}
}

// Five certificates are active at most; a revoked or expired one makes room,
// and one that claims to live longer than two years does not.
func TestCertificates(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	c := start(t, sandbox.Options{Now: func() time.Time { return clock.Add(time.Duration(later.Load())) }})
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	register := func(years int) (string, error) {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: clock, NotAfter: clock.AddDate(years, 0, 0)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		return c.box.NetSuite().Register(c.cred.ClientID, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	var ids []string
	for range 4 { // the caller has one already, for a year
		id, err := register(10)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if _, err := register(1); !errors.Is(err, suitetalk.ErrCertificate) {
		t.Fatalf("a sixth was taken: %v", err)
	}
	c.box.NetSuite().Revoke(ids[0])
	if _, err := register(1); err != nil {
		t.Fatalf("revoking made no room: %v", err)
	}
	ask := func(kid string) answer {
		claims := c.claims()
		now := clock.Add(time.Duration(later.Load()))
		claims["iat"], claims["exp"] = now.Unix(), now.Add(time.Minute).Unix()
		tok := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
		tok.Header["kid"] = kid
		text, err := tok.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return c.tokenRequest(text)
	}
	ask(ids[1]).expect(t, 200, "access_token")
	later.Store(int64(clock.AddDate(2, 0, 1).Sub(clock)))
	ask(ids[1]).expect(t, 400, "invalid_client")
	if _, err := register(10); err != nil {
		t.Fatalf("expiry made no room: %v", err)
	}
}

// Departments, classes, locations and terms are records that a header and a
// line may name; terms make the due date.
func TestAccountingLists(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	for path, text := range map[string]string{
		"department/1": `"name":"Sales"`, "classification/2": `"name":"Usage"`, "location/1": `"name":"Head Office"`,
		"term/2": `"daysUntilNetDue":14`,
	} {
		c.call("GET", "/record/v1/"+path, "").expect(t, 200, text)
	}
	body := `{"entity":"601","tranDate":"2026-11-01","terms":{"id":"2"},"department":{"refName":"Sales"},"class":"1","location":1,` +
		`"item":{"items":[{"item":"101","amount":1,"department":{"id":2},"class":{"id":"2"}}]}}`
	g := c.get(c.post(body).expect(t, 204, "").id())
	for path, want := range map[string]string{
		"dueDate": "2026-11-15", "terms.refName": "Net 14", "department.id": "1", "class.refName": "Subscriptions",
		"location.refName":                "Head Office",
		"item.items.0.department.refName": "Support", "item.items.0.class.links.0.href": c.box.NetSuiteURL() +
			"/services/rest/record/v1/classification/2",
	} {
		if got := g.text(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	c.post(strings.Replace(body, `"class":"1"`, `"class":"9"`, 1)).expect(t, 400, "Invalid Field Value 9 for the following field: class")
	c.post(strings.Replace(body, `{"id":2}`, `{"id":7}`, 1)).expect(t, 400, `"o:errorPath":"item.items[0].department"`)
	if err := c.box.NetSuite().Deny("department"); err != nil {
		t.Fatal(err)
	}
	c.call("GET", "/record/v1/department/1", "").expect(t, 403, "INSUFFICIENT_PERMISSION")
}

// SuiteTax adds to what is written; the amount due follows.
func TestTax(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	c.send("POST", c.box.NetSuiteURL()+"/sandbox/tax", `{"percent":7.5}`).expect(t, 200, "done")
	c.send("POST", c.box.NetSuiteURL()+"/sandbox/tax", `{"percent":101}`).expect(t, 400, "0 to 100")
	id := c.post(invoice("taxed", "10.10")).expect(t, 204, "").id()
	want := func(subtotal, tax, total, due string) {
		t.Helper()
		g := c.get(id)
		if got := []string{g.text("subtotal"), g.text("taxTotal"), g.text("total"), g.text("amountRemaining")}; strings.Join(got,
			" ") != strings.Join([]string{subtotal, tax, total, due}, " ") {
			t.Errorf("subtotal, tax, total and remainder are %v", got)
		}
	}
	want("10.10", "0.76", "10.86", "10.86")
	if _, err := c.box.NetSuite().Pay(id, decimal.MustParse("0.86")); err != nil {
		t.Fatal(err)
	}
	want("10.10", "0.76", "10.86", "10.00")
}

// Oracle's own samples are taken, with the ids of this account in them.
func TestDocumentedRequests(t *testing.T) {
	t.Parallel()
	const dir = "../../../shared/fixtures/netsuite"
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Skipf("no fixtures at ../shared/fixtures/netsuite beside the repository, so Oracle's samples are not sent: %v", err)
		}
		return string(b)
	}
	c := start(t, sandbox.Options{}).login()
	here := strings.NewReplacer(`"id": "220"`, `"id": "601"`, `"id": "614"`, `"id": "601"`, `"id": "14"`, `"id": "601"`,
		`"id": "144"`, `"id": "101"`, `"id": "86"`, `"id": "101"`, `"id": "13"`, `"id": "101"`, "2021-03-05", "2026-11-05")
	period := c.get(c.post(invoice("", "1")).id()).text("postingPeriod.id")

	id := c.post(here.Replace(read("ok-01-invoice-create-request.doc.json"))).expect(t, 204, "").id()
	c.get(id).expect(t, 200, `"asOfDate":"2021-03-15"`) // any letter case is taken, and camel case given
	c.post(strings.ReplaceAll(here.Replace(read("ok-02-invoice-usecase-request.doc.json")), `"21"`, `"`+period+`"`)).expect(t, 204, "")
	c.call("PATCH", "/record/v1/invoice/"+id, here.Replace(read("ok-03-invoice-patch-request.doc.json"))).expect(t, 204, "")
	if g := c.get(id); g.text("item.items.0.rate") != "50.0" || g.text("total") != "50.00" || g.text("item.count") != "1" ||
		g.text("tranDate") != "2026-11-05" {
		t.Errorf("patched by line: %s", g.body)
	}
	c.call("POST", "/record/v1/creditMemo", here.Replace(read("ok-04-creditmemo-create-request.doc.json"))).expect(t, 204, "")
	apply := strings.ReplaceAll(read("ok-05-transform-invoice-creditmemo-request.doc.json"), `"60"`, `"`+id+`"`)
	c.call("POST", "/record/v1/invoice/"+id+"/!transform/creditMemo", apply).expect(t, 204, "")
	c.get(id).expect(t, 200, `"amountRemaining":46.99`)
	for name, path := range map[string]string{"ok-06-governance-limits.doc.json": "governanceLimits", "ok-08-server-time.json": "serverTime"} {
		c.call("GET", "/system/v1/"+path, "").expect(t, 200, firstKey(read(name)))
	}
}

// firstKey is the first key of a JSON object, in its quotes.
func firstKey(object string) string {
	_, rest, _ := strings.Cut(object, `"`)
	key, _, _ := strings.Cut(rest, `"`)
	return `"` + key + `"`
}
