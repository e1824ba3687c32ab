package netsuite

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	json "github.com/go-json-experiment/json"

	"billferry/internal/integration"
	"billferry/mapping"
)

const (
	longLife  = time.Hour   // currencies and customers hardly change
	shortLife = time.Minute // what a picker searched
	// maxCurrencies bounds the walk through currencies by id when SuiteQL is
	// not permitted; NetSuite numbers them from 1.
	maxCurrencies = 60
	maxGap        = 5 // deleted ones in a row before the walk ends
)

// lookups are the cached answers of one client.
type lookups struct {
	currencies cache[map[string]string]
	customers  cache[string]
	periods    cache[period]         // by id
	dates      cache[mapping.Period] // by date
	named      cache[[]integration.Named]
	fields     cache[[]documentField]
	options    cache[[]integration.Named] // by field
	mandatory  cache[map[string]bool]     // custom fields, by script id
	companies  cache[map[string]string]   // names of subsidiaries, by id
}

// CurrencyID implements delivery.Destination: NetSuite's id of an ISO 4217 code.
func (c *Client) CurrencyID(ctx context.Context, iso string, rec func(integration.Exchange)) (string, error) {
	all, err := c.currencies(ctx, rec)
	if err != nil {
		return "", err
	}
	if id, ok := all[strings.ToUpper(iso)]; ok {
		return id, nil
	}
	return "", &integration.Failure{Class: integration.ClassData, Cause: "currency_unknown",
		Message: fmt.Sprintf("netsuite has no currency with the ISO code %q that the role may see", iso),
		Advice:  "add the currency in Lists > Accounting > Currencies, and check the role's permission Lists > Currency (View)"}
}

func (c *Client) currencies(ctx context.Context, rec Recorder) (map[string]string, error) {
	return c.cache.currencies.get(ctx, c.now, "", func() (map[string]string, time.Duration, error) {
		rows, err := c.suiteql(ctx, "look up currencies", "SELECT id, symbol, name FROM currency", pageSize, rec)
		if err != nil && notPermitted(err) {
			all, err := c.walkCurrencies(ctx, rec)
			return all, longLife, oneCurrency(err)
		}
		all := make(map[string]string, len(rows))
		for _, r := range rows {
			all[strings.ToUpper(string(r["symbol"]))] = string(r["id"])
		}
		return all, longLife, err
	})
}

// oneCurrency tells an account without multi-currency, whose REST services
// know no such record, from one whose role may not see it.
func oneCurrency(err error) error {
	if err == nil || asFailure(err).Cause != causeNoType {
		return err
	}
	return &integration.Failure{Class: integration.ClassHeld, Cause: "currencies_off", Err: err,
		Message: "this NetSuite account has no currencies to choose from: Multiple Currencies is off, or the role does not see them",
		Advice: "set Base Currency to the account's own currency, such as USD: documents are then sent without one; or turn on Multiple " +
			"Currencies and give the role Lists > Currency (View)"}
}

// Forget drops what was looked up, so that a person who has mended something
// need not wait for an old answer to expire.
func (c *Client) Forget() {
	c.cache.currencies.Forget()
	c.cache.customers.Forget()
	c.cache.periods.Forget()
	c.cache.dates.Forget()
	c.cache.named.Forget()
	c.cache.fields.Forget()
	c.cache.options.Forget()
	c.cache.mandatory.Forget()
	c.cache.companies.Forget()
}

// walkCurrencies reads currencies one by one: reading by id needs no
// SuiteAnalytics permission.
func (c *Client) walkCurrencies(ctx context.Context, rec Recorder) (map[string]string, error) {
	all := map[string]string{}
	gap := 0
	for id := 1; id <= maxCurrencies && gap < maxGap; id++ {
		var v struct {
			Symbol string `json:"symbol"`
		}
		found, err := c.getRecord(ctx, "look up currency", "currency", strconv.Itoa(id), &v, rec)
		if err != nil {
			return nil, err
		}
		gap++
		if found {
			all[strings.ToUpper(v.Symbol)], gap = strconv.Itoa(id), 0
		}
	}
	return all, nil
}

// getRecord reads a record by internal id, or by external id as eid:X.
func (c *Client) getRecord(ctx context.Context, purpose, kind, id string, into any, rec Recorder) (bool, error) {
	ans, err := c.do(ctx, call{purpose: purpose, method: http.MethodGet, path: recordPath + "/" + kind + "/" + id, rec: rec})
	if err != nil {
		if absent(ans, err) || asFailure(err).Cause == "id_malformed" {
			return false, nil
		}
		return false, err
	}
	if err := json.Unmarshal(ans.body, into, lenient); err != nil {
		return false, badAnswer(err)
	}
	return true, nil
}

// customerID resolves a customer's external id. A role that may not read
// customers gets "": then the reference that NetSuite took has to do.
func (c *Client) customerID(ctx context.Context, externalID string, rec Recorder) (string, error) {
	return c.cache.customers.get(ctx, c.now, externalID, func() (string, time.Duration, error) {
		var v struct {
			ID scalar `json:"id"`
		}
		found, err := c.getRecord(ctx, "look up customer", "customer", "eid:"+url.PathEscape(externalID), &v, rec)
		switch {
		case err != nil && isDenied(asFailure(err).Cause):
			c.log.Warn("customers cannot be read, so read-backs do not compare them", "error", err)
			return "", longLife, nil
		case err != nil:
			return "", 0, err
		case !found:
			return "", 0, &integration.Failure{Class: integration.ClassData, Cause: "reference_unknown",
				Message: fmt.Sprintf("netsuite has no customer with external id %q", externalID),
				Advice: "give the NetSuite customer the m3ter account id as its External ID; or turn on Use External Mapping Account " +
					"Code and map the account"}
		}
		return string(v.ID), longLife, nil
	})
}
