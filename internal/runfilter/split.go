package runfilter

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"billferry/internal/nearest"
)

// keys are the words before a colon, with an example of each.
var keys = []struct{ name, example string }{
	{"status", "status:error,auth_failed (or failed, or open)"},
	{"cause", "cause:account_mapping_missing"},
	{"acct", "acct:acme"},
	{"bill", "bill:INVOICE-101"},
	{"currency", "currency:USD"},
	{"period", "period:2026-11 (month of the Bill)"},
	{"since", "since:7d, since:2026-11-01 or since:yesterday"},
	{"until", "until:2026-11-30"},
	{"amount", "amount>=100"},
	{"paid", "paid:no (or open, part, yes, overdue, credited)"},
	{"age", "age>30d (the document's date)"},
	{"outcome", "outcome:created"},
	{"proof", "proof:drift,unread"},
	{"order", "order:oldest"},
	{"integration", "integration:<id>"},
}

// aliases are other words that people try first.
var aliases = map[string]string{"account": "acct", "from": "since", "to": "until", "id": "bill", "state": "status"}

func example(key string) string {
	for _, k := range keys {
		if k.name == key {
			return "write it like " + k.example
		}
	}
	return ""
}

func known(key string) bool {
	return slices.ContainsFunc(keys, func(k struct{ name, example string }) bool { return k.name == key })
}

// split cuts a filter into terms at spaces that no quotes protect.
func split(s string) ([]term, error) {
	runes := []rune(s)
	var out []term
	for i := 0; i < len(runes); {
		if unicode.IsSpace(runes[i]) {
			i++
			continue
		}
		t, next, err := one(runes, i)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		i = next
	}
	return out, nil
}

// one reads the term that starts at start and returns where the next may.
func one(runes []rune, start int) (term, int, error) {
	t := term{column: start + 1, at: start + 1}
	var b strings.Builder
	i, quote := start, -1
	for ; i < len(runes) && (quote >= 0 || !unicode.IsSpace(runes[i])); i++ {
		switch r := runes[i]; {
		case r == '"' && quote < 0:
			quote = i
		case r == '"':
			quote = -1
		case quote < 0 && t.key == "" && (r == ':' || r == '>') && isKey(b.String()):
			var err error
			if t, i, err = keyed(t, b.String(), runes, i); err != nil {
				return t, i, err
			}
			b.Reset()
		default:
			b.WriteRune(r)
		}
	}
	if quote >= 0 {
		return t, i, &Error{quote + 1, "this quote is not closed"}
	}
	t.value = b.String()
	return t, i, nil
}

// keyed names the term after the word before a colon or a > at i; it returns
// the index of the last character of the operator.
func keyed(t term, word string, runes []rune, i int) (term, int, error) {
	key := strings.ToLower(word)
	if a, ok := aliases[key]; ok {
		key = a
	}
	if !known(key) {
		return t, i, &Error{t.column, fmt.Sprintf("there is no field %q: the fields are %s; put quotes around text with a colon%s", word,
			strings.Join(keyNames(), ", "), nearest.Hint(word, keyNames()...))}
	}
	if (operator(key) != ":") != (runes[i] == '>') {
		return t, i, &Error{i + 1, example(key)}
	}
	if runes[i] == '>' && i+1 < len(runes) && runes[i+1] == '=' {
		i++
	}
	t.key, t.at = key, i+2
	return t, i, nil
}

// isKey tells whether a word can be a field: letters only. So INV:1 asks for
// quotes, while 10:30 is text.
func isKey(word string) bool {
	return word != "" && strings.IndexFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }) < 0
}

func keyNames() []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = k.name
	}
	return out
}

// Keys lists the words that a term of a filter can begin with, each with its
// operator: "status:", "amount>=".
func Keys() []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = k.name + operator(k.name)
	}
	return out
}

func operator(key string) string {
	switch key {
	case "amount":
		return ">="
	case "age":
		return ">"
	}
	return ":"
}
