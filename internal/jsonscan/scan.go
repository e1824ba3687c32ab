// Package jsonscan reads JSON (RFC 8259) from front to back, one value after
// the other, straight from the bytes that came. It exists because Bills and
// NetSuite's records are mostly members that nobody reads: docs/DEPENDENCIES.md
// has what libraries take for the same. A fuzz target holds it to
// encoding/json's judgement of what is JSON.
//
// It is for callers that know what they want to read. A caller asks for the
// value that has to come, and gets a *SyntaxError when the text is no JSON or a
// *TypeError when it is JSON of another type:
//
//	err := s.Object(func(name string) (err error) {
//		switch name {
//		case "id":
//			id, err = s.Text()
//		default:
//			err = s.Skip()
//		}
//		return err
//	})
package jsonscan

import (
	"errors"
	"fmt"
	"unicode/utf8"
	"unsafe"
)

// MaxDepth bounds nesting. A Bill nests 5 deep, a record of NetSuite 7.
const MaxDepth = 100

// ErrUTF8 is returned, in a *SyntaxError, for text that is not UTF-8.
var ErrUTF8 = errors.New("not UTF-8")

// ErrDepth is returned, in a *SyntaxError, for text nested deeper than MaxDepth.
var ErrDepth = fmt.Errorf("nested more than %d deep", MaxDepth)

// Scanner is a place in a text. Make it with New; it is not safe for use by
// several goroutines.
//
// After an error the place is where the error is, and reading on makes no sense.
type Scanner struct {
	text  []byte
	i     int // what is read
	depth int
}

// New begins to read text.
//
// The strings that the Scanner gives, save those with escapes, are parts of
// text and no copies: a Bill costs no allocation for each member. So text must
// never be changed afterwards, and it stays in memory as long as one of its
// strings does: clone those that are kept alone.
func New(text []byte) Scanner { return Scanner{text: text} }

// view gives b as a string without copying it.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// CheckUTF8 errs unless the whole text is UTF-8, as RFC 8259 wants it. Reading
// does not: a caller may rather have a value with a wrong letter than none.
func (s *Scanner) CheckUTF8() error {
	if utf8.Valid(s.text) {
		return nil
	}
	n := 0
	for n < len(s.text) {
		r, size := utf8.DecodeRune(s.text[n:])
		if r == utf8.RuneError && size <= 1 {
			break
		}
		n += size
	}
	return &SyntaxError{Offset: n, Message: ErrUTF8.Error(), Err: ErrUTF8}
}

// Left is how many bytes are not read yet.
func (s *Scanner) Left() int { return len(s.text) - s.i }

// Peek gives the first byte of the next token without reading it, 0 at the end.
func (s *Scanner) Peek() byte {
	if s.i < len(s.text) && s.text[s.i] > ' ' { // nearly always: programs write no white space
		return s.text[s.i]
	}
	return s.peekBehindSpace()
}

func (s *Scanner) peekBehindSpace() byte {
	for ; s.i < len(s.text); s.i++ {
		switch b := s.text[s.i]; b {
		case ' ', '\t', '\n', '\r':
		default:
			return b
		}
	}
	return 0
}

// End errs unless only white space is left.
func (s *Scanner) End() error {
	if s.Peek(); s.i < len(s.text) {
		return s.errorf("%s after the value", s.found())
	}
	return nil
}

// Object reads an object and calls member for each name; member reads the
// value. A name that comes twice is told twice.
func (s *Scanner) Object(member func(name string) error) error {
	more, err := s.open('{', "an object")
	for more && err == nil {
		var name string
		if name, err = s.name(); err == nil {
			err = member(name)
		}
		if err == nil && !s.take(',') {
			more, err = s.more('}')
		}
	}
	return err
}

// Array reads a list and calls element for each element, counted from 0;
// element reads it.
func (s *Scanner) Array(element func(n int) error) error {
	more, err := s.open('[', "a list")
	for n := 0; more && err == nil; n++ {
		if err = element(n); err == nil && !s.take(',') {
			more, err = s.more(']')
		}
	}
	return err
}

// open reads an opening bracket and tells whether anything stands behind it; if
// not, it reads the closing one, too.
func (s *Scanner) open(bracket byte, want string) (more bool, err error) {
	if s.Peek() != bracket {
		return false, s.Mismatch(want)
	}
	s.i++
	if s.depth++; s.depth > MaxDepth {
		return false, &SyntaxError{Offset: s.i, Message: ErrDepth.Error(), Err: ErrDepth}
	}
	if s.Peek() == bracket+2 { // '}' and ']' are two behind their partners
		s.i++
		s.depth--
		return false, nil
	}
	return true, nil
}

// more reads what stands behind an element: a comma, or the end.
func (s *Scanner) more(end byte) (bool, error) {
	switch s.Peek() {
	case ',':
		s.i++
		return true, nil
	case end:
		s.i++
		s.depth--
		return false, nil
	}
	return false, s.errorf("%s where a comma or %q is wanted", s.found(), end)
}

// take reads b if it is the very next byte, as nearly every comma and colon is:
// programs write no white space. It is small, so that it costs no call.
func (s *Scanner) take(b byte) bool {
	if s.i < len(s.text) && s.text[s.i] == b {
		s.i++
		return true
	}
	return false
}

// name reads the name of a member, and the colon.
func (s *Scanner) name() (string, error) {
	if s.Peek() != '"' {
		return "", s.errorf("%s where a string is wanted", s.found())
	}
	name, err := s.quoted()
	if err == nil && !s.take(':') {
		err = s.colon()
	}
	return name, err
}

// colon reads a colon behind white space.
func (s *Scanner) colon() error {
	if s.Peek() != ':' {
		return s.errorf("%s where ':' is wanted", s.found())
	}
	s.i++
	return nil
}
