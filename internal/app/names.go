package app

import (
	"context"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/service"
)

// namesWithin bounds how long names are waited for.
const namesWithin = 5 * time.Second

// Names implements service.Service.
func (a *App) Names(ctx context.Context, q service.NamesRequest) (map[string]string, error) {
	out := map[string]string{}
	if len(q.Items) > 0 && q.IntegrationID != "" {
		if in, err := a.connectable(ctx, q.IntegrationID); err == nil {
			out = a.itemNames(ctx, in, q.Items)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, namesWithin)
	defer cancel()
	for _, id := range q.Accounts[:min(len(q.Accounts), service.MostNames)] {
		found, err := a.Accounts(ctx, id, 1)
		if err != nil {
			break // m3ter is not connected, or does not answer
		}
		if len(found) == 1 && found[0].ID == id {
			out[id] = found[0].Name
		}
	}
	for kind, record := range recordOf {
		for _, id := range q.Entities[kind][:min(len(q.Entities[kind]), service.MostNames)] {
			r, err := a.Record(ctx, record, id)
			if err != nil {
				return out, nil
			}
			if name := r["name"]; name != "" {
				out[id] = name
			}
		}
	}
	return out, nil
}

// recordOf is what m3ter's records of an entity are called, by the entity as mappings
// name it.
var recordOf = map[string]string{
	"Product": "product", "AccountingProduct": "product", "Aggregation": "aggregation", "CompoundAggregation": "compoundAggregation",
}

// itemNames are the names of items in the destination; none where it cannot be
// asked now.
func (a *App) itemNames(ctx context.Context, in integration.Integration, ids []string) map[string]string {
	out := map[string]string{}
	if len(ids) == 0 || !in.Authorized {
		return out
	}
	conn, err := a.dest.open(ctx, in)
	if err != nil {
		return out
	}
	ctx, cancel := context.WithTimeout(ctx, namesWithin)
	defer cancel()
	found, err := conn.Resolve(ctx, delivery.ItemRecord, ids)
	if err != nil {
		a.log.Debug("items are shown without names", "error", err)
	}
	for id, n := range found {
		out[id] = n.Name
	}
	return out
}
