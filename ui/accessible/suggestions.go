package accessible

import (
	"cmp"
	"context"

	"billferry/internal/integration"
	"billferry/ui/mappings"
	"billferry/ui/widget"
)

// acceptAll reads the exact suggestions for accounts without a customer out, and maps
// them all after a yes. It goes on past one that fails.
func (s *session) acceptAll(ctx context.Context, in integration.Integration) error {
	s.say("Looking for customers.")
	found, looked, without, err := mappings.Exact(ctx, s.svc, in)
	if err != nil {
		return err
	}
	s.say("%s without a customer, %s looked at.", widget.Many(without, "account"), widget.Count(looked))
	if len(found) == 0 {
		s.say("None of them has a customer with just its name, code or email.")
		return nil
	}
	for _, x := range found {
		s.say("%s is %s, id %s.", cmp.Or(x.Account.Name, x.Account.Code, x.Account.ID), x.Customer.Name, x.Customer.ID)
	}
	yes, err := s.confirm(ctx, "Map "+widget.Many(len(found), "account")+"?")
	if err != nil || !yes {
		return err
	}
	done := 0
	for _, x := range found {
		if _, err := s.mapTo(ctx, in, x.Account.ID, x.Customer.ID); err != nil {
			if err := s.showError(err); err != nil {
				return err
			}
			continue
		}
		done++
	}
	s.say("%s mapped. What waited for them is sent.", widget.Many(done, "account"))
	return nil
}

// mapTo maps an account to a customer for one integration.
func (s *session) mapTo(ctx context.Context, in integration.Integration, account, customer string) (integration.ExternalMapping, error) {
	w := s.svc.Catalog().Words(in.EntityType, in.Destination)
	return s.svc.PutMapping(ctx, integration.ExternalMapping{M3terEntity: "Account", M3terID: account, ExternalSystem: w.Mapped,
		ExternalTable: w.CustomerTable, ExternalID: customer, IntegrationID: in.ID})
}
