package netsuite

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"billferry/internal/decimal"
	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/pattern"
	"billferry/internal/reconcile"
	"billferry/mapping"
)

var _ destination.Population = (*Client)(nil)

// leftOut are columns that the account was found not to have: one without
// OneWorld has no subsidiaries, one without Multiple Currencies no currency.
type leftOut struct {
	mu    sync.Mutex
	names map[string]bool
}

// optional are the columns that a query goes on without.
var optional = []string{"subsidiary", "currency", "voided", "otherrefnum", "foreignpaymentamountunused"}

var fieldNamed = pattern.New(`(?i)field '?(?:[a-z0-9_]+\.)?([a-z0-9_]+)'?`)

func (l *leftOut) has(column string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.names[column]
}

// learn notes a column that a refusal names, and tells whether the query is worth
// another try.
func (l *leftOut) learn(err error, fields []string) bool {
	m := fieldNamed().FindStringSubmatch(asFailure(err).Message)
	if m == nil {
		return false
	}
	name := strings.ToLower(m[1])
	if !slices.Contains(optional, name) && !slices.Contains(fields, name) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.names == nil {
		l.names = map[string]bool{}
	}
	was := l.names[name]
	l.names[name] = true
	return !was
}

// all notes columns as missing, and tells whether any was not known as that.
func (l *leftOut) all(names []string) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.names == nil {
		l.names = map[string]bool{}
	}
	for _, name := range names {
		news = news || !l.names[name]
		l.names[name] = true
	}
	return news
}

// columns lists those of a table that the account has.
func (l *leftOut) columns(table string, names ...string) string {
	var b strings.Builder
	for _, n := range names {
		if l.has(n) {
			b.WriteString(", " + table + "." + n)
		}
	}
	return b.String()
}

// population runs one page of a query that is made anew when a column is found
// missing.
func (c *Client) population(ctx context.Context, purpose string, fields []string, query func() (string, []string)) ([]row, bool, error) {
	for {
		text, params := query()
		rows, more, err := c.page(ctx, purpose, text, 0, nil, params...)
		switch {
		case err == nil:
			reconcile.Record(ctx, reconcile.Asked{Purpose: purpose, Text: text, Params: params, Rows: len(rows)})
			return rows, more, nil
		case notPermitted(err) && c.lacks.learn(err, fields):
			continue
		case notPermitted(err):
			return nil, false, refusedQuery(purpose, err)
		}
		return nil, false, err
	}
}

// causePopulation is the cause of a query that the role may not make.
const causePopulation = "population_refused"

// refusedQuery says that the role may not ask.
func refusedQuery(purpose string, err error) error {
	return &integration.Failure{Class: integration.ClassRefused, Cause: causePopulation, Err: err,
		Message: "NetSuite refuses the query (" + purpose + "): " + asFailure(err).Message,
		Advice: "give the integration's role SuiteAnalytics Workbook (Edit), and View for invoices, credit memos, customers, currencies " +
			"and Accounting Lists " +
			"(docs/NETSUITE.md); without them nothing can be reconciled"}
}

const periodsQuery = "SELECT id, periodname, TO_CHAR(startdate, 'YYYY-MM-DD') AS starts, TO_CHAR(enddate, 'YYYY-MM-DD') AS ends, closed, " +
	"arlocked, alllocked " +
	"FROM accountingperiod WHERE isyear = 'F' AND isquarter = 'F' AND isadjust = 'F' AND startdate <= TO_DATE(?, 'YYYY-MM-DD') " +
	"AND enddate >= TO_DATE(?, 'YYYY-MM-DD') ORDER BY startdate"

// Periods implements reconcile.Books.
func (c *Client) Periods(ctx context.Context, from, to string) ([]reconcile.Period, error) {
	rows, _, err := c.population(ctx, "accounting periods", nil, func() (string, []string) { return periodsQuery, []string{to, from} })
	if err != nil {
		return nil, err
	}
	var out []reconcile.Period
	for _, r := range rows {
		p := periodIn(r)
		out = append(out, reconcile.Period{ID: p.ID, Name: p.Name, From: string(r["starts"]), To: string(r["ends"]),
			State: cmp.Or(p.shut(), "open")})
	}
	return out, nil
}

// Currencies implements reconcile.Books. An account without Multiple Currencies
// has no such table; then no document names one either, and Base Currency says
// which it is.
func (c *Client) Currencies(ctx context.Context) (map[string]string, error) {
	rows, _, err := c.population(ctx, "currencies", nil, func() (string, []string) {
		return "SELECT id, symbol FROM currency ORDER BY id", nil
	})
	if err != nil && asFailure(err).Cause == causePopulation {
		f := asFailure(err)
		f.Advice = "an account without Multiple Currencies has none: set Base Currency then. Else " + f.Advice
	}
	return pairs(rows, "symbol"), err
}

