package outbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"
)

const (
	// errorLimit is how much is read of the body of an answer other than 2xx.
	// What lies beyond is left out: the status says what happened.
	errorLimit = 1 << 20
	// usual is how many bytes are read at a time.
	usual = 32 << 10
	// small answers take no part of the budget.
	small = 1 << 20
	// trusted is a length that is believed before its bytes have come.
	trusted = 64 << 10
	// budget is what answers that are not small hold together, while they are
	// read.
	budget = 32 << 20
)

// ErrTooLarge is what reading an answer beyond its limit ends with.
var ErrTooLarge = errors.New("the answer is too large")

type limit struct{}

// Limit bounds the answer to a request of ctx, in bytes once it is unpacked.
func Limit(ctx context.Context, bytes int64) context.Context {
	return context.WithValue(ctx, limit{}, bytes)
}

// limitOf is 0 where there is none.
func limitOf(ctx context.Context) int64 {
	n, _ := ctx.Value(limit{}).(int64)
	return n
}

// buffers holds room for a read with what is held back of the one before.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, usual); return &b }}

// body reads an answer without its secrets. It gives away what it has seen as
// soon as no secret can begin there, so that a stream of events does not wait.
type body struct {
	resp  *http.Response
	src   io.ReadCloser
	s     search
	limit int64 // 0: none
	cut   bool  // beyond the limit the answer ends, as if it were over
	size  int64 // read
	err   error // comes after buf

	buf   *[]byte // read and not given away yet
	seen  int     // bytes of buf that are done with
	plain []byte  // what stands for them: a part of buf, or a copy without secrets
}

func newBody(resp *http.Response, s search, limit int64) *body {
	b := &body{resp: resp, src: resp.Body, s: s, limit: limit}
	if b.cut = resp.StatusCode/100 != 2; b.cut && (limit == 0 || limit > errorLimit) {
		b.limit = errorLimit
	}
	if coding := resp.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		b.err = fmt.Errorf("the answer is packed as %q, which nobody asked for", clip(coding, 40))
	}
	return b
}

// Close implements io.Closer. It does not wait for a Read that is under way.
func (b *body) Close() error { return b.src.Close() }

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(b.plain) == 0 {
		if b.err != nil && (b.buf == nil || b.seen == len(*b.buf)) {
			b.giveBack()
			return 0, b.err
		}
		b.fill()
	}
	n := copy(p, b.plain)
	b.plain = b.plain[n:]
	return n, nil
}

// giveBack ends the use of the buffer.
func (b *body) giveBack() {
	if b.buf != nil && cap(*b.buf) <= 4*usual {
		*b.buf = (*b.buf)[:0]
		buffers.Put(b.buf)
	}
	b.buf, b.seen = nil, 0
}

// fill reads once and decides how much of it is given away.
func (b *body) fill() {
	if b.buf == nil {
		b.buf = buffers.Get().(*[]byte)
		*b.buf = (*b.buf)[:0]
	}
	p := append((*b.buf)[:0], (*b.buf)[b.seen:]...)
	p = slices.Grow(p, usual/2)
	n, err := b.src.Read(p[len(p):cap(p)])
	over, err := b.bound(n, err)
	p = p[:len(p)+n-over]
	*b.buf, b.seen, b.plain = p, len(p), p
	if errors.Is(err, io.EOF) {
		b.s.header(b.resp.Trailer)
	} else if err != nil {
		err = b.s.err(err)
	}
	if b.err = err; b.s.m == nil {
		return
	}
	found := b.s.spans(p)
	if err == nil {
		b.seen = b.s.m.hold(p, found)
		b.plain = p[:b.seen]
	}
	if len(found) > 0 && found[0].from < b.seen {
		b.plain = without(p[:b.seen], found)
	}
}

// bound counts n more bytes and tells how many of them are too many.
func (b *body) bound(n int, err error) (over int, _ error) {
	b.size += int64(n)
	switch {
	case b.limit == 0 || b.size <= b.limit:
		return 0, err
	case b.cut:
		err = io.EOF
	default:
		err = fmt.Errorf("%w: it is longer than %d MiB", ErrTooLarge, b.limit>>20)
	}
	return int(b.size - b.limit), err
}

// hold tells how much of p, in which secrets were found, may be given away:
// up to where one can begin that has not come whole.
func (m *matcher) hold(p []byte, found []span) int {
	at := len(p)
	for at > 0 && len(p)-at < m.tail && m.holds[p[at-1]] {
		at--
	}
	for _, x := range found {
		switch {
		case x.to <= at || x.from >= at && x.to < len(p):
		case x.to == len(p) && len(p)-x.from < m.tail: // it may go on
			return min(at, x.from)
		default:
			at = x.to
		}
	}
	return at
}

// without copies p with a mark for each span that begins in it.
func without(p []byte, found []span) []byte {
	out := make([]byte, 0, len(p))
	last := 0
	for _, x := range found {
		if x.from >= len(p) {
			break
		}
		out = append(append(out, p[last:x.from]...), Removed...)
		last = x.to
	}
	return append(out, p[last:]...)
}

// whole is the budget of all answers that are read whole.
var whole = semaphore.NewWeighted(budget)

// ReadAll reads an answer whole and closes it. Large ones wait for each other:
// their memory together is bounded, whatever the number of callers. An answer
// that Limit does not bound may have 32 MiB.
func ReadAll(resp *http.Response) ([]byte, error) {
	defer func() { _ = resp.Body.Close() }()
	if resp.Body == http.NoBody {
		return nil, nil
	}
	b, ours := resp.Body.(*body)
	if ours && b.limit == 0 {
		b.limit = budget
	}
	size := resp.ContentLength
	if size < 0 || size > trusted {
		size = usual / 2
	}
	out := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead)) // with less left at the end it would grow
	if n, err := out.ReadFrom(io.LimitReader(resp.Body, small)); err != nil || n < small {
		return out.Bytes(), err
	}
	share := int64(budget)
	if ours {
		share = min(share, b.limit)
	}
	ctx := context.Background()
	if resp.Request != nil {
		ctx = resp.Request.Context()
	}
	if err := whole.Acquire(ctx, share); err != nil {
		return out.Bytes(), err
	}
	defer whole.Release(share)
	return readLarge(out.Bytes(), resp.Body)
}

// pieces are of what a large answer is read in: a buffer that doubles would
// leave twice its size behind.
var pieces = sync.Pool{New: func() any { return new([small / 4]byte) }}

func readLarge(first []byte, src io.Reader) ([]byte, error) {
	var all []*[small / 4]byte
	defer func() {
		for _, p := range all {
			pieces.Put(p)
		}
	}()
	total, end := len(first), 0 // end is where the last piece is filled to
	for {
		if len(all) == 0 || end == len(all[0]) {
			all, end = append(all, pieces.Get().(*[small / 4]byte)), 0
		}
		n, err := src.Read(all[len(all)-1][end:])
		total, end = total+n, end+n
		if err == io.EOF {
			break
		}
		if err != nil {
			return first, err
		}
	}
	out := append(make([]byte, 0, total), first...)
	for i, p := range all {
		n := len(p)
		if i == len(all)-1 {
			n = end
		}
		out = append(out, p[:n]...)
	}
	return out, nil
}
