package netsuite

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// NetSuite does not say which departments, classes, locations or segments its
// preferences and forms demand. What people and other software filled on every
// one of the latest invoices is demanded, most likely; what they left out on one
// is not.
type usage struct {
	invoices int
	with     map[string]int // on how many of them a field is filled, on every line
	hidden   bool           // the role may not query invoices
	partly   bool           // segments could not be queried
}

const (
	latest = 50 // invoices that are looked at
	fewest = 5  // that tell anything
)

var dimensions = []string{"department", "class", "location"}

// used counts the fields of the latest invoices.
func (d *doctor) used(ctx context.Context) (*usage, error) {
	if d.usage != nil {
		return d.usage, nil
	}
	if err := d.catalogue(ctx); err != nil {
		return nil, err
	}
	rows, err := d.c.suiteql(ctx, "look at invoices",
		fmt.Sprintf("SELECT id FROM transaction WHERE type = 'CustInvc' ORDER BY id DESC FETCH FIRST %d ROWS ONLY", latest), latest, nil)
	if err != nil {
		if passes(err) {
			return nil, err
		}
		d.usage = &usage{hidden: true}
		return d.usage, nil
	}
	u := &usage{invoices: len(rows), with: map[string]int{}}
	if len(rows) > 0 {
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = string(r["id"])
		}
		columns := slices.Clone(dimensions)
		for _, f := range d.fields {
			if key := strings.TrimPrefix(f.Key, linePrefix); segmentShape(key) && !slices.Contains(columns, key) {
				columns = append(columns, key)
			}
		}
		lines, err := d.c.countFilled(ctx, ids, columns)
		if err != nil && !passes(err) && len(columns) > len(dimensions) {
			u.partly = true
			columns = dimensions
			lines, err = d.c.countFilled(ctx, ids, columns)
		}
		switch {
		case err != nil && passes(err):
			return nil, err
		case err != nil:
			u.hidden = true
		}
		u.count(lines, columns)
	}
	d.usage = u
	return u, nil
}

// countFilled counts, by invoice and for main line and lines apart, how many have
// a value in each column.
func (c *Client) countFilled(ctx context.Context, ids, columns []string) ([]row, error) {
	var counts strings.Builder
	for _, col := range columns {
		fmt.Fprintf(&counts, ", COUNT(l.%s) AS %s", col, col)
	}
	q := "SELECT l.transaction, l.mainline, COUNT(*) AS lines" + counts.String() + " FROM transactionline l WHERE l.transaction IN (" +
		strings.Join(ids, ", ") + ") AND l.taxline = 'F' GROUP BY l.transaction, l.mainline"
	return c.suiteql(ctx, "look at invoices", q, 2*latest, nil)
}

func (u *usage) count(rows []row, columns []string) {
	for _, r := range rows {
		prefix := linePrefix
		if isTrue(r["mainline"]) {
			prefix = ""
		}
		for _, col := range columns {
			if n, err := strconv.Atoi(string(r["lines"])); err == nil && n > 0 && string(r[col]) == string(r["lines"]) {
				u.with[prefix+col]++
			}
		}
	}
}

// demands tells whether a field is filled on all of them.
func (u *usage) demands(key string) bool { return u.invoices >= fewest && u.with[key] == u.invoices }

// segmentShape tells a custom segment by its script id.
func segmentShape(key string) bool { return strings.HasPrefix(strings.ToLower(key), "cseg") }

// dimension is a line about departments, classes or locations.
func (d *doctor) dimension(name, label string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		return d.demanded(ctx, []string{name, linePrefix + name}, label)
	}
}

// segments is one about all custom segments.
func (d *doctor) segments(ctx context.Context) (string, error) {
	if err := d.catalogue(ctx); err != nil {
		return "", err
	}
	var keys []string
	for _, f := range d.fields {
		if segmentShape(strings.TrimPrefix(f.Key, linePrefix)) {
			keys = append(keys, f.Key)
		}
	}
	return d.demanded(ctx, keys, "Custom segments")
}

// demanded tells of some fields which are in use everywhere and that nothing fills.
func (d *doctor) demanded(ctx context.Context, keys []string, label string) (string, error) {
	if err := d.catalogue(ctx); err != nil {
		return "", err
	}
	keys = slices.DeleteFunc(slices.Clone(keys), func(k string) bool { _, ok := d.field(k); return !ok })
	if len(keys) == 0 {
		return "the account's invoices have none", nil
	}
	var left []string
	for _, k := range keys {
		if !d.fills(k) {
			left = append(left, k)
		}
	}
	if len(left) == 0 {
		return "rules fill them", nil
	}
	u, err := d.used(ctx)
	if err != nil {
		return "", err
	}
	var missing, labels []string
	for _, k := range left {
		if f, _ := d.field(k); u.demands(k) {
			missing, labels = append(missing, k), append(labels, labelOf(f.Field))
		}
	}
	const learn = "if a Bill is refused for one, its run names the field and proposes the rule"
	switch {
	case len(missing) > 0:
		return "", &todo{fmt.Sprintf("each of the account's last %d invoices has %s, and no rule fills it: NetSuite demands it, most likely",
			u.invoices, strings.Join(labels, ", ")), addRule(missing)}
	case u.hidden || u.partly && segmentShape(strings.TrimPrefix(left[0], linePrefix)):
		return "NetSuite does not tell whether they are mandatory, and the role may not look at invoices", &passing{remedy: learn}
	case u.invoices < fewest:
		return "NetSuite does not tell whether they are mandatory, and the account has no invoices to learn it from", &passing{remedy: learn}
	}
	return fmt.Sprintf("not mandatory: of the account's last %d invoices some are without", u.invoices), nil
}
