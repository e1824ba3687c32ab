package sandbox_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/sandbox"
)

func (c *caller) query(q string, params ...string) answer {
	c.t.Helper()
	body, err := json.Marshal(map[string]any{"q": q, "params": params})
	if err != nil {
		c.t.Fatal(err)
	}
	return c.call("POST", "/query/v1/suiteql", string(body), "Prefer", "transient")
}

func TestSuiteQL(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	ext := c.box.World().Accounts[0].ID
	id := c.post(invoice("m3b-1", "10.00")).expect(t, 204, "").id()
	c.post(invoice("m3b-2", "20.00")).expect(t, 204, "")
	for _, tc := range []struct {
		q      string
		params []string
		want   string // items without links
	}{
		{`SELECT id, symbol, name FROM currency WHERE symbol = ?`, []string{"EUR"}, `{"id":"3","name":"Euro","symbol":"EUR"}`},
		{`SELECT id, companyname FROM customer WHERE externalid = ?`, []string{ext}, `{"companyname":"Northwind Analytics","id":"601"}`},
		{`select ID, ITEMID from ITEM where upper(itemid) like UPPER('%min%')`, nil, `{"id":"103","itemid":"Minimum spend"}`},
		{`SELECT id FROM item WHERE UPPER(itemid) LIKE ? OR id = ? ORDER BY id DESC FETCH FIRST 2 ROWS ONLY`, []string{"USAGE", "199"},
			`{"id":"199"},{"id":"101"}`},
		{`SELECT t.id, t.tranid FROM transaction t WHERE t.type = 'CustInvc' AND t.externalid IN (?, ?)`, []string{"m3b-1", "none"},
			`{"id":"` + id + `","tranid":"INV` + id + `"}`},
		{`SELECT id FROM transaction WHERE externalid = 'M3B-1'`, nil, ``}, // SuiteQL minds letter case
		{`SELECT COUNT(*) AS n FROM transaction WHERE foreigntotal > 10`, nil, `{"n":"1"}`},
		{`SELECT BUILTIN.DF(entity) AS who FROM transaction WHERE id = ` + id, nil, `{"who":"CUST00010 Northwind Analytics"}`},
		{`SELECT TOP 1 id, externalid FROM customer WHERE externalid IS NULL ORDER BY id`, nil, `{"id":"501"}`},
		{`SELECT periodname, startdate, closed FROM accountingperiod WHERE isyear='F' AND isquarter='F' AND isadjust='F' ` +
			`AND startdate <= TO_DATE(?, 'YYYY-MM-DD') AND enddate >= TO_DATE(?, 'YYYY-MM-DD')`,
			[]string{"2026-03-15", "2026-03-15"}, `{"closed":"T","periodname":"Mar 2026","startdate":"3/1/2026"}`},
		{`SELECT id, name FROM department`, nil, `{"id":"1","name":"Sales"},{"id":"2","name":"Support"}`},
		{`SELECT id, name, subsidiary FROM location`, nil, `{"id":"1","name":"Head Office","subsidiary":"1"}`},
		{`SELECT id, name FROM term WHERE name = 'Net 14'`, nil, `{"id":"2","name":"Net 14"}`},
		{`SELECT id, name FROM classification ORDER BY id DESC`, nil, `{"id":"2","name":"Usage"},{"id":"1","name":"Subscriptions"}`},
		{`SELECT id, acctnumber, fullname FROM account`, nil, ``},
		{`SELECT name FROM subsidiary WHERE NOT (id <> 1) AND name = 'Parent Company'`, nil, `{"name":"Parent Company"}`},
		{`SELECT TO_CHAR(trandate, 'YYYY-MM-DD') AS d FROM transaction WHERE externalid = 'm3b-2'`, nil, `{"d":"2026-11-01"}`},
	} {
		a := c.query(tc.q, tc.params...).expect(t, 200, "")
		var got struct{ Items []map[string]any }
		if err := json.Unmarshal(a.body, &got); err != nil {
			t.Fatal(err)
		}
		var rows []string
		for _, it := range got.Items {
			delete(it, "links")
			b, err := json.Marshal(it)
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, string(b))
		}
		if strings.Join(rows, ",") != tc.want {
			t.Errorf("%s %v\n got %s\nwant %s", tc.q, tc.params, strings.Join(rows, ","), tc.want)
		}
	}
	for q, text := range map[string]string{
		`SELECT nothing FROM customer`:                      "Field 'nothing' for record 'customer' was not found",
		`SELECT id FROM nowhere`:                            "Record 'nowhere' was not found",
		`SELECT id FROM customer LIMIT 5`:                   "Invalid search query",
		`SELECT id FROM customer WHERE id = ?`:              "question marks",
		`SELECT id FROM customer WHERE entityid = 'x`:       "closing quote",
		`SELECT id FROM customer WHERE FOO(entityid) = 'x'`: "unknown function",
		`DELETE FROM customer`:                              "SELECT expected",
	} {
		c.query(q).expect(t, 400, text)
	}
	c.call("POST", "/query/v1/suiteql", `{"q":"SELECT id FROM currency"}`).expect(t, 400, "INVALID_HEADER")
}

