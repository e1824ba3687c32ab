package app

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"billferry/internal/bill"
	"billferry/internal/delivery"
	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/mapping"
)

// lookedAt is how many of the latest Bills tell what an integration needs of its
// destination.
const lookedAt = 500

// needs is what an integration needs of its destination: by its settings, and by
// the latest Bills that are kept.
func (a *App) needs(ctx context.Context, in integration.Integration) (destination.Needs, error) {
	n := destination.Needs{Values: in.ConfigData, Since: in.Created}
	c, err := a.store.Credentials(ctx, in.ID)
	if err != nil && !errors.Is(err, integration.ErrNotFound) {
		return n, err
	}
	n.CertificateEnds = c.CertificateEnds
	prepaid, families := false, false
	currencies, accounts := map[string]bool{}, map[string]string{}
	err = a.keptBills(ctx, integration.RunFilter{IntegrationID: in.ID}, lookedAt, func(b bill.Bill) {
		currencies[b.Currency] = true
		accounts[b.AccountID] = b.AccountCode
		for i := range b.Lines {
			prepaid = prepaid || mapping.Drawn(b.Lines[i].Type)
			families = families || b.Lines[i].ChildAccountID != ""
			n.LastService = max(n.LastService, lastDay(b.Lines[i].ServicePeriodEnd, b.Timezone))
		}
	})
	if err != nil {
		return n, err
	}
	n.Currencies = slices.Sorted(maps.Keys(currencies))
	f, err := a.form(in.EntityType, in.Destination)
	if err != nil {
		return n, err
	}
	sys, err := a.dest.System(f.EntityType, f.Destination)
	if err != nil {
		return n, err
	}
	cfg, err := sys.Config(in.ID, f.Fill(in.ConfigData))
	if err != nil {
		return n, err
	}
	if prepaid || families {
		if err := a.mapped(ctx, in, sys, f.Fill(in.ConfigData), &n); err != nil {
			return n, err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(accounts)) {
		account := mapping.Account{ID: id, Code: accounts[id]}
		ref, err := a.engine.CustomerRef(ctx, sys, cfg, account)
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		if err != nil {
			continue // what m3ter does not tell says nothing of the destination
		}
		n.Customers = append(n.Customers, destination.Customer{Account: cmp.Or(account.Code, id), Ref: ref})
	}
	return n, nil
}

// mapped maps the latest Bills and tells where their prepayments land, and which
// have lines of customers of other companies. Strict Items would hold those that
// are looked for.
func (a *App) mapped(ctx context.Context, in integration.Integration, sys delivery.System, v spec.Values, n *destination.Needs) error {
	v = v.Clone()
	v.Set("billferry.strictItems", false)
	cfg, err := sys.Config(in.ID, v)
	if err != nil {
		return err
	}
	runs, err := a.keptRuns(ctx, integration.RunFilter{IntegrationID: in.ID}, lookedAt)
	if err != nil {
		return err
	}
	use := mapping.NewItemUse(&cfg)
	for _, r := range runs {
		raw, err := a.store.Bill(ctx, r.ID)
		if err != nil {
			return err
		}
		m, err := a.engine.Preview(ctx, sys, in.ID, v, raw)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			continue // one that stops tells nothing
		}
		use.Add(&m.Document.Document)
		if far := m.Document.Elsewhere; len(far) > 0 {
			n.Elsewhere = append(n.Elsewhere, r.BillRef+" ("+strings.Join(far, ", ")+")")
		}
	}
	if use.Bills > 0 {
		n.Prepaid = &destination.Prepaid{Shared: use.Shared(), Default: use.Default, Bills: use.Bills}
	}
	return nil
}

// lastDay is the last day before an exclusive end, in a time zone; "" for what is
// no moment.
func lastDay(end, zone string) string {
	t, err := time.Parse(time.RFC3339Nano, end)
	if err != nil {
		return ""
	}
	z, err := time.LoadLocation(zone)
	if err != nil {
		z = time.UTC
	}
	return t.Add(-time.Nanosecond).In(z).Format(time.DateOnly)
}
