package netsuite

import (
	"context"
	"maps"
	"slices"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// companies are the names of the account's subsidiaries, by id; an account that
// has or shows at most one has none.
func (c *Client) companies(ctx context.Context) (map[string]string, error) {
	return c.cache.companies.get(ctx, c.now, "", func() (map[string]string, time.Duration, error) {
		rows, err := c.suiteql(ctx, "look up subsidiaries", "SELECT id, name FROM subsidiary", pageSize, nil)
		if err != nil && !notPermitted(err) && asFailure(err).Cause != causeQuery { // without the feature there is no such table
			return nil, 0, err
		}
		names := pairs(rows, "name")
		if len(names) < 2 {
			names = nil
		}
		return names, longLife, nil
	})
}

// mostCompanies bounds the subsidiaries of the customers of one question.
const mostCompanies = 20_000

// companiesOf answers Resolve for delivery.CompanyRecord.
func (c *Client) companiesOf(ctx context.Context, refs []string) (map[string]integration.Named, error) {
	names, err := c.companies(ctx)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	customers, err := c.Resolve(ctx, delivery.CustomerRecord, refs)
	if err != nil {
		return nil, err
	}
	refOf := map[string][]string{}
	for ref, n := range customers {
		refOf[n.ID] = append(refOf[n.ID], ref)
	}
	out := map[string]integration.Named{}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(refOf)), refsAtOnce) {
		rows, err := c.suiteql(ctx, "look up subsidiaries of customers", "SELECT entity, subsidiary, isprimarysub FROM "+
			"customersubsidiaryrelationship WHERE entity IN ("+inList(part)+") ORDER BY entity, subsidiary", mostCompanies, nil)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			id := string(r["subsidiary"])
			for _, ref := range refOf[string(r["entity"])] {
				switch n, more := out[ref]; {
				case !more:
					out[ref] = integration.Named{ID: id, Name: names[id]}
				case isTrue(r["isprimarysub"]):
					out[ref] = integration.Named{ID: id + "," + n.ID, Name: names[id]}
				default:
					out[ref] = integration.Named{ID: n.ID + "," + id, Name: n.Name}
				}
			}
		}
	}
	return out, nil
}
