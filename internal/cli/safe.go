package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
)

// safe is a writer for text in which words from outside stand: an error of
// a destination, a customer's name, the body of an answer. What a terminal would
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

// oneLine writes line breaks as a programmer does.
func oneLine(s string) string { return lineBreaks.Replace(s) }

var lineBreaks = strings.NewReplacer("\r\n", `\n`, "\n", `\n`, "\r", `\r`, "\v", `\v`, "\f", `\f`, "\u0085", `\n`, "\u2028",
	`\n`, "\u2029", `\n`)

// safeJSON is a writer for JSON that a terminal shows: what the terminal would
// obey or turn round stands as \uXXXX, which any reader of JSON takes for the
// same text. Each Write is one whole value, as json.Encoder makes it.
type safeJSON struct{ w io.Writer }

func (s safeJSON) Write(b []byte) (int, error) {
	var out strings.Builder
	for _, r := range string(b) { // what is no UTF-8 becomes U+FFFD, as a decoder makes it
		if r == '\n' || r == '\t' || !obeyed(r) {
			out.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&out, `\u%04x`, unit)
		}
	}
	if _, err := io.WriteString(s.w, out.String()); err != nil {
		return 0, err
	}
	return len(b), nil
}

// obeyed tells whether a terminal does something at r rather than show it.
func obeyed(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}
