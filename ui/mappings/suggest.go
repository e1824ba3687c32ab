package mappings

import (
	"slices"
	"strings"
	"unicode"

	"billferry/internal/integration"
)

// strength is how sure a suggestion is.
type strength int

const (
	noMatch strength = iota
	similar          // one name begins with the other, or holds all its words
	exact            // the same name, code or email, but for case and punctuation
)

// best picks the customer that an account most likely is. Two that are equally
// likely are no suggestion to accept unseen: the strength is similar at most.
func best(a integration.Account, customers []integration.Named) (integration.Named, strength) {
	var found integration.Named
	top, ties := noMatch, 0
	for _, c := range customers {
		switch got := match(a, c); {
		case got == noMatch:
		case got > top:
			found, top, ties = c, got, 1
		case got == top && c.ID != found.ID:
			ties++
		}
	}
	if top == exact && ties > 1 {
		top = similar
	}
	return found, top
}

func match(a integration.Account, c integration.Named) strength {
	name := plain(c.Name)
	if name == "" {
		return noMatch
	}
	result := noMatch
	for _, mine := range []string{plain(a.Name), plain(a.Code), plain(a.Email)} {
		switch {
		case mine == "":
		case mine == name:
			return exact
		case holds(mine, name), holds(name, mine):
			result = similar
		}
	}
	return result
}

// holds tells whether all words of part are among those of whole. A single
// short word says too little.
func holds(whole, part string) bool {
	if len([]rune(part)) < 3 {
		return false
	}
	has := map[string]bool{}
	for _, w := range strings.Fields(whole) {
		has[w] = true
	}
	for _, w := range strings.Fields(part) {
		if !has[w] {
			return false
		}
	}
	return true
}

// legal are words that a company's name may or may not have.
var legal = map[string]bool{"inc": true, "ltd": true, "limited": true, "llc": true, "gmbh": true, "corp": true, "co": true, "plc": true, "sa": true, "ag": true, "bv": true}

// plain takes off letter case, punctuation and the legal form.
func plain(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	kept := words[:0]
	for i, w := range words {
		if i == 0 || !legal[w] {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}

// queries are what an account is looked for by in NetSuite, the likeliest
// first: its name as it is and without its legal form, then email and code.
func queries(a integration.Account) []string {
	var out []string
	for _, q := range []string{strings.TrimSpace(a.Name), plain(a.Name), strings.TrimSpace(a.Email), strings.TrimSpace(a.Code)} {
		if q != "" && !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, q) }) {
			out = append(out, q)
		}
	}
	return out
}
