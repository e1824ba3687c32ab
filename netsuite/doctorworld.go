package netsuite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// inList is the list of an IN condition over internal ids.
func inList(ids []string) string {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !isID(id) })
	if len(ids) == 0 {
		return ""
	}
	return strings.Join(ids, ", ")
}

// subsidiaries tells Bills that are of more than one, and items that the
// subsidiary of a customer may not sell.
func (d *doctor) subsidiaries(ctx context.Context) (string, error) {
	const unknown = "the role does not see which subsidiaries there are"
	rows, err := d.c.suiteql(ctx, "look up subsidiaries", "SELECT id, name FROM subsidiary", pageSize, nil)
	if err != nil {
		return d.unseen(err, unknown)
	}
	names := pairs(rows, "name")
	if len(names) < 2 {
		return "the account has one company", nil
	}
	if far := d.n.Elsewhere; len(far) > 0 {
		return "", &todo{fmt.Sprintf("of the latest Bills %d have lines of customers of another subsidiary, and post to the one of their own "+
			"customer: %s", len(far), some(far)),
			"bill these child accounts by themselves in m3ter (childBillingMode CHILD), or move their revenue between the subsidiaries by hand"}
	}
	items := configuredItems(d.n.Values)
	of, sold := d.customerList(), inList(slices.Collect(maps.Keys(items)))
	if of == "" || sold == "" {
		return fmt.Sprintf("%d subsidiaries; no Bill has told yet whose customers and items are needed", len(names)), nil
	}
	primary, err := d.c.suiteql(ctx, "look up subsidiaries of customers",
		"SELECT entity, subsidiary FROM customersubsidiaryrelationship WHERE isprimarysub = 'T' AND entity IN ("+of+")", mostOptions, nil)
	if err != nil {
		return d.unseen(err, unknown)
	}
	may, err := d.c.suiteql(ctx, "look up subsidiaries of items", "SELECT item, subsidiary FROM itemsubsidiarymap WHERE item IN ("+sold+")",
		mostOptions, nil)
	if err != nil {
		return d.unseen(err, unknown)
	}
	allowed := map[string]bool{}
	for _, r := range may {
		allowed[string(r["item"])+" "+string(r["subsidiary"])] = true
	}
	needed := map[string]bool{}
	for _, r := range primary {
		needed[string(r["subsidiary"])] = true
	}
	var missing []string
	for _, item := range slices.Sorted(maps.Keys(items)) {
		for _, sub := range slices.Sorted(maps.Keys(needed)) {
			if !allowed[item+" "+sub] {
				missing = append(missing, fmt.Sprintf("item %s (%s) is not for %s", item, items[item], names[sub]))
			}
		}
	}
	if len(missing) > 0 {
		return "", &todo{some(missing) + ", whose customers have Bills",
			"add the subsidiary on the item's page (Subsidiaries), or set another item"}
	}
	return fmt.Sprintf("%d subsidiaries; those of the customers may sell the configured items", len(names)), nil
}

// customerList is the list of an IN condition over the customers of accounts that
// have Bills.
func (d *doctor) customerList() string {
	ids := make([]string, len(d.n.Customers))
	for i, c := range d.n.Customers {
		ids[i] = c.ID
	}
	return inList(ids)
}

// unseen makes "cannot tell" of a table that is hidden.
func (d *doctor) unseen(err error, detail string) (string, error) {
	if passes(err) {
		return "", err
	}
	return detail, &passing{}
}

// recognised is what the account tells of revenue that is recognised over time.
type recognised struct {
	items []string
	err   error
}

// recognised lists the configured items whose revenue is recognised over time.
func (d *doctor) recognised(ctx context.Context) ([]string, error) {
	if d.over != nil {
		return d.over.items, d.over.err
	}
	ids := inList(slices.Collect(maps.Keys(configuredItems(d.n.Values))))
	if ids == "" {
		return nil, nil
	}
	rows, err := d.c.suiteql(ctx, "look up revenue rules",
		"SELECT id, itemid, fullname FROM item WHERE revenuerecognitionrule IS NOT NULL AND id IN ("+ids+") ORDER BY id", pageSize, nil)
	var out []string
	for _, r := range rows {
		out = append(out, string(r["id"])+" "+items.nameOf(r))
	}
	if err == nil || !passes(err) {
		d.over = &recognised{out, err}
	}
	return out, err
}

// revenue tells whether lines get the dates that recognition needs: by the
// standard fields, or by columns of the account that its field map names.
func (d *doctor) revenue(ctx context.Context) (string, error) {
	over, err := d.recognised(ctx)
	if err != nil {
		if passes(err) {
			return "", err
		}
		return "the account does not show revenue recognition on items", nil
	}
	if len(over) == 0 {
		return "no configured item has a revenue recognition rule", nil
	}
	dated := len(d.n.Values.Map(keyCustomFields)) > 1
	for _, f := range revenueDates {
		dated = dated || d.fills(linePrefix+f)
	}
	if dated {
		return "service dates go to lines, for " + some(over), nil
	}
	return "", &todo{"revenue of " + some(over) + " is recognised over time, and lines get no dates",
		"set Netsuite Item Custom Field Mapping: servicePeriodStart to revRecStartDate and servicePeriodEnd to " +
			"revRecEndDate, or to the columns " +
			"that the account's Revenue Recognition Field Map names"}
}

// periods tells whether the accounting periods reach to the end of what is sold.
func (d *doctor) periods(ctx context.Context) (string, error) {
	rows, err := d.c.suiteql(ctx, "look up the last period", "SELECT TO_CHAR(enddate, 'YYYY-MM-DD') AS last FROM accountingperiod "+
		"WHERE isyear='F' AND isquarter='F' AND isadjust='F' ORDER BY enddate DESC FETCH FIRST 1 ROWS ONLY", 1, nil)
	if err != nil || len(rows) == 0 {
		if err == nil {
			return "the role sees no accounting period", &passing{remedy: "give the role Setup > Manage Accounting Periods (View)"}
		}
		return d.unseen(err, "the role does not see accounting periods")
	}
	last := string(rows[0]["last"])
	over, err := d.recognised(ctx)
	if err != nil && passes(err) {
		return "", err
	}
	switch {
	case len(over) > 0 && d.n.LastService > last:
		return "", &todo{fmt.Sprintf("accounting periods end on %s, and service of a Bill on %s: NetSuite refuses to recognise its revenue",
			last, d.n.LastService),
			"set up the periods in Setup > Accounting > Manage Accounting Periods"}
	case d.n.LastService != "":
		return fmt.Sprintf("accounting periods are there to %s; the last service of a Bill ends on %s", last, d.n.LastService), nil
	}
	return "accounting periods are there to " + last, nil
}
