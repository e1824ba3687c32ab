package netsuite

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"billferry/internal/integration"
	"billferry/mapping"
)

// mostOptions bounds the values of a field that are read; a picker is searched.
const mostOptions = 5000

// Options implements destination.FieldCatalog: the values that a field takes, by
// name or id; "" lists the first. They come from NetSuite's select-options, which
// need no permission for the record, else from SuiteQL.
func (c *Client) Options(ctx context.Context, key, query string, limit int) ([]integration.Named, error) {
	fields, err := c.fields(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(fields, func(f documentField) bool { return strings.EqualFold(f.Key, key) })
	if i < 0 {
		return nil, errNoField(key)
	}
	all, err := c.options(ctx, fields[i])
	if err != nil {
		return nil, err
	}
	out := []integration.Named{}
	query = strings.ToLower(strings.TrimSpace(query))
	for _, o := range all {
		if len(out) < limit && (o.ID == query || strings.Contains(strings.ToLower(o.Name), query)) {
			out = append(out, o)
		}
	}
	return out, nil
}

func (c *Client) options(ctx context.Context, f documentField) ([]integration.Named, error) {
	switch mapping.Shape(f.Type) {
	case mapping.AsBoolean:
		return []integration.Named{{ID: "true", Name: "yes"}, {ID: "false", Name: "no"}}, nil
	case mapping.AsReference, mapping.AsEnum, mapping.AsMulti:
	default:
		return nil, &integration.Failure{Class: integration.ClassData, Cause: causeNoType,
			Message: fmt.Sprintf("%s (%s) takes a %s: there are no values to choose from", f.Key, f.Label, strings.ToLower(f.Type)),
			Advice:  "type the value, or name where it comes from"}
	}
	return c.cache.options.get(ctx, c.now, f.Key, func() ([]integration.Named, time.Duration, error) {
		out, err := c.selectOptions(ctx, f.Key)
		if err != nil && (notPermitted(err) || asFailure(err).Class == integration.ClassData) {
			out, err = c.listed(ctx, f, err)
		}
		return out, fieldsLife, err
	})
}

var ofOptions = http.Header{"Accept": {"application/vnd.oracle.resource+json; type=select-options"}}

// selectOptions asks for the values of a field of a new invoice. The body is none
// that could be saved, should the header be overlooked on the way: it has neither
// customer nor line.
func (c *Client) selectOptions(ctx context.Context, key string) ([]integration.Named, error) {
	field := key
	if rest, line := strings.CutPrefix(key, linePrefix); line {
		field = "item." + rest
	}
	var out []integration.Named
	for offset := 0; len(out) < mostOptions; offset += pageSize {
		q := url.Values{"fields": {field}, "limit": {fmt.Sprint(pageSize)}, "offset": {fmt.Sprint(offset)}}
		ans, err := c.do(ctx, call{purpose: "list the values of " + key, method: http.MethodPost, path: recordPath + "/invoice",
			body:  []byte("{}"),
			query: q.Encode(), head: ofOptions})
		if err != nil {
			return nil, err
		}
		values, more, err := optionsIn(ans.body, field)
		if err != nil {
			return nil, badAnswer(err)
		}
		out = append(out, values...)
		if !more || len(values) == 0 {
			break
		}
	}
	return out, nil
}

// optionsIn finds the values below the name of the field, wherever it stands: the
// form of the answer is not documented.
func optionsIn(body jsontext.Value, field string) (out []integration.Named, more bool, err error) {
	for name := range strings.SplitSeq(field, ".") {
		var at map[string]jsontext.Value
		if err := json.Unmarshal(body, &at, lenient); err != nil {
			return nil, false, err
		}
		found := false
		for k, v := range at {
			if strings.EqualFold(k, name) {
				body, found = v, true
			}
		}
		if !found {
			return nil, false, fmt.Errorf("it has no %s", name)
		}
	}
	var list struct {
		Items []option `json:"items"`
		More  bool     `json:"hasMore"`
	}
	if body.Kind() == '[' {
		err = json.Unmarshal(body, &list.Items, lenient)
	} else {
		err = json.Unmarshal(body, &list, lenient)
	}
	for _, o := range list.Items {
		if id := string(o.ID); id != "" {
			out = append(out, integration.Named{ID: id, Name: string(o.Name)})
		}
	}
	return out, list.More, err
}

// option is a value of a field.
type option struct {
	ID   scalar `json:"id"`
	Name scalar `json:"refName"`
}

// tables are where the values of standard fields stand in SuiteQL.
var tables = map[string]string{
	"department": "SELECT id, name FROM department", "class": "SELECT id, name FROM classification",
	"location":   "SELECT id, name FROM location",
	"subsidiary": "SELECT id, name FROM subsidiary", "terms": "SELECT id, name FROM term",
	"account":  "SELECT id, fullname AS name FROM account",
	"currency": "SELECT id, name FROM currency", "entity": "SELECT id, entityid AS name FROM customer",
	"item": "SELECT id, itemid AS name FROM item",
}

// listed reads the values without select-options, or says why they were refused.
func (c *Client) listed(ctx context.Context, f documentField, refusal error) ([]integration.Named, error) {
	var out []integration.Named
	if q := tables[strings.TrimPrefix(f.Key, linePrefix)]; q != "" {
		rows, err := c.suiteql(ctx, "list the values of "+f.Key, q+" ORDER BY id", mostOptions, nil)
		if err == nil {
			for _, r := range rows {
				out = append(out, integration.Named{ID: string(r["id"]), Name: string(r["name"])})
			}
			return out, nil
		}
		if !notPermitted(err) {
			return nil, err
		}
	}
	for _, id := range f.enum {
		out = append(out, integration.Named{ID: id})
	}
	if len(out) > 0 {
		return out, nil
	}
	g := *asFailure(refusal)
	g.Advice = fmt.Sprintf("type the internal id; to choose by name, show %s on the form that the role uses, or let the role see its list",
		f.Label)
	return nil, &g
}
