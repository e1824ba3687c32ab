package mappings

import (
	"context"
	"slices"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// Suggestion is an account without a customer, and the one customer of the
// destination that has its name, code or email.
type Suggestion struct {
	Account  integration.Account
	Customer integration.Named
}

// Exact looks for the customers of accounts that have none, those that runs wait
// for first, and gives the pairs that need no second look. looked is how many
// accounts it has looked at, of without.
func Exact(ctx context.Context, svc service.Service, in integration.Integration) (out []Suggestion, looked, without int, err error) {
	have, err := svc.Mappings(ctx, service.MappingFilter{})
	if err != nil {
		return nil, 0, 0, err
	}
	waiting, err := waitingRuns(ctx, svc, integration.RunFilter{IntegrationID: in.ID, Causes: []string{causeMissing}}, new(seen))
	if err != nil {
		return nil, 0, 0, err
	}
	accounts, err := svc.Accounts(ctx, "", accountLimit)
	if err != nil {
		return nil, 0, 0, err
	}
	w := svc.Catalog().Words(in.EntityType, in.Destination)
	open := slices.DeleteFunc(candidates(waiting, accounts), func(c candidate) bool {
		return slices.ContainsFunc(have, func(m integration.ExternalMapping) bool {
			return isCustomer(w, m) && m.M3terID == c.ID && (m.IntegrationID == "" || m.IntegrationID == in.ID)
		})
	})
	for _, c := range open[:min(len(open), suggestAhead)] {
		if c, err = suggest(ctx, svc, in.ID, c); err != nil {
			return nil, looked, len(open), err
		}
		if looked++; c.strength == exact {
			out = append(out, Suggestion{c.Account, c.customer})
		}
	}
	return out, looked, len(open), nil
}
