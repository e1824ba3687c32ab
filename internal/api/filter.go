package api

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// filterNames lists the query parameters that a RunFilter travels in.
func filterNames() []string {
	return []string{"integrationId", "billId", "status", "outcome", "proof", "payment", "cause", "account", "currency", "period",
		"datedBefore", "since", "until", "minAmount", "text", "order"}
}

// encodeFilter writes a filter as query parameters; decodeFilter reads them.
// A list is a parameter repeated: its values are safe from a comma in them.
func encodeFilter(f integration.RunFilter) url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("integrationId", f.IntegrationID)
	set("billId", f.BillID)
	for _, s := range f.Statuses {
		q.Add("status", string(s))
	}
	for _, o := range f.Outcomes {
		q.Add("outcome", string(o))
	}
	for _, p := range f.Proofs {
		q.Add("proof", string(p))
	}
	for _, p := range f.Payments {
		q.Add("payment", string(p))
	}
	for _, c := range f.Causes {
		q.Add("cause", c)
	}
	set("account", f.Account)
	set("currency", f.Currency)
	set("period", f.Period)
	set("datedBefore", f.DatedBefore)
	setTime := func(name string, t time.Time) {
		if !t.IsZero() {
			q.Set(name, t.Format(time.RFC3339Nano))
		}
	}
	setTime("since", f.Since)
	setTime("until", f.Until)
	if f.HasMin {
		q.Set("minAmount", f.MinAmount.String())
	}
	set("text", f.Text)
	if f.Oldest {
		q.Set("order", "ASC")
	}
	return q
}

func decodeFilter(q url.Values) (integration.RunFilter, error) {
	f := integration.RunFilter{
		IntegrationID: q.Get("integrationId"), BillID: q.Get("billId"), Account: q.Get("account"),
		Currency: q.Get("currency"), Period: q.Get("period"), Text: q.Get("text"), Causes: q["cause"],
		DatedBefore: q.Get("datedBefore"),
	}
	var err error
	if f.Statuses, err = statuses(list(q, "status")); err != nil {
		return f, err
	}
	for _, o := range list(q, "outcome") {
		f.Outcomes = append(f.Outcomes, integration.Outcome(o))
	}
	for _, p := range list(q, "proof") {
		f.Proofs = append(f.Proofs, integration.Proof(strings.ToUpper(p)))
	}
	for _, p := range list(q, "payment") {
		f.Payments = append(f.Payments, integration.Payment(strings.ToUpper(p)))
	}
	if f.Since, err = moment(q, "since"); err != nil {
		return f, err
	}
	if f.Until, err = moment(q, "until"); err != nil {
		return f, err
	}
	if text := q.Get("minAmount"); text != "" {
		f.HasMin = true
		if f.MinAmount, err = decimal.Parse(text); err != nil {
			return f, badRequest("minAmount: %v", err)
		}
	}
	f.Oldest, err = oldestFirst(q)
	return f, err
}

// list reads an array parameter, as m3ter's SDKs write it (comma-joined) and
// as OpenAPI has it by default (repeated).
func list(q url.Values, name string) []string {
	var out []string
	for _, v := range q[name] {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

func statuses(words []string) ([]integration.Status, error) {
	var out []integration.Status
	for _, w := range words {
		s := integration.Status(strings.ToUpper(w))
		if !slices.Contains(integration.Statuses, s) {
			return nil, badRequest("status %q is not known; use one of %v", w, integration.Statuses)
		}
		out = append(out, s)
	}
	return out, nil
}

// moment reads a date-time, or a date as its first moment in UTC.
func moment(q url.Values, name string) (time.Time, error) {
	text := q.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, badRequest("%s must be a date (2026-07-01) or a date-time (2026-07-01T00:00:00Z), not %q", name, text)
}

func oldestFirst(q url.Values) (bool, error) {
	switch strings.ToUpper(q.Get("order")) {
	case "", "DESC":
		return false, nil
	case "ASC":
		return true, nil
	}
	return false, badRequest("order must be ASC or DESC, not %q", q.Get("order"))
}
