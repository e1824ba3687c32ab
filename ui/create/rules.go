package create

import (
	"context"
	"errors"
	"strings"

	"billferry/internal/service"
	"billferry/mapping"
	"billferry/ui/picker"
	"billferry/ui/widget"
)

func (e *editor) targets(ctx context.Context, query string, limit int) ([]picker.Choice, error) {
	if e.integrationID == "" {
		return nil, errNotConnected
	}
	return Targets(ctx, e.env.Service, e.integrationID, query, limit)
}

var errNotConnected = errors.New("its fields have names once it is connected: type the name of a field, or connect first (esc, ctrl+k)")

// Targets finds the fields that a rule may fill, by their labels in the account of an
// integration.
func Targets(ctx context.Context, svc service.Service, integrationID, query string, limit int) ([]picker.Choice, error) {
	fields, err := svc.Fields(ctx, integrationID)
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

func (e *editor) fillings(to string) picker.Search {
	return func(ctx context.Context, query string, limit int) ([]picker.Choice, error) {
		return Fillings(ctx, e.env.Service, e.integrationID, to, query, limit)
	}
}

// Fillings finds what may fill a field: the values that it takes, which only the
// account of an integration knows, and the sources.
func Fillings(ctx context.Context, svc service.Service, integrationID, to, query string, limit int) ([]picker.Choice, error) {
	var out []picker.Choice
	if integrationID != "" && to != "" {
		// Sources are offered all the same when values cannot be listed.
		values, err := svc.FieldOptions(ctx, integrationID, to, query, limit)
		if ctx.Err() != nil {
			return nil, err
		}
		for _, v := range values {
			out = append(out, picker.Choice{ID: v.ID, Name: v.Name, Note: "value"})
		}
	}
	// Their names are a convenience: m3ter may not be connected yet.
	names, err := svc.SourceFields(ctx)
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

// ValueNames are what the values of a field are called in the account of an integration,
// by their ids. They are a convenience: an account that does not tell has none.
func ValueNames(ctx context.Context, svc service.Service, integrationID, to string) map[string]string {
	values, _ := svc.FieldOptions(ctx, integrationID, to, "", MostNamed)
	names := make(map[string]string, len(values))
	for _, v := range values {
		names[v.ID] = v.Name
	}
	return names
}

func found(query string, in ...string) bool {
	return strings.Contains(widget.Fold(strings.Join(in, " ")), widget.Fold(strings.TrimSpace(query)))
}
