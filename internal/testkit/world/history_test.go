package world

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"sync"
	"time"
)

// history is what went over the wires and what people did, in its order.
type history struct {
	mu    sync.Mutex
	begun time.Time
	sum   hash.Hash
	lines []string
}

func newHistory() *history { return &history{begun: time.Now(), sum: sha256.New()} }

func (h *history) add(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	line := fmt.Sprintf("%14s  ", time.Since(h.begun).Round(time.Microsecond)) + fmt.Sprintf(format, args...)
	h.sum.Write([]byte(line + "\n"))
	h.lines = append(h.lines, line)
}

// digest names the whole history.
func (h *history) digest() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return hex.EncodeToString(h.sum.Sum(nil)[:8])
}

// about is the last lines that concern a Bill, or all Bills: a page at most.
func (h *history) about(billID string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []string
	for i := len(h.lines) - 1; i >= 0 && len(out) < page; i-- {
		if l := h.lines[i]; strings.Contains(l, billID) || strings.Contains(l, "LIFE") || strings.Contains(l, "clock") {
			out = append(out, l)
		}
	}
	var b strings.Builder
	for i := len(out) - 1; i >= 0; i-- {
		b.WriteString(out[i] + "\n")
	}
	return b.String()
}
