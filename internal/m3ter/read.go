package m3ter

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"billferry/internal/bill"
	"billferry/internal/integration"
)

// How many objects m3ter gives in one page, at most.
const (
	pageOfBills    = 100
	pageOfAccounts = 100
	pageOfMappings = 200
	pageOfBalances = 100 // Commitments and line items too
)

// listing is a page of any list; no token, null or "" is the end.
type listing[T any] struct {
	Data      []T    `json:"data"`
	NextToken string `json:"nextToken"`
}

func paged(size int, token string) url.Values {
	q := url.Values{"pageSize": {strconv.Itoa(size)}}
	if token != "" {
		q.Set("nextToken", token)
	}
	return q
}

// Bills lists Bills dated since then, newest first, without their lines. next
// is the token of the following page, "" at the end.
func (c *Client) Bills(ctx context.Context, since time.Time, pageToken string) (heads []bill.Head, next string, err error) {
	q := paged(pageOfBills, pageToken)
	q.Set("excludeLineItems", "true")
	q.Set("includeBillTotal", "true")
	q.Set("billDateStart", since.UTC().Format(time.DateOnly))
	return c.bills(ctx, q)
}

// BillsDated lists Bills without their lines whose billDate, or
// externalInvoiceDate, lies between two civil dates, both included.
func (c *Client) BillsDated(ctx context.Context, field, from, to, pageToken string) (heads []bill.Head, next string, err error) {
	q := paged(pageOfBills, pageToken)
	q.Set("excludeLineItems", "true")
	q.Set("includeBillTotal", "true")
	q.Set(field+"Start", from)
	q.Set(field+"End", to)
	return c.bills(ctx, q)
}

func (c *Client) bills(ctx context.Context, q url.Values) (heads []bill.Head, next string, err error) {
	var l listing[json.RawMessage]
	if err := c.get(ctx, "/bills", q, &l); err != nil {
		return nil, "", err
	}
	for i, raw := range l.Data {
		h, err := bill.DecodeHead(raw)
		if err != nil {
			// One Bill that cannot be read must not hide the others.
			c.log.Warn("a Bill in m3ter's list cannot be read", "index", i, "error", err)
			continue
		}
		heads = append(heads, h)
	}
	if len(l.Data) == 0 {
		return heads, "", nil // an empty page ends the list, whatever it says
	}
	return heads, l.NextToken, nil
}

// Bill reads one Bill whole, as it came.
func (c *Client) Bill(ctx context.Context, id string) ([]byte, error) {
	raw, err := c.raw(ctx, "/bills/"+url.PathEscape(id), nil)
	if err != nil {
		return nil, fmt.Errorf("read Bill %s: %w", id, err)
	}
	return raw, nil
}

// ExternalMappings lists the external mappings kept in m3ter.
func (c *Client) ExternalMappings(ctx context.Context, pageToken string) (ms []integration.ExternalMapping, next string, err error) {
	var l listing[integration.ExternalMapping]
	if err := c.get(ctx, "/externalmappings", paged(pageOfMappings, pageToken), &l); err != nil {
		return nil, "", err
	}
	if len(l.Data) == 0 {
		return nil, "", nil
	}
	return l.Data, l.NextToken, nil
}

// Step is one check of Verify.
type Step struct{ Name, State, Detail, Remedy string }

// Verify proves the credentials: a token, then the accounts and Bills that the
// service user must be allowed to read. step is told of each check, first as
// running, then as passed or failed; it may be nil.
func (c *Client) Verify(ctx context.Context, step func(Step)) error {
	if step == nil {
		step = func(Step) {}
	}
	var first listing[json.RawMessage]
	checks := []struct {
		name string
		do   func() (string, error)
	}{
		{"access token", func() (string, error) {
			_, err := c.bearer(ctx)
			return "m3ter gave one", err
		}},
		{"read accounts", func() (string, error) {
			return "allowed", c.get(ctx, "/accounts", paged(1, ""), &first)
		}},
		{"read Bills", func() (string, error) {
			return "allowed", c.get(ctx, "/bills", paged(1, ""), &first)
		}},
	}
	for _, check := range checks {
		step(Step{Name: check.name, State: "running"})
		detail, err := check.do()
		if err != nil {
			s := Step{Name: check.name, State: "failed", Detail: err.Error()}
			if f := asFailure(err); f != nil {
				s.Remedy = f.Advice
			}
			step(s)
			return fmt.Errorf("%s: %w", check.name, err)
		}
		step(Step{Name: check.name, State: "passed", Detail: detail})
	}
	return nil
}
