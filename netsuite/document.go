package netsuite

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// Document implements delivery.Reader: the invoice or credit memo with an
// internal id.
func (c *Client) Document(ctx context.Context, id string) (delivery.Document, bool, error) {
	if id = strings.TrimSpace(id); !isID(id) {
		return delivery.Document{}, false, nil
	}
	var denied error
	for _, kind := range []mapping.Kind{mapping.Invoice, mapping.CreditMemo} {
		ans, err := c.do(ctx, call{purpose: "look up " + words[kind], method: http.MethodGet, path: recordPath + "/" + string(kind) + "/" + id})
		switch {
		case err == nil:
		case absent(ans, err):
			continue
		case isDenied(asFailure(err).Cause): // the other kind may be permitted
			denied = err
			continue
		default:
			return delivery.Document{}, false, err
		}
		r, err := parseRecord(ans.body)
		if err != nil {
			return delivery.Document{}, false, badAnswer(err)
		}
		return documentOf(c, kind, r), true, nil
	}
	return delivery.Document{}, false, denied
}

func documentOf(c *Client, kind mapping.Kind, r record) delivery.Document {
	d := delivery.Document{
		Kind: kind, ID: r.ID, Name: fmt.Sprintf("%s %s", words[kind], r.ID), ExternalID: strings.Clone(r.ExternalID),
		Customer:   integration.Named{ID: strings.Clone(r.Entity.ID), Name: strings.Clone(r.Entity.Name)},
		CurrencyID: r.Currency.ID, Currency: strings.Clone(r.Currency.Name), Total: r.net(), Tax: r.tax(), Date: strings.Clone(r.TranDate),
		URL: pageURL(c.origin, kind, r.ID), Voided: r.voided(),
	}
	if kind == mapping.CreditMemo {
		d.Total, d.Tax = d.Total.Neg(), d.Tax.Neg()
	}
	return d
}

// refsAtOnce bounds the references of one query.
const refsAtOnce = 500

// Resolve implements delivery.Reader: the customers or items that references
// name, by internal id, as ext: and an external id, or as name: and an entity id
// or item name.
func (c *Client) Resolve(ctx context.Context, kind delivery.RecordKind, refs []string) (map[string]integration.Named, error) {
	if field, ok := kind.Field(); ok {
		return c.valuesOf(ctx, field, refs)
	}
	w := customers
	switch kind {
	case delivery.CompanyRecord:
		return c.companiesOf(ctx, refs)
	case delivery.ItemRecord:
		w = items
	}
	out := map[string]integration.Named{}
	for column, values := range w.references(refs) {
		for part := range slices.Chunk(slices.Sorted(maps.Keys(values)), refsAtOnce) {
			rows, err := c.recordsBy(ctx, w, column, part)
			if err != nil {
				return nil, err
			}
			for _, r := range rows {
				for _, ref := range values[string(r[column])] {
					if _, twice := out[ref]; twice {
						return nil, &integration.Failure{Class: integration.ClassData, Cause: "reference_ambiguous",
							Message: fmt.Sprintf("netsuite has more than one %s for %s", w.kind, ref), Advice: "give the internal id instead"}
					}
					out[ref] = integration.Named{ID: string(r["id"]), Name: w.nameOf(r)}
				}
			}
		}
	}
	return out, nil
}

// references sorts references by the column that they are looked for in, and by
// the value, as the query compares it: a record may be referred to in several
// spellings.
func (w searchable) references(refs []string) map[string]map[string][]string {
	by := map[string]map[string][]string{}
	for _, ref := range refs {
		column, value := w.reference(ref)
		if column == "" {
			continue
		}
		if by[column] == nil {
			by[column] = map[string][]string{}
		}
		if !slices.Contains(by[column][value], ref) {
			by[column][value] = append(by[column][value], ref)
		}
	}
	return by
}

// reference tells which column a reference is looked for in; "" is none.
func (w searchable) reference(ref string) (column, value string) {
	scheme, value, marked := strings.Cut(strings.TrimSpace(ref), ":")
	value = strings.TrimSpace(value)
	switch {
	case !marked && isID(scheme):
		return "id", scheme
	case marked && value != "" && strings.EqualFold(scheme, "ext"):
		return "externalid", value
	case marked && value != "" && strings.EqualFold(scheme, "name"):
		return w.columns[len(w.columns)-1], value
	}
	return "", ""
}

// recordsBy reads the records that have one of some values in a column: with one
// query, or one by one with the record service.
func (c *Client) recordsBy(ctx context.Context, w searchable, column string, values []string) ([]row, error) {
	rows, err := c.suiteql(ctx, "look up "+w.kind, w.sel+" WHERE "+column+" IN ("+marks(len(values))+")", 2*len(values), nil, values...)
	if err == nil || !notPermitted(err) {
		return rows, err
	}
	if len(values) > mostReads || column != "id" && column != "externalid" {
		return nil, searchFailed(w.kind, err)
	}
	rows = nil
	for _, v := range values {
		id := v
		if column == "externalid" {
			if !externalShape().MatchString(v) {
				continue
			}
			id = "eid:" + v
		}
		r, found, err := c.readAny(ctx, w, id)
		if err != nil {
			return nil, searchFailed(w.kind, err)
		}
		if found {
			r[column] = scalar(v)
			rows = append(rows, r)
		}
	}
	return rows, nil
}
