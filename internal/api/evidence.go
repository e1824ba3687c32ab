package api

import (
	"bufio"
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

// packLine is one line of a pack of evidence that is made: how far it is, a part
// of it, then exactly one result or error. Bytes alone could not tell an error.
type packLine struct {
	Progress *reconcile.Progress   `json:"progress,omitempty"`
	Part     []byte                `json:"part,omitempty"`
	Result   *service.EvidencePack `json:"result,omitempty"`
	Error    *wireError            `json:"error,omitempty"`
}

// packSender writes lines, from any goroutine. It ends the work when the caller
// has gone.
type packSender struct {
	mu   sync.Mutex
	out  *ndjson
	stop context.CancelFunc
}

func (s *packSender) send(l packLine) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.out.send(l)
	if err != nil {
		s.stop()
	}
	return err
}

// Write sends a part of the pack.
func (s *packSender) Write(b []byte) (int, error) {
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
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	out := &packSender{out: newNDJSON(w), stop: stop}
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
	resp, err := c.do(ctx, post, at("/integrations", q.IntegrationID, "/evidence"), nil, q)
	if err != nil {
		return out, err
	}
	defer func() { _ = resp.Body.Close() }()
	dec := json.NewDecoder(resp.Body)
	for {
		var line packLine
		if err := dec.Decode(&line); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return out, fmt.Errorf("evidence: %w", c.lost(ctx, err))
		}
		switch {
		case line.Error != nil:
			return out, fromWire(0, *line.Error)
		case line.Result != nil:
			return *line.Result, nil
		case line.Part != nil:
			if _, err := w.Write(line.Part); err != nil {
				return out, err
			}
		case line.Progress != nil && progress != nil:
			progress(*line.Progress)
		}
	}
}
