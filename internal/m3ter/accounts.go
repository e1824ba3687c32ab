package m3ter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"billferry/internal/integration"
	"billferry/internal/pattern"
)

// accountLife is how long a read account is believed; mostAccounts bounds how
// many are remembered, after which remembering starts anew.
const (
	accountLife  = 10 * time.Minute
	mostAccounts = 20_000
)

// account is m3ter's account as its API writes it.
type account struct {
	ID           string         `json:"id"`
	Name         string         `json:"name"`
	Code         string         `json:"code"`
	Email        string         `json:"emailAddress"`
	Currency     string         `json:"currency"`
	PO           string         `json:"purchaseOrderNumber"`
	Address      map[string]any `json:"address"`
	CustomFields map[string]any `json:"customFields"`
}

// UnmarshalJSON keeps the digits of numbers in custom fields.
func (a *account) UnmarshalJSON(b []byte) error {
	type plain account
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode((*plain)(a))
}

// shown is the account as billferry knows it, with the names that an account
// filter uses.
func (a account) shown() integration.Account {
	f := map[string]string{"id": a.ID, "accountName": a.Name, "accountCode": a.Code}
	put := func(name string, v any) {
		if v != nil {
			f[name] = fmt.Sprint(v)
		}
	}
	for name, text := range map[string]string{"currency": a.Currency, "purchaseOrderNumber": a.PO} {
		if text != "" {
			f[name] = text
		}
	}
	for k, v := range a.Address {
		put("address."+k, v)
	}
	for k, v := range a.CustomFields {
		put("customFields."+k, v)
	}
	return integration.Account{ID: a.ID, Name: a.Name, Code: a.Code, Email: a.Email, Fields: f}
}

func shown(as []account) []integration.Account {
	out := make([]integration.Account, len(as))
	for i, a := range as {
		out[i] = a.shown()
	}
	return out
}

// Accounts lists accounts, newest first.
func (c *Client) Accounts(ctx context.Context, pageToken string) (as []integration.Account, next string, err error) {
	var l listing[account]
	if err := c.get(ctx, "/accounts", paged(pageOfAccounts, pageToken), &l); err != nil {
		return nil, "", err
	}
	if len(l.Data) == 0 {
		return nil, "", nil
	}
	return shown(l.Data), l.NextToken, nil
}

var uuid = pattern.New(`(?i)^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`)

// SearchAccounts finds accounts whose name or code starts with query, or the
// one with that id: at most limit, and at most 100. "" gives the first limit,
// in as many requests as that takes.
func (c *Client) SearchAccounts(ctx context.Context, query string, limit int) ([]integration.Account, error) {
	query = strings.TrimSpace(query)
	size := min(max(limit, 1), pageOfAccounts)
	var l listing[account]
	switch {
	case query == "":
		return c.firstAccounts(ctx, limit)
	case uuid().MatchString(query):
		a, err := c.Account(ctx, query)
		if err != nil {
			return nil, err
		}
		return []integration.Account{a}, nil
	default:
		// $ parts the terms of m3ter's search language and cannot be quoted.
		term := strings.ReplaceAll(query, "$", "")
		q := paged(size, "")
		q.Set("searchQuery", "name~"+term+"$code~"+term)
		q.Set("operator", "OR")
		if err := c.get(ctx, "/accounts/search", q, &l); err != nil {
			return nil, err
		}
	}
	if len(l.Data) > size {
		l.Data = l.Data[:size]
	}
	return shown(l.Data), nil
}

// firstAccounts lists accounts page by page.
func (c *Client) firstAccounts(ctx context.Context, limit int) ([]integration.Account, error) {
	var out []integration.Account
	for token := ""; ; {
		var l listing[account]
		if err := c.get(ctx, "/accounts", paged(min(max(limit-len(out), 1), pageOfAccounts), token), &l); err != nil {
			return nil, err
		}
		out = append(out, shown(l.Data)...)
		if token = l.NextToken; token == "" || len(l.Data) == 0 || len(out) >= limit {
			return out[:min(len(out), max(limit, 1))], nil
		}
	}
}

// Account reads one account, from memory when it was read lately.
func (c *Client) Account(ctx context.Context, id string) (integration.Account, error) {
	if a, ok := c.accounts.Get(id, c.now()); ok {
		return a, nil
	}
	var a account
	if err := c.get(ctx, "/accounts/"+url.PathEscape(id), nil, &a); err != nil {
		return integration.Account{}, fmt.Errorf("read account %s: %w", id, err)
	}
	out := a.shown()
	c.accounts.Put(id, out, c.now().Add(accountLife), mostAccounts)
	return out, nil
}

// UserEmail reads the mail address of a user of the organisation.
func (c *Client) UserEmail(ctx context.Context, id string) (string, error) {
	var u struct {
		Email string `json:"email"`
	}
	if err := c.get(ctx, "/users/"+url.PathEscape(id), nil, &u); err != nil {
		return "", fmt.Errorf("read user %s: %w", id, err)
	}
	return u.Email, nil
}

// Forget drops what was read lately.
func (c *Client) Forget() {
	c.records.Forget()
	c.accounts.Forget()
}
