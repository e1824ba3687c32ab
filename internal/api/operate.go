package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"billferry/internal/service"
)

// What those who run billferry look at: health, figures, a backup.

type healthBody struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// healthz says that the process answers; it asks nothing else.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, healthBody{Status: "ok"})
}

// readyz says whether Bills are taken and delivered. Without a key it does not
// say why they are not: the log does.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	if s.o.Ready == nil {
		return reply(w, healthBody{Status: "ready"})
	}
	err := s.o.Ready(r.Context())
	if err == nil {
		return reply(w, healthBody{Status: "ready"})
	}
	s.unready.Do(func() { s.o.Logger.Warn("not ready", "error", err) })
	body := healthBody{Status: "not ready"}
	if _, local := r.Context().Value(http.LocalAddrContextKey).(ownAddr); local {
		body.Reason = err.Error()
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusServiceUnavailable)
	return reply(w, body)
}

// metrics needs a key that may read: the figures say what a company earns.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) error {
	if who := callerOf(r); !who.Scope.covers(ScopeRead) {
		return forbidden("this API key has the scope %q; /metrics needs %q", who.Scope, ScopeRead)
	}
	s.o.Metrics.ServeHTTP(w, r)
	return nil
}

// backup streams the store's file. A copy that breaks off must not look like a
// whole one, so the connection is broken then.
func (s *Server) backup(w http.ResponseWriter, r *http.Request) error {
	if s.o.Backup == nil {
		return noStore()
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	out := &byteCount{w: w}
	_, err := s.o.Backup(out)
	if err == nil {
		return nil
	}
	if out.n == 0 {
		return err
	}
	s.o.Logger.Error("a backup broke off", "bytes", out.n, "error", err)
	panic(http.ErrAbortHandler)
}

func noStore() error {
	return &apiError{status: http.StatusNotFound, message: "there is no store here"}
}

type byteCount struct {
	w io.Writer
	n int64
}

func (c *byteCount) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// AuditTrail implements service.Keeper.
func (c *Client) AuditTrail(ctx context.Context, limit int) ([]service.AuditEntry, error) {
	return auditTrail.call(ctx, c, limitQuery{limit})
}

// VerifyAudit implements service.Keeper.
func (c *Client) VerifyAudit(ctx context.Context) (service.AuditHead, error) {
	return verifyAudit.call(ctx, c, none{})
}

// CheckStore implements service.Keeper.
func (c *Client) CheckStore(ctx context.Context, repair bool, step func(service.Step)) (service.StoreReport, error) {
	return stepped[service.StoreReport](ctx, c, http.MethodPost, "/store/check", url.Values{"repair": {strconv.FormatBool(repair)}}, nil, step)
}

func (s *Server) checkStore(w http.ResponseWriter, r *http.Request) error {
	k, ok := s.svc.(service.Keeper)
	if !ok {
		return noStore()
	}
	repair := false
	if text := r.URL.Query().Get("repair"); text != "" {
		var err error
		if repair, err = strconv.ParseBool(text); err != nil {
			return &apiError{status: http.StatusBadRequest, message: fmt.Sprintf("repair is true or false, not %q", text)}
		}
	}
	return steps(w, func(step func(service.Step)) (service.StoreReport, error) {
		return k.CheckStore(r.Context(), repair, step)
	})
}

// Backup implements service.Keeper, while the process that has the store goes on.
func (c *Client) Backup(ctx context.Context, w io.Writer) (int64, error) {
	resp, err := c.do(ctx, http.MethodGet, "/backup", nil, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	n, err := io.Copy(w, resp.Body)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return n, fmt.Errorf("the backup broke off after %d bytes; the log of the process that has the store says why: %w", n, err)
	case err != nil:
		return n, fmt.Errorf("copy the store: %w", err)
	}
	return n, nil
}
