package bill

import (
	"bytes"
	"io"

	"billferry/internal/jsonread"
)

// framer finds where a JSON object ends, piece by piece. It knows brackets and
// strings and what may stand before a bracket, which is enough to see that a
// line was cut off without reading the rest of the input as part of it.
type framer struct {
	pages   bool // stop inside "data":[ of the outermost object
	page    bool // that is where it stopped
	depth   int
	kinds   [jsonread.MaxDepth + 1]byte // '{' or '[', from 1
	last    byte                        // the byte before, white space aside
	str     bool                        // inside a string
	escaped bool                        // behind a backslash in it
	name    [6]byte                     // the last bytes of the last string, with its quotes
}

func (f *framer) push(kind byte) bool {
	if f.depth == jsonread.MaxDepth {
		return false
	}
	f.depth++
	f.kinds[f.depth] = kind
	return true
}

// feed reads on and tells how much of b belongs to the object, and whether it
// is complete (or the list of a page is open).
func (f *framer) feed(b []byte) (n int, done bool, err error) {
	for i, c := range b {
		if f.str {
			if !f.inString(c) {
				return i, false, errBroken
			}
			continue
		}
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		case '"':
			f.str = true
			f.remember(c)
		case '{', '[':
			if !f.mayOpen() || !f.push(c) {
				return i, false, errBroken
			}
			if c == '[' && f.pages && f.depth == 2 && f.name == [6]byte{'"', 'd', 'a', 't', 'a', '"'} {
				f.page = true
				return i + 1, true, nil
			}
		case '}', ']':
			if f.kinds[f.depth] != c-2 { // '{' and '[' are two before their partners
				return i, false, errBroken
			}
			if f.depth--; f.depth == 0 {
				return i + 1, true, nil
			}
		}
		f.last = c
	}
	return len(b), false, nil
}

// inString takes a byte of a string; a line break cannot be one.
func (f *framer) inString(c byte) bool {
	f.remember(c)
	switch {
	case f.escaped:
		f.escaped = false
	case c == '\\':
		f.escaped = true
	case c == '"':
		f.str = false
		f.last = c
	}
	return c != '\n'
}

func (f *framer) remember(c byte) {
	copy(f.name[:], f.name[1:])
	f.name[5] = c
}

// mayOpen tells whether a bracket can stand here.
func (f *framer) mayOpen() bool {
	if f.depth == 0 {
		return true
	}
	if f.kinds[f.depth] == '{' {
		return f.last == ':'
	}
	return f.last == ',' || f.last == '['
}

// window is the part of the input in memory: buf[pos:] is not read yet.
type window struct {
	src  io.Reader
	buf  []byte
	pos  int
	line int // of buf[pos], from 1
	err  error
}

// fill reads more behind buf; false when there is no more, and err says why.
func (w *window) fill() bool {
	if w.err != nil {
		return false
	}
	if w.pos > 1 { // keep one byte: restOfTorn looks back
		w.buf = w.buf[:copy(w.buf, w.buf[w.pos-1:])]
		w.pos = 1
	}
	if cap(w.buf)-len(w.buf) < 32<<10 {
		w.buf = append(make([]byte, 0, 2*cap(w.buf)+128<<10), w.buf...)
	}
	for range 100 { // as bufio: a reader that gives nothing for ever is broken
		n, err := w.src.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		w.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	w.err = io.ErrNoProgress
	return false
}

// ahead gives up to n bytes without reading them.
func (w *window) ahead(n int) []byte {
	for len(w.buf)-w.pos < n && w.fill() {
		continue
	}
	return w.buf[w.pos:min(w.pos+n, len(w.buf))]
}

// next gives the next byte that is no white space, without reading it.
func (w *window) next() (byte, bool) {
	for {
		for i, c := range w.buf[w.pos:] {
			if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
				w.advance(i)
				return c, true
			}
		}
		w.advance(len(w.buf) - w.pos)
		if !w.fill() {
			return 0, false
		}
	}
}

// advance reads n bytes of the window.
func (w *window) advance(n int) {
	w.line += bytes.Count(w.buf[w.pos:w.pos+n], []byte{'\n'})
	w.pos += n
}

// skipLine reads to the end of the line and gives at most 4 KiB of it.
func (w *window) skipLine() []byte {
	var text []byte
	for {
		part := w.buf[w.pos:]
		i := bytes.IndexByte(part, '\n')
		if i >= 0 {
			part = part[:i+1]
		}
		if room := 4<<10 - len(text); room > 0 {
			text = append(text, part[:min(room, len(part))]...)
		}
		w.advance(len(part))
		if i >= 0 || !w.fill() {
			return text
		}
	}
}
