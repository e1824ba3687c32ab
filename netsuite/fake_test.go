package netsuite

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/mapping"
)

// fake is a NetSuite just large enough for the sender: tokens, records unique
// by external id, and answers that a test scripts in advance.
type fake struct {
	*httptest.Server
	t    *testing.T
	cert *x509.Certificate
	now  func() time.Time // of the token endpoint

	mu      sync.Mutex
	life    int // seconds of a token
	tokens  map[string]bool
	issued  int
	records map[string]map[string]any // by external id
	nextID  int
	script  []scripted
	seen    []string            // "POST /invoice", in order
	queries map[string][]string // table -> rows, JSON
}

// scripted answers one request; it returns false to let the fake do so.
type scripted struct {
	match string // prefix of "METHOD path"
	do    func(w http.ResponseWriter, r *http.Request) bool
}

var testKeys = sync.OnceValue(func() (k struct {
	pem  secret.Value
	cert []byte
}) {
	var err error
	if k.pem, k.cert, err = GenerateKey("ES256", 365, "test", time.Now()); err != nil {
		panic(err)
	}
	return k
})

func newFake(t *testing.T) *fake {
	t.Helper()
	block, _ := pem.Decode(testKeys().cert)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{t: t, cert: cert, now: time.Now, life: 3600, tokens: map[string]bool{}, records: map[string]map[string]any{}, nextID: 100,
		queries: map[string][]string{"currency": {`{"links":[],"id":"1","symbol":"USD","name":"US Dollar"}`,
			`{"id":"4","symbol":"EUR","name":"Euro"}`}}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// client makes a client of f; settle is short, since the fake is quick.
func (f *fake) client(edit ...func(*Options)) *Client {
	f.t.Helper()
	o := Options{Settle: time.Millisecond, HTTP: f.Client()}
	for _, e := range edit {
		e(&o)
	}
	c, err := New(Credentials{AccountID: "1234567_SB1", ClientID: "client", KeyID: "kid-1", PrivateKey: testKeys().pem, RESTURL: f.URL}, o)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// next scripts the answer to the next request that match fits.
func (f *fake) next(match string, do func(w http.ResponseWriter, r *http.Request) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script = append(f.script, scripted{match, do})
}

// refuse scripts an error answer.
func (f *fake) refuse(match string, status int, code, text string) {
	f.next(match, func(w http.ResponseWriter, _ *http.Request) bool { writeError(w, status, code, text); return true })
}

func writeError(w http.ResponseWriter, status int, code, text string) {
	w.Header().Set("Content-Type", "application/vnd.oracle.resource+json; type=error")
	w.WriteHeader(status)
	entry := map[string]string{"detail": text}
	if code != "" {
		entry["o:errorCode"] = code
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status,
		"o:errorDetails": []any{entry}})
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, recordPath), "/services/rest")
	f.mu.Lock()
	f.seen = append(f.seen, r.Method+" "+path)
	var do func(http.ResponseWriter, *http.Request) bool
	for i, s := range f.script {
		if strings.HasPrefix(r.Method+" "+path, s.match) {
			do = s.do
			f.script = append(f.script[:i:i], f.script[i+1:]...)
			break
		}
	}
	f.mu.Unlock()
	if do != nil && do(w, r) {
		return
	}
	if r.URL.Path == tokenPath {
		f.token(w, r)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")] || r.Header.Get("Cookie") != "" {
		writeError(w, 401, "INVALID_LOGIN", "Invalid login attempt.")
		return
	}
	f.record(w, r, path)
}

