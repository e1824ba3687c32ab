package accessible

import (
	"context"
	"errors"
	"slices"
	"strings"

	"billferry/internal/integration"
	"billferry/ui/mappings"
	"billferry/ui/widget"
)

// open says how many accounts have no customer, and lists them.
func (s *session) open(ctx context.Context, in integration.Integration) ([]mappings.Candidate, error) {
	s.say("Looking for accounts.")
	open, partly, err := mappings.Unmapped(ctx, s.svc, in)
	if err == nil {
		s.say("%s without a customer%s.", widget.Many(len(open), "account"), partly)
	}
	return open, err
}

// called is what a person calls an account by, with its id.
func called(c mappings.Candidate) string {
	var words []string
	for _, w := range []string{c.Name, c.Code, c.Email, "id " + c.ID} {
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, ", ")
}

// oneByOne walks through the accounts without a customer, those that most runs wait for
// first, says which customer each may be, and maps it to that or to another.
func (s *session) oneByOne(ctx context.Context, in integration.Integration) error {
	open, err := s.open(ctx, in)
	if err != nil {
		return err
	}
	words, err := s.ask(ctx, "Only those with which text, in a name, code, email or id", "")
	if err != nil {
		return err
	}
	asks, mapped := true, 0
	for _, c := range open {
		if !strings.Contains(widget.Fold(called(c)), widget.Fold(words)) {
			continue
		}
		if asks {
			if c, err = mappings.Suggest(ctx, s.svc, in.ID, c); err != nil { // the account may not answer for a while
				asks = false
				s.say("There are no suggestions:")
				if err := s.showError(err); err != nil {
					return err
				}
			}
		}
		done, stop, err := s.one(ctx, in, c)
		if errors.Is(err, errBack) {
			s.say("%s mapped.", widget.Many(mapped, "account"))
		}
		if err != nil {
			return err
		}
		if done {
			mapped++
		}
		if stop {
			break
		}
	}
	s.say("%s mapped.", widget.Many(mapped, "account"))
	return nil
}

// one asks what becomes of an account without a customer, until that is done. A
// suggestion that is sure is what enter takes.
func (s *session) one(ctx context.Context, in integration.Integration, c mappings.Candidate) (done, stop bool, err error) {
	waits := widget.Count(c.Waiting) + " runs wait"
	switch c.Waiting {
	case 0:
		waits = "No run waits"
	case 1:
		waits = "One run waits"
	}
	s.say("Account %s. %s for it.", called(c), waits)
	const find, leave, end = "Look for another customer", "Leave it", "Stop here"
	acts, def := []string{find, leave, end}, leave
	if is, sure := c.Suggested(); is {
		how := "which is similar"
		if sure {
			how = "which has the same name, code or email"
		}
		accept := "Map it to " + c.Customer.Name + ", id " + c.Customer.ID + ", " + how
		if acts = append([]string{accept}, acts...); sure {
			def = accept
		}
	} else {
		s.say("No customer is suggested.")
	}
	for {
		i, err := s.choose(ctx, "What of it?", acts, slices.Index(acts, def))
		if err != nil {
			return false, true, err
		}
		switch acts[i] {
		case leave, end:
			return false, acts[i] == end, nil
		case find:
			err = s.addMapping(ctx, in, c.ID)
		default:
			var m integration.ExternalMapping
			if m, err = s.mapTo(ctx, in, c.ID, c.Customer.ID); err == nil {
				s.isOne(ctx, m)
			}
		}
		if err == nil {
			return true, false, nil
		}
		if err := s.showError(err); err != nil { // a refusal, or back: it is asked again
			return false, true, err
		}
	}
}

// acceptAll reads the sure suggestions for accounts without a customer out, and maps them
// all after a yes. It goes on past one that fails.
func (s *session) acceptAll(ctx context.Context, in integration.Integration) error {
	open, err := s.open(ctx, in)
	if err != nil {
		return err
	}
	found, looked, err := mappings.Exact(ctx, s.svc, in.ID, open)
	if err != nil {
		return err
	}
	s.say("%s looked at.", widget.Count(looked))
	if len(found) == 0 {
		s.say("None of them has a customer with just its name, code or email.")
		return nil
	}
	for _, x := range found {
		s.say("%s is %s, id %s.", called(x), x.Customer.Name, x.Customer.ID)
	}
	yes, err := s.confirm(ctx, "Map "+widget.Many(len(found), "account")+"?")
	if err != nil || !yes {
		return err
	}
	var done []integration.ExternalMapping
	for _, x := range found {
		m, err := s.mapTo(ctx, in, x.ID, x.Customer.ID)
		if err != nil {
			if err := s.showError(err); err != nil {
				return err
			}
			continue
		}
		done = append(done, m)
	}
	s.isMapped(ctx, widget.Many(len(done), "account")+" mapped", "what waited for them is sent", done...)
	return nil
}

// mapTo maps an account to a customer for one integration.
func (s *session) mapTo(ctx context.Context, in integration.Integration, account, customer string) (integration.ExternalMapping, error) {
	w := s.svc.Catalog().Words(in.EntityType, in.Destination)
	return s.svc.PutMapping(ctx, integration.ExternalMapping{M3terEntity: "Account", M3terID: account, ExternalSystem: w.Mapped,
		ExternalTable: w.CustomerTable, ExternalID: customer, IntegrationID: in.ID})
}
