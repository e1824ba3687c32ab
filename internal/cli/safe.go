package cli

import (
	"io"
	"strings"
	"unicode"
)

// safe is a writer for text in which words from outside stand: an error of
// NetSuite, a customer's name, the body of an answer. What a terminal would
// obey (escape sequences, carriage returns) or turn round (bidirectional
// marks) is taken out of it; line breaks and tabs stay.
type safe struct{ w io.Writer }

func (s safe) Write(b []byte) (int, error) {
	if _, err := io.WriteString(s.w, safeText(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

func safeText(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && obeyed(r) {
			return -1
		}
		return r
	}, s)
}

// obeyed tells whether a terminal does something at r rather than show it.
func obeyed(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}
