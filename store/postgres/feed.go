package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Several processes tell each other what they changed by a row that is written in
// the same transaction. Such rows are read by what a snapshot shows: ids, or times,
// would pass by what commits late. NOTIFY only has others look sooner.
const (
	lookEvery = time.Second            // at most this long nobody looks
	hintEvery = 100 * time.Millisecond // a process sends one NOTIFY in that time
	keptFor   = time.Minute            // rows; who reads less often is told that anything may have changed
	channel   = "billferry"
	mostTold  = 100 // changes of a kind in one row: of more the kind alone is told
)

// Change is what a process has changed.
type Change struct {
	Kind, ID string // as OnChange has them; kind note is a small thing, with its key. An empty ID is any
	// Wakes tells that it may have made something due, or have changed what is sent.
	Wakes bool
}

// publish queues what other processes are to be told of the transaction.
func (s *Store) publish(t *tx) error {
	if s.alone != nil || len(t.changed) == 0 {
		return nil
	}
	_, sender := leaseOf(t.ctx)
	told := map[string][]string{}
	for _, c := range t.changed {
		told[c.kind] = append(told[c.kind], c.id)
	}
	var out []Change
	for kind, ids := range told {
		slices.Sort(ids)
		if ids = slices.Compact(ids); len(ids) > mostTold {
			ids = []string{""}
		}
		for _, id := range ids {
			out = append(out, Change{Kind: kind, ID: strings.ToValidUTF8(id, "\ufffd"), Wakes: !sender && wakes(kind)})
		}
	}
	raw, err := encode(out)
	if err != nil {
		return err
	}
	t.batch.Queue(`INSERT INTO outbox (origin, changes) VALUES ($1, $2)`, s.session, string(raw))
	return nil
}

func wakes(kind string) bool { return kind == "run" || kind == "integration" || kind == "mapping" }

// hinter sends at most one NOTIFY in hintEvery, outside of every other transaction.
type hinter struct {
	mu   sync.Mutex
	due  bool
	all  sync.WaitGroup
	last time.Time
}

func (s *Store) hint() {
	h := &s.hints
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.due || s.closed.Load() {
		return
	}
	h.due = true
	wait := max(0, hintEvery-time.Since(h.last))
	h.all.Go(func() {
		time.Sleep(wait)
		h.mu.Lock()
		h.due, h.last = false, time.Now()
		h.mu.Unlock()
		ctx, cancel := context.WithTimeout(s.life, reach)
		defer cancel()
		_, _ = s.pool.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, s.schema) // who is not told looks by itself
	})
}

// Follow tells of what other processes commit from now on, until ctx ends: soon, and
// within a second where nothing hints at it. A Change without a kind says that some
// may have been missed.
func (s *Store) Follow(ctx context.Context, tell func([]Change)) {
	hints := make(chan struct{}, 1)
	var listening sync.WaitGroup
	listening.Go(func() { s.listen(ctx, hints) })
	defer listening.Wait()
	seen, read := "", time.Now()
	var pruned time.Time // at once: a restored backup has numbers of another server
	for {
		asked := time.Now()
		changes, now, err := s.read(ctx, seen)
		if err == nil {
			if seen == "" || gone(read) > keptFor/2 {
				changes = []Change{{}}
			}
			s.known.hear(changes, asked)
			if len(changes) > 0 {
				tell(changes)
			}
			seen, read = now, time.Now()
		} else {
			seen = "" // another server may answer next, whose numbers mean something else
		}
		if time.Since(pruned) > keptFor/6 {
			pruned = time.Now()
			_, _ = s.pool.Exec(ctx, `DELETE FROM outbox WHERE at < clock_timestamp() - $1::interval`, keptFor) // or the next time
		}
		select {
		case <-ctx.Done():
			return
		case <-hints:
		case <-time.After(lookEvery):
		}
	}
}

// read answers what has become visible since a snapshot, and the snapshot that shows it.
func (s *Store) read(ctx context.Context, seen string) (out []Change, now string, err error) {
	if seen == "" {
		err = s.pool.QueryRow(ctx, `SELECT pg_current_snapshot()::text`).Scan(&now)
		return nil, now, err
	}
	rows, err := s.pool.Query(ctx, `SELECT s.now::text, coalesce(o.changes, '') FROM (SELECT pg_current_snapshot() AS now) s
		LEFT JOIN outbox o ON o.xid >= pg_snapshot_xmin($1::text::pg_snapshot)
			AND NOT pg_visible_in_snapshot(o.xid, $1::text::pg_snapshot) AND o.origin <> $2 ORDER BY o.xid`, seen, s.session)
	if err != nil {
		return nil, "", err
	}
	var raw string
	_, err = pgx.ForEachRow(rows, []any{&now, &raw}, func() error {
		var some []Change
		if raw != "" {
			if err := json.Unmarshal([]byte(raw), &some); err != nil {
				return fmt.Errorf("read what others changed: %w", err)
			}
		}
		out = append(out, some...)
		return nil
	})
	return out, now, err
}

// listen hears the hints of others until ctx ends.
func (s *Store) listen(ctx context.Context, hints chan<- struct{}) {
	for ctx.Err() == nil {
		c, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig.Copy())
		if err == nil {
			_, err = c.Exec(ctx, `LISTEN `+channel)
		}
		for err == nil {
			n, e := c.WaitForNotification(ctx)
			if err = e; err == nil && n.Payload == s.schema {
				select {
				case hints <- struct{}{}:
				default:
				}
			}
		}
		if c != nil {
			_ = c.Close(context.WithoutCancel(ctx))
		}
		select {
		case <-ctx.Done():
		case <-time.After(lookEvery):
		}
	}
}
