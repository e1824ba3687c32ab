package notify

import (
	"context"
	"maps"
	"time"

	"billferry/internal/integration"
)

// An open event that goes on happening is told again when it has happened ten
// times as often as was told, and else once an hour.
const (
	steps   = 10
	atLeast = time.Hour
)

// cursor is what a target was told last.
type cursor struct {
	After string          `json:"after"`          // id of an event; "" is none yet
	Told  map[string]mark `json:"told,omitempty"` // of open events told with a count, by id
}

// mark is how often an event had happened when a target was told of it.
type mark struct {
	Count int       `json:"n"`
	At    time.Time `json:"at"`
}

func (c cursor) clone() cursor {
	c.Told = maps.Clone(c.Told)
	return c
}

func (c cursor) equal(o cursor) bool { return c.After == o.After && maps.Equal(c.Told, o.Told) }

// tell notes that a target was told of events.
func (c *cursor) tell(events []integration.Event, now time.Time) {
	for _, e := range events {
		if e.Times() == 1 {
			continue // due knows it without
		}
		if c.Told == nil {
			c.Told = map[string]mark{}
		}
		c.Told[e.ID] = mark{e.Times(), now}
	}
}

// due tells whether an event is to be told of again.
func (c cursor) due(e integration.Event, now time.Time) bool {
	last, ok := c.Told[e.ID]
	if !ok {
		last = mark{1, e.Time}
	}
	n := e.Times()
	return e.ID <= c.After && // else it is told as news
		(n >= steps*last.Count || n > last.Count && now.Sub(last.At) >= atLeast)
}

// growth gathers the open events that happened so often meanwhile that the
// target is told again, and forgets those that are closed.
func (n *Notifier) growth(ctx context.Context, t target, at cursor) (next cursor, batch []integration.Event, err error) {
	grown, err := n.o.Feed.GrownEvents(ctx)
	if err != nil {
		return at, nil, err
	}
	next = at.clone()
	open := map[string]bool{}
	for _, e := range grown {
		open[e.ID] = true
		if t.wants(e) && at.due(e, n.o.Now()) && len(batch) < t.plan().batch {
			batch = append(batch, e)
		}
	}
	maps.DeleteFunc(next.Told, func(id string, _ mark) bool { return !open[id] })
	return next, batch, nil
}
