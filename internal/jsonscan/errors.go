package jsonscan

import (
	"fmt"
	"unicode/utf8"
)

// SyntaxError says where text stops being JSON.
type SyntaxError struct {
	Offset  int // in bytes
	Message string
	// Cut tells that the text ended too early and was good so far.
	Cut bool
	Err error // ErrUTF8 or ErrDepth: text that some other reader may call JSON
}

// Error says what is wrong and where.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not JSON at byte %d: %s", e.Offset, e.Message)
}

// Unwrap returns Err.
func (e *SyntaxError) Unwrap() error { return e.Err }

// TypeError is good JSON of the wrong type.
type TypeError struct {
	Offset    int // in bytes
	Got, Want string
}

// Error says both types.
func (e *TypeError) Error() string {
	return fmt.Sprintf("%s at byte %d where %s is wanted", e.Got, e.Offset, e.Want)
}

// Mismatch is the error for the value that comes, which is not what want says
// in words. It is a *TypeError; text that starts no value at all is no JSON.
func (s *Scanner) Mismatch(want string) error {
	got := ""
	switch b := s.Peek(); {
	case b == '{':
		got = "an object"
	case b == '[':
		got = "a list"
	case b == '"':
		got = "a string"
	case b == 't' || b == 'f':
		got = "true or false"
	case b == 'n':
		got = "null"
	case startsNumber(b):
		got = "a number"
	default:
		return s.errorf("%s where %s is wanted", s.found(), want)
	}
	return &TypeError{Offset: s.i, Got: got, Want: want}
}

func (s *Scanner) errorf(format string, args ...any) error {
	return &SyntaxError{Offset: s.i, Message: fmt.Sprintf(format, args...), Cut: s.i >= len(s.text)}
}

// found is the letter at hand, for an error.
func (s *Scanner) found() string {
	if s.i >= len(s.text) {
		return "the end"
	}
	r, _ := utf8.DecodeRune(s.text[s.i:])
	return fmt.Sprintf("%q", r)
}
