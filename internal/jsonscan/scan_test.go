package jsonscan

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
func anything(s *Scanner) (out any, err error) {
	switch s.Peek() {
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
func whole[T any](text []byte, read func(*Scanner) (T, error)) (T, error) {
	s := New(text)
	err := s.CheckUTF8()
	var out T
	if err == nil {
		out, err = read(&s)
	}
	if err == nil {
		err = s.End()
	}
	return out, err
}

func skip(s *Scanner) (struct{}, error) { return struct{}{}, s.Skip() }

// FuzzScan holds reading and skipping to encoding/json: what is JSON, and what
// it says.
func FuzzScan(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,-2.50,1e3,{"b":null}],"a":"\ud83d\ude00\n\/","":true, "c" : [ ] , "d":{ } }`, `"\ud800"`, `[1,]`, `{"a"}`, `{"a":1,}`, `"a` + "\x1f" + `"`,
		`01`, `-`, `1.`, `.5`, `1e`, `12345678901234567890.5`, `tru`, `nulll`, `"\x"`, `"\u12g4"`, `[}`, `"12345678`, "\"\x7f\u00e9\"", "\xff", strings.Repeat("[", 101),
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
	number := func(s *Scanner) error { _, _, err := s.Decimal(); return err }
	for _, c := range []struct {
		text string
		read func(*Scanner) error
		want string
	}{
		{`[1}`, (*Scanner).Skip, `not JSON at byte 2: '}' where a comma or ']' is wanted`},
		{` {"a" 1}`, (*Scanner).Skip, `not JSON at byte 6: '1' where ':' is wanted`},
		{`{é}`, (*Scanner).Skip, `not JSON at byte 1: 'é' where a string is wanted`},
		{`"ab`, (*Scanner).Skip, `not JSON at byte 3: a string that began at byte 0 is never closed`},
		{"\"a\tb\"", (*Scanner).Skip, `not JSON at byte 2: a control character '\t' in a string`},
		{`[-]`, (*Scanner).Skip, `not JSON at byte 1: "-" is not a number`},
		{`[01]`, (*Scanner).Skip, `not JSON at byte 1: "01" is not a number`},
		{`x`, number, `not JSON at byte 0: 'x' where a number is wanted`},
		{`"1"`, number, `a string at byte 0 where a number is wanted`},
		{`1.5.`, number, `not a decimal number: "1.5."`},
		{`7`, func(s *Scanner) error { _, err := s.Text(); return err }, `a number at byte 0 where a string is wanted`},
		{`7.5`, func(s *Scanner) error { _, err := s.Int(); return err }, `7.5 is not a whole number from -9223372036854775808 to 9223372036854775807`},
		{`[]`, func(s *Scanner) error { _, err := s.Bool(); return err }, `a list at byte 0 where true or false is wanted`},
		{`[]`, func(s *Scanner) error { return s.Object(nil) }, `a list at byte 0 where an object is wanted`},
		{`{}`, func(s *Scanner) error { return s.Array(nil) }, `an object at byte 0 where a list is wanted`},
		{`[] x`, func(s *Scanner) error { return errors.Join(s.Array(nil), s.End()) }, `not JSON at byte 3: 'x' after the value`},
		{"\"é\xff\"", (*Scanner).CheckUTF8, `not JSON at byte 3: not UTF-8`},
	} {
		s := New([]byte(c.text))
		if err := c.read(&s); err == nil || err.Error() != c.want {
			t.Errorf("%s\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

// Every byte at every place of a word, with every neighbour that could blur it.
func TestSpecialFindsTheFirst(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		special0 := c == '"' || c == '\\' || c < ' '
		for at := range 20 {
			for _, around := range []byte{'!', '#', '[', ']', ' ', 0x7f, 0x80, 0xa2, 0xdc, 0xff} {
				b := bytes.Repeat([]byte{around}, 20)
				b[at] = byte(c)
				for from := range at + 1 {
					want := len(b)
					if special0 {
						want = at
					}
					if got := special(b, from); got != want {
						t.Fatalf("%#x at %d among %q, from %d: %d, want %d", c, at, around, from, got, want)
					}
				}
			}
		}
	}
}

// Strings are parts of the text; those with escapes are not.
func TestStringsAreNotCopied(t *testing.T) {
	text := []byte(`["a string of some length","one with \"quotes\"",1234.50,{"name":"value"}]`)
	s := New(text)
	var first string
	err := s.Array(func(n int) (err error) {
		if n == 0 {
			first, err = s.Text()
			return err
		}
		return s.Skip()
	})
	if err != nil || s.Left() != 0 {
		t.Fatal(err, s.Left())
	}
	if allocs := testing.AllocsPerRun(100, func() { s = New(text); err = s.Skip() }); allocs != 0 || err != nil {
		t.Errorf("skipping allocates %v times, %v", allocs, err)
	}
	text[2] = '!' // nobody may do this: it shows whose memory it is
	if first != "! string of some length" {
		t.Errorf("%q is a copy", first)
	}
}
