package bill

import (
	"errors"
	"strings"
)

// at puts the name of the field on an error. Broken JSON keeps its own place,
// the byte, and gains the field.
func at(field string, err error) error {
	var known *FieldError
	if err == nil || errors.As(err, &known) {
		return err
	}
	return &FieldError{Field: strings.Clone(field), Err: err} // an error is kept for longer than the Bill
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

// pairs reads an object of strings in its order. A number or a boolean is
// taken as it is written: a segment value can look like one.
func (d *decoder) pairs() ([]Pair, error) {
	return d.members(func(name string) error { return at(name, d.Mismatch("a string")) })
}

// flatPairs is pairs without what is no text: of additional values nobody says
// what they may be.
func (d *decoder) flatPairs() ([]Pair, error) {
	if d.Kind() != '{' {
		return nil, d.Skip()
	}
	return d.members(func(string) error { return d.Skip() })
}

// members reads an object of strings; deep deals with a member that is none.
func (d *decoder) members(deep func(name string) error) ([]Pair, error) {
	if none, err := d.Null(); none {
		return nil, err
	}
	var out []Pair
	err := d.Object(func(name string) (err error) {
		var value string
		switch d.Kind() {
		case '"':
			value, err = d.Text()
		case '{', '[':
			return deep(name)
		case 'n':
			_, err = d.Null()
			return err
		default:
			value, err = d.Raw()
		}
		if err == nil {
			out = append(out, Pair{strings.Clone(name), value})
		}
		return err
	})
	return out, err
}
