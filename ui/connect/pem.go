package connect

import (
	"regexp"
	"strings"
)

// pemBlock finds a PEM block whose lines may have been joined by blanks.
var pemBlock = regexp.MustCompile(`(?s)-----BEGIN ([A-Z0-9 ]+?)-----(.*?)-----END ([A-Z0-9 ]+?)-----`)

// looksPEM tells that text is, or begins, a PEM block.
func looksPEM(text string) bool {
	return strings.HasPrefix(strings.TrimLeft(text, "\ufeff \t\r\n"), "-----BEGIN")
}

// wholePEM tells that the last line of a PEM block has come.
func wholePEM(text string) bool {
	i := strings.Index(text, "-----END ")
	return i >= 0 && strings.Contains(text[i+len("-----END "):], "-----")
}

// normalise mends what terminals, editors and JSON files do to a PEM key on
// its way here: a byte order mark, CR line ends, \n written out, indentation,
// line breaks turned into blanks. What is no PEM is given back as it is, so
// that the check can say what is wrong with it.
func normalise(text string) string {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n", "\r\n", "\n", "\r", "\n").Replace(text)
	m := pemBlock.FindStringSubmatch(text)
	if m == nil || m[1] != m[3] || strings.Contains(m[2], ":") { // a header such as Proc-Type: leave it to the check
		return text
	}
	body := strings.Join(strings.Fields(m[2]), "")
	var b strings.Builder
	b.WriteString("-----BEGIN " + m[1] + "-----\n")
	for len(body) > 0 {
		n := min(64, len(body))
		b.WriteString(body[:n] + "\n")
		body = body[n:]
	}
	b.WriteString("-----END " + m[3] + "-----\n")
	return b.String()
}
