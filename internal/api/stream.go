package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"billferry/internal/service"
)

// keepAlive is how often a quiet stream sends an empty line, so that a dead
// connection is noticed. JSON readers skip it.
const keepAlive = 15 * time.Second

// ndjson writes one JSON value a line and sends each at once.
type ndjson struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func newNDJSON(w http.ResponseWriter) *ndjson {
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	n := &ndjson{w, http.NewResponseController(w)}
	_ = n.rc.Flush() // the caller learns that it is being served
	return n
}

func (n *ndjson) send(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write to the stream: %w", err)
	}
	return n.line(b)
}

func (n *ndjson) line(b []byte) error {
	_ = n.rc.SetWriteDeadline(time.Now().Add(keepAlive)) // a reader that stopped reading is let go
	if _, err := n.w.Write(append(b, '\n')); err != nil {
		return err
	}
	return n.rc.Flush()
}

// sender writes lines, from any goroutine. It ends the work when the caller has gone.
type sender struct {
	mu   sync.Mutex
	out  *ndjson
	stop context.CancelFunc
}

// newSender begins a stream; what it sends about is done under the context.
func newSender(w http.ResponseWriter, r *http.Request) (context.Context, *sender) {
	ctx, stop := context.WithCancel(r.Context())
	return ctx, &sender{out: newNDJSON(w), stop: stop}
}

func (s *sender) send(line any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.out.send(line)
	if err != nil {
		s.stop()
	}
	return err
}

// stepLine is one line of Connect, Test and ConnectSource: steps, then exactly
// one result or error.
type stepLine struct {
	Step   *service.Step   `json:"step,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *wireError      `json:"error,omitempty"`
}

// steps runs work and streams its steps. work calls step from one goroutine at
// a time, as Service promises of its callbacks.
func steps[T any](w http.ResponseWriter, work func(step func(service.Step)) (T, error)) error {
	out := newNDJSON(w)
	result, err := work(func(st service.Step) { _ = out.send(stepLine{Step: &st}) })
	if err != nil {
		e := toWire(err)
		_ = out.send(stepLine{Error: &e})
		return nil // it has been told; the status is sent already
	}
	b, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	_ = out.send(stepLine{Result: b})
	return nil
}

// changes streams what happens until the caller goes or the server stops.
func (s *Server) changes(w http.ResponseWriter, r *http.Request) error {
	events, err := s.svc.Changes(r.Context())
	if err != nil {
		return err
	}
	out := newNDJSON(w)
	alive := time.NewTicker(keepAlive)
	defer alive.Stop()
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-s.closing:
			return nil
		case <-alive.C:
			err = out.line(nil)
		case c, ok := <-events:
			if !ok {
				return nil
			}
			err = out.send(c)
		}
		if err != nil {
			return nil // the reader is gone
		}
	}
}
