package bill

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"billferry/internal/decimal"
)

// maxDepth bounds nesting. A Bill nests 5 deep.
const maxDepth = 100

// SyntaxError says where text stops being JSON.
type SyntaxError struct {
	Offset  int // in bytes
	Message string
	// Cut tells that the text ended too early and was good so far.
	Cut bool
	Err error // errUTF8 or errDepth: text that some other reader may call JSON
}

// Error says what is wrong and where.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not JSON at byte %d: %s", e.Offset, e.Message)
}

// Unwrap returns Err.
func (e *SyntaxError) Unwrap() error { return e.Err }

// scanner reads JSON (RFC 8259) from front to back. The strings it gives are
// parts of s, so that a Bill costs one copy of its text and not one for each
// member. It exists because a Bill is mostly members that nobody reads: docs/
// DEPENDENCIES.md has what libraries take for the same. A fuzz target holds it
// to encoding/json's judgement.
type scanner struct {
	s     string
	i     int
	depth int
}

func (c *scanner) errorf(format string, args ...any) error {
	return &SyntaxError{Offset: c.i, Message: fmt.Sprintf(format, args...), Cut: c.i >= len(c.s)}
}

// peek gives the first byte of the next token, 0 at the end.
func (c *scanner) peek() byte {
	for c.i < len(c.s) {
		switch b := c.s[c.i]; b {
		case ' ', '\t', '\n', '\r':
			c.i++
		default:
			return b
		}
	}
	return 0
}

func (c *scanner) want(b byte) error {
	if got := c.peek(); got != b {
		return c.errorf("%s where %q is wanted", c.found(), b)
	}
	c.i++
	return nil
}

func (c *scanner) found() string {
	if c.i >= len(c.s) {
		return "the end"
	}
	r, _ := utf8.DecodeRuneInString(c.s[c.i:])
	return fmt.Sprintf("%q", r)
}

// end errs unless only white space is left.
func (c *scanner) end() error {
	if c.peek(); c.i < len(c.s) {
		return c.errorf("%s after the value", c.found())
	}
	return nil
}

// object calls member for each name of an object; member reads the value.
func (c *scanner) object(member func(name string) error) error {
	if err := c.open('{'); err != nil {
		return err
	}
	if c.peek() == '}' {
		return c.shut()
	}
	for {
		name, err := c.text()
		if err != nil {
			return err
		}
		if err = c.want(':'); err == nil {
			err = member(name)
		}
		if err != nil {
			return err
		}
		if more, err := c.more('}'); !more {
			return err
		}
	}
}

// array calls element for each element; element reads it.
func (c *scanner) array(element func(n int) error) error {
	if err := c.open('['); err != nil {
		return err
	}
	if c.peek() == ']' {
		return c.shut()
	}
	for n := 0; ; n++ {
		if err := element(n); err != nil {
			return err
		}
		if more, err := c.more(']'); !more {
			return err
		}
	}
}

func (c *scanner) open(b byte) error {
	if err := c.want(b); err != nil {
		return err
	}
	if c.depth++; c.depth > maxDepth {
		return &SyntaxError{Offset: c.i, Message: errDepth.Error(), Err: errDepth}
	}
	return nil
}

func (c *scanner) shut() error {
	c.i++
	c.depth--
	return nil
}

// more reads what stands behind an element: a comma, or the end.
func (c *scanner) more(end byte) (bool, error) {
	switch c.peek() {
	case ',':
		c.i++
		return true, nil
	case end:
		return false, c.shut()
	}
	return false, c.errorf("%s where a comma or %q is wanted", c.found(), end)
}

// null reads the word null, if that is what comes.
func (c *scanner) null() (bool, error) {
	if c.peek() != 'n' {
		return false, nil
	}
	return true, c.word("null")
}

func (c *scanner) word(w string) error {
	for n := range len(w) {
		if c.i >= len(c.s) || c.s[c.i] != w[n] {
			return c.errorf("%s where %s is wanted", c.found(), w)
		}
		c.i++
	}
	return nil
}

