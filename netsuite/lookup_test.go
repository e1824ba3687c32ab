package netsuite

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/secret"
)

func testKeysCert() secret.Value { return secret.New(string(testKeys().cert)) }

const noPermission = "Your current role does not have permission to perform this action. Please contact your account administrator."

func TestCurrencyIsLookedUpOnce(t *testing.T) {
	t.Parallel()
	f, ck := newFake(t), newClock()
	f.now = ck.now
	c := f.client(func(o *Options) { o.Now = ck.now })
	f.next("POST /query", func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Prefer") != "transient" {
			t.Error("SuiteQL without Prefer: transient")
		}
		return false
	})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if id, err := c.CurrencyID(t.Context(), "eur", nil); err != nil || id != "4" {
				t.Error(id, err)
			}
		})
	}
	wg.Wait()
	_, err := c.CurrencyID(t.Context(), "XAU", nil)
	failure(t, err, integration.ClassData, "currency_unknown")
	if n := f.count("POST /query"); n != 1 {
		t.Fatalf("%d queries", n)
	}
	ck.add(longLife)
	if _, err := c.CurrencyID(t.Context(), "USD", nil); err != nil || f.count("POST /query") != 2 {
		t.Fatal("the cache did not expire", err)
	}
}

func TestCurrencyWithoutSuiteQL(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.refuse("POST /query", 400, "USER_ERROR", noPermission)
	for id, symbol := range map[string]string{"1": "USD", "2": "GBP", "4": "EUR"} {
		f.next("GET /currency/"+id, func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = fmt.Fprintf(w, `{"id":%q,"symbol":%q}`, id, symbol)
			return true
		})
	}
	c := f.client()
	if id, err := c.CurrencyID(t.Context(), "EUR", nil); err != nil || id != "4" {
		t.Fatal(id, err)
	}
	if n := f.count("GET /currency/"); n != 4+maxGap {
		t.Fatalf("%d reads", n)
	}
}

func TestFailedLookUpIsNotKept(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.refuse("POST /query", 429, "CONCURRENCY_LIMIT_EXCEEDED", "")
	c := f.client()
	_, err := c.CurrencyID(t.Context(), "USD", nil)
	failure(t, err, integration.ClassLoad, "concurrency_limit")
	if id, err := c.CurrencyID(t.Context(), "USD", nil); err != nil || id != "1" {
		t.Fatal(id, err)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.queries["item"] = []string{`{"id":"101","itemid":"Usage","fullname":"Services : Usage"}`, `{"id":"102","itemid":"Fee"}`}
	f.queries["customer"] = []string{`{"id":"614","entityid":"C-1","companyname":"Acme"}`}
	c := f.client()
	items, err := c.Search(t.Context(), delivery.ItemRecord, "101", 10)
	if err != nil || fmt.Sprint(items) != "[{101 Services : Usage} {102 Fee}]" {
		t.Fatal(items, err)
	}
	if _, err := c.Search(t.Context(), delivery.ItemRecord, " 101", 10); err != nil || f.count("POST /query") != 2 {
		t.Fatal("by id and by name once each, then from the cache", f.seen, err)
	}
	custs, err := c.Search(t.Context(), delivery.CustomerRecord, "acme'; --", 10)
	if err != nil || len(custs) != 1 || custs[0].Name != "Acme" {
		t.Fatal(custs, err)
	}
	f.refuse("POST /query", 400, "USER_ERROR", noPermission)
	f.refuse("GET /serviceSaleItem", 400, "USER_ERROR", noPermission)
	_, err = c.Search(t.Context(), delivery.ItemRecord, "x", 10)
	if got := failure(t, err, integration.ClassRefused, "permission_missing"); !strings.Contains(got.Advice, "type the item's internal id") {
		t.Fatal(got.Advice)
	}
}

func TestSuiteQLFollowsPages(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	for page := range 3 {
		f.next("POST /query", func(w http.ResponseWriter, r *http.Request) bool {
			if off := r.URL.Query().Get("offset"); off != fmt.Sprint(page*pageSize) {
				t.Error("offset", off)
			}
			_, _ = fmt.Fprintf(w, `{"hasMore":%v,"items":[{"id":"%d","n":5,"t":"T"}]}`, page < 2, page)
			return true
		})
	}
	rows, err := f.client().suiteql(t.Context(), "x", "SELECT", 5000, nil)
	if err != nil || len(rows) != 3 || rows[2]["id"] != "2" || rows[0]["n"] != "5" {
		t.Fatal(rows, err)
	}
}