func (f *fake) token(w http.ResponseWriter, r *http.Request) {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(r.FormValue("client_assertion"), claims, func(tk *jwt.Token) (any, error) {
		if tk.Header["kid"] != "kid-1" || claims["iss"] != "client" {
			return nil, fmt.Errorf("kid %v iss %v", tk.Header["kid"], claims["iss"])
		}
		return f.cert.PublicKey, nil
	}, jwt.WithAudience(f.URL+tokenPath), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(f.now))
	if err != nil || r.FormValue("grant_type") != "client_credentials" {
		w.WriteHeader(400)
		_, _ = io.WriteString(w, `{"error":"invalid_client","error_description":"invalid_client"}`)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.issued++
	tok := "access-token-" + strconv.Itoa(f.issued)
	f.tokens[tok] = true
	_, _ = fmt.Fprintf(w, `{"access_token":%q,"expires_in":"%d","token_type":"Bearer"}`, tok, f.life)
}

func (f *fake) record(w http.ResponseWriter, r *http.Request, path string) {
	switch {
	case r.URL.Path == queryPath:
		f.query(w, r)
	case path == "/metadata-catalog":
		_, _ = io.WriteString(w, `{"items":[]}`)
	case path == "/customer/eid:acc-1":
		_, _ = io.WriteString(w, `{"id":"614"}`)
	case strings.HasPrefix(path, "/accountingPeriod/"):
		_, _ = io.WriteString(w, `{"id":"7","periodName":"Aug 2026","closed":false,"arLocked":false,"allLocked":false}`)
	case r.Method == http.MethodPost:
		f.create(w, r, path)
	case r.Method == http.MethodPatch:
		f.patch(w, r, path)
	default:
		f.read(w, path)
	}
}

func (f *fake) query(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	var rows []string
	for table, rs := range f.queries {
		if strings.Contains(string(b), "FROM "+table) {
			rows = rs
		}
	}
	_, _ = fmt.Fprintf(w, `{"links":[],"count":%d,"hasMore":false,"items":[%s],"offset":0,"totalResults":%d}`, len(rows),
		strings.Join(rows, ","), len(rows))
}

// create stores a record as NetSuite returns it.
func (f *fake) create(w http.ResponseWriter, r *http.Request, path string) {
	if strings.Contains(r.Header.Get("Accept"), "type=") { // no pick lists, no forms
		writeError(w, 400, "INVALID_HEADER", "The Accept header is not supported.")
		return
	}
	if r.Header.Get("X-NetSuite-PropertyNameValidation") != "Error" {
		f.t.Error("a write without property name validation")
	}
	rec := f.content(r)
	eid := rec["externalId"].(string)
	if _, ok := f.records[eid]; ok {
		writeError(w, 400, "USER_ERROR", "Error while accessing a resource. This record already exists.")
		return
	}
	f.nextID++
	rec["id"] = strconv.Itoa(f.nextID)
	f.records[eid] = rec
	w.Header().Set("Location", f.URL+recordPath+path+"/"+strconv.Itoa(f.nextID))
	w.WriteHeader(http.StatusNoContent)
}

func (f *fake) patch(w http.ResponseWriter, r *http.Request, path string) {
	rec := f.byPath(path)
	if rec == nil {
		writeError(w, 400, "USER_ERROR", "Error while accessing a resource. Transaction type specified is incorrect.")
		return
	}
	if r.URL.Query().Get("replace") != "item" {
		f.t.Error("an update that would append lines")
	}
	maps.Copy(rec, f.content(r))
	w.WriteHeader(http.StatusNoContent)
}

// content turns a body into what a read shows: references with names, lines
// with keys, totals.
func (f *fake) content(r *http.Request) map[string]any {
	d := json.NewDecoder(r.Body)
	d.UseNumber()
	rec := map[string]any{}
	if err := d.Decode(&rec); err != nil {
		f.t.Error("body:", err)
	}
	var total decimal.D
	items := rec["item"].(map[string]any)["items"].([]any)
	for i, it := range items {
		line := it.(map[string]any)
		line["line"] = i + 1
		line["links"] = []any{}
		total = total.Add(decimal.MustParse(line["amount"].(json.Number).String()))
	}
	rec["item"] = map[string]any{"items": items, "count": len(items), "hasMore": false, "totalResults": len(items), "links": []any{}}
	if e := rec["entity"].(map[string]any); e["id"] == nil {
		rec["entity"] = map[string]any{"id": "614", "refName": "Acme"}
	}
	rec["total"], rec["status"], rec["amountPaid"] = json.Number(total.String()), map[string]any{"id": "A"}, json.Number("0.0")
	rec["postingPeriod"] = map[string]any{"id": 7}
	return rec
}

func (f *fake) read(w http.ResponseWriter, path string) {
	if rec := f.byPath(path); rec != nil {
		_ = json.NewEncoder(w).Encode(rec)
		return
	}
	writeError(w, 404, "NONEXISTENT_ID", "The record instance does not exist. Provide a valid record instance ID.")
}

func (f *fake) byPath(path string) map[string]any {
	id := path[strings.LastIndexByte(path, '/')+1:]
	if eid, ok := strings.CutPrefix(id, "eid:"); ok {
		return f.records[eid]
	}
	for _, r := range f.records {
		if r["id"] == id {
			return r
		}
	}
	return nil
}

// count tells how many requests began with s.
func (f *fake) count(s string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, x := range f.seen {
		if strings.HasPrefix(x, s) {
			n++
		}
	}
	return n
}

// set changes the only record.
func (f *fake) set(field string, v any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.records {
		r[field] = v
	}
}

// doc is a document of two lines, 72.50 in total.
func doc() mapping.Document {
	return mapping.Document{
		Kind: mapping.Invoice, ExternalID: "m3b-2f6f2c1e-0000-4000-8000-000000000001", Entity: mapping.Ref{ID: "614"},
		CurrencyID: "1", Currency: "USD", TranDate: "2026-08-31", Memo: "INVOICE-101", OtherRefNum: "PO 7",
		Lines: []mapping.Line{
			{ItemID: "101", Quantity: decimal.MustParse("1200"), Rate: decimal.MustParse("0.05"), Amount: decimal.MustParse("60.00"),
				Description: "API calls",
				Fields:      []mapping.Field{{Name: "custcol_from", As: mapping.AsDate, Value: "2026-08-01"}}},
			{ItemID: "199", Quantity: decimal.MustParse("1"), Rate: decimal.MustParse("12.50"), Amount: decimal.MustParse("12.50"),
				Description: "Platform"},
		},
		Total: decimal.MustParse("72.50"),
	}
}

// failure asserts that err is a failure of that class and cause.
func failure(t *testing.T, err error, class integration.Class, cause string) *integration.Failure {
	t.Helper()
	f, ok := err.(*integration.Failure)
	if !ok || f.Class != class || f.Cause != cause {
		t.Fatalf("got %#v (%v), want %s/%s", err, err, class, cause)
	}
	if f.Message == "" || f.Advice == "" {
		t.Fatalf("%s says too little: %q / %q", cause, f.Message, f.Advice)
	}
	return f
}
