package widget

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Guard lets through to the terminal what a frame is made of: text, line
// breaks, colours and links to web addresses. Words from outside are cleaned
// where they are drawn; Guard is the net below that, so that one forgotten
// Clean cannot write to the clipboard or move the cursor.
func Guard(frame string) string {
	start := strings.IndexFunc(frame, guarded)
	if start < 0 {
		return frame
	}
	var out strings.Builder
	out.Grow(len(frame))
	out.WriteString(frame[:start])
	for s := frame[start:]; s != ""; {
		if n := max(colour(s), webLink(s)); n > 0 {
			out.WriteString(s[:n])
			s = s[n:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		if !guarded(r) {
			out.WriteString(s[:size])
		}
		s = s[size:]
	}
	return out.String()
}

// guarded tells whether a terminal does something at r rather than draw it.
func guarded(r rune) bool {
	switch {
	case r == '\n', r >= ' ' && r < 0x7f, r >= 0x2500 && r <= 0x25ff:
		return false // nearly all of a frame
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// webLink is the length of the hyperlink sequence (OSC 8) that s begins with,
// to a web address or to end a link; 0: it is something else.
func webLink(s string) int {
	rest, ok := strings.CutPrefix(s, "\x1b]8;;")
	if !ok {
		return 0
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r <= ' ' || r >= 0x7f })
	if end < 0 {
		return 0
	}
	size := 0
	for _, terminator := range []string{"\a", "\x1b\\"} {
		if strings.HasPrefix(rest[end:], terminator) {
			size = len(s) - len(rest) + end + len(terminator)
		}
	}
	if link := rest[:end]; link == "" || strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://") {
		return size
	}
	return 0
}
