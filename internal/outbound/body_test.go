package outbound

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// Whatever the sizes of the reads, a body loses its secrets and nothing else.
func TestBodiesInPieces(t *testing.T) {
	t.Parallel()
	var names []string
	for n := range forms {
		names = append(names, n)
	}
	m := newMatcher([]known{{text: apiSecret}, {text: jwt, bearer: true}})
	rapid.Check(t, func(t *rapid.T) {
		var in strings.Builder
		for range rapid.IntRange(0, 12).Draw(t, "parts") {
			if rapid.Bool().Draw(t, "a secret") {
				k := rapid.SampledFrom([]string{apiSecret, jwt}).Draw(t, "which")
				in.WriteString(" " + forms[rapid.SampledFrom(names).Draw(t, "form")](k) + " ")
				continue
			}
			in.WriteString(rapid.StringMatching(`[ -~\n]{0,40}`).Draw(t, "text"))
			in.WriteString(strings.Repeat(rapid.StringMatching(`[a-z0-9%]{1,9}`).Draw(t, "run"), rapid.IntRange(0, 400).Draw(t, "times")))
		}
		size := rapid.IntRange(1, 5000).Draw(t, "read")
		src := io.NopCloser(&slow{[]byte(in.String()), size})
		b := newBody(&http.Response{StatusCode: 200, Body: src}, search{m: m}, 0)
		got, err := io.ReadAll(iotest.HalfReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if want := (search{m: m}).clean(in.String()); string(got) != want {
			t.Fatalf("in pieces of %d:\n%q\nat once:\n%q", size, got, want)
		}
	})
}

// slow gives size bytes at a time.
type slow struct {
	rest []byte
	size int
}

func (s *slow) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.rest[:min(s.size, len(s.rest))])
	s.rest = s.rest[n:]
	return n, nil
}

// An event of a stream comes at once, not when the next one pushes it out.
func TestAStreamDoesNotWait(t *testing.T) {
	t.Parallel()
	next := make(chan bool)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range 3 {
			_, _ = fmt.Fprintf(w, "data: %s\n\n", r.Header.Get("Authorization"))
			_ = http.NewResponseController(w).Flush()
			<-next
		}
	}))
	defer srv.Close()
	resp := do(t, New(nil), t.Context(), srv.URL, jwt)
	defer resp.Body.Close()
	b := make([]byte, 100)
	for range 3 {
		n, err := resp.Body.Read(b)
		if got := string(b[:n]); err != nil || got != "data: Bearer "+Removed+"\n\n" {
			t.Fatal(got, err)
		}
		next <- true
	}
}

// Answers are bounded: a bomb ends at the limit, an error page is cut, and a
// body that breaks off is never taken for a whole one.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/error":
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(http.StatusInternalServerError)
		case "/broken":
			w.Header().Set("Content-Length", "5000000")
		case "/header":
			w.Header().Set("X", strings.Repeat("a", 2*maxHeader))
		case "/exact":
			_, _ = w.Write(make([]byte, 2<<20))
			return
		}
		if r.URL.Path != "/broken" {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 8 {
				_, _ = z.Write(make([]byte, 1<<20))
			}
			_ = z.Close()
			return
		}
		_, _ = w.Write(make([]byte, 3<<20))
	}))
	defer srv.Close()
	read := func(path string) (int, error) {
		resp, err := try(New(nil), Limit(t.Context(), 4<<20), srv.URL+path, jwt)
		if err != nil {
			return 0, err
		}
		b, err := ReadAll(resp)
		return len(b), err
	}
	if _, err := read("/bomb"); !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "4 MiB") {
		t.Error(err)
	}
	if n, err := read("/error"); n != errorLimit || err != nil {
		t.Error(n, err)
	}
	if n, err := read("/exact"); n != 2<<20 || err != nil {
		t.Error(n, err)
	}
	if _, err := read("/broken"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	resp, err := try(New(nil), t.Context(), srv.URL+"/exact", jwt)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := ReadAll(resp); len(b) != 2<<20 || err != nil || resp.Body.(*body).limit != budget {
		t.Error(len(b), err, "without a limit of its own")
	}
	if _, err := read("/header"); err == nil {
		t.Error("128 KiB of headers were read")
	}
}

// A body is read into a buffer that is made for it, and a length that is not
// believed, or none, costs little until bytes come.
func TestBodiesAreReadWithoutWaste(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("x"), 40_000)
	for _, r := range []struct {
		name   string
		length int64 // as the answer tells it
		body   io.Reader
		want   int // bytes
		below  int // what the buffer is
	}{
		{"told", 40_000, bytes.NewReader(body), 40_000, 40_000 + 2<<10},
		{"not told", -1, bytes.NewReader(body), 40_000, 100 << 10},
		{"a lie", 15 << 20, strings.NewReader("{}"), 2, 20 << 10},
		{"wrong by a stand-in", 0, strings.NewReader("{}"), 2, 2 << 10},
		{"none", 0, http.NoBody, 0, 1},
	} {
		rc, ok := r.body.(io.ReadCloser)
		if !ok {
			rc = io.NopCloser(r.body)
		}
		got, err := ReadAll(&http.Response{ContentLength: r.length, Body: rc})
		if err != nil || len(got) != r.want || cap(got) >= r.below {
			t.Errorf("%s: %d bytes in %d, %v", r.name, len(got), cap(got), err)
		}
	}
}
