package ui

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/service"
	"billferry/ui/screen"
)

const (
	settle    = 50 * time.Millisecond // changes of one burst are told once
	reconnect = time.Second
)

// relay hands changes to the program, one burst at a time, until ctx ends. It
// is the one goroutine of ours beside the program's own. When the stream ends
// early it listens anew, and tells a change so that screens load what was
// missed.
func relay(ctx context.Context, svc service.Service, changes <-chan service.Change, send func(tea.Msg)) {
	for ctx.Err() == nil {
		c, ok := <-changes
		if !ok {
			changes = listen(ctx, svc)
			if changes != nil {
				send(screen.ChangedMsg{Change: service.Change{Kind: service.AnyChange}})
			}
			continue
		}
		seen := map[service.Change]bool{c: true}
		burst := []service.Change{c}
		for timer := time.After(settle); timer != nil; {
			select {
			case c, ok := <-changes:
				if !ok {
					timer = nil
				} else if !seen[c] {
					seen[c], burst = true, append(burst, c)
				}
			case <-timer:
				timer = nil
			case <-ctx.Done():
				return
			}
		}
		for _, c := range burst {
			send(screen.ChangedMsg{Change: c})
		}
	}
}

// listen waits a little and subscribes again; nil when ctx ended.
func listen(ctx context.Context, svc service.Service) <-chan service.Change {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(reconnect):
		}
		if ch, err := svc.Changes(ctx); err == nil {
			return ch
		}
	}
}
