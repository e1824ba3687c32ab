package outbound

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

const (
	shortest = 8        // bytes of a secret: shorter ones would be found in ordinary words
	longest  = 16 << 10 // bytes of a secret; what lies beyond is not looked for
	piece    = 16       // bytes of a part that is taken out although the rest is missing
	various  = 6        // different bytes that a part has, or it tells nothing
)

// form is one way in which a secret is written. It lies in matcher.text.
type form struct {
	start, end int
	need       int  // bytes that have to match; those of the form, or a piece
	bearer     bool // an access token
	before     int  // characters of base64 on either side that hold bits of the secret too
	after      int
}

// lines are the parts of a secret that are looked for: those of a PEM block
// one by one, since line ends come in many forms, and else the whole text.
func lines(secret string) []string {
	secret = secret[:min(len(secret), longest)]
	if !strings.Contains(secret, "-----BEGIN") {
		return []string{secret}
	}
	var out []string
	for l := range strings.FieldsFuncSeq(secret, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if l = strings.TrimSpace(l); len(l) >= piece && !strings.HasPrefix(l, "-----") {
			out = append(out, l)
		}
	}
	return out
}

// encoded is a secret somewhere in a longer text in base64, and how many
// characters on its sides hold bits of it and of its neighbours.
type encoded struct {
	text          string
	before, after int
}

// inBase64 lists how a secret can stand in base64: its first byte may be the
// first, second or third of a group, as in "user:secret".
func inBase64(secret string) []encoded {
	var out []encoded
	for offset := range 3 {
		raw := append(make([]byte, offset), secret...)
		text, bits := base64.RawStdEncoding.EncodeToString(raw), len(raw)*8
		e := encoded{text: text[(offset*8+5)/6 : bits/6]}
		if offset > 0 {
			e.before = 1
		}
		if bits%6 > 0 {
			e.after = 1
		}
		out = append(out, e)
		if other := strings.NewReplacer("+", "-", "/", "_").Replace(e.text); other != e.text {
			e.text = other
			out = append(out, e)
		}
	}
	return out
}

// escapes are the bytes that an escape begins with. A zero byte is what UTF-16
// puts between letters.
var escapes = [...]byte{'%', '\\', '&', 0}

// finder finds the next escape, and looks at no byte more than once for each.
type finder struct {
	b    []byte
	next [len(escapes)]int
}

func newFinder(b []byte) *finder {
	f := &finder{b: b}
	for i := range f.next {
		f.next[i] = -1
	}
	return f
}

// from gives the place of the first escape at i or later; len(b) for none.
func (f *finder) from(i int) int {
	first := len(f.b)
	for k, e := range escapes {
		if f.next[k] < i {
			if f.next[k] = len(f.b); i < len(f.b) {
				if n := bytes.IndexByte(f.b[i:], e); n >= 0 {
					f.next[k] = i + n
				}
			}
		}
		first = min(first, f.next[k])
	}
	return first
}

// unescape appends b to out without the escapes of URLs, JSON, Go and HTML,
// however often they were escaped again. It keeps what is no escape. With at
// it notes where in b each byte of out began.
func unescape(out, b []byte, at *[]int) []byte {
	f := newFinder(b)
	for i := 0; i < len(b); {
		stop := f.from(i)
		if at != nil {
			for j := i; j < stop; j++ {
				*at = append(*at, j)
			}
		}
		out = append(out, b[i:stop]...)
		if i = stop; i == len(b) {
			break
		}
		var buf [utf8.UTFMax]byte
		plain, n := unescapeOne(b[i:], buf[:0])
		if len(plain) == 1 && plain[0] == 0 {
			plain = nil // an escaped zero byte is left out as a plain one is
		}
		out = append(out, plain...)
		if at != nil {
			for range plain {
				*at = append(*at, i)
			}
		}
		i += n
	}
	return out
}

// unescapeOne reads the escape that b begins with: what it stands for, and its
// length.
func unescapeOne(b, out []byte) ([]byte, int) {
	switch b[0] {
	case 0:
		n := 1
		for n < len(b) && b[n] == 0 {
			n++
		}
		return out, n
	case '%':
		i := 1
		for bytes.HasPrefix(b[i:], []byte("25")) && isHex(b, i+2, 2) {
			i += 2
		}
		if isHex(b, i, 2) {
			return append(out, byte(hex(b[i:i+2]))), i + 2
		}
	case '\\':
		return unescapeBackslash(b, out)
	case '&':
		return unescapeEntity(b, out)
	}
	return append(out, b[0]), 1
}

func unescapeBackslash(b, out []byte) ([]byte, int) {
	i := 1
	for i < len(b) && b[i] == '\\' {
		i++
	}
	switch {
	case i == len(b):
	case b[i] == 'u' && isHex(b, i+1, 4):
		return utf8.AppendRune(out, rune(hex(b[i+1:i+5]))), i + 5
	case b[i] == 'x' && isHex(b, i+1, 2):
		return append(out, byte(hex(b[i+1:i+3]))), i + 3
	case b[i] == '"' || b[i] == '\'' || b[i] == '/':
		return append(out, b[i]), i + 1
	}
	return append(out, '\\'), i
}

// entities are what escapers of HTML write by name.
var entities = []struct{ name, text string }{
	{"lt;", "<"}, {"gt;", ">"}, {"quot;", `"`}, {"apos;", "'"}, {"plus;", "+"}, {"sol;", "/"}, {"equals;", "="},
}

func unescapeEntity(b, out []byte) ([]byte, int) {
	i := 1
	for bytes.HasPrefix(b[i:], []byte("amp;")) {
		i += 4
	}
	for _, e := range entities {
		if bytes.HasPrefix(b[i:], []byte(e.name)) {
			return append(out, e.text...), i + len(e.name)
		}
	}
	if i < len(b) && b[i] == '#' {
		if r, n := number(b[i+1:]); n > 0 {
			return utf8.AppendRune(out, r), i + 1 + n
		}
	}
	return append(out, '&'), i
}

// number reads what follows &#, with the semicolon: 43; or x2B;
func number(b []byte) (rune, int) {
	end := bytes.IndexByte(b[:min(len(b), 9)], ';')
	if end < 1 {
		return 0, 0
	}
	digits, base := b[:end], rune(10)
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	r := rune(0)
	for _, c := range digits {
		d := rune(digit(c))
		if d < 0 || d >= base {
			return 0, 0
		}
		r = r*base + d
	}
	return r, end + 1
}

func digit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func isHex(b []byte, from, n int) bool {
	if from+n > len(b) {
		return false
	}
	for _, c := range b[from : from+n] {
		if digit(c) < 0 {
			return false
		}
	}
	return true
}

func hex(b []byte) int {
	v := 0
	for _, c := range b {
		v = v<<4 + digit(c)
	}
	return v
}