// proofQuery is what a sender asks to prove many documents in one call.
const proofQuery = `SELECT l.transaction, l.uniquekey, l.linesequencenumber AS seq, l.mainline, l.taxline, l.iscogs, l.item,` +
	` l.quantity, l.foreignamount,
	l.memo, l.subsidiary, l.department, l.custcol_from, t.externalid, t.type, t.entity, TO_CHAR(t.trandate,'YYYY-MM-DD') AS d,
	TO_CHAR(t.duedate,'YYYY-MM-DD') AS due, t.postingperiod, t.posting, t.status, t.approvalstatus, t.voided, t.currency,` +
	` t.foreigntotal, t.otherrefnum,
	t.memo AS header_memo, t.custbody_bill
	FROM transactionline l INNER JOIN transaction t ON t.id = l.transaction WHERE l.transaction IN (?,` +
	` ?) AND l.uniquekey > ? ORDER BY l.uniquekey`

// ledger is the answer to proofQuery: a row each as "column=value", in the
// order of the columns named.
func (c *caller) ledger(t *testing.T, after string, ids ...string) (out []string) {
	t.Helper()
	var got struct{ Items []map[string]any }
	if err := json.Unmarshal(c.query(proofQuery, ids[0], ids[1], after).expect(t, 200, "").body, &got); err != nil {
		t.Fatal(err)
	}
	for _, row := range got.Items {
		var words []string
		for _, name := range strings.Fields("transaction seq mainline taxline item quantity foreignamount memo department custcol_from type " +
			"foreigntotal d header_memo custbody_bill") {
			if v, ok := row[name].(string); ok {
				words = append(words, name+"="+v)
			}
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

// The lines of documents as the ledger has them: signs, tax, main line, custom
// fields, strings for all values.
func TestLedgerLines(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	if err := c.box.NetSuite().SetTax(decimal.MustParse("10")); err != nil {
		t.Fatal(err)
	}
	inv := c.post(`{"externalId":"m3b-1","entity":{"id":"601"},"tranDate":"2026-11-01","memo":"note","custbody_bill":"B1",`+
		`"department":{"id":"2"},"item":{"items":[
		{"item":{"id":"101"},"quantity":4,"rate":2.5,"amount":10,"description":"calls","custcol_from":"2026-10-01"},{"item":{"id":"102"},`+
		`"amount":-3}]}}`).expect(t, 204, "").id()
	memo := c.call("POST", "/record/v1/creditMemo",
		`{"externalId":"m3c-2","entity":{"id":"601"},"tranDate":"2026-11-02","item":{"items":[{"item":{"id":"101"},
		"quantity":2,"rate":5,"amount":10}]}}`).expect(t, 204, "").id()
	want := []string{
		"transaction=" + inv + " seq=0 mainline=T taxline=F foreignamount=7.7 memo=note department=2 type=CustInvc foreigntotal=7.7 " +
			"d=2026-11-01 header_memo=note custbody_bill=B1",
		"transaction=" + inv + " seq=1 mainline=F taxline=F item=101 quantity=-4 foreignamount=-10 memo=calls custcol_from=2026-10-01 " +
			"type=CustInvc foreigntotal=7.7 d=2026-11-01 header_memo=note custbody_bill=B1",
		"transaction=" + inv + " seq=2 mainline=F taxline=F item=102 foreignamount=3 type=CustInvc foreigntotal=7.7 d=2026-11-01 " +
			"header_memo=note custbody_bill=B1",
		"transaction=" + inv + " seq=3 mainline=F taxline=T foreignamount=-0.7 type=CustInvc foreigntotal=7.7 d=2026-11-01 " +
			"header_memo=note custbody_bill=B1",
		"transaction=" + memo + " seq=0 mainline=T taxline=F foreignamount=-11 type=CustCred foreigntotal=-11 d=2026-11-02",
		"transaction=" + memo + " seq=1 mainline=F taxline=F item=101 quantity=2 foreignamount=10 type=CustCred foreigntotal=-11 d=2026-11-02",
		"transaction=" + memo + " seq=2 mainline=F taxline=T foreignamount=1 type=CustCred foreigntotal=-11 d=2026-11-02",
	}
	got := c.ledger(t, "0", inv, memo)
	slices.Sort(got)
	slices.Sort(want)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	sums := c.query(`SELECT t.type, COUNT(*) AS n,` +
		` SUM(l.foreignamount) AS s FROM transaction t JOIN transactionline l ON l.transaction = t.id GROUP BY t.type ORDER BY t.type`)
	for _, part := range []string{`"n":"3","s":"0","type":"CustCred"`, `"n":"4","s":"0","type":"CustInvc"`} {
		sums.expect(t, 200, part) // all lines of a document add up to nothing
	}
	c.query(`SELECT subsidiary FROM transaction`).expect(t, 400, "Field 'subsidiary' for record 'transaction' was not found")
	c.query(`SELECT custom FROM transactionline`).expect(t, 400, "was not found")
}

// A line keeps its unique key when it is changed, and no two lines share one.
func TestUniqueKeysPage(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	a, b := c.post(invoice("m3b-1", "10.00")).id(), c.post(invoice("m3b-2", "20.00")).id()
	keys := func(after string) (out []string) {
		var got struct {
			Items []struct{ UniqueKey string }
		}
		if err := json.Unmarshal(c.query(proofQuery, a, b, after).expect(t, 200, "").body, &got); err != nil {
			t.Fatal(err)
		}
		for _, i := range got.Items {
			out = append(out, i.UniqueKey)
		}
		return out
	}
	all := keys("0")
	if len(all) != 4 || len(keys(all[1])) != 2 {
		t.Fatalf("keys %v, after the second %v", all, keys(all[1]))
	}
	c.call("PATCH", "/record/v1/invoice/"+a, `{"item":{"items":[{"line":1,"amount":11}]}}`).expect(t, 204, "")
	if again := keys("0"); strings.Join(again, " ") != strings.Join(all, " ") {
		t.Errorf("after a change the keys are %v, before %v", again, all)
	}
	c.call("PATCH", "/record/v1/invoice/"+a+"?replace=item", `{"item":{"items":[{"item":{"id":"101"},"amount":11}]}}`).expect(t, 204, "")
	if again := keys("0"); strings.Join(again, " ") == strings.Join(all, " ") {
		t.Errorf("a replaced line has the key of the one it replaces: %v", again)
	}
}

// What the role's restrictions hide, and what a query does not show yet.
func TestQueriesHideAndLag(t *testing.T) {
	t.Parallel()
	now := clock
	c := start(t, sandbox.Options{Now: func() time.Time { return now }}).login()
	steer := func(body string) {
		t.Helper()
		c.send("POST", c.box.NetSuiteURL()+"/sandbox/queries", body).expect(t, 200, "done")
	}
	count := func(want string) {
		t.Helper()
		c.query(`SELECT COUNT(*) AS n, SUM(foreigntotal) AS s FROM transaction`).expect(t, 200, want)
	}
	c.post(invoice("m3b-1", "10.00")).expect(t, 204, "")
	count(`"n":"1"`)
	steer(`{"hideCustomers":["601"]}`)
	count(`"n":"0"`)
	c.get("eid:m3b-1").expect(t, 200, "") // the record service shows it
	steer(`{"lag":"2s"}`)
	count(`"n":"0"`)
	now = now.Add(2 * time.Second)
	count(`"n":"1"`)
	c.call("PATCH", "/record/v1/invoice/eid:m3b-1", `{"item":{"items":[{"line":1,"amount":11}]}}`).expect(t, 204, "")
	count(`"s":"10"`) // as it was
	now = now.Add(2 * time.Second)
	count(`"s":"11"`)
	c.send("POST", c.box.NetSuiteURL()+"/sandbox/queries", `{"lag":"soon"}`).expect(t, 400, "soon")
	c.send("POST", c.box.NetSuiteURL()+"/sandbox/queries", `{"hideCustomers":["none"]}`).expect(t, 400, "none")
}

func TestPaging(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	q := `{"q":"SELECT id FROM customer"}`
	seen, pages := 0, 0
	next := "/query/v1/suiteql?limit=5&offset=0"
	for next != "" {
		a := c.call("POST", next, q, "Prefer", "transient").expect(t, 200, `"totalResults":13`)
		pages++
		next = ""
		for i := range 2 {
			if a.text("links."+string(rune('0'+i))+".rel") == "next" {
				next = strings.TrimPrefix(a.text("links."+string(rune('0'+i))+".href"), c.box.NetSuiteURL()+"/services/rest")
			}
		}
		var got struct{ Items []any }
		if err := json.Unmarshal(a.body, &got); err != nil {
			t.Fatal(err)
		}
		seen += len(got.Items)
		if more := a.text("hasMore") == "true"; more != (next != "") {
			t.Fatalf("hasMore and the next link differ: %s", a.body)
		}
	}
	if seen != 13 || pages != 3 {
		t.Errorf("%d rows on %d pages", seen, pages)
	}
	c.call("POST", "/query/v1/suiteql?limit=5&offset=3", q, "Prefer", "transient").expect(t, 400, "offset")
	c.call("POST", "/query/v1/suiteql?limit=1001", q, "Prefer", "transient").expect(t, 400, "limit")
}

func TestCollectionsAndMetadata(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	list := func(q string) answer { return c.call("GET", "/record/v1/customer?q="+url.QueryEscape(q), "") }
	list(`companyName CONTAIN "northw"`).expect(t, 200, `"totalResults":1`)
	list(`companyName START_WITH "Globex" OR companyName IS "Northwind Analytics" AND id ANY_OF ["601"]`).expect(t, 200, `"totalResults":2`)
	list(`companyName CONTAIN 'x'`).expect(t, 400, `"o:errorQueryParam":"q"`)
	list(`companyName CONTAINS "x"`).expect(t, 400, "INVALID_PARAMETER")
	c.call("GET", "/record/v1/customer?limit=2", "").expect(t, 200, `"rel":"next"`)
	c.call("GET", "/record/v1/metadata-catalog", "").expect(t, 200, `"name":"invoice"`)
	c.call("GET", "/record/v1/metadata-catalog/invoice", "").expect(t, 200, `"otherRefNum"`)
	c.call("GET", "/record/v1/currency/4", "").expect(t, 200, `"symbol":"JPY"`)
	c.call("GET", "/record/v1/customer/eid:"+c.box.World().Accounts[0].ID, "").expect(t, 200, `"id":"601"`)
	c.call("GET", "/system/v1/serverTime", "").expect(t, 200, `{"serverTime":"2026-11-22T10:00:00.000Z"}`)
	c.call("POST", "/record/v1/customer", `{"companyName":"New Customer","externalId":"n1"}`).expect(t, 204, "")
	c.call("POST", "/record/v1/customer", `{"companyName":"new customer"}`).expect(t, 400, "This entity already exists.")
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	deny := func(names ...string) {
		t.Helper()
		if err := c.box.NetSuite().Deny(names...); err != nil {
			t.Fatal(err)
		}
	}
	deny("suiteanalytics")
	const text = "Your current role does not have permission to perform this action."
	c.query(`SELECT id FROM currency`).expect(t, 400, text)
	c.call("GET", "/record/v1/customer", "").expect(t, 400, text)
	c.call("GET", "/record/v1/customer/601", "").expect(t, 200, "") // by id it still works: the trap
	deny("invoice")
	c.post(invoice("x", "1")).expect(t, 403, "INSUFFICIENT_PERMISSION")
	deny("currency")
	c.query(`SELECT id FROM currency`).expect(t, 400, "Record 'currency' was not found")
	c.query(`SELECT id FROM customer`).expect(t, 200, "")
	deny("suiteql")
	c.query(`SELECT id FROM currency`).expect(t, 400, text)
	c.call("GET", "/record/v1/customer", "").expect(t, 200, "")
	deny("rest")
	c.get("1").expect(t, 401, "INVALID_LOGIN")
	deny()
	c.post(invoice("x", "1")).expect(t, 204, "")
	if c.box.NetSuite().Deny("sleep") == nil {
		t.Error("an unknown permission was denied")
	}
}
