package netsuite

import (
	"context"
	"fmt"
	"net/http"
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
		CurrencyID: r.Currency.ID, Currency: strings.Clone(r.Currency.Name), Total: r.net(), Date: strings.Clone(r.TranDate),
		URL: pageURL(c.origin, kind, r.ID), Voided: r.voided(),
	}
	if kind == mapping.CreditMemo {
		d.Total = d.Total.Neg()
	}
	return d
}

// Resolve implements delivery.Reader: the customer or item that a reference
// names, by internal id, as ext: and its external id, or as name: and its entity
// id or item name.
func (c *Client) Resolve(ctx context.Context, kind delivery.RecordKind, ref string) (integration.Named, bool, error) {
	w := customers
	if kind == delivery.ItemRecord {
		w = items
	}
	ref = strings.TrimSpace(ref)
	scheme, value, marked := strings.Cut(ref, ":")
	where, id := "id", ref
	switch {
	case !marked && isID(ref):
	case marked && strings.EqualFold(scheme, "ext"):
		where, id = "externalid", strings.TrimSpace(value)
	case marked && strings.EqualFold(scheme, "name"):
		where, id = w.columns[len(w.columns)-1], strings.TrimSpace(value)
	default:
		return integration.Named{}, false, nil
	}
	rows, err := c.suiteql(ctx, "look up "+w.kind, w.sel+" WHERE "+where+" = ?", 2, nil, id)
	if err != nil && notPermitted(err) {
		rows, err = c.readRef(ctx, w, where, id, err)
	}
	switch {
	case err != nil:
		return integration.Named{}, false, err
	case len(rows) > 1:
		return integration.Named{}, false, &integration.Failure{Class: integration.ClassData, Cause: "reference_ambiguous",
			Message: fmt.Sprintf("netsuite has more than one %s for %s", w.kind, ref), Advice: "give the internal id instead"}
	case len(rows) == 0:
		return integration.Named{}, false, nil
	}
	return integration.Named{ID: string(rows[0]["id"]), Name: w.nameOf(rows[0])}, true, nil
}

// readRef is Resolve without SuiteQL: the record service reads by internal id
// and by external id.
func (c *Client) readRef(ctx context.Context, w searchable, where, id string, refusal error) ([]row, error) {
	switch {
	case where == "externalid" && externalShape.MatchString(id):
		id = "eid:" + id
	case where != "id":
		return nil, searchFailed(w.kind, refusal)
	}
	r, found, err := c.readAny(ctx, w, id)
	if err != nil || !found {
		return nil, err
	}
	return []row{r}, nil
}
