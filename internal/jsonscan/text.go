package jsonscan

import (
	"encoding/binary"
	"math/bits"

	"github.com/go-json-experiment/json/jsontext"
)

// Text reads a string, or null as "". A \u escape of half a letter is read
// as U+FFFD, like anywhere in Go.
func (s *Scanner) Text() (string, error) {
	switch s.Peek() {
	case '"':
		return s.quoted()
	case 'n':
		return "", s.word("null")
	}
	return "", s.Mismatch("a string")
}

// quoted reads the string that starts with the quote at hand.
func (s *Scanner) quoted() (string, error) {
	start := s.i
	end := special(s.text, start+1)
	if end < len(s.text) && s.text[end] == '"' {
		s.i = end + 1
		return view(s.text[start+1 : end]), nil
	}
	if err := s.skipEscaped(end); err != nil {
		return "", err
	}
	return unquote(s.text[start:s.i]), nil
}

// skipQuoted is quoted without making a string.
func (s *Scanner) skipQuoted() error {
	end := special(s.text, s.i+1)
	if end < len(s.text) && s.text[end] == '"' {
		s.i = end + 1
		return nil
	}
	return s.skipEscaped(end)
}

// skipEscaped goes on with the string at hand, where i is the first special
// byte of it and no quote.
func (s *Scanner) skipEscaped(i int) error {
	start := s.i
	for {
		s.i = i
		switch {
		case i == len(s.text):
			return s.errorf("a string that began at byte %d is never closed", start)
		case s.text[i] == '"':
			s.i++
			return nil
		case s.text[i] != '\\':
			return s.errorf("a control character %q in a string", s.text[i])
		}
		if err := s.escape(); err != nil {
			return err
		}
		i = special(s.text, s.i+1)
	}
}

// special is where in b, from i on, the first quote, backslash or control
// character stands; len(b) if there is none.
//
// Four bytes in five of a Bill are inside strings, so it looks at eight at a
// time: w-ones*n has the high bit of each byte of w that was below n, and of no
// other before the first of these. XOR makes a backslash zero, which is below
// one, and brings the quote down to the control characters, all below 0x21. A
// byte of w that has its high bit already is part of a letter that is not ASCII.
func special(b []byte, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i <= len(b)-8; i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		if m := ((w ^ ones*'\\' - ones) | (w ^ ones*('"'^' ') - ones*(' '+1))) &^ w & highs; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c == '"' || c == '\\' || c < ' ' {
			break
		}
	}
	return i
}

// escape checks a backslash and what it escapes, and stops at the last byte.
func (s *Scanner) escape() error {
	s.i++
	if s.i >= len(s.text) {
		return s.errorf("the end in a string")
	}
	switch s.text[s.i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		for range 4 {
			s.i++
			if s.i >= len(s.text) || !hexDigit(s.text[s.i]) {
				return s.errorf("%s where a hex digit is wanted", s.found())
			}
		}
		return nil
	}
	return s.errorf("%s after a backslash", s.found())
}

func hexDigit(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F'
}

// unquote reads the escapes of a string that was checked already. What it may
// complain of then is half a surrogate pair or wrong UTF-8, and there it has
// put U+FFFD.
func unquote(quoted []byte) string {
	b, _ := jsontext.AppendUnquote(make([]byte, 0, len(quoted)), quoted)
	return view(b)
}
