package mappings

import (
	"context"
	"slices"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// Candidate is an account without a customer, and the customer of the destination that
// it may be once one was looked for.
type Candidate struct {
	integration.Account
	Waiting  int // runs that wait for its mapping
	Customer integration.Named
	strength strength
}

// Suggested tells that there is a customer to suggest, and sure, that it alone has the
// account's name, code or email.
func (c Candidate) Suggested() (is, sure bool) { return c.strength > noMatch, c.strength == exact }

// Unmapped lists the accounts without a customer in the destination of an integration,
// those that most runs wait for first. partly says what was not looked at, if anything.
func Unmapped(ctx context.Context, svc service.Service, in integration.Integration) (open []Candidate, partly string, err error) {
	have, err := svc.Mappings(ctx, service.MappingFilter{})
	if err != nil {
		return nil, "", err
	}
	var of seen
	waiting, err := waitingRuns(ctx, svc, integration.RunFilter{IntegrationID: in.ID, Causes: []string{causeMissing}}, &of)
	if err != nil {
		return nil, "", err
	}
	accounts, err := svc.Accounts(ctx, "", accountLimit)
	if err != nil {
		return nil, "", err
	}
	of.accounts, of.more = len(accounts), len(accounts) == accountLimit
	have = slices.DeleteFunc(have, func(m integration.ExternalMapping) bool {
		return m.IntegrationID != "" && m.IntegrationID != in.ID
	})
	return without(svc.Catalog().Words(in.EntityType, in.Destination), have, candidates(waiting, accounts)), of.partly(), nil
}

// without leaves out the accounts that have a customer by mappings.
func without(w spec.Words, mappings []integration.ExternalMapping, list []Candidate) (out []Candidate) {
	has := map[string]bool{}
	for _, m := range mappings {
		if isCustomer(w, m) {
			has[m.M3terID] = true
		}
	}
	for _, c := range list {
		if !has[c.ID] {
			out = append(out, c)
		}
	}
	return out
}

// Suggest looks a customer up for an account by all that it is called.
func Suggest(ctx context.Context, svc service.Service, integrationID string, c Candidate) (Candidate, error) {
	for _, q := range queries(c.Account) {
		found, err := svc.Customers(ctx, integrationID, q, 10)
		if err != nil {
			return c, err
		}
		if who, st := best(c.Account, found); st > c.strength {
			c.Customer, c.strength = who, st
		}
		if c.strength == exact {
			break
		}
	}
	return c, nil
}

// Exact looks for the customers of accounts that have none, and gives the pairs that
// need no second look. looked is how many accounts it has looked at.
func Exact(ctx context.Context, svc service.Service, integrationID string, open []Candidate) (out []Candidate, looked int, err error) {
	for _, c := range open[:min(len(open), suggestAhead)] {
		if c, err = Suggest(ctx, svc, integrationID, c); err != nil {
			return nil, looked, err
		}
		if looked++; c.strength == exact {
			out = append(out, c)
		}
	}
	return out, looked, nil
}