// text reads a string.
func (c *scanner) text() (string, error) {
	if c.peek() != '"' {
		return "", c.errorf("%s where a string is wanted", c.found())
	}
	s, start := c.s, c.i
	for i := start + 1; i < len(s); i++ {
		if b := s[i]; b == '"' {
			c.i = i + 1
			return s[start+1 : i], nil
		} else if b == '\\' || b < ' ' {
			c.i = i
			return c.escaped(start)
		}
	}
	c.i = len(s)
	return "", c.errorf("a string that began at byte %d is never closed", start)
}

// escaped goes on with a string that has escapes.
func (c *scanner) escaped(start int) (string, error) {
	for ; c.i < len(c.s); c.i++ {
		switch b := c.s[c.i]; {
		case b == '"':
			c.i++
			return unquote(c.s[start:c.i])
		case b == '\\':
			if err := c.escape(); err != nil {
				return "", err
			}
		case b < ' ':
			return "", c.errorf("a control character %q in a string", b)
		}
	}
	return "", c.errorf("a string that began at byte %d is never closed", start)
}

// escape checks a backslash and what it escapes, and stops at the last byte.
func (c *scanner) escape() error {
	c.i++
	if c.i >= len(c.s) {
		return c.errorf("the end in a string")
	}
	switch c.s[c.i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		for range 4 {
			c.i++
			if c.i >= len(c.s) || !hexDigit(c.s[c.i]) {
				return c.errorf("%s where a hex digit is wanted", c.found())
			}
		}
		return nil
	}
	return c.errorf("%s after a backslash", c.found())
}

func hexDigit(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F'
}

// unquote reads the escapes of a string that was checked already.
func unquote(quoted string) (string, error) {
	var s string
	err := json.Unmarshal([]byte(quoted), &s)
	return s, err
}

// number gives the text of a number, checked only as far as its alphabet:
// decimal.Parse knows the grammar.
func (c *scanner) number() (string, error) {
	if b := c.peek(); b != '-' && (b < '0' || b > '9') {
		return "", c.errorf("%s where a number is wanted", c.found())
	}
	start := c.i
	for c.i < len(c.s) {
		switch c.s[c.i] {
		case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-', '+', '.', 'e', 'E':
			c.i++
			continue
		}
		break
	}
	return c.s[start:c.i], nil
}

// skip reads any value and forgets it.
func (c *scanner) skip() error {
	switch b := c.peek(); {
	case b == '{':
		return c.object(func(string) error { return c.skip() })
	case b == '[':
		return c.array(func(int) error { return c.skip() })
	case b == '"':
		_, err := c.text()
		return err
	case b == 't':
		return c.word("true")
	case b == 'f':
		return c.word("false")
	case b == 'n':
		return c.word("null")
	}
	start := c.i
	text, err := c.number()
	if err != nil {
		return err
	}
	if !decimal.Valid(text) {
		c.i = start
		return c.errorf("%q is not a number", text)
	}
	return nil
}

// TypeError is good JSON of the wrong type.
type TypeError struct {
	Offset    int // in bytes
	Got, Want string
}

// Error says both types.
func (e *TypeError) Error() string {
	return fmt.Sprintf("%s at byte %d where %s is wanted", e.Got, e.Offset, e.Want)
}

// mismatch is the error for a value of the wrong type. Text that starts no
// value at all is no JSON.
func (c *scanner) mismatch(want string) error {
	got := ""
	switch b := c.peek(); {
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
	case b == '-' || b >= '0' && b <= '9':
		got = "a number"
	default:
		return c.errorf("%s where %s is wanted", c.found(), want)
	}
	return &TypeError{Offset: c.i, Got: got, Want: want}
}

var (
	errUTF8  = errors.New("not UTF-8")
	errDepth = fmt.Errorf("nested more than %d deep", maxDepth)
)

// newScanner refuses text that is not UTF-8, as RFC 8259 wants.
func newScanner(raw []byte) (*scanner, error) {
	s := string(raw)
	if !utf8.ValidString(s) {
		n := 0
		for r, size := utf8.DecodeRuneInString(s); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRuneInString(s[n:]) {
			n += size
		}
		return nil, &SyntaxError{Offset: n, Message: errUTF8.Error(), Err: errUTF8}
	}
	return &scanner{s: s}, nil
}
