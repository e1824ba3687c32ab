package m3ter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"billferry/internal/integration"
)

// recordPaths are the entities whose custom fields can be read, beside the
// account, the account plan and the organisation.
var recordPaths = map[string]string{
	"plan": "/plans/", "product": "/products/", "contract": "/contracts/", "aggregation": "/aggregations/",
	"compoundAggregation": "/compoundaggregations/",
}

// Record reads the fields of an entity by the names that rules have for them:
// code, customFields.<key>, address.<key> ... Custom fields that the entity has
// not are the organisation's defaults. Entity is one of account, accountPlan (its
// id is account|plan), plan, product, contract, aggregation, compoundAggregation,
// organization. What was read is kept for ten minutes, and who asks for one thing
// at once shares one reading. What m3ter has not has no fields. The map is shared
// and must not be changed.
func (c *Client) Record(ctx context.Context, entity, id string) (map[string]string, error) {
	key := entity + "|" + id
	if r, ok := c.records.Get(key, c.now()); ok {
		return r, nil
	}
	return c.reading.Do(ctx, key, func() (map[string]string, error) {
		if r, ok := c.records.Get(key, c.now()); ok { // another was just done
			return r, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
		defer cancel()
		r, err := c.readRecord(ctx, entity, id)
		if errors.Is(err, integration.ErrNotFound) {
			r, err = map[string]string{}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s %s: %w", entity, id, err)
		}
		until := c.now().Add(accountLife)
		if entity == ofAccount {
			until = earlier(until, c.accounts.Until(id))
		}
		if entity != organization {
			defaults, err := c.Record(ctx, organization, entity)
			if err != nil {
				return nil, err
			}
			for k, v := range defaults {
				if r[k] == "" {
					r[k] = v
				}
			}
			until = earlier(until, c.records.Until(organization+"|"+entity))
		}
		c.records.Put(key, r, until, mostAccounts)
		return r, nil
	})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// organization is the entity whose record holds defaults: its own under its own
// name, and those of an entity under that.
const organization = "organization"

// The entities that are not read by a path of recordPaths.
const (
	ofAccount     = "account"
	ofAccountPlan = "accountPlan"
)

func (c *Client) readRecord(ctx context.Context, entity, id string) (map[string]string, error) {
	switch path, known := recordPaths[entity]; {
	case entity == ofAccount:
		a, err := c.Account(ctx, id)
		if err != nil {
			return nil, err
		}
		r := maps.Clone(a.Fields)
		r["name"], r["code"], r["emailAddress"] = a.Name, a.Code, a.Email
		return r, nil
	case entity == ofAccountPlan:
		return c.accountPlan(ctx, id)
	case entity == organization:
		return c.defaultsOf(ctx, id)
	case known:
		var v map[string]any
		if err := c.decode(ctx, path+url.PathEscape(id), nil, &v); err != nil {
			return nil, err
		}
		return flat(v), nil
	}
	return nil, fmt.Errorf("m3ter has no %s", entity)
}

// accountPlan reads the plan of an account; of several the one that began last.
func (c *Client) accountPlan(ctx context.Context, id string) (map[string]string, error) {
	account, plan, _ := strings.Cut(id, "|")
	q := paged(pageOfAccounts, "")
	q.Set("account", account)
	q.Set("plan", plan)
	q.Set("includeall", "true")
	var l listing[map[string]any]
	if err := c.decode(ctx, "/accountplans", q, &l); err != nil {
		return nil, err
	}
	best, began := map[string]string{}, ""
	for _, v := range l.Data {
		if at := fmt.Sprint(v["startDate"]); len(best) == 0 || at > began {
			best, began = flat(v), at
		}
	}
	return best, nil
}

// defaultsOf gives the custom fields that the organisation sets for an entity.
// All of them come with one reading.
func (c *Client) defaultsOf(ctx context.Context, entity string) (map[string]string, error) {
	var v map[string]any
	if err := c.decode(ctx, "/customfields", nil, &v); err != nil {
		return nil, err
	}
	until := c.now().Add(accountLife)
	for _, known := range slices.AppendSeq([]string{ofAccount, ofAccountPlan, organization}, maps.Keys(recordPaths)) {
		c.records.Put(organization+"|"+known, flat(map[string]any{"customFields": v[known]}), until, mostAccounts)
	}
	r, _ := c.records.Get(organization+"|"+entity, c.now())
	return maps.Clone(r), nil
}

// CustomFields names the custom fields that the organisation sets defaults for,
// by entity: what a person may choose from.
func (c *Client) CustomFields(ctx context.Context) (map[string][]string, error) {
	var v map[string]any
	if err := c.decode(ctx, "/customfields", nil, &v); err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for entity, fields := range v {
		if m, ok := fields.(map[string]any); ok {
			for name := range m {
				out[entity] = append(out[entity], name)
			}
		}
	}
	return out, nil
}

// decode is get with the digits of numbers kept.
func (c *Client) decode(ctx context.Context, path string, query url.Values, out any) error {
	var raw json.RawMessage
	if err := c.get(ctx, path, query, &raw); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(out); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// flat writes the members of an entity that rules may name.
func flat(v map[string]any) map[string]string {
	out := map[string]string{}
	put := func(name string, x any) {
		switch x.(type) {
		case string, json.Number, bool:
			out[name] = fmt.Sprint(x)
		}
	}
	for k, x := range v {
		put(k, x)
	}
	if m, ok := v["customFields"].(map[string]any); ok {
		for k, x := range m {
			put("customFields."+k, x)
		}
	}
	return out
}
