package api

import (
	"context"
	"net/http"

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
	ctx, out := newSender(w, r)
	defer out.stop()
	report, err := s.svc.Reconcile(ctx, q, func(p reconcile.Progress) { _ = out.send(progressLine{Progress: &p}) })
	if err != nil {
		e := toWire(err)
		_ = out.send(progressLine{Error: &e})
		return nil // it has been told; the status is sent already
	}
	_ = out.send(progressLine{Result: &report})
	return nil
}

// Reconcile implements service.Service.
func (c *Client) Reconcile(ctx context.Context, q service.ReconcileRequest, progress func(reconcile.Progress)) (
	out reconcile.Report, err error) {
	if err := known("integration", q.IntegrationID); err != nil {
		return out, err
	}
	path := at("/integrations", q.IntegrationID, "/reconcile")
	err = lines(ctx, c, post, path, nil, q, func(line progressLine) (last bool, err error) {
		switch {
		case line.Error != nil:
			return true, fromWire(0, *line.Error)
		case line.Result != nil:
			out = *line.Result
			return true, nil
		case line.Progress != nil && progress != nil:
			progress(*line.Progress)
		}
		return false, nil
	})
	return out, err
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
