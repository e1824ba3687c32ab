package bill

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxSize bounds one Bill in a stream: 64 MiB, some 40,000 line items.
const MaxSize = 64 << 20

// Read finds the Bills in r and calls fn for each, in order. It takes one Bill
// a line (NDJSON), arrays of Bills, pages as the API returns them
// ({"data":[...]}), and any sequence of these. n is the line of the input, from
// 1, in which the Bill starts; raw is its JSON, which fn may keep.
//
// What is no Bill is told to fn with err and the text, and reading goes on:
// behind it when it is whole, else with the line after the one in which it
// started. Memory is bounded by the longest Bill. Read ends with the first
// error of fn or of r.
func Read(r io.Reader, fn func(n int, raw []byte, err error) error) error {
	d := &reader{window: window{src: r, line: 1}, fn: fn}
	if bytes.Equal(d.ahead(3), []byte("\xEF\xBB\xBF")) {
		d.advance(3) // a byte order mark, as some editors leave
	}
	for {
		b, ok := d.next()
		if !ok {
			return d.finish()
		}
		if err := d.step(b); err != nil {
			return err
		}
	}
}

// reader knows where in the input's structure it is.
type reader struct {
	window
	fn   func(n int, raw []byte, err error) error
	list bool // inside a list of Bills
	page bool // that list is the data of a page
	torn bool // the lines behind a broken value may be the rest of it
}

// step reads what starts with b: a Bill, or a mark of the structure around.
func (d *reader) step(b byte) error {
	switch {
	case b == '{':
		d.torn = false
		return d.object()
	case b == '[' && !d.list:
		d.advance(1)
		d.list, d.torn = true, false
	case b == ',' && d.list:
		d.advance(1)
	case b == ']' && d.list:
		d.advance(1)
		d.list = false
		if d.page {
			d.page = false
			return d.pageEnd()
		}
	case d.torn && d.restOfTorn(b):
		d.skipLine()
	default:
		return d.garbage(b)
	}
	return nil
}

// restOfTorn tells whether a line that starts like this is likely to belong to
// the broken value before it: one report is enough for that.
func (d *reader) restOfTorn(b byte) bool {
	indented := d.pos > 0 && d.buf[d.pos-1] != '\n'
	return indented || b == '}' || b == ']' || b == '"' || b == ','
}

func (d *reader) garbage(b byte) error {
	n := d.line
	text := bytes.TrimSpace(d.skipLine())
	return d.fn(n, text, fmt.Errorf("expected a Bill, an object in braces, not %q", b))
}

// object reads a Bill, or the opening of a page.
func (d *reader) object() error {
	f := framer{pages: !d.list}
	n := d.line
	length, err := d.frame(&f)
	if err != nil {
		return d.broken(n, err)
	}
	if f.page {
		d.advance(length)
		d.list, d.page = true, true
		return nil
	}
	raw := bytes.Clone(d.buf[d.pos : d.pos+length])
	d.advance(length)
	_, err = DecodeHead(raw)
	return d.fn(n, raw, err)
}

// pageEnd reads the members of a page that follow its data.
func (d *reader) pageEnd() error {
	f := framer{last: ']'}
	f.push('{')
	n := d.line
	length, err := d.frame(&f)
	if err != nil {
		return d.broken(n, err)
	}
	d.advance(length)
	return nil
}

// broken reports the value at hand, and goes on with the next line.
func (d *reader) broken(n int, err error) error {
	if !errors.Is(err, errCut) && !errors.Is(err, errBroken) && !errors.Is(err, errLong) {
		return err // of the source
	}
	d.torn = true
	text := bytes.TrimSpace(d.skipLine())
	return d.fn(n, text, err)
}

// finish is the end of the input, or of what can be read of it.
func (d *reader) finish() error {
	if d.err != nil && !errors.Is(d.err, io.EOF) {
		return fmt.Errorf("read line %d: %w", d.line, d.err)
	}
	if d.list && !d.torn {
		return d.fn(d.line, nil, errors.New("the input ends inside a list of Bills: the rest is missing"))
	}
	return nil
}

// frame finds the end of the value at the window's start.
func (d *reader) frame(f *framer) (int, error) {
	for n := 0; ; {
		more, done, err := f.feed(d.buf[d.pos+n:])
		n += more
		switch {
		case err != nil:
			return n, err
		case done:
			return n, nil
		case n > MaxSize:
			return n, errLong
		}
		if !d.fill() {
			if !errors.Is(d.err, io.EOF) {
				return n, fmt.Errorf("read line %d: %w", d.line, d.err)
			}
			return n, errCut
		}
	}
}

var (
	errCut    = errors.New("not JSON: the input ends inside the Bill")
	errBroken = errors.New("not JSON: the Bill breaks off, or its brackets do not match")
	errLong   = fmt.Errorf("longer than %d MiB: no Bill is", MaxSize>>20)
)
