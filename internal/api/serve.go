package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"billferry/internal/readfile"
)

// Serve answers on ln until ctx ends; then running requests get ten seconds
// and streams end. It closes ln.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	streams, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	srv := &http.Server{
		Handler:           s,
		BaseContext:       func(net.Listener) context.Context { return streams },
		ConnState:         connState,
		ConnContext:       connContext,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       requestTime + 5*time.Second,
		WriteTimeout:      requestTime + 30*time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.o.Logger.Handler(), slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		s.shutdown.Do(func() { close(s.closing) })
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer cancel()
		err := srv.Shutdown(grace)
		if err != nil {
			end()
			err = srv.Close()
		}
		stopped <- err
	})
	err := srv.Serve(ln)
	if !stop() && errors.Is(err, http.ErrServerClosed) {
		return <-stopped
	}
	return fmt.Errorf("serve on %s: %w", ln.Addr(), err)
}

// drain is how long requests under way may take once the server is told to stop:
// the whole program is to end within ten seconds.
const drain = 7 * time.Second

// TCP says how to listen beyond the unix socket.
type TCP struct {
	Addr              string // host:port
	CertFile, KeyFile string // PEM; both or none
	Insecure          bool   // plain HTTP beyond loopback, on the operator's own word
}

// CheckListen tells whether an address may be listened on: keys and Bills
// travel beyond loopback only under TLS, or when the operator insists.
func CheckListen(t TCP) error {
	host, _, err := net.SplitHostPort(t.Addr)
	if err != nil {
		return fmt.Errorf("listen address %q is not host:port: %w", t.Addr, err)
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		return errors.New("TLS needs both a certificate file and a key file")
	}
	if t.CertFile != "" || t.Insecure {
		return nil
	}
	// A name is resolved when it is listened on, and may then mean anything.
	if loopback(host) {
		return nil
	}
	return fmt.Errorf("%s can be reached from other machines: give a TLS certificate and key, or say --insecure", t.Addr)
}

// ListenTCP listens as CheckListen allows.
func ListenTCP(t TCP) (net.Listener, error) {
	if err := CheckListen(t); err != nil {
		return nil, err
	}
	var pair tls.Certificate
	if t.CertFile != "" {
		cert, err := readfile.Read(t.CertFile, readfile.Key)
		if err != nil {
			return nil, fmt.Errorf("read the TLS certificate: %w", err)
		}
		key, err := readfile.ReadPrivate(t.KeyFile, readfile.Key)
		if err != nil {
			return nil, fmt.Errorf("read the TLS key: %w", err)
		}
		if pair, err = tls.X509KeyPair(cert, key); err != nil {
			return nil, fmt.Errorf("read the TLS certificate %s and key %s: %w", t.CertFile, t.KeyFile, err)
		}
	}
	l, err := net.Listen("tcp", t.Addr)
	if err != nil {
		return nil, err
	}
	l = limit(l, maxConns)
	if t.CertFile == "" {
		return l, nil
	}
	return tls.NewListener(l, &tls.Config{
		Certificates: []tls.Certificate{pair},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
	}), nil
}
