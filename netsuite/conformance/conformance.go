// Package conformance states what a NetSuite does, as tests over HTTP: the
// behaviour that the sender's exactly-once rests on. The simulator of
// internal/sandbox runs it, and so can a real sandbox account: see
// docs/NETSUITE.md, "Run the conformance suite".
//
// Every record it makes is deleted again.
package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"billferry/internal/outbound"
)

// Target is the NetSuite to test.
type Target struct {
	BaseURL    string // origin, such as https://1234567-sb1.suitetalk.api.netsuite.com
	TokenURL   string // the token endpoint; "": where NetSuite has it on BaseURL
	Token      func(ctx context.Context) (string, error)
	HTTP       *http.Client // nil: a client without a cookie jar
	CustomerID string       // internal id of a customer that may be invoiced
	ItemID     string       // internal id of an item for sale
	CurrencyID string       // internal id of a currency the customer may use
	Date       string       // civil date in an open period
}

// Run checks everything that the sender relies on.
func Run(t *testing.T, target Target) {
	t.Helper()
	if target.TokenURL == "" {
		target.TokenURL = target.BaseURL + "/services/rest/auth/oauth2/v1/token"
	}
	if target.HTTP == nil {
		target.HTTP = &http.Client{Timeout: 2 * time.Minute}
	}
	target.HTTP = outbound.Client(target.HTTP)
	for _, c := range []struct {
		name  string
		check func(*suite)
	}{
		{"a create answers 204 and where the record is", (*suite).create},
		{"an external id is taken once", (*suite).unique},
		{"an external id is taken once by many at the same time", (*suite).race},
		{"invoices and credit memos share external ids", (*suite).sharedNamespace},
		{"an unknown external id is told as absent", (*suite).absent},
		{"a read shows what was sent", (*suite).readBack},
		{"an update adds lines unless they are replaced", (*suite).merge},
		{"an unknown field is refused on request, else ignored", (*suite).fields},
		{"an unknown item is refused", (*suite).badItem},
		{"a total below zero is refused", (*suite).negative},
		{"a credit memo has positive amounts", (*suite).creditMemo},
		{"texts, dates and small rates come back as sent", (*suite).fidelity},
		{"an update changes the header and keeps the rest", (*suite).header},
		{"a payment shows on its invoice and holds it", (*suite).payment},
		{"a credit given shows on memo and invoice", (*suite).credit},
		{"an internal id that no invoice has is told as absent", (*suite).absentID},
		{"a record type that is none is told as such", (*suite).noSuchType},
		{"a token it does not know is refused as a login", (*suite).login},
		{"the token endpoint refuses with a code and tells the time", (*suite).tokenRefusal},
		{"SuiteQL wants Prefer: transient and answers in strings", (*suite).suiteql},
		{"SuiteQL answers the look-ups of the sender", (*suite).queries},
		{"SuiteQL pages by limit and offset", (*suite).paging},
		{"SuiteQL shows documents as the ledger has them", (*suite).ledger},
		{"collections are filtered by q and name ids", (*suite).filter},
		{"customers, currencies and periods are read by id", (*suite).readByID},
		{"the metadata catalogue can be read", (*suite).metadata},
		{"the metadata catalogue labels the fields of header and line", (*suite).catalogue},
		{"the values of a field are listed without saving anything", (*suite).selectOptions},
		{"SuiteQL lists custom fields and which are mandatory", (*suite).customFields},
		{"SuiteQL lists the permissions of the token's role", (*suite).permissions},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(&suite{T: t, Target: target}) })
	}
}

// suite is one check under way.
type suite struct {
	*testing.T
	Target
}

var counter atomic.Int64

// newID is an external id that no other run has used.
func newID() string {
	return "bfc-" + strconv.FormatInt(time.Now().UnixNano(), 36) + "-" + strconv.FormatInt(counter.Add(1), 36)
}

// answer is what came back.
type answer struct {
	status int
	head   http.Header
	body   []byte
}

// text is the error text, in lower case.
func (a answer) text() string { return strings.ToLower(string(a.body)) }

