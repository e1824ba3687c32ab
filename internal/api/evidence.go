package api

import (
	"bufio"
	"context"
	"io"
	"net/http"

	"billferry/internal/reconcile"
	"billferry/internal/service"
)

// packLine is one line of a pack of evidence that is made: how far it is, a part
// of it, then exactly one result or error. Bytes alone could not tell an error.
type packLine struct {
	Progress *reconcile.Progress   `json:"progress,omitempty"`
	Part     []byte                `json:"part,omitempty"`
	Result   *service.EvidencePack `json:"result,omitempty"`
	Error    *wireError            `json:"error,omitempty"`
}

// Write sends a part of a pack.
func (s *sender) Write(b []byte) (int, error) {
	if err := s.send(packLine{Part: b}); err != nil {
		return 0, err
	}
	return len(b), nil
}

// partSize is how much of a pack one line has.
const partSize = 64 << 10

func (s *Server) evidence(w http.ResponseWriter, r *http.Request) error {
	auditor, ok := s.svc.(service.Auditor)
	if !ok {
		return noStore()
	}
	q, err := decode[service.ReconcileRequest](r)
	if err != nil {
		return err
	}
	q.IntegrationID = r.PathValue("id")
	ctx, out := newSender(w, r)
	defer out.stop()
	parts := bufio.NewWriterSize(out, partSize)
	pack, err := auditor.Evidence(ctx, q, parts, func(p reconcile.Progress) { _ = out.send(packLine{Progress: &p}) })
	if err == nil {
		err = parts.Flush()
	}
	if err != nil {
		e := toWire(err)
		_ = out.send(packLine{Error: &e})
		return nil // it has been told; the status is sent already
	}
	_ = out.send(packLine{Result: &pack})
	return nil
}

// Evidence implements service.Auditor.
func (c *Client) Evidence(ctx context.Context, q service.ReconcileRequest, w io.Writer, progress func(reconcile.Progress)) (
	out service.EvidencePack, err error) {
	if err := known("integration", q.IntegrationID); err != nil {
		return out, err
	}
	path := at("/integrations", q.IntegrationID, "/evidence")
	err = lines(ctx, c, post, path, nil, q, func(line packLine) (last bool, err error) {
		switch {
		case line.Error != nil:
			return true, fromWire(0, *line.Error)
		case line.Result != nil:
			out = *line.Result
			return true, nil
		case line.Part != nil:
			_, err = w.Write(line.Part)
		case line.Progress != nil && progress != nil:
			progress(*line.Progress)
		}
		return false, err
	})
	return out, err
}
