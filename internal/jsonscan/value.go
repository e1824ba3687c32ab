package jsonscan

import (
	"fmt"
	"math"

	"billferry/internal/decimal"
)

// Null reads the word null, if that is what comes.
func (s *Scanner) Null() (bool, error) {
	if s.Peek() != 'n' {
		return false, nil
	}
	return true, s.word("null")
}

// Bool reads true or false, or null as false.
func (s *Scanner) Bool() (bool, error) {
	switch s.Peek() {
	case 't':
		return true, s.word("true")
	case 'f':
		return false, s.word("false")
	case 'n':
		return false, s.word("null")
	}
	return false, s.Mismatch("true or false")
}

// Decimal reads a number exactly; ok is false for null. Beside the errors of
// the text it has those of decimal.Parse.
func (s *Scanner) Decimal() (d decimal.D, ok bool, err error) {
	b := s.Peek()
	if b == 'n' {
		return d, false, s.word("null")
	}
	if !startsNumber(b) {
		return d, false, s.Mismatch("a number")
	}
	if d, n := decimal.Prefix(view(s.text[s.i:])); n > 0 {
		s.i += n
		return d, true, nil
	}
	d, err = decimal.Parse(s.number())
	return d, err == nil, err
}

// Int reads a whole number in any form: 4, 4.0, 4e0. null is 0.
func (s *Scanner) Int() (int64, error) {
	d, _, err := s.Decimal()
	if err != nil {
		return 0, err
	}
	n, ok := d.Int64()
	if !ok {
		return 0, fmt.Errorf("%s is not a whole number from %d to %d", d, int64(math.MinInt64), int64(math.MaxInt64))
	}
	return n, nil
}

// Raw reads any value and gives it as it is written.
func (s *Scanner) Raw() (string, error) {
	s.Peek()
	start := s.i
	if err := s.Skip(); err != nil {
		return "", err
	}
	return view(s.text[start:s.i]), nil
}

// Skip reads any value and forgets it. It calls itself and no functions of a
// caller, and makes no strings: most of a Bill goes through here.
func (s *Scanner) Skip() error {
	switch s.Peek() {
	case '"':
		return s.skipQuoted()
	case '{':
		return s.skipObject()
	case '[':
		return s.skipArray()
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.skipNumber()
}

func (s *Scanner) skipObject() error {
	more, err := s.open('{', "an object")
	for more && err == nil {
		if s.Peek() != '"' {
			return s.errorf("%s where a string is wanted", s.found())
		}
		if err = s.skipQuoted(); err == nil && !s.take(':') {
			err = s.colon()
		}
		if err == nil {
			err = s.Skip()
		}
		if err == nil && !s.take(',') {
			more, err = s.more('}')
		}
	}
	return err
}

func (s *Scanner) skipArray() error {
	more, err := s.open('[', "a list")
	for more && err == nil {
		if err = s.Skip(); err == nil && !s.take(',') {
			more, err = s.more(']')
		}
	}
	return err
}

func (s *Scanner) skipNumber() error {
	if !startsNumber(s.Peek()) {
		return s.errorf("%s where a number is wanted", s.found())
	}
	if _, n := decimal.Prefix(view(s.text[s.i:])); n > 0 {
		s.i += n
		return nil
	}
	start := s.i
	if text := s.number(); !decimal.Valid(text) {
		s.i = start
		return s.errorf("%q is not a number", text)
	}
	return nil
}

// number gives the text of a number, checked only as far as its alphabet:
// decimal.Parse and decimal.Valid know the grammar.
func (s *Scanner) number() string {
	start := s.i
	for s.i < len(s.text) && inNumber(s.text[s.i]) {
		s.i++
	}
	return view(s.text[start:s.i])
}

func startsNumber(b byte) bool { return b == '-' || b >= '0' && b <= '9' }

func inNumber(b byte) bool {
	return b >= '0' && b <= '9' || b == '.' || b == '-' || b == '+' || b == 'e' || b == 'E'
}

func (s *Scanner) word(w string) error {
	for n := range len(w) {
		if s.i >= len(s.text) || s.text[s.i] != w[n] {
			return s.errorf("%s where %s is wanted", s.found(), w)
		}
		s.i++
	}
	return nil
}
