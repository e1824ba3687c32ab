// Package runfilter is the filter language of the run review: one line of text
// that a person types in the terminal or on the command line, read into an
// integration.RunFilter. It is pure: the caller says what time it is, and
// "since:7d" becomes a fixed moment when it is read, so that what a person saw
// counted is what a bulk retry acts on.
//
//	status:error,auth_failed cause:account_mapping_missing acct:acme
//	bill:INVOICE-101 currency:USD since:7d until:2026-11-30 amount>=100
//	outcome:created period:2026-11 order:oldest "any other words"
package runfilter

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/nearest"
)

// Error says what is wrong with a filter and where.
type Error struct {
	Column int    // of the first character at fault, from 1, in characters
	Reason string // what is wrong and what would be right
}

// Error tells the column and the reason.
func (e *Error) Error() string { return fmt.Sprintf("filter, column %d: %s", e.Column, e.Reason) }

// failed and open are short for the statuses that they name.
const (
	failed = "failed" // every status that ended without a proven invoice
	open   = "open"   // every status that still moves by itself
)

// term is one word of the filter, quotes taken off.
type term struct {
	key    string // lower case; "" for free text
	value  string
	column int // of the term
	at     int // column of the value
}

// Parse reads a filter. now is what relative times count from; civil dates are
// days of its location. An empty filter selects everything. The error is an
// *Error.
func Parse(s string, now time.Time) (integration.RunFilter, error) {
	var f integration.RunFilter
	terms, err := split(s)
	if err != nil {
		return f, err
	}
	var words []string
	seen := map[string]bool{}
	for _, t := range terms {
		if t.key == "" {
			words = append(words, t.value)
			continue
		}
		if seen[t.key] {
			return f, &Error{t.column, t.key + " is given twice: put the values in one term, with commas"}
		}
		seen[t.key] = true
		if t.value == "" {
			return f, &Error{t.column, t.key + " has no value: " + example(t.key)}
		}
		if t.key == "bill" && !isUUID(t.value) {
			words = append(words, t.value) // a reference: found by text
			continue
		}
		if reason := set(&f, t, now); reason != "" {
			return f, &Error{t.at, reason}
		}
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		return f, &Error{1, "since is not before until: nothing can match"}
	}
	f.Text = strings.Join(words, " ")
	return f, nil
}

// set puts one term into the filter; it returns what is wrong, or "".
func set(f *integration.RunFilter, t term, now time.Time) (reason string) {
	switch t.key {
	case "status":
		f.Statuses, reason = statuses(t.value)
	case "outcome":
		f.Outcomes, reason = outcomes(t.value)
	case "proof":
		f.Proofs, reason = proofs(t.value)
	case "paid":
		f.Payments, reason = payments(t.value)
	case "age":
		f.DatedBefore, reason = dated(t.value, now)
	case "cause":
		f.Causes = list(t.value)
	case "acct":
		f.Account = t.value
	case "bill":
		f.BillID = t.value
	case "integration":
		f.IntegrationID = t.value
	case "currency":
		f.Currency, reason = currency(t.value)
	case "period":
		f.Period, reason = month(t.value, now)
	case "since":
		f.Since, reason = moment(t.value, now, false)
	case "until":
		f.Until, reason = moment(t.value, now, true)
	case "amount":
		d, err := decimal.Parse(t.value)
		if err != nil {
			return "amount is not a number: write it like amount>=100 or amount>=99.50"
		}
		f.MinAmount, f.HasMin = d, true
	case "order":
		if t.value != "oldest" && t.value != "newest" {
			return "order is newest or oldest"
		}
		f.Oldest = t.value == "oldest"
	}
	return reason
}

func list(s string) []string {
	var out []string
	for v := range strings.SplitSeq(s, ",") {
		if v = strings.TrimSpace(v); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func statuses(s string) (out []integration.Status, reason string) {
	add := func(st integration.Status) {
		if !slices.Contains(out, st) {
			out = append(out, st)
		}
	}
	for _, v := range list(s) {
		if v == failed || v == open {
			for _, st := range integration.Statuses {
				if st.Settled() == (v == failed) && st != integration.Complete {
					add(st)
				}
			}
			continue
		}
		st := integration.Status(strings.ToUpper(strings.ReplaceAll(v, "-", "_")))
		if !slices.Contains(integration.Statuses, st) {
			return nil, noSuch("status", v, statusWords())
		}
		add(st)
	}
	return out, ""
}

// noSuch tells of a word that is none of those that there are.
func noSuch(kind, typed string, words []string) string {
	return fmt.Sprintf("there is no %s %q: it is one of %s%s", kind, typed, strings.Join(words, ", "), nearest.Hint(typed, words...))
}

func outcomes(s string) (out []integration.Outcome, reason string) {
	for _, v := range list(s) {
		o := integration.Outcome(strings.ToLower(v))
		if !slices.Contains(outcomeList, o) {
			return nil, noSuch("outcome", v, outcomeWords())
		}
		out = append(out, o)
	}
	return out, ""
}

func proofs(s string) (out []integration.Proof, reason string) {
	for _, v := range list(s) {
		p := integration.Proof(strings.ToUpper(v))
		if !slices.Contains(integration.Proofs, p) {
			return nil, noSuch("proof", v, proofWords())
		}
		out = append(out, p)
	}
	return out, ""
}

type paidWord struct {
	word   string
	states []integration.Payment
}

// paidWords are what a person calls the states of payment; what is overdue is not
// paid either.
var paidWords = []paidWord{
	{"no", []integration.Payment{integration.Unpaid, integration.Overdue}},
	{"open", []integration.Payment{integration.Unpaid}},
	{"part", []integration.Payment{integration.PartPaid}},
	{"yes", []integration.Payment{integration.Paid}},
	{"overdue", []integration.Payment{integration.Overdue}},
	{"credited", []integration.Payment{integration.Credited}},
}

func payments(s string) (out []integration.Payment, reason string) {
	for _, v := range list(s) {
		i := slices.IndexFunc(paidWords, func(p paidWord) bool { return p.word == strings.ToLower(v) })
		if i < 0 {
			return nil, noSuch("payment", v, paymentWords())
		}
		for _, p := range paidWords[i].states {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out, ""
}

// dated reads an age as the civil date that a document of more is dated before.
func dated(s string, now time.Time) (string, string) {
	at, reason := moment(s, now, false)
	if reason != "" {
		return "", "age is a number of days, like age>30d, or the day that documents are dated before, like age>2026-10-31"
	}
	return at.Format(time.DateOnly), ""
}

func month(s string, now time.Time) (string, string) {
	switch s {
	case "this":
		return now.Format("2006-01"), ""
	case "last":
		return integration.LastMonth(now).Format("2006-01"), ""
	}
	if t, err := time.Parse("2006-01", s); err == nil {
		return t.Format("2006-01"), ""
	}
	return "", "period is a month, like 2026-11, this or last"
}

func currency(s string) (string, string) {
	c := strings.ToUpper(s)
	if len(c) != 3 || strings.IndexFunc(c, func(r rune) bool { return r < 'A' || r > 'Z' }) >= 0 {
		return "", "currency is a code of three letters, like USD"
	}
	return c, ""
}

// isUUID tells an id from a reference that a person would type.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (r == '-') {
			return false
		} else if !dash && !unicode.Is(unicode.ASCII_Hex_Digit, r) {
			return false
		}
	}
	return true
}
