package delivery

import (
	"context"
	"errors"
	"strings"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/mapping"
)

// CustomerRef names the customer of an account as Reader.Resolve takes it; "" is
// one that nothing names.
func (e *Engine) CustomerRef(ctx context.Context, sys System, cfg mapping.Config, account mapping.Account) (ref string, err error) {
	switch {
	case cfg.UseExternalMapping:
		w := sys.Words()
		ref, _, _, err = e.o.Ledger.LookupMapping(ctx, cfg.IntegrationID, w.Mapped, w.CustomerTable, accountEntity, account.ID)
		return ref, err
	case cfg.CustomerBy == mapping.ByEntityID && account.Code == "":
		return "", nil
	case cfg.CustomerBy == mapping.ByEntityID:
		return "name:" + account.Code, nil
	case cfg.CustomerBy == mapping.ByCustomField && e.o.Records == nil:
		return "", nil
	case cfg.CustomerBy == mapping.ByCustomField:
		fields, err := e.o.Records.Record(ctx, "account", account.ID)
		return strings.TrimSpace(fields["customFields."+cfg.CustomerField]), err
	}
	return "ext:" + account.ID, nil
}

// companies finds those of the customers of a Bill's account and of the accounts
// whose charges are on it. They make a warning: what cannot be looked up stops
// nothing, and is told.
func (e *Engine) companies(ctx context.Context, c config, b bill.Bill, l *mapping.Lookups, out outside) error {
	children := mapping.Children(c.cfg, b)
	if len(children) == 0 || out.record == nil {
		return nil
	}
	refs := map[string]string{} // by account
	var ask []string
	for _, a := range append(children, mapping.Account{ID: b.AccountID, Code: b.AccountCode}) {
		ref, err := e.CustomerRef(ctx, c.sys, c.cfg, a)
		if err != nil {
			l.NoCompanies = failure(err).Message
			return ctx.Err()
		}
		if ref != "" {
			refs[a.ID], ask = ref, append(ask, ref)
		}
	}
	found, err := out.record(ctx, CompanyRecord, ask)
	switch {
	case errors.Is(err, errNoReader):
		return nil
	case err != nil && failure(err).Class == integration.ClassAuth:
		return err // the login is refused, for documents too
	case err != nil:
		l.NoCompanies = failure(err).Message
		return ctx.Err()
	}
	l.Companies = map[string]mapping.Company{}
	for account, ref := range refs {
		if n, ok := found[ref]; ok {
			l.Companies[account] = mapping.Company{IDs: strings.Split(n.ID, ","), Name: n.Name}
		}
	}
	return nil
}
