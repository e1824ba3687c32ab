package netsuite

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/spec"
)

// nobody is an external id that no record has: asking for it tells a
// permission that is missing from a record that is.
const nobody = "billferry-permission-check"

// probeSuiteQL finds the SuiteAnalytics trap: without that permission every
// list and query is refused with a 400, while reads and writes by id work.
func (c *Client) probeSuiteQL(ctx context.Context) (string, error) {
	_, err := c.suiteql(ctx, "probe", "SELECT id, symbol, name FROM currency", 1, nil)
	switch {
	case err == nil:
		return "queries are permitted", nil
	case asFailure(err).Cause == causeQuery: // the table is hidden: Currencies tells
		return "queries are permitted, but not of currencies", nil
	case notPermitted(err):
		return "queries are not permitted: sending works, but items and customers cannot be searched by name, " +
				"closed periods are told by refusals only, and Posting Period: First open has no effect",
			&passing{remedy: "give the role " + permitAnalytics.in() + ", and enable the feature SuiteAnalytics Workbook"}
	}
	return "", err
}

func (c *Client) probeCurrencies(ctx context.Context, base string) (string, error) {
	if base != "" {
		return "Base Currency is " + base + ": documents are sent without a currency", nil
	}
	all, err := c.currencies(ctx, nil)
	if err != nil {
		return "", advise(err, "give the role Lists > Currency (View)")
	}
	if len(all) == 0 {
		return "", &integration.Failure{Class: integration.ClassAuth, Cause: "currencies_hidden", Message: "netsuite shows no currency at all",
			Advice: "give the role Lists > Currency (View)"}
	}
	return "found " + strings.Join(slices.Sorted(maps.Keys(all)), ", "), nil
}

// probeRead asks for a record that does not exist.
func (c *Client) probeRead(kind, permission string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		var v struct{}
		if _, err := c.getRecord(ctx, "probe", kind, "eid:"+url.PathEscape(nobody), &v, nil); err != nil {
			return "", advise(err, "give the role "+permission)
		}
		if kind == "customer" {
			return "customers can be read", nil
		}
		return kind + " records can be read; creating one is only proven by the first Bill, and needs " + permission, nil
	}
}

// probeItems looks up every item that the configuration names.
func (c *Client) probeItems(ctx context.Context, v spec.Values) (string, error) {
	ids := configuredItems(v)
	if len(ids) == 0 {
		return "the configuration names no item", &passing{remedy: "set Netsuite Default Item Id, or map products to items"}
	}
	var names []string
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		item, sure, err := c.itemByID(ctx, id)
		switch {
		case err != nil:
			return "", advise(err, "give the role Lists > Items (View)")
		case item == nil && !sure:
			return "item " + id + " is of no type that can be read without SuiteQL", &passing{remedy: "check that " + ids[id] +
				" names an item that can be sold; give the role Reports > SuiteAnalytics Workbook (Edit) to have it looked up"}
		case item == nil:
			return "", &integration.Failure{Class: integration.ClassData, Cause: "item_missing",
				Message: fmt.Sprintf("netsuite has no item with internal id %s that the role may see; it is set in %s", id, ids[id]),
				Advice:  "correct " + ids[id] + ", or give the role Lists > Items (View)"}
		}
		names = append(names, id+" "+items.nameOf(item))
	}
	return "found " + strings.Join(names, ", "), nil
}

// itemByID finds one item, nil when there is none. It is not sure of that
// without SuiteQL, which knows every kind of item.
func (c *Client) itemByID(ctx context.Context, id string) (item row, sure bool, err error) {
	rows, err := c.suiteql(ctx, "probe", items.sel+" WHERE id = ?", 1, nil, id)
	if err != nil && notPermitted(err) {
		item, _, err = c.readAny(ctx, items, id)
		return item, false, err
	}
	if len(rows) > 0 {
		item = rows[0]
	}
	return item, true, err
}

// configuredItems maps each item id to the label of the setting that has it.
func configuredItems(v spec.Values) map[string]string {
	out := map[string]string{}
	form := Form()
	for _, key := range []string{KeyCommitmentItem, keyMinimumItem, KeyDefaultItem} {
		if id := v.Text(key); id != "" {
			f, _ := form.Field(key)
			out[id] = f.Label
		}
	}
	for kind, id := range v.Map(keyItemMapping) {
		if id != "" && out[id] == "" {
			out[id] = "Netsuite Item Mapping, " + kind
		}
	}
	return out
}

// advise replaces the advice of a failure of permissions.
func advise(err error, advice string) error {
	if f := asFailure(err); isDenied(f.Cause) {
		g := *f
		g.Advice = advice
		return &g
	}
	return err
}
