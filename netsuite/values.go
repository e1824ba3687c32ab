package netsuite

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"billferry/internal/integration"
	"billferry/mapping"
)

// recordOf is the type of record that a field refers to, which can be read by
// external id. Of a list or segment of the account's own nobody tells it.
var recordOf = map[string]string{"department": "department", "class": "classification", "location": "location", "subsidiary": "subsidiary",
	"terms": "term", "account": "account"}

// valuesOf answers Resolve for the values of a field: by name those of its
// choices, by external id the records themselves, which takes no more than the
// permission to read them.
func (c *Client) valuesOf(ctx context.Context, field string, refs []string) (map[string]integration.Named, error) {
	out := map[string]integration.Named{}
	for _, ref := range refs {
		by, what, ok := mapping.ToldBy(ref)
		if !ok {
			continue
		}
		find := c.valueByName
		if by == "ext" {
			find = c.valueByExternalID
		}
		n, found, err := find(ctx, field, what)
		if err != nil {
			return nil, err
		}
		if found {
			out[ref] = n
		}
	}
	return out, nil
}

// valueByName finds the one value of that name.
func (c *Client) valueByName(ctx context.Context, field, name string) (integration.Named, bool, error) {
	options, err := c.Options(ctx, field, name, mostOptions)
	options = slices.DeleteFunc(options, func(o integration.Named) bool { return !strings.EqualFold(o.Name, name) })
	if err != nil || len(options) == 0 {
		return integration.Named{}, false, err
	}
	if len(options) > 1 {
		return integration.Named{}, false, &integration.Failure{Class: integration.ClassData, Cause: "reference_ambiguous",
			Message: fmt.Sprintf("netsuite has %d values of %s with the name %q", len(options), field, name), Advice: "give the internal id instead"}
	}
	return options[0], true, nil
}

func (c *Client) valueByExternalID(ctx context.Context, field, id string) (n integration.Named, found bool, err error) {
	kind := recordOf[strings.TrimPrefix(field, linePrefix)]
	if kind == "" {
		return n, false, &integration.Failure{Class: integration.ClassData, Cause: causeNoType,
			Message: fmt.Sprintf("the values of %s cannot be looked up by external id (ext:%s)", field, id),
			Advice:  "give the internal id, or name: and the name"}
	}
	var v struct {
		ID   scalar `json:"id"`
		Name scalar `json:"name"`
	}
	found, err = c.getRecord(ctx, "look up "+kind, kind, "eid:"+url.PathEscape(id), &v, nil)
	return integration.Named{ID: string(v.ID), Name: string(v.Name)}, found && v.ID != "", err
}