// value reads the body by a path of keys; a list is entered by its index.
func (a answer) value(keys ...any) any {
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	for _, k := range keys {
		switch x := v.(type) {
		case map[string]any:
			v = x[fmt.Sprint(k)]
		case []any:
			i, _ := k.(int)
			if i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

const records = "/services/rest/record/v1"

// call makes one request; head are pairs of name and value.
func (s *suite) call(method, path string, body any, head ...string) answer {
	s.Helper()
	token, err := s.Token(s.Context())
	if err != nil {
		s.Fatalf("token: %v", err)
	}
	return s.callAs(token, method, path, body, head...)
}

func (s *suite) callAs(token, method, path string, body any, head ...string) answer {
	s.Helper()
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			s.Fatal(err)
		}
		payload = bytes.NewReader(b)
	}
	// Not s.Context(): clean-up runs after it has ended.
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.BaseURL+path, payload)
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	resp, err := s.HTTP.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	return drain(s.T, resp)
}

// drain reads an answer whole.
func drain(t *testing.T, resp *http.Response) answer {
	t.Helper()
	b, err := outbound.ReadAll(resp)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, b}
}

// line is an invoice line over one unit.
func (s *suite) line(amount string) map[string]any {
	return map[string]any{"item": map[string]string{"id": s.ItemID}, "quantity": 1, "rate": json.Number(amount), "amount": json.Number(amount),
		"price": map[string]string{"id": "-1"}, "description": "conformance " + amount}
}

func (s *suite) body(externalID string, amounts ...string) map[string]any {
	items := make([]map[string]any, len(amounts))
	for i, a := range amounts {
		items[i] = s.line(a)
	}
	return map[string]any{"externalId": externalID, "entity": map[string]string{"id": s.CustomerID},
		"currency": map[string]string{"id": s.CurrencyID},
		"tranDate": s.Date, "memo": "billferry conformance", "toBeEmailed": false, "item": map[string]any{"items": items}}
}

// make creates a record, sees to its deletion and returns its internal id.
func (s *suite) make(kind, externalID string, amounts ...string) string {
	s.Helper()
	return s.send(kind, s.body(externalID, amounts...))
}

// send is make for a body of its own.
func (s *suite) send(kind string, body any) string {
	s.Helper()
	id := s.location(s.call(http.MethodPost, records+"/"+kind, body))
	s.remove(kind, id)
	return id
}

// location is the id of what was made.
func (s *suite) location(a answer) string {
	s.Helper()
	if a.status != http.StatusNoContent {
		s.Fatalf("create: %d %s", a.status, a.body)
	}
	u, err := url.Parse(a.head.Get("Location"))
	if err != nil || !u.IsAbs() {
		s.Fatalf("Location %q is not an absolute URL", a.head.Get("Location"))
	}
	return u.Path[strings.LastIndexByte(u.Path, '/')+1:]
}

// remove deletes a record when the check ends.
func (s *suite) remove(kind, id string) {
	s.Cleanup(func() {
		if a := s.call(http.MethodDelete, records+"/"+kind+"/"+id, nil); a.status != http.StatusNoContent {
			s.Errorf("delete %s %s: %d %s", kind, id, a.status, a.body)
		}
	})
}

func (s *suite) read(kind, id string) answer {
	s.Helper()
	a := s.call(http.MethodGet, records+"/"+kind+"/"+id+"?expandSubResources=true", nil)
	if a.status != http.StatusOK {
		s.Fatalf("read: %d %s", a.status, a.body)
	}
	return a
}

// refused asserts a 400 whose error holds one of words.
func (s *suite) refused(a answer, words ...string) {
	s.Helper()
	if a.status != http.StatusBadRequest || a.value("o:errorDetails", 0, "detail") == nil {
		s.Fatalf("want a 400 with o:errorDetails, got %d %s", a.status, a.body)
	}
	for _, w := range words {
		if strings.Contains(a.text(), w) {
			return
		}
	}
	s.Errorf("the error says none of %q: %s", words, a.body)
}
