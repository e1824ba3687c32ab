package accessible

import (
	"context"

	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/load"
)

// names are what the ids in settings are called: of accounts, and of items where an
// integration is connected, else "". They are a help: what cannot be asked stays an id.
func (s *session) names(ctx context.Context, of string, fields []spec.Field, v spec.Values) map[string]string {
	q := service.NamesRequest{IntegrationID: of}
	if q.Items, q.Accounts = (spec.Form{Fields: fields}).Ids(v); of == "" {
		q.Items = nil
	}
	if len(q.Items)+len(q.Accounts) == 0 {
		return nil
	}
	ctx, cancel := load.Bound(ctx)
	defer cancel()
	known, _ := s.svc.Names(ctx, q)
	return known
}
