package conformance

import (
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const queryPath = "/services/rest/query/v1/suiteql"

// query runs SuiteQL and returns the answer, which must be a page of rows.
func (s *suite) query(window, q string, params ...string) answer {
	s.Helper()
	a := s.call(http.MethodPost, queryPath+window, map[string]any{"q": q, "params": params}, "Prefer", "transient")
	if _, ok := a.value("items").([]any); a.status != http.StatusOK || !ok {
		s.Fatalf("%s: %d %s", q, a.status, a.body)
	}
	return a
}

func (s *suite) suiteql() {
	s.refused(s.call(http.MethodPost, queryPath+"?limit=10&offset=0", map[string]string{"q": "SELECT id, symbol, name FROM currency"}),
		"prefer")
	a := s.query("?limit=10&offset=0", "SELECT id, symbol, name FROM currency")
	if id, ok := a.value("items", 0, "id").(string); !ok || id == "" {
		s.Errorf("the first id is %v, not a string", a.value("items", 0, "id"))
	}
}

// queries are the look-ups that the sender makes.
func (s *suite) queries() {
	const period = "SELECT id, periodname, startdate, enddate, closed, arlocked, alllocked FROM accountingperiod " +
		"WHERE isyear='F' AND isquarter='F' AND isadjust='F' AND startdate <= TO_DATE(?, 'YYYY-MM-DD') AND enddate >= TO_DATE(?, 'YYYY-MM-DD')"
	for _, c := range []struct {
		q      string
		params []string
		want   map[string]string // columns of the first row; "" is any text
	}{
		{period, []string{s.Date, s.Date}, map[string]string{"id": "", "periodname": "", "closed": "F"}},
		{"SELECT id, itemid, fullname FROM item WHERE id = ?", []string{s.ItemID}, map[string]string{"id": s.ItemID, "itemid": ""}},
		{"SELECT id, itemid, fullname FROM item WHERE UPPER(itemid) LIKE ? ORDER BY itemid FETCH FIRST 1 ROWS ONLY", []string{"%"},
			map[string]string{"id": ""}},
		{"SELECT id, entityid, companyname, externalid FROM customer WHERE id = ?", []string{s.CustomerID},
			map[string]string{"id": s.CustomerID, "entityid": ""}},
		{"SELECT id, entityid, companyname, externalid FROM customer WHERE UPPER(companyname) LIKE ? OR UPPER(entityid) LIKE ? ORDER BY " +
			"companyname FETCH FIRST 1 ROWS ONLY",
			[]string{"%", "%"}, map[string]string{"id": ""}},
		{"SELECT id, symbol, name FROM currency", nil, map[string]string{"id": "", "symbol": ""}},
	} {
		a := s.query("?limit=1000&offset=0", c.q, c.params...)
		for column, want := range c.want {
			got, ok := a.value("items", 0, column).(string)
			if !ok || got == "" || want != "" && got != want {
				s.Errorf("%s: %s is %q, want %q: %s", c.q, column, got, want, a.body)
			}
		}
	}
}

// ledger: signs, main line, lines and their order, by the query that proves many
// documents in one call. The lines of a document add up to nothing.
func (s *suite) ledger() {
	const q = "SELECT l.transaction, l.uniquekey, l.linesequencenumber, l.mainline, l.taxline, l.iscogs, l.item, l.quantity, " +
		"l.foreignamount, l.memo, " +
		"t.externalid, t.tranid, t.type, t.entity, TO_CHAR(t.trandate,'YYYY-MM-DD') AS d, TO_CHAR(t.duedate,'YYYY-MM-DD') AS " +
		"due, t.postingperiod, " +
		"t.posting, t.status, t.voided, t.currency, t.foreigntotal, t.otherrefnum, t.memo AS header_memo, c.externalid AS customer_ref " +
		"FROM transactionline l INNER JOIN transaction t ON t.id = l.transaction INNER JOIN customer c ON c.id = t.entity WHERE l.transaction " +
		"IN (?, ?) AND l.uniquekey > ? ORDER BY l.uniquekey"
	invoiceEID, memoEID := newID(), newID()
	inv, memo := s.make("invoice", invoiceEID, "60.00", "12.50"), s.make("creditMemo", memoEID, "7.00")
	a := s.query("?limit=1000&offset=0", q, inv, memo, "0")
	rows, _ := a.value("items").([]any)
	type document struct {
		main, charges int
		balance       *big.Rat
	}
	docs := map[string]*document{inv: {balance: new(big.Rat)}, memo: {balance: new(big.Rat)}}
	last := ""
	for i := range rows {
		at := func(column string) string { v, _ := a.value("items", i, column).(string); return v }
		d := docs[at("transaction")]
		if d == nil {
			s.Fatalf("row %d is of transaction %q: %s", i, at("transaction"), a.body)
		}
		amount := rational(at("foreignamount"))
		d.balance.Add(d.balance, amount)
		sign := 1
		if at("transaction") == memo {
			sign = -1
		}
		switch {
		case at("mainline") == "T":
			d.main++
			if amount.Sign() != sign || amount.Cmp(rational(at("foreigntotal"))) != 0 {
				s.Errorf("main line of %s: amount %s, total %s", at("type"), at("foreignamount"), at("foreigntotal"))
			}
		case at("taxline") != "T" && at("item") == s.ItemID:
			d.charges++
			if amount.Sign() != -sign {
				s.Errorf("a charge of a %s has the amount %s", at("type"), at("foreignamount"))
			}
		}
		want := map[string]string{"entity": s.CustomerID, "d": s.Date, "currency": s.CurrencyID, "voided": "F", "posting": "T",
			"externalid": map[string]string{inv: invoiceEID, memo: memoEID}[at("transaction")], "header_memo": "billferry conformance"}
		if at("postingperiod") == "" || at("uniquekey") == "" || at("linesequencenumber") == "" {
			s.Errorf("no period, key or place: %s", a.body)
		}
		for column, value := range want {
			if at(column) != value {
				s.Errorf("%s is %q, want %q", column, at(column), value)
			}
		}
		last = at("uniquekey")
	}
	for id, lines := range map[string]int{inv: 2, memo: 1} {
		if d := docs[id]; d.main != 1 || d.charges != lines || d.balance.Sign() != 0 {
			s.Errorf("transaction %s: %d main lines, %d charges, balance %s: %s", id, d.main, d.charges, d.balance, a.body)
		}
	}
	if rest := s.query("?limit=1000&offset=0", q, inv, memo, last).value("items"); len(rest.([]any)) != 0 {
		s.Errorf("rows after the last key: %v", rest)
	}
	page := s.query("?limit=2&offset=0", q, inv, memo, "0")
	if fmt.Sprint(page.value("hasMore")) != "true" || page.value("items", 1, "uniquekey") != a.value("items", 1, "uniquekey") {
		s.Errorf("a page of two rows: %s", page.body)
	}
	next := s.query("?limit=1000&offset=0", q, inv, memo, fmt.Sprint(page.value("items", 1, "uniquekey")))
	if list, _ := next.value("items").([]any); len(list) != len(rows)-2 ||
		next.value("items", 0, "uniquekey") != a.value("items", 2, "uniquekey") {
		s.Errorf("the rows after the second key: %s", next.body)
	}
	s.refused(s.call(http.MethodPost, queryPath+"?limit=1001&offset=0", map[string]any{"q": q, "params": []string{inv, memo, "0"}}, "Prefer",
		"transient"), "limit")
	s.refused(s.call(http.MethodPost, queryPath+"?limit=10&offset=0", map[string]any{"q": "SELECT t.nosuchcolumn FROM transaction t"},
		"Prefer", "transient"), "not found", "invalid")
}

// paging: the second page begins where the first ended, and says when it is
// the last.
func (s *suite) paging() {
	const q = "SELECT id FROM customer ORDER BY id"
	first := s.query("?limit=1&offset=0", q)
	if fmt.Sprint(first.value("hasMore")) != "true" {
		s.Skipf("the account has one customer only, so there is no second page")
	}
	second := s.query("?limit=1&offset=1", q)
	if a, b := first.value("items", 0, "id"), second.value("items", 0, "id"); a == nil || b == nil || a == b {
		s.Errorf("the pages begin with %v and %v", a, b)
	}
}

func (s *suite) filter() {
	name := fmt.Sprint(s.read("customer", s.CustomerID).value("entityId"))
	word := strings.Fields(name)[0]
	a := s.call(http.MethodGet, records+"/customer?limit=1000&q="+
		url.QueryEscape(`entityId CONTAIN "`+word+`" OR companyName CONTAIN "`+word+`"`), nil)
	if a.status != http.StatusOK {
		s.Fatalf("%d %s", a.status, a.body)
	}
	if !strings.Contains(string(a.body), `"id":"`+s.CustomerID+`"`) {
		s.Errorf("the filter does not find customer %s, named %s: %s", s.CustomerID, name, a.body)
	}
	s.refused(s.call(http.MethodGet, records+"/customer?q="+url.QueryEscape(`entityId CONTAIN '`+word+`'`), nil), "invalid search query")
}

func (s *suite) readByID() {
	if a := s.call(http.MethodGet, records+"/currency/"+s.CurrencyID, nil); a.status != http.StatusOK ||
		len(fmt.Sprint(a.value("symbol"))) != 3 {
		s.Errorf("currency: %d %s", a.status, a.body)
	}
	invoice := s.read("invoice", s.make("invoice", newID(), "1.00"))
	id := fmt.Sprint(invoice.value("postingPeriod", "id"))
	a := s.call(http.MethodGet, records+"/accountingPeriod/"+id, nil)
	if a.status != http.StatusOK || fmt.Sprint(a.value("closed")) != "false" || a.value("periodName") == nil {
		s.Errorf("accounting period %s: %d %s", id, a.status, a.body)
	}
	if a := s.call(http.MethodGet, records+"/customer/eid:"+newID(), nil); a.status != http.StatusNotFound {
		s.Errorf("a customer whose external id nobody has: %d %s", a.status, a.body)
	}
}

// tokenRefusal: what is wrong with a login is told at the token endpoint, by a
// code and not only by a status; and the answer is dated, so that a clock that
// is off can be told from a key that is wrong.
func (s *suite) tokenRefusal() {
	form := url.Values{"grant_type": {"client_credentials"}, "client_assertion": {"no.jwt.atall"},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
	resp, err := s.HTTP.PostForm(s.TokenURL, form)
	if err != nil {
		s.Fatal(err)
	}
	a := drain(s.T, resp)
	if code, ok := a.value("error").(string); a.status < 400 || a.status > 500 || !ok || code == "" {
		s.Errorf("%d %s", a.status, a.body)
	}
	if there, err := http.ParseTime(a.head.Get("Date")); err != nil || time.Since(there).Abs() > 5*time.Minute {
		s.Errorf("dated %q (%v); is this machine's clock right?", a.head.Get("Date"), err)
	}
}

func (s *suite) absentID() {
	a := s.call(http.MethodGet, records+"/invoice/999999999", nil)
	if a.status != http.StatusNotFound {
		s.refused(a, "does not exist", "transaction type specified is incorrect")
	}
}

func (s *suite) noSuchType() {
	a := s.call(http.MethodGet, records+"/noSuchTypeOfBillferry", nil)
	if a.status != http.StatusNotFound || !strings.Contains(a.text(), "record type '") {
		s.Errorf("%d %s", a.status, a.body)
	}
}
