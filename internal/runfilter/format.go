package runfilter

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"billferry/internal/integration"
)

// Format writes a filter so that Parse, at any time, in the location of the
// filter's times, reads it back.
func Format(f integration.RunFilter) string {
	var out []string
	add := func(key, value string) {
		if value != "" {
			out = append(out, key+quote(value, false))
		}
	}
	add("status:", statusText(f.Statuses))
	add("outcome:", join(f.Outcomes, strings.ToLower))
	add("proof:", join(f.Proofs, strings.ToLower))
	add("paid:", paymentText(f.Payments))
	add("age>", f.DatedBefore)
	add("cause:", strings.Join(f.Causes, ","))
	add("acct:", f.Account)
	add("bill:", f.BillID)
	add("integration:", f.IntegrationID)
	add("currency:", f.Currency)
	add("period:", f.Period)
	add("since:", when(f.Since, 0))
	add("until:", when(f.Until, -1))
	if f.HasMin {
		add("amount>=", f.MinAmount.String())
	}
	if f.Oldest {
		add("order:", "oldest")
	}
	if f.Text != "" {
		out = append(out, quote(f.Text, true))
	}
	return strings.Join(out, " ")
}

// statusText writes statuses, the two sets that have a name by their name.
func statusText(list []integration.Status) string {
	for _, name := range []string{failed, open} {
		if set, _ := statuses(name); slices.Equal(set, list) {
			return name
		}
	}
	return join(list, strings.ToLower)
}

// paymentText writes states of payment by the fewest words that say them.
func paymentText(list []integration.Payment) string {
	var words []string
	left := slices.Clone(list)
	for _, p := range paidWords {
		if slices.ContainsFunc(p.states, func(s integration.Payment) bool { return !slices.Contains(left, s) }) {
			continue
		}
		words = append(words, p.word)
		left = slices.DeleteFunc(left, func(s integration.Payment) bool { return slices.Contains(p.states, s) })
	}
	return strings.Join(words, ",")
}

func join[T ~string](list []T, word func(string) string) string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = word(string(v))
	}
	return strings.Join(out, ",")
}

// when writes a midnight as a civil date, moved by days, and anything else
// with its offset.
func when(t time.Time, days int) string {
	switch {
	case t.IsZero():
		return ""
	case t.Equal(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())):
		return t.AddDate(0, 0, days).Format(time.DateOnly)
	}
	return t.Format(time.RFC3339Nano)
}

// quote protects what would be cut or read as a field. Quotes cannot stand in
// a value, so they are left out.
func quote(s string, text bool) string {
	clean := strings.ReplaceAll(s, `"`, "")
	if strings.IndexFunc(clean, unicode.IsSpace) >= 0 || text && strings.ContainsAny(clean, ":>") {
		return `"` + clean + `"`
	}
	return clean
}
