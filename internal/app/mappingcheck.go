package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/spec"
)

const (
	// checkWithin bounds what a destination and m3ter are given to show the records of
	// mappings: a person waits for it, and a mapping is taken without.
	checkWithin = 15 * time.Second
	// checkAgain is how long an account that did not answer is left alone, so that
	// an import of many parts does not wait for it with each.
	checkAgain = time.Minute
)

// recordKind is the kind of record that a mapping names, and the names of its
// destination; "" is none that Bills refer to.
func (a *App) recordKind(m integration.ExternalMapping) (delivery.RecordKind, spec.Words) {
	words, ok := a.adapters.Mapped(m.ExternalSystem)
	switch {
	case !ok:
	case strings.EqualFold(m.ExternalTable, words.CustomerTable):
		return delivery.CustomerRecord, words
	case strings.EqualFold(m.ExternalTable, words.ItemTable):
		return delivery.ItemRecord, words
	}
	return "", words
}

// checkMappings asks the destinations for the records that mappings name: they get its
// internal id and name, or the reason why they could not be checked. What
// a destination has not is answered, by the place in the list.
func (a *App) checkMappings(ctx context.Context, ms []integration.ExternalMapping) (missing map[int]error, err error) {
	ins, err := a.store.Integrations(ctx)
	if err != nil {
		return nil, err
	}
	type question struct {
		kind   delivery.RecordKind
		words  spec.Words
		linked string
	}
	asks := map[question][]int{}
	for i := range ms {
		ms[i].ExternalName, ms[i].Unchecked = "", ""
		if kind, words := a.recordKind(ms[i]); kind != "" {
			q := question{kind, words, ms[i].IntegrationID}
			asks[q] = append(asks[q], i)
		}
	}
	missing = map[int]error{}
	for q, at := range asks {
		refs := make([]string, len(at))
		for n, i := range at {
			refs[n] = ms[i].ExternalID
		}
		found, asked, why := a.resolve(ctx, ins, q.words, q.linked, q.kind, refs)
		one := a.oneAccount(ctx, ins, q.words, q.linked)
		for _, i := range at {
			n, ok := found[ms[i].ExternalID]
			switch {
			case ok:
				if ms[i].ExternalName = n.Name; one { // else each account has an internal id of its own: they are asked as Bills are sent
					ms[i].ExternalID = n.ID
				}
			case why != "":
				ms[i].Unchecked = why
			default:
				missing[i] = fmt.Errorf("%s has no %s %s (asked through %s): give its internal id, or ext: and its external id, or name: and its name",
					q.words.System, q.kind, ms[i].ExternalID, asked)
			}
		}
	}
	return missing, nil
}

// oneAccount tells whether all integrations that a mapping is for write into one
// account, so that an internal id names one record. Of one that is not connected
// nobody knows.
func (a *App) oneAccount(ctx context.Context, ins []integration.Integration, words spec.Words, linked string) bool {
	accounts := map[string]bool{}
	for _, in := range ins {
		if !a.isFor(in, words, linked) {
			continue
		}
		c, err := a.dest.open(ctx, in)
		if err != nil {
			return false
		}
		accounts[c.Account()] = true
	}
	return len(accounts) == 1
}

// isFor tells whether a mapping of a destination, linked to an integration or
// not, is for one.
func (a *App) isFor(in integration.Integration, words spec.Words, linked string) bool {
	if linked != "" && in.ID != linked {
		return false
	}
	sys, err := a.dest.System(in.EntityType, in.Destination)
	return err == nil && sys.Words() == words
}

// resolve asks the accounts that a mapping is for. why tells why one could not
// be asked, when not everything was found in the others.
func (a *App) resolve(ctx context.Context, ins []integration.Integration, words spec.Words, linked string,
	kind delivery.RecordKind, refs []string) (
	found map[string]integration.Named, asked, why string,
) {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	found = map[string]integration.Named{}
	seen := map[string]bool{}
	var names []string
	for _, in := range ins {
		if !in.Authorized || !a.isFor(in, words, linked) {
			continue
		}
		c, err := a.dest.open(ctx, in)
		if err != nil || seen[c.Account()] {
			continue
		}
		seen[c.Account()] = true
		left := slices.DeleteFunc(slices.Clone(refs), func(ref string) bool { _, ok := found[ref]; return ok })
		if len(left) == 0 {
			break
		}
		if since, ok := a.silent.Load(c.Account()); ok && a.now().Sub(since.(time.Time)) < checkAgain {
			why = words.System + " did not answer a moment ago"
			continue
		}
		got, err := c.Resolve(ctx, kind, left)
		if err != nil {
			a.silent.Store(c.Account(), a.now())
			why = words.System + " could not be asked: " + err.Error()
			continue
		}
		names = append(names, in.Name)
		for ref, n := range got {
			found[ref] = n
		}
	}
	if len(seen) == 0 {
		why = "no integration that it is for is connected to " + words.System
	}
	return found, strings.Join(names, ", "), why
}

// nameAccount gives a mapping the name of its m3ter account, where m3ter tells.
func (a *App) nameAccount(ctx context.Context, m *integration.ExternalMapping) {
	m.M3terName = ""
	if !strings.EqualFold(m.M3terEntity, "Account") {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	if acc, err := a.Account(ctx, m.M3terID); err == nil {
		m.M3terName = acc.Name
	}
}
