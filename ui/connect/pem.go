package connect

import (
	"path/filepath"
	"strings"

	"billferry/internal/pattern"
)

// pemBlock finds a PEM block whose lines may have been joined by blanks.
var pemBlock = pattern.New(`(?s)-----BEGIN ([A-Z0-9 ]+?)-----(.*?)-----END ([A-Z0-9 ]+?)-----`)

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
	blocks := pemBlock().FindAllStringSubmatch(text, -1)
	if len(blocks) == 0 {
		return text
	}
	var b strings.Builder
	for _, m := range blocks { // a certificate may stand beside the key
		if m[1] != m[3] || strings.Contains(m[2], ":") { // a header such as Proc-Type: leave it to the check
			return text
		}
		body := strings.Join(strings.Fields(m[2]), "")
		b.WriteString("-----BEGIN " + m[1] + "-----\n")
		for len(body) > 0 {
			n := min(64, len(body))
			b.WriteString(body[:n] + "\n")
			body = body[n:]
		}
		b.WriteString("-----END " + m[3] + "-----\n")
	}
	return b.String()
}

// certificates are where the certificate of a key file is looked for: under
// the names that billferry and openssl's own examples give it.
func certificates(keyFile string) []string {
	dir, name := filepath.Split(keyFile)
	stem := strings.TrimSuffix(name, filepath.Ext(name))
	out := []string{dir + stem + ".crt", dir + stem + ".cer", dir + stem + "-cert.pem"}
	for _, word := range []string{"private-key", "key"} {
		if strings.Contains(stem, word) {
			return append(out, dir+strings.Replace(name, word, "certificate", 1), dir+strings.Replace(name, word, "cert", 1))
		}
	}
	return out
}
