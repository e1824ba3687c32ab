package runfilter

import (
	"strings"

	"billferry/internal/integration"
)

// Known are values that the caller has seen, to complete with.
type Known struct {
	Causes, Accounts, Currencies []string
}

var outcomeList = []integration.Outcome{
	integration.Created, integration.Updated, integration.Unchanged, integration.Adopted,
	integration.Skipped, integration.Superseded, integration.Held,
}

func statusWords() []string {
	out := []string{failed, open}
	for _, s := range integration.Statuses {
		out = append(out, strings.ToLower(string(s)))
	}
	return out
}

func outcomeWords() []string {
	out := make([]string, len(outcomeList))
	for i, o := range outcomeList {
		out[i] = string(o)
	}
	return out
}

func proofWords() []string {
	out := make([]string, len(integration.Proofs))
	for i, p := range integration.Proofs {
		out[i] = strings.ToLower(string(p))
	}
	return out
}

func paymentWords() []string {
	out := make([]string, len(paidWords))
	for i, p := range paidWords {
		out[i] = p.word
	}
	return out
}

// Complete offers what the last word of s could become: whole filters, each a
// longer s, the likeliest first. It offers nothing for free text.
func Complete(s string, k Known) []string {
	start := strings.LastIndexAny(s, " \t") + 1
	word := s[start:]
	if strings.Count(s, `"`)%2 == 1 {
		return nil
	}
	key, value, isValue := strings.Cut(word, ":")
	if !isValue {
		return completeKey(s[:start], word)
	}
	lower := strings.ToLower(key)
	if a, ok := aliases[lower]; ok {
		lower = a
	}
	comma := strings.LastIndexByte(value, ',') + 1
	given, last := value[:comma], strings.ToLower(value[comma:])
	var out []string
	for _, c := range candidates(lower, k) {
		if strings.HasPrefix(strings.ToLower(c), last) && len(c) > len(last) && !strings.Contains(","+given, ","+c+",") {
			out = append(out, s[:start]+key+":"+given+c)
		}
	}
	return out
}

func completeKey(before, word string) []string {
	if word == "" {
		return nil
	}
	var out []string
	for _, k := range keys {
		if !strings.HasPrefix(k.name, strings.ToLower(word)) {
			continue
		}
		out = append(out, before+k.name+operator(k.name))
	}
	return out
}

func candidates(key string, k Known) []string {
	switch key {
	case "status":
		return statusWords()
	case "outcome":
		return outcomeWords()
	case "proof":
		return proofWords()
	case "paid":
		return paymentWords()
	case "cause":
		return k.Causes
	case "acct":
		return k.Accounts
	case "currency":
		return k.Currencies
	case "period":
		return []string{"this", "last"}
	case "since", "until":
		return []string{"today", "yesterday", "24h", "7d", "30d"}
	case "order":
		return []string{"oldest", "newest"}
	}
	return nil
}
