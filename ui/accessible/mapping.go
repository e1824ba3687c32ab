package accessible

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/mappings"
	"billferry/ui/widget"
)

// mappings reads the external mappings that take effect for an integration out, changes
// one or takes it out, makes others, and reads and writes CSV.
func (s *session) mappings(ctx context.Context) error {
	in, err := s.pick(ctx)
	if err != nil {
		return err
	}
	text, err := s.ask(ctx, "Mappings with which text, in an id or a name", "")
	if err != nil {
		return err
	}
	for {
		if chosen, err := s.mappingsMenu(ctx, in, text); !chosen || !errors.Is(err, errBack) {
			return err
		} // back from what was chosen is to the choice
	}
}

// mappingsMenu reads the mappings of an integration with a text out, and does what is
// chosen of them; chosen tells whether something was.
func (s *session) mappingsMenu(ctx context.Context, in integration.Integration, text string) (chosen bool, err error) {
	list, err := s.svc.Mappings(ctx, service.MappingFilter{})
	if err != nil {
		return false, err
	}
	list = slices.DeleteFunc(list, func(m integration.ExternalMapping) bool { return m.IntegrationID != "" && m.IntegrationID != in.ID })
	list = slices.DeleteFunc(mappings.Named(ctx, s.svc, in, list), func(m integration.ExternalMapping) bool {
		return !strings.Contains(widget.Fold(mappingWords(m)), widget.Fold(text))
	})
	acts := []act{
		{"Add a mapping of an account", func() error { return s.addMapping(ctx, in, "") }},
		{"Go back", func() error { return nil }},
		{"Import a CSV file", func() error { return s.importMappings(ctx) }},
		{"Export these to a CSV file", func() error { return s.exportMappings(ctx, list) }},
		{"Accept all exact suggestions for accounts without a customer", func() error { return s.acceptAll(ctx, in) }},
		{"Copy those that m3ter has", func() error {
			n, err := s.svc.PullMappings(ctx)
			if err == nil {
				s.say("%s copied from m3ter.", widget.Many(n, "mapping"))
			}
			return err
		}},
		{"Add a mapping of a product or of something else", func() error {
			return s.putMapping(ctx, in, integration.ExternalMapping{IntegrationID: in.ID})
		}},
		{"Map accounts without a customer one by one", func() error { return s.oneByOne(ctx, in) }},
	}
	for at := 0; ; at += pageOf {
		shown, next := pageFrom(list, at)
		options := actWords(acts)
		for _, m := range shown {
			options = append(options, mappingWords(m))
		}
		i, err := s.choose(ctx, widget.Many(len(list), "mapping")+". What next?", append(options, next...), 1)
		switch {
		case err != nil:
			return false, err
		case i < len(acts):
			return true, acts[i].do()
		case i < len(options):
			return true, s.oneMapping(ctx, in, shown[i-len(acts)])
		}
	}
}

// oneMapping changes a mapping, or takes it out after a yes.
func (s *session) oneMapping(ctx context.Context, in integration.Integration, m integration.ExternalMapping) error {
	i, err := s.choose(ctx, mappingWords(m)+". What of it?", []string{"Go back", "Change it", "Delete it"}, 0)
	switch {
	case err != nil || i == 0:
		return err
	case i == 1:
		m.M3terName, m.ExternalName = "", "" // what they are called is read anew
		return s.putMapping(ctx, in, m)
	}
	yes, err := s.confirm(ctx, "Delete the mapping of "+m.M3terID+"?")
	if err != nil || !yes {
		return err
	}
	if err = s.svc.DeleteMapping(ctx, m.ID); err == nil {
		s.say("Deleted.")
	}
	return err
}

// mappingWords are both sides of a mapping.
func mappingWords(m integration.ExternalMapping) string {
	return fmt.Sprintf("%s %s is %s %s of %s", m.M3terEntity, strings.TrimSpace(m.M3terID+" "+m.M3terName),
		m.ExternalTable, strings.TrimSpace(m.ExternalID+" "+m.ExternalName), m.ExternalSystem)
}