// Subsidiaries implements reconcile.Books: an account without OneWorld has none,
// and a role that may not list them sees their ids.
func (c *Client) Subsidiaries(ctx context.Context) (map[string]string, error) {
	rows, _, err := c.population(ctx, "subsidiaries", nil, func() (string, []string) {
		return "SELECT id, name FROM subsidiary ORDER BY id", nil
	})
	if err != nil && asFailure(err).Cause == causePopulation {
		return map[string]string{}, nil
	}
	return pairs(rows, "name"), err
}

func pairs(rows []row, column string) map[string]string {
	out := map[string]string{}
	for _, r := range rows {
		out[string(r["id"])] = string(r[column])
	}
	return out
}

// kindsOf are our kinds by what queries call them.
var kindsOf = map[string]mapping.Kind{"CustInvc": mapping.Invoice, "CustCred": mapping.CreditMemo}

const theTypes = "t.type IN ('CustInvc', 'CustCred')"

// chosen are the conditions of a query on transactions, without those on ids.
func chosen(q reconcile.Query) (string, []string) {
	if len(q.Periods) > 0 {
		return theTypes + " AND t.postingperiod IN (" + marks(len(q.Periods)) + ")", slices.Clone(q.Periods)
	}
	return theTypes + " AND t.trandate BETWEEN TO_DATE(?, 'YYYY-MM-DD') AND TO_DATE(?, 'YYYY-MM-DD')", []string{q.Span.From, q.Span.To}
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

var likeEscape = strings.NewReplacer(`\`, `\\`, `_`, `\_`, `%`, `\%`)

// ours are the external ids that begin with a prefix.
func ours(prefixes []string) (string, []string) {
	var conditions, params []string
	for _, p := range prefixes {
		conditions, params = append(conditions, `t.externalid LIKE ? ESCAPE '\'`), append(params, likeEscape.Replace(p)+"%")
	}
	return "(" + strings.Join(conditions, " OR ") + ")", params
}

// Counts implements reconcile.Books. It joins nothing, so that what a role does
// not see of lines or customers shows as a difference.
func (c *Client) Counts(ctx context.Context, q reconcile.Query) ([]reconcile.Count, error) {
	rows, _, err := c.population(ctx, "count and sum of documents", nil, func() (string, []string) {
		where, params := chosen(q)
		prefix, more := ours(q.Prefixes)
		group := "t.type" + c.currencyColumn(q)
		return "SELECT " + group + ", COUNT(*) AS n, SUM(t.foreigntotal) AS total FROM transaction t WHERE " + where + " AND " + prefix +
			" GROUP BY " + group + " ORDER BY " + group, append(params, more...)
	})
	if err != nil {
		return nil, err
	}
	var out []reconcile.Count
	for _, r := range rows {
		n, _ := decimal.Parse(string(r["n"]))
		count, _ := n.Int64()
		total, err := money(r["total"])
		if err != nil {
			return nil, badAnswer(err)
		}
		out = append(out, reconcile.Count{Currency: string(r["currency"]), Kind: string(kindsOf[typeOf(r["type"])]), N: int(count), Total: total})
	}
	return out, nil
}

func (c *Client) currencyColumn(q reconcile.Query) string {
	if q.NoMoney {
		return ""
	}
	return c.lacks.columns("t", "currency")
}

func money(s scalar) (decimal.D, error) {
	if s == "" {
		return decimal.D{}, nil
	}
	return decimal.Parse(string(s))
}

// heads is the query for documents, with what their main line and their customer
// say of them.
func (c *Client) heads(q reconcile.Query, where string) string {
	return "SELECT t.id, t.tranid, t.externalid, t.type, t.entity, BUILTIN.DF(t.entity) AS customer, k.externalid AS customer_ref" +
		c.home() + ", TO_CHAR(t.trandate, 'YYYY-MM-DD') AS d, TO_CHAR(t.duedate, 'YYYY-MM-DD') AS due, t.postingperiod, t.posting, " +
		"t.foreigntotal, t.memo, " + stampColumn +
		c.currencyColumn(q) + c.lacks.columns("t", "voided", "otherrefnum") +
		c.lacks.columns("m", "subsidiary") +
		" FROM transaction t INNER JOIN transactionline m ON m.transaction = t.id INNER JOIN customer k ON k.id = t.entity " +
		"WHERE " + where + " AND m.mainline = 'T' ORDER BY t.id"
}

func (c *Client) home() string {
	if !c.lacks.has("subsidiary") {
		return ""
	}
	return ", k.subsidiary AS home"
}

