package api

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"strings"

	"billferry/internal/outbound"
	"billferry/internal/secret"
	"billferry/internal/spec"
)

// Pipe is a listener in memory, for tests with a fake clock. Its connections
// are trusted as those of ListenUnix are, unless it is Foreign.
type Pipe struct {
	Foreign bool

	conns  chan net.Conn
	closed chan struct{}
}

func NewPipe() *Pipe { return &Pipe{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *Pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		if p.Foreign {
			return c, nil
		}
		return ownConn{c}, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *Pipe) Close() error   { close(p.closed); return nil }
func (p *Pipe) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// Transport reaches the server on the pipe.
func (p *Pipe) Transport() *http.Transport {
	return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		p.conns <- there
		return here, nil
	}}
}

// Dial makes a client of the server on the pipe.
func (p *Pipe) Dial(catalog spec.Catalog) *Client {
	return newClient("http://billferry", "pipe", catalog, p.Transport())
}

// Trust makes a request one of our own user, as ListenUnix does.
func Trust(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, ownAddr{&net.UnixAddr{}}))
}

// Bodies lists method and path of every route that reads a body.
func (s *Server) Bodies() (out [][2]string) {
	for _, rt := range s.routes() {
		if rt.method == http.MethodPost || rt.method == http.MethodPut {
			out = append(out, [2]string{rt.method, rt.path})
		}
	}
	return out
}

// EncodeFilter and DecodeFilter are the two ways of a filter, FilterNames its parameters.
var (
	EncodeFilter = encodeFilter
	DecodeFilter = decodeFilter
	FilterNames  = filterNames
)

// CheckSecret is checkSecret.
var CheckSecret = checkSecret

// OnCompare has f told the hash of each comparison with a secret.
func (s *Server) OnCompare(f func(hash string)) {
	compare := s.authenticator.check.compare
	s.authenticator.check.compare = func(hash, text string) (bool, error) { f(hash); return compare(hash, text) }
}

// CheapHash is the hash of a secret at the lowest cost.
func CheapHash(text string) string { return hashSecret(text, 1, 8) }

// DialTLS is DialTCP that trusts other authorities.
func DialTLS(address, key string, apiSecret secret.Value, catalog spec.Catalog, roots *x509.CertPool) (*Client, error) {
	c, err := DialTCP(address, key, apiSecret, catalog)
	if err == nil {
		c.http.Transport.(*bearer).next = outbound.New(tcpTransport(roots))
	}
	return c, err
}

// MaxConns is maxConns.
const MaxConns = maxConns

// Resources are the first words of the paths of our surface.
func (s *Server) Resources() map[string]bool {
	out := map[string]bool{}
	for _, rt := range s.routes() {
		if path, ours := strings.CutPrefix(rt.path, own+"/"); ours {
			first, _, _ := strings.Cut(path, "/")
			out[first] = true
		}
	}
	return out
}