// isMapped says that mappings were saved, and whether what waited for them goes on.
func (s *session) isMapped(ctx context.Context, said, goOn string, saved ...integration.ExternalMapping) {
	if len(saved) == 0 {
		s.say("%s.", said)
		return
	}
	all, err := s.svc.Integrations(ctx)
	if err != nil { // they are saved all the same
		s.say("%s.", said)
		s.fault(err)
		return
	}
	freed, _ := mappings.Freed(s.svc.Catalog(), all, goOn, saved...)
	s.say("%s: %s.", said, freed)
}

// isOne is isMapped for one mapping.
func (s *session) isOne(ctx context.Context, m integration.ExternalMapping) {
	s.isMapped(ctx, m.M3terID+" is mapped to "+m.ExternalID, "what waited for it is sent", m)
}

// addMapping maps an account to a customer, both found by name; "" asks for the account.
func (s *session) addMapping(ctx context.Context, in integration.Integration, account string) (err error) {
	if account == "" {
		account, err = s.find(ctx, s.must, "Which account, by name, code or id", func(q string) ([]integration.Named, error) {
			return s.named(ctx, q)
		})
		if err != nil {
			return err
		}
	}
	customer, err := s.find(ctx, s.must, "Which customer, by name or id", func(q string) ([]integration.Named, error) {
		return s.svc.Customers(ctx, in.ID, q, pageOf)
	})
	if err != nil {
		return err
	}
	m, err := s.mapTo(ctx, in, account, customer)
	if err != nil {
		return err
	}
	s.isOne(ctx, m)
	return nil
}

// putMapping asks for each part of a mapping, with what it has so far, and saves it.
func (s *session) putMapping(ctx context.Context, in integration.Integration, m integration.ExternalMapping) error {
	w := s.svc.Catalog().Words(in.EntityType, in.Destination)
	kinds := integration.MappedEntities
	i, err := s.choose(ctx, "What of m3ter is it?", kinds, max(0, slices.Index(kinds, m.M3terEntity)))
	if err != nil {
		return err
	}
	m.M3terEntity = kinds[i]
	if m.ExternalSystem == "" {
		m.ExternalSystem = w.Mapped
	}
	m.ExternalTable = w.ItemTable
	search := s.svc.Items
	if i == 0 {
		m.ExternalTable, search = w.CustomerTable, s.svc.Customers
		m.M3terID, err = s.findOr(ctx, "Which account, by name, code or id", m.M3terID, func(q string) ([]integration.Named, error) {
			return s.named(ctx, q)
		})
	} else {
		m.M3terID, err = s.must(ctx, "The id of the "+m.M3terEntity+" in m3ter", m.M3terID)
	}
	if err != nil {
		return err
	}
	m.ExternalID, err = s.findOr(ctx, "Which "+m.ExternalTable+", by name or id", m.ExternalID, func(q string) ([]integration.Named, error) {
		return search(ctx, in.ID, q, pageOf)
	})
	if err != nil {
		return err
	}
	one := 0
	if m.IntegrationID == "" {
		one = 1
	}
	i, err = s.choose(ctx, "For which integrations?", []string{"For " + in.Name + " alone", "For all"}, one)
	if err != nil {
		return err
	}
	if m.IntegrationID = in.ID; i == 1 {
		m.IntegrationID = ""
	}
	if m, err = s.svc.PutMapping(ctx, m); err != nil {
		return err
	}
	s.isOne(ctx, m)
	if m.Unchecked != "" {
		s.say("It was not checked: %s.", strings.TrimSuffix(m.Unchecked, "."))
	}
	return nil
}

// findOr is find, where an empty answer keeps what there is.
func (s *session) findOr(ctx context.Context, label, now string, search func(string) ([]integration.Named, error)) (string, error) {
	text, err := s.must(ctx, label, now)
	if err != nil || text == now {
		return text, err
	}
	return s.among(ctx, text, func() ([]integration.Named, error) { return search(text) })
}
