package jsonread

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// anything reads a value of any type, as encoding/json does into an any with
// UseNumber.
func anything(s Reader) (out any, err error) {
	switch s.Kind() {
	case '{':
		m := map[string]any{}
		return m, s.Object(func(name string) (err error) {
			m[name], err = anything(s)
			return err
		})
	case '[':
		list := []any{}
		err = s.Array(func(n int) error {
			v, err := anything(s)
			if len(list) != n {
				return errors.New("the count is wrong")
			}
			list = append(list, v)
			return err
		})
		return list, err
	case '"':
		return s.Text()
	case 't', 'f':
		return s.Bool()
	case 'n':
		_, err := s.Null()
		return nil, err
	}
	text, err := s.Raw()
	return json.Number(text), err
}

// whole reads a text with read, to its end.
func whole[T any](text []byte, read func(Reader) (T, error)) (T, error) {
	s := New(text)
	err := s.CheckUTF8()
	var out T
	if err == nil {
		out, err = read(s)
	}
	if err == nil {
		err = s.End()
	}
	return out, err
}

func skip(s Reader) (struct{}, error) { return struct{}{}, s.Skip() }

// FuzzRead holds reading and skipping to encoding/json: what is JSON, and what
// it says.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,-2.50,1e3,{"b":null}],"a":"\ud83d\ude00\n\/","":true, "c" : [ ] , "d":{ } }`, `"\ud800"`, `[1,]`, `{"a"}`, `{"a":1,}`,
		`"a` + "\x1f" + `"`,
		`01`, `-`, `1.`, `.5`, `1e`, `12345678901234567890.5`, `tru`, `nulll`, `"\x"`, `"\u12g4"`, `[}`, `"12345678`, "\"\x7f\u00e9\"", "\xff",
		strings.Repeat("[", 101),
		`"1234567\"`, `"12345678\\"`, `"` + strings.Repeat("é", 20) + `\""`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := whole(text, anything)
		_, skipErr := whole(text, skip)
		if (err == nil) != (skipErr == nil) {
			t.Fatalf("read: %v, skipped: %v", err, skipErr)
		}
		var want any
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		wantErr := d.Decode(&want)
		if _, more := d.Token(); wantErr == nil && !errors.Is(more, io.EOF) {
			wantErr = errors.New("more behind the value")
		}
		switch {
		case !utf8.Valid(text):
			if !errors.Is(err, ErrUTF8) {
				t.Fatalf("%v for text that is not UTF-8", err)
			}
		case errors.Is(err, ErrDepth):
		case (err == nil) != (wantErr == nil):
			t.Fatalf("%v, encoding/json: %v", err, wantErr)
		case err == nil && !reflect.DeepEqual(got, want):
			t.Fatalf("%#v, encoding/json reads %#v", got, want)
		}
	})
}

func TestErrorsNameThePlace(t *testing.T) {
	t.Parallel()
	number := func(s Reader) error { _, _, err := s.Decimal(); return err }
	for _, c := range []struct {
		text string
		read func(Reader) error
		want string
	}{
		{`[1}`, Reader.Skip, `not JSON at byte 2: invalid character '}' after array element (expecting ',' or ']')`},
		{` {"a" 1}`, Reader.Skip, `not JSON at byte 6: invalid character '1' after object name (expecting ':')`},
		{`"ab`, Reader.Skip, `not JSON at byte 3: unexpected EOF`},
		{`[-]`, Reader.Skip, `not JSON at byte 2: invalid character ']' in number (expecting digit)`},
		{`x`, number, `not JSON at byte 0: invalid character 'x' at start of value`},
		{``, number, `not JSON at byte 0: the text ends`},
		{` "1"`, number, `a string at byte 1, expected a number`},
		{`1.5.`, func(s Reader) error { return errors.Join(number(s), s.End()) }, `not JSON at byte 3: more after the value`},
		{`7`, func(s Reader) error { _, err := s.Text(); return err }, `a number at byte 0, expected a string`},
		{`7.5`, func(s Reader) error { _, err := s.Int(); return err },
			`7.5 is not a whole number from -9223372036854775808 to 9223372036854775807`},
		{`[]`, func(s Reader) error { _, err := s.Bool(); return err }, `a list at byte 0, expected true or false`},
		{`[]`, func(s Reader) error { return s.Object(nil) }, `a list at byte 0, expected an object`},
		{`{}`, func(s Reader) error { return s.Array(nil) }, `an object at byte 0, expected a list`},
		{`{"a":[1,{"b":"c"}]}`, func(s Reader) error {
			return s.Object(func(string) error { return s.Array(func(int) error { return number(s) }) })
		}, `an object at byte 8, expected a number`},
		{`[] x`, func(s Reader) error { return errors.Join(s.Array(nil), s.End()) }, `not JSON at byte 3: more after the value`},
		{`[] 1`, func(s Reader) error { return errors.Join(s.Array(nil), s.End()) }, `not JSON at byte 3: more after the value`},
		{"\"é\xff\"", Reader.CheckUTF8, `not JSON at byte 3: not UTF-8`},
	} {
		s := New([]byte(c.text))
		if err := c.read(s); err == nil || err.Error() != c.want {
			t.Errorf("%s\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}
