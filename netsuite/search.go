package netsuite

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"billferry/internal/integration"
	"billferry/internal/pattern"
)

// searchable is a kind of record that a person looks for by name. It is
// searched with SuiteQL, or with the record service when that is not permitted.
type searchable struct {
	kind    string   // in words
	sel     string   // SuiteQL, without conditions
	columns []string // whose text is searched; the first orders the answer
	title   []string // columns that make the name, the best first

	types    []string // of the record service, the likeliest first
	fields   []string // what columns are called there
	external bool     // people know it by its external id
}

var (
	customers = searchable{
		kind: "customer", sel: "SELECT id, entityid, companyname, externalid FROM customer",
		columns: []string{"companyname", "entityid"}, title: []string{"companyname", "entityid"},
		types: []string{"customer"}, fields: []string{"companyName", "entityId"}, external: true,
	}
	// The record service has no type "item": each kind of item is one of its
	// own. These can stand on an invoice.
	items = searchable{
		kind: "item", sel: "SELECT id, itemid, fullname, externalid FROM item",
		columns: []string{"itemid"}, title: []string{"fullname", "itemid"},
		types: []string{"serviceSaleItem", "nonInventorySaleItem", "otherChargeSaleItem", "serviceResaleItem", "nonInventoryResaleItem",
			"otherChargeResaleItem", "inventoryItem"}, fields: []string{"itemId"},
	}
)

// mostReads bounds the records that one search reads one by one.
const mostReads = 10

func (c *Client) search(ctx context.Context, w searchable, query string, limit int) ([]integration.Named, error) {
	query = strings.TrimSpace(query)
	key := fmt.Sprintf("%s|%d|%s", w.kind, limit, strings.ToUpper(query))
	return c.cache.named.get(ctx, c.now, key, func() ([]integration.Named, time.Duration, error) {
		rows, err := c.queryFor(ctx, w, query, limit)
		if err != nil && notPermitted(err) {
			rows, err = c.readFor(ctx, w, query, min(limit, mostReads), err)
		}
		if err != nil {
			return nil, 0, err
		}
		var out []integration.Named
		seen := map[scalar]bool{}
		for _, r := range rows {
			if !seen[r["id"]] && len(out) < limit {
				seen[r["id"]] = true
				out = append(out, integration.Named{ID: string(r["id"]), Name: w.nameOf(r)})
			}
		}
		return out, shortLife, nil
	})
}

func (w searchable) nameOf(r row) string {
	for _, column := range w.title {
		if r[column] != "" {
			return string(r[column])
		}
	}
	return ""
}

// queryFor searches with SuiteQL: by id first, then by name.
func (c *Client) queryFor(ctx context.Context, w searchable, query string, limit int) ([]row, error) {
	var byID []row
	if isID(query) {
		var err error
		if byID, err = c.suiteql(ctx, "search "+w.kind, w.sel+" WHERE id = ?", limit, nil, query); err != nil {
			return nil, err
		}
	}
	where, params := like(w.columns, query)
	rows, err := c.suiteql(ctx, "search "+w.kind, fmt.Sprintf("%s%s ORDER BY %s FETCH FIRST %d ROWS ONLY", w.sel, where, w.columns[0], limit),
		limit, nil, params...)
	return append(byID, rows...), err
}

// like builds the condition of a search; "" searches nothing in particular.
func like(columns []string, query string) (where string, params []string) {
	if query == "" {
		return "", nil
	}
	conds := make([]string, len(columns))
	for i, col := range columns {
		conds[i] = "UPPER(" + col + ") LIKE ?"
		params = append(params, "%"+strings.ToUpper(query)+"%")
	}
	return " WHERE " + strings.Join(conds, " OR "), params
}

// externalShape is what an external id may look like in a path.
var externalShape = pattern.New(`^[A-Za-z0-9_-]{1,40}$`)

// readFor searches with the record service. Reading by id and by external id
// needs no SuiteAnalytics permission; the filter of a collection may, and
// answers with ids alone. refusal is why SuiteQL could not be asked, which is
// told when nothing is found and not everything could be searched.
func (c *Client) readFor(ctx context.Context, w searchable, query string, limit int, refusal error) ([]row, error) {
	var ids []string
	if isID(query) {
		ids = append(ids, query)
	}
	if w.external && externalShape().MatchString(query) {
		ids = append(ids, "eid:"+query)
	}
	var out []row
	for _, id := range ids {
		r, found, err := c.readAny(ctx, w, id)
		if err != nil {
			return nil, searchFailed(w.kind, err)
		}
		if found {
			out = append(out, r)
		}
	}
	for _, kind := range w.types {
		if len(out) >= limit {
			break
		}
		rows, err := c.filter(ctx, w, kind, query, limit-len(out))
		switch {
		case err == nil:
			out = append(out, rows...)
		case !notPermitted(err):
			return nil, err
		case asFailure(err).Cause != causeNoType && len(out) == 0:
			return nil, searchFailed(w.kind, refusal)
		case asFailure(err).Cause != causeNoType:
			return out, nil
		}
	}
	return out, nil
}

// readAny reads a record whose type is one of several. A type that the role
// may not read is told only when none of the others has the record.
func (c *Client) readAny(ctx context.Context, w searchable, id string) (row, bool, error) {
	var denied error
	for _, kind := range w.types {
		var v map[string]jsontext.Value
		found, err := c.getRecord(ctx, "search "+w.kind, kind, id, &v, nil)
		switch {
		case found:
			return rowOf(v), true, nil
		case err == nil || asFailure(err).Cause == causeNoType:
		case isDenied(asFailure(err).Cause):
			denied = err
		default:
			return nil, false, err
		}
	}
	return nil, false, denied
}

// filter lists a collection and reads what it names.
func (c *Client) filter(ctx context.Context, w searchable, kind, query string, limit int) ([]row, error) {
	params := url.Values{"limit": {strconv.Itoa(limit)}}
	if query != "" {
		conds := make([]string, len(w.fields))
		for i, field := range w.fields {
			conds[i] = field + ` CONTAIN "` + noQuotes.Replace(query) + `"`
		}
		params.Set("q", strings.Join(conds, " OR "))
	}
	ans, err := c.do(ctx, call{purpose: "search " + w.kind, method: http.MethodGet, path: recordPath + "/" + kind, query: params.Encode()})
	if err != nil {
		return nil, err
	}
	var page struct {
		Items []struct {
			ID scalar `json:"id"`
		} `json:"items"`
	}
	if err := json.Unmarshal(ans.body, &page, lenient); err != nil {
		return nil, badAnswer(err)
	}
	var out []row
	for _, item := range page.Items[:min(limit, len(page.Items))] {
		var v map[string]jsontext.Value
		found, err := c.getRecord(ctx, "search "+w.kind, kind, url.PathEscape(string(item.ID)), &v, nil)
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, rowOf(v))
		}
	}
	return out, nil
}

// noQuotes keeps a searched text inside its quotes: how one is escaped in a
// filter is not documented.
var noQuotes = strings.NewReplacer(`"`, " ", `\`, " ")

func searchFailed(kind string, err error) error {
	if !notPermitted(err) {
		return err
	}
	f := *asFailure(err)
	f.Advice = fmt.Sprintf("type the %s's internal id; to search by name, give the role Reports > SuiteAnalytics Workbook (Edit) and the %s "+
		"list (View)", kind, kind)
	return &f
}
