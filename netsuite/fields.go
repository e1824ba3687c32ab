package netsuite

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	json "github.com/go-json-experiment/json"

	"billferry/internal/integration"
	"billferry/mapping"
)

// fieldsLife is how long the catalogue and the values of a field are kept: a
// person who has just changed one waits no longer than that.
const fieldsLife = 10 * time.Minute

// documentField is a field of the catalogue with the ids that the schema lists
// for it.
type documentField struct {
	integration.Field
	enum []string
}

// Fields implements destination.FieldCatalog: the fields of invoices and credit
// memos and of their lines, by key.
func (c *Client) Fields(ctx context.Context) ([]integration.Field, error) {
	all, err := c.fields(ctx)
	out := make([]integration.Field, len(all))
	for i := range all {
		out[i] = all[i].Field
	}
	return out, err
}

func (c *Client) fields(ctx context.Context) ([]documentField, error) {
	return c.cache.fields.get(ctx, c.now, "", func() ([]documentField, time.Duration, error) {
		by := map[string]documentField{}
		kinds := []mapping.Kind{mapping.Invoice, mapping.CreditMemo}
		for _, kind := range kinds {
			found, err := c.schemaOf(ctx, kind)
			if err != nil && kind == mapping.CreditMemo && len(by) > 0 && isDenied(asFailure(err).Cause) {
				continue // a role that makes none
			}
			if err != nil {
				return nil, 0, err
			}
			for _, f := range found {
				if other, ok := by[f.Key]; ok {
					f, f.Only = other, ""
				}
				by[f.Key] = f
			}
		}
		demanded, err := c.mandatoryFields(ctx)
		if err != nil && !notPermitted(err) {
			return nil, 0, err
		}
		out := make([]documentField, 0, len(by))
		for _, key := range slices.Sorted(maps.Keys(by)) {
			f := by[key]
			f.Mandatory = demanded[strings.TrimPrefix(key, linePrefix)]
			out = append(out, f)
		}
		return out, fieldsLife, nil
	})
}

// linePrefix begins the key of a line's field.
const linePrefix = "line."

// property is a part of a schema of the metadata catalogue.
type property struct {
	Title      string              `json:"title"`
	Type       string              `json:"type"`
	Format     string              `json:"format"`
	ReadOnly   bool                `json:"readOnly"`
	Enum       []string            `json:"enum"`
	Ref        string              `json:"$ref"`
	Items      *property           `json:"items"`
	Properties map[string]property `json:"properties"`
	Custom     bool                `json:"x-ns-custom-field"`
}

var ofSchema = http.Header{"Accept": {"application/schema+json"}}

// schemaOf reads the fields of one kind of document.
func (c *Client) schemaOf(ctx context.Context, kind mapping.Kind) ([]documentField, error) {
	ans, err := c.do(ctx, call{purpose: "read the fields", method: http.MethodGet, path: recordPath + "/metadata-catalog/" + string(kind),
		head: ofSchema})
	if err != nil {
		return nil, err
	}
	var schema property
	if err := json.Unmarshal(ans.body, &schema, lenient); err != nil {
		return nil, badAnswer(err)
	}
	only := words[kind]
	out := fieldsOf("", only, schema.Properties)
	if rows := schema.Properties["item"].Properties["items"].Items; rows != nil {
		out = append(out, fieldsOf(linePrefix, only, rows.Properties)...)
	}
	return out, nil
}

func fieldsOf(prefix, only string, properties map[string]property) (out []documentField) {
	known := headerTargets
	if prefix != "" {
		known = lineTargets
	}
	for key, p := range properties {
		kind := p.kind()
		if kind == "" {
			continue
		}
		f := integration.Field{Key: prefix + key, Label: cmp.Or(p.Title, key), Type: string(kind), Custom: p.Custom, Only: only}
		switch {
		case p.ReadOnly:
			f.Why = "NetSuite only shows it"
		case known[key] == "":
			f.Why = reserved(key)
		}
		f.Writable = f.Why == ""
		out = append(out, documentField{f, p.Properties["id"].Enum})
	}
	return out
}

// kind is the type of a field; "" is a sublist, a subrecord or a link.
func (p property) kind() mapping.Shape {
	id, isRef := p.Properties["id"]
	switch {
	case p.Ref != "":
		return mapping.AsReference
	case p.Type == "boolean":
		return mapping.AsBoolean
	case p.Type == "number" || p.Type == "integer":
		return mapping.AsNumber
	case p.Type == "string" && p.Format == "date":
		return mapping.AsDate
	case p.Type == "string":
		return mapping.AsText
	case isRef && len(id.Enum) > 0:
		return mapping.AsEnum
	case isRef && p.isReference():
		return mapping.AsReference
	case p.Properties["items"].Items != nil && p.Properties["items"].Items.isReference():
		return mapping.AsMulti
	}
	return ""
}

// isReference tells a reference from a record of its own: it has but an id and
// names.
func (p property) isReference() bool {
	for key := range p.Properties {
		switch key {
		case "id", "refName", "externalId", "links":
		default:
			return false
		}
	}
	return len(p.Properties) > 0
}

// mandatoryFields are the script ids of the custom fields whose definition makes
// them mandatory.
func (c *Client) mandatoryFields(ctx context.Context) (map[string]bool, error) {
	return c.cache.mandatory.get(ctx, c.now, "", func() (map[string]bool, time.Duration, error) {
		rows, err := c.suiteql(ctx, "look up custom fields", "SELECT scriptid, ismandatory FROM customfield", mostFields, nil)
		out := map[string]bool{}
		for _, r := range rows {
			if isTrue(r["ismandatory"]) {
				out[strings.ToLower(string(r["scriptid"]))] = true
			}
		}
		return out, fieldsLife, err
	})
}

// mostFields bounds what an account may have of custom fields.
const mostFields = 10_000

// Named implements destination.FieldCatalog: NetSuite names fields by their labels,
// and the same way in the header and in lines.
func (c *Client) Named(ctx context.Context, refusal string) ([]integration.Field, error) {
	return c.labelled(ctx, fieldsNamed(refusal))
}

// labelled finds the fields of labels that may be filled. A field that the account
// added goes before a standard one of the same label.
func (c *Client) labelled(ctx context.Context, labels []string) ([]integration.Field, error) {
	if len(labels) == 0 {
		return nil, nil
	}
	all, err := c.fields(ctx)
	if err != nil {
		return nil, err
	}
	var out []integration.Field
	for _, line := range []bool{false, true} {
		for _, label := range labels {
			var hits []integration.Field
			for _, f := range all {
				if f.Writable && strings.HasPrefix(f.Key, linePrefix) == line && strings.EqualFold(f.Label, label) {
					hits = append(hits, f.Field)
				}
			}
			if i := slices.IndexFunc(hits, func(f integration.Field) bool { return f.Custom }); i >= 0 {
				hits = hits[i : i+1]
			}
			out = append(out, hits...)
		}
	}
	return out, nil
}

func errNoField(key string) error {
	return &integration.Failure{Class: integration.ClassData, Cause: causeNoType,
		Message: fmt.Sprintf("netsuite's documents have no field %q that the role may see", key),
		Advice:  "'billferry integration fields' lists the fields; one of a line is named line.KEY"}
}
