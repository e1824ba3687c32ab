package suiteql

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

type tokenKind byte

const (
	end tokenKind = iota
	word
	text
	number
	mark // punctuation and operators
)

type token struct {
	kind tokenKind
	text string // words lower-case
	at   int    // where it begins, counted from 1
}

func lex(q string) ([]token, error) {
	var out []token
	rs := []rune(q)
	for i := 0; i < len(rs); {
		r := rs[i]
		switch {
		case unicode.IsSpace(r):
			i++
		case r == '\'':
			s, next, err := quoted(rs, i)
			if err != nil {
				return nil, err
			}
			out, i = append(out, token{text, s, i + 1}), next
		case unicode.IsLetter(r) || r == '_':
			n := span(rs, i, func(r rune) bool {
				return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '.'
			})
			out, i = append(out, token{word, strings.ToLower(string(rs[i:n])), i + 1}), n
		case unicode.IsDigit(r):
			n := span(rs, i, func(r rune) bool { return unicode.IsDigit(r) || r == '.' })
			out, i = append(out, token{number, string(rs[i:n]), i + 1}), n
		default:
			n := i + 1
			if n < len(rs) && slices.Contains([]string{"<=", ">=", "<>", "!=", "||"}, string(rs[i:n+1])) {
				n++
			}
			out, i = append(out, token{mark, string(rs[i:n]), i + 1}), n
		}
	}
	return append(out, token{end, "the end", len(rs) + 1}), nil
}

func span(rs []rune, i int, ok func(rune) bool) int {
	for i < len(rs) && ok(rs[i]) {
		i++
	}
	return i
}

// quoted reads a text literal; two quotes inside stand for one.
func quoted(rs []rune, i int) (string, int, error) {
	var b strings.Builder
	for j := i + 1; j < len(rs); j++ {
		if rs[j] != '\'' {
			b.WriteRune(rs[j])
			continue
		}
		if j+1 < len(rs) && rs[j+1] == '\'' {
			b.WriteByte('\'')
			j++
			continue
		}
		return b.String(), j + 1, nil
	}
	return "", 0, fmt.Errorf("%w: the text that begins at %d has no closing quote", ErrQuery, i+1)
}
