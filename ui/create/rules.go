package create

import (
	"context"
	"errors"
	"strings"

	"billferry/internal/integration"
	"billferry/mapping"
	"billferry/ui/picker"
	"billferry/ui/widget"
)

// targets finds the fields that a rule may fill, by their labels in the account.
func (e *editor) targets(ctx context.Context, query string, limit int) ([]picker.Choice, error) {
	fields, err := e.fields(ctx)
	if err != nil {
		return nil, err
	}
	var out []picker.Choice
	for _, f := range fields {
		if f.Writable && len(out) < limit && found(query, f.Key, f.Label) {
			out = append(out, picker.Choice{ID: f.Key, Name: f.Label, Note: f.Type})
		}
	}
	return out, nil
}

var errNotConnected = errors.New("its fields have names once it is connected: type the name of a field, or connect first (esc, ctrl+k)")

func (e *editor) fields(ctx context.Context) ([]integration.Field, error) {
	if e.integrationID == "" {
		return nil, errNotConnected
	}
	return e.env.Service.Fields(ctx, e.integrationID)
}

// fillings finds what may fill a field: the values that it takes, and the sources.
func (e *editor) fillings(to string) picker.Search {
	return func(ctx context.Context, query string, limit int) ([]picker.Choice, error) {
		var out []picker.Choice
		if e.integrationID != "" && to != "" {
			// Sources are offered all the same when values cannot be listed.
			values, err := e.env.Service.FieldOptions(ctx, e.integrationID, to, query, limit)
			if ctx.Err() != nil {
				return nil, err
			}
			for _, v := range values {
				out = append(out, picker.Choice{ID: v.ID, Name: v.Name, Note: "value"})
			}
		}
		// Their names are a convenience: m3ter may not be connected yet.
		names, err := e.env.Service.SourceFields(ctx)
		if ctx.Err() != nil {
			return nil, err
		}
		for _, n := range names {
			if len(out) < limit && mapping.CheckSource(n, strings.HasPrefix(to, "line.")) == nil && found(query, n) {
				out = append(out, picker.Choice{ID: n, Name: n[strings.LastIndexByte(n, '.')+1:], Note: "custom field in m3ter"})
			}
		}
		for _, s := range mapping.Sources(strings.HasPrefix(to, "line.")) {
			if len(out) < limit && found(query, s.Value, s.Help) {
				_, name, _ := strings.Cut(s.Value, ".")
				out = append(out, picker.Choice{ID: s.Value, Name: name, Note: s.Help})
			}
		}
		return out, nil
	}
}

func found(query string, in ...string) bool {
	return strings.Contains(widget.Fold(strings.Join(in, " ")), widget.Fold(strings.TrimSpace(query)))
}
