package mappings

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/load"
)

// recordLimit is how many customers and items are asked for by name.
const recordLimit = 1000

// names is what the things are called that mappings lead from and to, by
// "kind/id" in lower case. Ids without a name stand as they are.
type names map[string]string

func nameKey(kind, id string) string { return strings.ToLower(kind) + "/" + id }

func (n names) m3ter(m integration.ExternalMapping) string {
	return cmp.Or(n[nameKey(m.M3terEntity, m.M3terID)], m.M3terName)
}

func (n names) external(m integration.ExternalMapping) string {
	unchecked := ""
	if m.Unchecked != "" {
		unchecked = "(not checked)"
	}
	return cmp.Or(n[nameKey(m.ExternalTable, m.ExternalID)], m.ExternalName, unchecked)
}

// sort orders mappings as a person looks for them: by what they map, its name,
// its id.
func (n names) sort(all []integration.ExternalMapping) {
	slices.SortStableFunc(all, func(a, b integration.ExternalMapping) int {
		return cmp.Or(strings.Compare(a.M3terEntity, b.M3terEntity),
			strings.Compare(strings.ToLower(cmp.Or(n.m3ter(a), a.M3terID)), strings.ToLower(cmp.Or(n.m3ter(b), b.M3terID))),
			strings.Compare(a.M3terID, b.M3terID), strings.Compare(a.ID, b.ID))
	})
}

// entities are the first things of m3ter without a name that mappings lead from, but for
// accounts, by their kind.
func entities(all []integration.ExternalMapping) map[string][]string {
	out := map[string][]string{}
	for _, m := range all {
		if ids := out[m.M3terEntity]; m.M3terName == "" && m.M3terEntity != account && len(ids) < service.MostNames &&
			!slices.Contains(ids, m.M3terID) {
			out[m.M3terEntity] = append(out[m.M3terEntity], m.M3terID)
		}
	}
	return out
}

func unnamed(m integration.ExternalMapping) bool { return m.M3terName == "" || m.ExternalName == "" }

// ask asks what the things are called that mappings lead from and to; those of the
// destination where an integration is connected to it, else "".
func ask(ctx context.Context, svc service.Service, connected string, w spec.Words, of map[string][]string) names {
	asks := []func() names{
		func() names { return accountNames(ctx, svc) },
		func() names { return entityNames(ctx, svc, of) },
	}
	if connected != "" {
		asks = append(asks,
			func() names { return recordNames(ctx, svc.Customers, connected, w.CustomerTable) },
			func() names { return recordNames(ctx, svc.Items, connected, w.ItemTable) })
	}
	parts := make([]names, len(asks))
	var all sync.WaitGroup
	for i, ask := range asks { // at once: a person sees ids meanwhile
		all.Go(func() { parts[i] = ask() })
	}
	all.Wait()
	n := names{}
	for _, part := range parts {
		maps.Copy(n, part)
	}
	return n
}

// Named are mappings of an integration with what both sides are called, as far as that
// can be asked, in the order in which a person looks for them.
func Named(ctx context.Context, svc service.Service, in integration.Integration, list []integration.ExternalMapping) (
	out []integration.ExternalMapping) {
	n := names{}
	if slices.ContainsFunc(list, unnamed) {
		connected := ""
		if in.Authorized {
			connected = in.ID
		}
		ctx, cancel := load.Bound(ctx)
		defer cancel()
		n = ask(ctx, svc, connected, svc.Catalog().Words(in.EntityType, in.Destination), entities(list))
	}
	out = slices.Clone(list)
	n.sort(out)
	for i, m := range out {
		out[i].M3terName, out[i].ExternalName = n.m3ter(m), n.external(m)
	}
	return out
}

// askNames asks once what accounts and products, customers and items are called. Names
// are a help: what cannot be asked stays an id.
func (s *Screen) askNames() tea.Cmd {
	if s.named || !slices.ContainsFunc(s.All, unnamed) {
		return nil
	}
	s.named = true
	svc, connected, w, of := s.env.Service, s.asks(""), s.words(), entities(s.All)
	if !slices.ContainsFunc(s.integrations, func(x service.Summary) bool { return x.ID == connected && x.Authorized }) {
		connected = ""
	}
	return load.Do(&s.List, lookFor, func(ctx context.Context) (names, error) {
		return ask(ctx, svc, connected, w, of), nil
	}, func(n names, _ error) tea.Cmd {
		s.names = n
		s.names.sort(s.All)
		first := s.Rows.Cursor() == 0
		if s.Choose(); first { // nobody has chosen a row yet
			s.Rows.Move(-s.Rows.Cursor())
		}
		s.layout()
		return nil
	})
}

func accountNames(ctx context.Context, svc service.Service) names {
	n := names{}
	accounts, _ := svc.Accounts(ctx, "", accountLimit)
	for _, a := range accounts {
		n[nameKey(account, a.ID)] = a.Name
	}
	return n
}

func entityNames(ctx context.Context, svc service.Service, entities map[string][]string) names {
	n := names{}
	if len(entities) == 0 {
		return n
	}
	called, _ := svc.Names(ctx, service.NamesRequest{Entities: entities})
	for kind, ids := range entities {
		for _, id := range ids {
			n[nameKey(kind, id)] = called[id]
		}
	}
	return n
}

// recordNames are those of the records of a table of the destination, by their ids.
func recordNames(
	ctx context.Context, search func(context.Context, string, string, int) ([]integration.Named, error), integrationID, table string,
) names {
	n := names{}
	found, _ := search(ctx, integrationID, "", recordLimit)
	for _, x := range found {
		n[nameKey(table, x.ID)] = x.Name
	}
	return n
}
