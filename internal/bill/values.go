package bill

import (
	"errors"
	"fmt"
	"math"

	"billferry/internal/decimal"
)

// at puts the name of the field on an error. Broken JSON keeps its own place,
// the byte, and gains the field.
func at(field string, err error) error {
	if err == nil { // nearly always, and before anything is put on the heap
		return nil
	}
	var known *FieldError
	if errors.As(err, &known) {
		return err
	}
	return &FieldError{Field: field, Err: err}
}

func inLine(n int, err error) error {
	if err == nil {
		return nil
	}
	e := place(err)
	e.Line = n
	return e
}

func inBand(n int, err error) error {
	if err == nil {
		return nil
	}
	e := place(err)
	e.Band = n
	return e
}

func place(err error) *FieldError {
	var e *FieldError
	if !errors.As(err, &e) {
		e = &FieldError{Field: "the object", Err: err}
	}
	return e
}

// str reads a string, or null as "".
func (c *scanner) str() (string, error) {
	if none, err := c.null(); none {
		return "", err
	}
	if c.peek() != '"' {
		return "", c.mismatch("a string")
	}
	return c.text()
}

// decimal reads a number exactly; ok is false for null.
func (c *scanner) decimal() (d decimal.D, ok bool, err error) {
	if none, err := c.null(); none {
		return d, false, err
	}
	if b := c.peek(); b != '-' && (b < '0' || b > '9') {
		return d, false, c.mismatch("a number")
	}
	text, err := c.number()
	if err == nil {
		d, err = decimal.Parse(text)
	}
	return d, err == nil, err
}

// integer reads a whole number in any JSON form: 4, 4.0, 4e0.
func (c *scanner) integer() (int64, error) {
	d, _, err := c.decimal()
	if err != nil {
		return 0, err
	}
	n, ok := d.Int64()
	if !ok {
		return 0, fmt.Errorf("%s is not a whole number from %d to %d", d, int64(math.MinInt64), int64(math.MaxInt64))
	}
	return n, nil
}

// boolean reads true or false, or null as false.
func (c *scanner) boolean() (bool, error) {
	switch c.peek() {
	case 't':
		return true, c.word("true")
	case 'f':
		return false, c.word("false")
	case 'n':
		return false, c.word("null")
	}
	return false, c.mismatch("true or false")
}

// pairs reads an object of strings in its order. A number or a boolean is
// taken as it is written: a segment value can look like one.
func (c *scanner) pairs() ([]Pair, error) {
	if none, err := c.null(); none {
		return nil, err
	}
	var out []Pair
	err := c.object(func(name string) error {
		var value string
		switch c.peek() {
		case '"':
			s, err := c.text()
			if err != nil {
				return err
			}
			value = s
		case '{', '[':
			return at(name, c.mismatch("a string"))
		default:
			start := c.i
			if err := c.skip(); err != nil {
				return err
			}
			if value = c.s[start:c.i]; value == "null" {
				return nil
			}
		}
		out = append(out, Pair{name, value})
		return nil
	})
	return out, err
}
