package world

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"billferry/internal/sandbox/suitetalk"
)

var errCut = errors.New("connection reset by peer")

// message is a request as the rules see it.
type message struct {
	to                  string // the origin
	method, path, query string
	body                []byte
	ext                 string // the external id that it is about
	bill                string // and the Bill
	again               bool   // a create was sent before
	left                int64  // when, in requests and answers
	name                string // for turns and the history
}

func (m message) create() bool {
	return m.to == origin && m.method == http.MethodPost &&
		(strings.HasSuffix(m.path, "/invoice") || strings.HasSuffix(m.path, "/creditMemo"))
}

// update tells whether it changes a document.
func (m message) update() bool { return m.method == http.MethodPatch && m.document() }

// write tells whether it makes or changes one.
func (m message) write() bool { return m.create() || m.update() }

func (m message) token() bool { return m.to == origin && m.path == suitetalk.TokenPath }

// document tells whether a slot is needed.
func (m message) document() bool {
	return m.to == origin && (strings.Contains(m.path, "/invoice") || strings.Contains(m.path, "/creditMemo"))
}

func messageOf(r *http.Request) message {
	m := message{to: r.URL.Scheme + "://" + r.URL.Host, method: r.Method, path: r.URL.Path, query: r.URL.RawQuery}
	if r.Body != nil {
		m.body, _ = io.ReadAll(r.Body)
		r.Body.Close()
	}
	if m.to != origin {
		m.name = m.method + " " + m.to + m.path[strings.LastIndexByte(m.path, '/'):] + " " + m.query
		return m
	}
	if _, eid, ok := strings.Cut(m.path, "/eid:"); ok {
		m.ext, _ = url.PathUnescape(eid)
	} else if _, rest, ok := bytes.Cut(m.body, []byte(`"externalId":"`)); ok && m.document() {
		id, _, _ := bytes.Cut(rest, []byte(`"`))
		m.ext = string(id)
	}
	m.bill = billOf(m.ext)
	m.name = m.method + " " + m.path[strings.LastIndexByte(m.path, '/')+1:] + " " + m.ext
	if m.query != "" {
		m.name += "?" + m.query
	}
	if !m.token() && m.ext == "" {
		m.name += " " + string(m.body)
	}
	if m.write() {
		m.name += fmt.Sprintf(" %08x", uint32(sumOf(string(m.body))))
	}
	return m
}

// billOf is the Bill that an external id of ours names.
func billOf(ext string) string {
	for _, prefix := range []string{"m3b-", "m3c-"} {
		if id, ok := strings.CutPrefix(ext, prefix); ok {
			return id
		}
	}
	return amendmentsOf[ext[:min(len(ext), len("m3d-")+12)]]
}

// reply is an answer, or the lack of one.
type reply struct {
	status int
	head   http.Header
	body   []byte
	cut    bool // it breaks off
	err    error
}

// whole tells whether the client has all of it.
func (r reply) whole() bool { return r.err == nil && !r.cut && r.status != 0 }

func (r reply) String() string {
	switch {
	case r.err != nil:
		return r.err.Error()
	case r.cut:
		return fmt.Sprintf("%d, cut", r.status)
	}
	return fmt.Sprint(r.status)
}

// wire is an http.RoundTripper of one life.
type wire struct{ l *life }

func (x wire) RoundTrip(req *http.Request) (*http.Response, error) {
	m, l, w := messageOf(req), x.l, x.l.w
	l.turn("out " + m.name)
	if l.gone() {
		return nil, errCut
	}
	w.rules.leaves(l, &m)
	w.history.add("%d> %s", l.n, m.name)
	sent := m
	if b := w.o.Break.request; b != nil {
		sent = b(m)
	}
	r := x.carry(req, sent)
	l.turn("in " + m.name)
	w.rules.returns(l, m, r)
	if !l.gone() {
		w.history.add("%d< %s: %s", l.n, m.name, r)
	}
	if t := w.o.Break.wire; t != nil {
		r = t(m, r)
	}
	if r.err != nil {
		return nil, r.err
	}
	var body io.Reader = bytes.NewReader(r.body)
	if r.cut {
		body = io.MultiReader(body, broken{})
	}
	return &http.Response{StatusCode: r.status, Status: fmt.Sprint(r.status, " ", http.StatusText(r.status)), Proto: "HTTP/1.1",
		ProtoMajor: 1, ProtoMinor: 1, Header: r.head, ContentLength: -1, Body: io.NopCloser(body), Request: req}, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// carry takes a request to the simulator, as the network has it, and
// waits as long as the client does.
func (x wire) carry(req *http.Request, m message) reply {
	w := x.l.w
	way := w.network(m)
	if way.lost {
		return reply{err: errCut}
	}
	done := make(chan reply, 1)
	w.travelling.Add(1)
	w.serving.Go(func() {
		defer w.travelling.Add(-1)
		if way.late > 0 {
			select { // it does not outlive the world
			case <-time.After(way.late):
			case <-w.over:
			}
		}
		r := w.serve(req, m)
		if way.twice {
			if again := w.serve(req, m); way.second {
				r = again
			}
		}
		done <- r
	})
	select {
	case r := <-done:
		if at, timed := req.Context().Deadline(); timed && !time.Now().Before(at) {
			return reply{err: context.DeadlineExceeded} // in the same moment the client's clock is first
		}
		return r
	case <-req.Context().Done():
		return reply{err: req.Context().Err()}
	case <-x.l.dead:
		return reply{err: errCut}
	}
}

// serve has the simulator answer once.
func (w *world) serve(req *http.Request, m message) (r reply) {
	own := req.Clone(context.Background())
	own.URL.RawQuery = m.query
	own.Host, own.RequestURI = own.URL.Host, own.URL.RequestURI()
	own.Body, own.ContentLength = io.NopCloser(bytes.NewReader(m.body)), int64(len(m.body))
	rec := &recorder{head: http.Header{}}
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			panic(p)
		} else if p != nil {
			rec.cut = true
		}
		r = reply{status: rec.status, head: rec.head, body: rec.body.Bytes(), cut: rec.cut}
		if r.status == 0 {
			r.err = errCut
		}
		r.head.Set("Date", time.Now().UTC().Format(http.TimeFormat))
		if m.token() || m.to == m3terOrigin && strings.HasSuffix(m.path, "/token") {
			w.rules.secret(r.body)
		}
	}()
	switch m.to {
	case m3terOrigin:
		w.m3ter.ServeHTTP(rec, own)
	case hookOrigin:
		w.hook(rec, own)
		rec.WriteHeader(http.StatusOK)
	default:
		w.ns.ServeHTTP(rec, own)
		w.takes(m, rec.status)
	}
	return r
}

// recorder is an http.ResponseWriter that cannot be hijacked: an answer that
// shall break off has no status then.
type recorder struct {
	head   http.Header
	status int
	body   bytes.Buffer
	cut    bool
}

func (r *recorder) Header() http.Header { return r.head }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}
