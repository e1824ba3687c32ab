package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"billferry/internal/reconcile"
	"billferry/internal/service"
)

// progressLine is one line of a reconciliation: how far it is, then exactly one
// result or error.
type progressLine struct {
	Progress *reconcile.Progress `json:"progress,omitempty"`
	Result   *reconcile.Report   `json:"result,omitempty"`
	Error    *wireError          `json:"error,omitempty"`
}

// reconcile streams how far it is. A caller that goes ends it, and nothing is kept.
func (s *Server) reconcile(w http.ResponseWriter, r *http.Request) error {
	q, err := decode[service.ReconcileRequest](r)
	if err != nil {
		return err
	}
	q.IntegrationID = r.PathValue("id")
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	out := newNDJSON(w)
	var mu sync.Mutex
	report, err := s.svc.Reconcile(ctx, q, func(p reconcile.Progress) {
		mu.Lock()
		defer mu.Unlock()
		if out.send(progressLine{Progress: &p}) != nil {
			stop()
		}
	})
	mu.Lock()
	defer mu.Unlock()
	if err != nil {
		e := toWire(err)
		_ = out.send(progressLine{Error: &e})
		return nil // it has been told; the status is sent already
	}
	_ = out.send(progressLine{Result: &report})
	return nil
}

// Reconcile implements service.Service.
func (c *Client) Reconcile(ctx context.Context, q service.ReconcileRequest, progress func(reconcile.Progress)) (reconcile.Report, error) {
	if err := known("integration", q.IntegrationID); err != nil {
		return reconcile.Report{}, err
	}
	resp, err := c.do(ctx, post, at("/integrations", q.IntegrationID, "/reconcile"), nil, q)
	if err != nil {
		return reconcile.Report{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	dec := json.NewDecoder(resp.Body)
	for {
		var line progressLine
		if err := dec.Decode(&line); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return reconcile.Report{}, fmt.Errorf("reconcile: %w", c.lost(ctx, err))
		}
		switch {
		case line.Error != nil:
			return reconcile.Report{}, fromWire(0, *line.Error)
		case line.Result != nil:
			return *line.Result, nil
		case line.Progress != nil && progress != nil:
			progress(*line.Progress)
		}
	}
}

// Reconciliations implements service.Service.
func (c *Client) Reconciliations(ctx context.Context, integrationID string) ([]reconcile.Report, error) {
	return listReports.call(ctx, c, integrationQuery{integrationID})
}

// Reconciliation implements service.Service.
func (c *Client) Reconciliation(ctx context.Context, id string) (reconcile.Report, error) {
	return getReport.call(ctx, c, idQuery{id})
}

// ResolveBreak implements service.Service.
func (c *Client) ResolveBreak(ctx context.Context, q service.ResolveRequest) (reconcile.Break, error) {
	return resolveBreak.call(ctx, c, resolveQuery{idQuery{q.Break}, q})
}

// UndoBreak implements service.Service.
func (c *Client) UndoBreak(ctx context.Context, id string) (reconcile.Break, error) {
	return undoBreak.call(ctx, c, idQuery{id})
}

// Explain implements service.Service.
func (c *Client) Explain(ctx context.Context, document string) (service.RunDetail, error) {
	return explainDocument.call(ctx, c, documentQuery{document})
}
