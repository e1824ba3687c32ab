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
	var out strings.Builder
	kept := 0 // frame[:kept] is in out
	for i := 0; i < len(frame); {
		n, good := span(frame[i:])
		if !good {
			out.WriteString(frame[kept:i])
			kept = i + n
		}
		i += n
	}
	if kept == 0 {
		return frame
	}
	return out.String() + frame[kept:]
}

// span is the length of the sign or sequence that s begins with, and whether
// it may go to the terminal.
func span(s string) (n int, good bool) {
	switch c := s[0]; {
	case c >= ' ' && c < 0x7f || c == '\n':
		return 1, true // nearly all of a frame
	case c == 0x1b:
		if n := colour(s); n > 0 {
			return n, true
		}
		if n := webLink(s); n > 0 {
			return n, true
		}
		return 1, false
	}
	r, size := utf8.DecodeRuneInString(s)
	return size, r >= 0x2500 && r <= 0x25ff || !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r)
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
