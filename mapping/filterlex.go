package mapping

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind int

const (
	endToken   tokenKind = iota
	wordToken            // a field, a value without quotes, null
	keyToken             // AND, OR, NOT
	textToken            // a value in quotes
	opToken              // ==, !=, <, <=, >, >=
	parenToken           // ( or )
)

type token struct {
	kind   tokenKind
	text   string
	column int
}

func (t token) is(keyword string) bool { return t.kind == keyToken && t.text == keyword }

func (t token) String() string {
	if t.kind == endToken {
		return "the end"
	}
	return fmt.Sprintf("%q", t.text)
}

func (t token) errorf(format string, args ...any) error {
	return &FilterError{Column: t.column, Message: fmt.Sprintf(format, args...)}
}

// hint helps with the most likely cause: "and" in small letters was taken as
// part of the value before.
func (t token) hint() string {
	if t.kind == opToken {
		return " (AND, OR and NOT are written in capitals)"
	}
	return ""
}

// lexFilter cuts an expression into tokens; the last is endToken.
func lexFilter(s string) ([]token, error) {
	var out []token
	for i := 0; ; {
		for i < len(s) {
			r, n := utf8.DecodeRuneInString(s[i:])
			if !unicode.IsSpace(r) {
				break
			}
			i += n
		}
		if i == len(s) {
			return append(out, token{endToken, "", columnOf(s, i)}), nil
		}
		t, n, err := lexOne(s, i)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		i += n
	}
}

func lexOne(s string, i int) (token, int, error) {
	t := token{column: columnOf(s, i)}
	two := s[i:min(i+2, len(s))]
	switch c := s[i]; {
	case two == "==", two == "!=", two == "<=", two == ">=":
		t.kind, t.text = opToken, two
	case two == "&&", two == "||":
		t.kind, t.text = keyToken, map[string]string{"&&": "AND", "||": "OR"}[two]
		return t, 2, nil
	case c == '<' || c == '>':
		t.kind, t.text = opToken, s[i:i+1]
	case c == '(' || c == ')':
		t.kind, t.text = parenToken, s[i:i+1]
	case c == '!':
		t.kind, t.text = keyToken, "NOT"
		return t, 1, nil
	case c == '=' || c == '&' || c == '|':
		return t, 0, t.errorf("a single %c means nothing; write %c%c", c, c, c)
	case c == '"' || c == '\'':
		return lexText(s, i)
	default:
		n := strings.IndexFunc(s[i:], func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("()<>=!&|\"'", r) })
		if n < 0 {
			n = len(s) - i
		}
		t.kind, t.text = wordToken, s[i:i+n]
		if t.text == "AND" || t.text == "OR" || t.text == "NOT" {
			t.kind = keyToken
		}
	}
	return t, len(t.text), nil
}

// lexText reads a value in single or double quotes. A backslash takes the next
// character as it is.
func lexText(s string, i int) (token, int, error) {
	t := token{kind: textToken, column: columnOf(s, i)}
	var b strings.Builder
	for j := i + 1; j < len(s); j++ {
		switch {
		case s[j] == s[i]:
			t.text = b.String()
			return t, j + 1 - i, nil
		case s[j] == '\\' && j+1 < len(s):
			j++
		}
		b.WriteByte(s[j])
	}
	return t, 0, t.errorf("the quote is never closed")
}
