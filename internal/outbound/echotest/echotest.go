// Package echotest is the other side that repeats what it was sent: a server
// between a client and a sandbox that answers, where it is asked to, with the
// secrets of the request in a place and a form of choice.
package echotest

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Forms are the ways to write a secret.
var Forms = map[string]func(string) string{
	"plain":             func(s string) string { return s },
	"base64":            func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64, no end":    func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	"base64 for URLs":   func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
	"Basic":             func(s string) string { return base64.StdEncoding.EncodeToString([]byte("user:" + s)) },
	"in longer base64":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte("x: " + s + "; and more")) },
	"query":             url.QueryEscape,
	"path":              url.PathEscape,
	"query twice":       func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	"every byte, URL":   func(s string) string { return each(s, "%%%02x") },
	"JSON":              func(s string) string { return quoted(s)[1 : len(quoted(s))-1] },
	"JSON in JSON":      func(s string) string { return quoted(quoted(s)) },
	"every byte, JSON":  func(s string) string { return each(s, `\u%04X`) },
	"JSON, slashes":     strings.NewReplacer(`"`, `\"`, "/", `\/`).Replace,
	"HTML":              strings.NewReplacer("&", "&amp;", `"`, "&#34;", "+", "&#43;", "<", "&lt;").Replace,
	"every byte, HTML":  func(s string) string { return each(s, "&#x%x;") },
	"decimal, HTML":     func(s string) string { return each(s, "&#%d;") },
	"UTF-16":            func(s string) string { return each(s, "%c\x00") },
	"quoted by Go":      func(s string) string { return fmt.Sprintf("%q", s) },
	"base64 in a query": func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s + "?"))) },
	"first part":        func(s string) string { return s[:min(len(s), 17)] },
	"last part":         func(s string) string { return s[max(0, len(s)-17):] },
}

func each(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		_, _ = fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return string(b)
}

// Places are whole answers, with the secrets where SECRET stands.
var Places = map[string]func(secrets string) string{
	"the whole line":    func(s string) string { return s + "\r\n\r\n" },
	"the version":       func(s string) string { return s + " 200 OK\r\n\r\n" },
	"the status code":   func(s string) string { return "HTTP/1.1 " + s + "\r\n\r\n" },
	"the status":        func(s string) string { return "HTTP/1.1 400 " + s + "\r\nContent-Length: 0\r\n\r\n" },
	"no header":         func(s string) string { return "HTTP/1.1 200 OK\r\nno colon " + s + "\r\n\r\n" },
	"a length":          func(s string) string { return "HTTP/1.1 200 OK\r\nContent-Length: " + s + "\r\n\r\n" },
	"transfer-encoding": func(s string) string { return "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + s + "\r\n\r\n" },
	"content-encoding": func(s string) string {
		return "HTTP/1.1 400 No\r\nContent-Encoding: " + s + "\r\nContent-Length: 1\r\n\r\nx"
	},
	"a header": func(s string) string {
		return "HTTP/1.1 403 No\r\nWww-Authenticate: " + s + "\r\nContent-Length: 0\r\n\r\n"
	},
	"Location":    func(s string) string { return "HTTP/1.1 302 No\r\nLocation: /" + s + "\r\nContent-Length: 0\r\n\r\n" },
	"Retry-After": func(s string) string { return "HTTP/1.1 403 No\r\nRetry-After: " + s + "\r\nContent-Length: 0\r\n\r\n" },
	"a JSON error": func(s string) string {
		return page(400, `{"message":`+quoted("you sent "+s)+`,"title":`+quoted("you sent "+s)+`}`)
	},
	"an OAuth error": func(s string) string {
		return page(403, `{"error":"invalid_request","error_description":`+quoted(s)+`}`)
	},
	"a page":     func(s string) string { return page(400, "<html>proxy error: "+s+"</html>") },
	"plain text": func(s string) string { return page(422, "your request was: "+s) },
	"good JSON":  func(s string) string { return page(200, `{"data":[],"id":"1","you_sent":`+quoted(s)+`}`) },
	"bad JSON":   func(s string) string { return page(200, s) },
	"broken off": func(s string) string { return "HTTP/1.1 400 No\r\nContent-Length: 100000\r\n\r\n" + s },
	"packed":     func(s string) string { return "HTTP/1.1 400 No\r\nContent-Encoding: gzip\r\n\r\n" + packed(s) },
	"in chunks": func(s string) string {
		return "HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(s) + "0\r\n\r\n"
	},
	"a chunk's length": func(s string) string { return "HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\n" + s + "\r\n" },
	"a trailer": func(s string) string {
		return "HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n0\r\nX: " + s + "\r\n\r\n"
	},
}

func page(status int, body string) string {
	return fmt.Sprintf("HTTP/1.1 %d No\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

func packed(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text) // a buffer takes everything
	_ = z.Close()
	return b.String()
}

func chunks(text string) string {
	var b strings.Builder
	for part := range slices.Chunk([]byte(text), 3) {
		_, _ = fmt.Fprintf(&b, "%x\r\n%s\r\n", len(part), part)
	}
	return b.String()
}

// Server repeats secrets. All that it was sent are in Seen.
type Server struct {
	*httptest.Server
	// Choose names the place and the form for a request; "" passes it on.
	Choose func(r *http.Request) (place, form string)

	mu   sync.Mutex
	seen map[string]bool
}

// New starts a server in front of upstream, which is an address.
func New(t *testing.T, upstream string) *Server {
	t.Helper()
	to, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{seen: map[string]bool{}}
	pass := httputil.NewSingleHostReverseProxy(to)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		secrets := s.learn(r, body)
		place, form := s.Choose(r)
		if place == "" {
			r.Host = to.Host
			pass.ServeHTTP(w, r)
			return
		}
		for i := range secrets {
			secrets[i] = Forms[form](secrets[i])
		}
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, Places[place](strings.Join(secrets, " and ")))
		_ = c.Close()
	}))
	t.Cleanup(s.Close)
	return s
}

// learn lists the secrets of a request, the longest first.
func (s *Server) learn(r *http.Request, body []byte) (out []string) {
	if _, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
		out = append(out, token)
	}
	if _, pass, ok := r.BasicAuth(); ok {
		out = append(out, pass)
	}
	if form, err := url.ParseQuery(string(body)); err == nil && form.Get("client_assertion") != "" {
		out = append(out, form.Get("client_assertion"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range out {
		s.seen[x] = true
	}
	return out
}

// part is how many bytes of a secret give it away.
const part = 16

// Told lists which of the secrets that the server was sent are in a text, in
// any form, whole or 16 bytes from the middle, with what stands before them.
func (s *Server) Told(text string) (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	parts := map[string]string{}
	for secret := range s.seen {
		for name, write := range Forms {
			whole := write(secret)
			if at := (len(whole) - part) / 2; at >= 0 {
				parts[whole[at:at+part]] = name
			} else if len(secret) >= 8 && strings.Contains(text, whole) {
				out = append(out, name+": "+whole)
			}
		}
	}
	for i := 0; i+part <= len(text); i++ {
		if name := parts[text[i:i+part]]; name != "" {
			out = append(out, fmt.Sprintf("%s: %q", name, text[max(0, i-100):min(len(text), i+2*part)]))
			i += part
		}
	}
	return out
}

// Seen tells how many secrets the server was sent.
func (s *Server) Seen() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen)
}