// Heads implements reconcile.Books.
func (c *Client) Heads(ctx context.Context, q reconcile.Query, after string) ([]reconcile.Doc, bool, error) {
	return c.headPage(ctx, "documents", func() (string, []string) {
		where, params := chosen(q)
		prefix, more := ours(q.Prefixes)
		return c.heads(q, "t.id > ? AND "+where+" AND "+prefix), slices.Concat([]string{after}, params, more)
	})
}

// HeadsOf implements reconcile.Books.
func (c *Client) HeadsOf(ctx context.Context, q reconcile.Query, ids []string) ([]reconcile.Doc, error) {
	list := inList(ids)
	if list == "" {
		return nil, nil
	}
	docs, _, err := c.headPage(ctx, "documents by id", func() (string, []string) {
		return c.heads(q, theTypes+" AND t.id IN ("+list+")"), nil
	})
	return docs, err
}

// Strangers implements reconcile.Books.
func (c *Client) Strangers(ctx context.Context, q reconcile.Query, customers []string, after string) ([]reconcile.Doc, bool, error) {
	entities := inList(customers)
	if entities == "" {
		return nil, false, nil
	}
	return c.headPage(ctx, "documents of others", func() (string, []string) {
		where, params := chosen(q)
		prefix, more := ours(q.Prefixes)
		return c.heads(q, "t.id > ? AND "+where+" AND t.entity IN ("+entities+") AND (t.externalid IS NULL OR NOT "+prefix+")"),
			slices.Concat([]string{after}, params, more)
	})
}

func (c *Client) headPage(ctx context.Context, purpose string, query func() (string, []string)) ([]reconcile.Doc, bool, error) {
	rows, more, err := c.population(ctx, purpose, nil, query)
	if err != nil {
		return nil, false, err
	}
	out := make([]reconcile.Doc, 0, len(rows))
	for _, r := range rows {
		d, err := c.docOf(r)
		if err != nil {
			return nil, false, badAnswer(fmt.Errorf("document %s: %w", r["id"], err))
		}
		out = append(out, d)
	}
	return out, more, nil
}

func (c *Client) docOf(r row) (d reconcile.Doc, err error) {
	kind := kindsOf[typeOf(r["type"])]
	d = reconcile.Doc{
		ID: string(r["id"]), Ref: string(r["externalid"]), Number: string(r["tranid"]), Kind: string(kind), Customer: string(r["entity"]),
		CustomerName: string(r["customer"]), CustomerRef: string(r["customer_ref"]), Home: string(r["home"]), Date: string(r["d"]),
		Due:    string(r["due"]),
		Period: string(r["postingperiod"]), Currency: string(r["currency"]), Subsidiary: string(r["subsidiary"]),
		Posting: string(r["posting"]) != "F",
		Voided:  isTrue(r["voided"]), Stamp: string(r["stamp"]), OtherRef: string(r["otherrefnum"]), Memo: string(r["memo"]),
	}
	d.URL = pageURL(c.origin, kind, d.ID)
	d.Total, err = money(r["foreigntotal"])
	return d, err
}

// Numbered implements reconcile.Books.
func (c *Client) Numbered(ctx context.Context, q reconcile.Query, number string) ([]reconcile.Doc, error) {
	docs, _, err := c.headPage(ctx, "documents by number", func() (string, []string) {
		return c.heads(q, theTypes+" AND t.tranid = ?"), []string{number}
	})
	return docs, err
}

// Exists implements reconcile.Books.
func (c *Client) Exists(ctx context.Context, kind, id string) (bool, error) {
	if kind == "" {
		_, found, err := c.Document(ctx, id)
		return found, err
	}
	if !isID(id) {
		return false, nil
	}
	ans, err := c.do(ctx, call{purpose: "look for " + words[mapping.Kind(kind)], method: http.MethodGet, path: recordPath + "/" + kind +
		"/" + id, query: "fields=id"})
	if err != nil && absent(ans, err) {
		return false, nil
	}
	return err == nil, err
}

// Customers implements reconcile.Books.
func (c *Client) Customers(ctx context.Context, refs []string) (map[string]reconcile.Customer, error) {
	out := map[string]reconcile.Customer{}
	for column, values := range customers.references(refs) {
		list := slices.Sorted(maps.Keys(values))
		rows, _, err := c.population(ctx, "customers", nil, func() (string, []string) {
			return "SELECT k.id, k.entityid, k.externalid" + c.lacks.columns("k", "subsidiary") + " FROM customer k WHERE k." + column +
				" IN (" + marks(len(list)) + ") ORDER BY k.id", list
		})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			for _, ref := range values[string(r[column])] {
				out[ref] = reconcile.Customer{ID: string(r["id"]), Name: string(r["entityid"]), Subsidiary: string(r["subsidiary"])}
			}
		}
	}
	return out, nil
}
