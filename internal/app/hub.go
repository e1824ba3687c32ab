package app

import (
	"context"
	"sync"

	"billferry/internal/service"
)

// hub hands changes to whoever listens. A reader that does not keep up loses
// changes, and hears of that, rather than holding up the engine.
type hub struct {
	mu     sync.Mutex
	subs   map[chan service.Change]struct{}
	closed bool
}

const hubBuffer = 256

func newHub() *hub { return &hub{subs: map[chan service.Change]struct{}{}} }

func (h *hub) subscribe(ctx context.Context) <-chan service.Change {
	ch := make(chan service.Change, hubBuffer)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(ch)
		return ch
	}
	h.subs[ch] = struct{}{}
	context.AfterFunc(ctx, func() { h.drop(ch) })
	return ch
}

func (h *hub) drop(ch chan service.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.subs[ch]; ok {
		delete(h.subs, ch)
		close(ch)
	}
}

func (h *hub) send(c service.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for ch := range h.subs {
		service.Offer(ch, c)
	}
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for ch := range h.subs {
		delete(h.subs, ch)
		close(ch)
	}
}
