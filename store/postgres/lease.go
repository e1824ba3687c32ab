package postgres

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// The times of a lease: how long it lasts by the clock of the database, how often
// it is renewed, and how long before its end a process starts nothing more.
const (
	Term   = 8 * time.Second
	Renew  = 2 * time.Second
	Margin = 2 * time.Second
)

// ErrLapsed is returned, wrapped, to a process whose lease has ended, and for a
// write under a lease that another process may have taken over.
var ErrLapsed = fmt.Errorf("the lease has ended: %w", delivery.ErrElsewhere)

// Node is this process among those that share a database. Once its row has
// expired it is never revived: who goes on does so as a new Node.
type Node struct {
	s  *Store
	id string

	mu      sync.Mutex
	renewed time.Time // just before the last renewal was asked for
}

// Lease says that an account is this process's. It holds until another process
// takes the account over, which counts the epoch up.
type Lease struct {
	Account string
	node    string
	epoch   int64
}

type leaseKey struct{}

// With has what ctx is used for written under the lease, or not at all.
func (l Lease) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, leaseKey{}, l)
}

func leaseOf(ctx context.Context) (Lease, bool) {
	l, ok := ctx.Value(leaseKey{}).(Lease)
	return l, ok
}

// Join makes this process one of those that share the database.
func (s *Store) Join(ctx context.Context) (*Node, error) {
	n := &Node{s: s, id: uuid.NewString(), renewed: time.Now()}
	err := pgx.BeginFunc(ctx, s.leases, func(t pgx.Tx) error {
		if err := s.notAlone(ctx, t); err != nil {
			return err
		}
		if err := s.sameVersion(ctx, t); err != nil {
			return err
		}
		_, err := t.Exec(ctx, `INSERT INTO node (id, expires_at) VALUES ($1, clock_timestamp() + $2::interval)`, n.id, Term)
		if err != nil {
			return err
		}
		_, err = t.Exec(ctx, `DELETE FROM node n WHERE expires_at < clock_timestamp() - interval '1 hour'
			AND NOT EXISTS (SELECT FROM account a WHERE a.node = n.id)`)
		return err
	})
	return n, s.told(err)
}

// Renew prolongs the lease, unless it has ended, and tells how the process does.
func (n *Node) Renew(ctx context.Context, status string) error {
	began := time.Now()
	tag, err := n.s.leases.Exec(ctx, `UPDATE node SET expires_at = clock_timestamp() + $2::interval, status = $3
		WHERE id = $1 AND expires_at > clock_timestamp()`, n.id, Term, clean(status))
	switch {
	case err != nil:
		return n.s.told(err)
	case tag.RowsAffected() == 0:
		return n.lapsed()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.renewed = began
	return nil
}

func (n *Node) lapsed() error {
	return fmt.Errorf("this process was away from the database at %s for more than %v: %w", n.s.where, Term, ErrLapsed)
}

// Left is how long this process may still start calls; it is never more than the
// database would say.
func (n *Node) Left() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	return Term - Margin - gone(n.renewed)
}

// gone is how long ago a moment was. Neither a clock that was set nor a machine that
// slept makes that shorter: the clock of the machine counts as well as the monotonic one.
func gone(at time.Time) time.Duration {
	now := time.Now()
	return max(now.Sub(at), now.Round(0).Sub(at.Round(0)))
}

// Others are what the other processes that share the database last told of themselves.
func (n *Node) Others(ctx context.Context) ([]string, error) {
	rows, err := n.s.leases.Query(ctx, `SELECT status FROM node WHERE id <> $1 AND expires_at > clock_timestamp() ORDER BY id`, n.id)
	if err != nil {
		return nil, n.s.told(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return out, n.s.told(err)
}

// Sharing is how many processes share a database now.
type Sharing struct {
	Nodes    int
	Accounts int           // that they have
	Expires  time.Duration // until the first lease ends that is not renewed
}

// Shared counts the processes that share the database now.
func (s *Store) Shared(ctx context.Context) (out Sharing, err error) {
	err = s.pool.QueryRow(ctx, `WITH live AS (SELECT id, expires_at FROM node WHERE expires_at > clock_timestamp())
		SELECT count(*), (SELECT count(*) FROM account WHERE node IN (SELECT id FROM live)), coalesce(min(expires_at) - clock_timestamp(), '0')
		FROM live`).Scan(&out.Nodes, &out.Accounts, &out.Expires)
	return out, s.told(err)
}

// Take takes some of the accounts over that nobody has, most at most. Those that
// others look at are left to them.
func (n *Node) Take(ctx context.Context, accounts []string, most int) (out []Lease, err error) {
	if len(accounts) == 0 || most <= 0 {
		return nil, nil
	}
	err = pgx.BeginFunc(ctx, n.s.leases, func(t pgx.Tx) error {
		out = nil
		// Whoever renews this row, or that of the process before, waits or is passed by.
		tag, err := t.Exec(ctx, `SELECT FROM node WHERE id = $1 AND expires_at > clock_timestamp() FOR SHARE`, n.id)
		if err == nil && tag.RowsAffected() == 0 {
			err = n.lapsed()
		}
		if err != nil {
			return err
		}
		given, left, err := freeOf(ctx, t, accounts)
		if err != nil {
			return err
		}
		for _, free := range []struct {
			sql      string
			accounts []string
		}{
			{`SELECT ctid AS at FROM account WHERE account = ANY($1) AND node IS NULL LIMIT $2 FOR UPDATE SKIP LOCKED`, given},
			{`SELECT a.ctid AS at FROM account a JOIN node o ON o.id = a.node WHERE a.account = ANY($1) AND o.expires_at <= clock_timestamp()
				LIMIT $2 FOR UPDATE OF a SKIP LOCKED FOR SHARE OF o SKIP LOCKED`, left},
		} {
			if len(free.accounts) == 0 || len(out) == most {
				continue
			}
			rows, err := t.Query(ctx, `WITH free AS (`+free.sql+`) UPDATE account a SET node = $3, epoch = a.epoch + 1 FROM free
				WHERE a.ctid = free.at RETURNING a.account, a.epoch`, free.accounts, most-len(out), n.id)
			if err != nil {
				return err
			}
			l := Lease{node: n.id}
			if _, err := pgx.ForEachRow(rows, []any{&l.Account, &l.epoch}, func() error { out = append(out, l); return nil }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, n.s.told(err)
	}
	return out, nil
}

// freeOf tells which of the accounts nobody has had or has given back, and which are a
// process's that has left them. A look without a lock: whoever takes one looks again.
func freeOf(ctx context.Context, t pgx.Tx, accounts []string) (given, left []string, err error) {
	const has, unknown = 1, 2
	wanted := make(map[string]int, len(accounts))
	for _, a := range accounts {
		wanted[clean(a)] = unknown
	}
	rows, err := t.Query(ctx, `SELECT account, node IS NULL,
		node IS NOT NULL AND node IN (SELECT id FROM node WHERE expires_at <= clock_timestamp()) FROM account`)
	if err != nil {
		return nil, nil, err
	}
	var account string
	var nobodys, lapsed bool
	_, err = pgx.ForEachRow(rows, []any{&account, &nobodys, &lapsed}, func() error {
		switch {
		case wanted[account] == 0:
			return nil
		case nobodys:
			given = append(given, account)
		case lapsed:
			left = append(left, account)
		}
		wanted[account] = has
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	var added []string
	for a, is := range wanted {
		if is == unknown {
			added = append(added, a)
		}
	}
	if len(added) > 0 {
		slices.Sort(added) // so that two who add the same wait for each other in turn
		_, err = t.Exec(ctx, `INSERT INTO account SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`, added)
	}
	return append(given, added...), left, err
}

// GiveBack lets others take an account.
func (n *Node) GiveBack(ctx context.Context, l Lease) error {
	_, err := n.s.leases.Exec(ctx, `UPDATE account SET node = NULL WHERE account = $1 AND node = $2 AND epoch = $3`,
		l.Account, l.node, l.epoch)
	return n.s.told(err)
}

// Leave gives all back at once.
func (n *Node) Leave(ctx context.Context) error {
	err := pgx.BeginFunc(ctx, n.s.leases, func(t pgx.Tx) error {
		if _, err := t.Exec(ctx, `DELETE FROM node WHERE id = $1`, n.id); err != nil { // waits for a Take
			return err
		}
		_, err := t.Exec(ctx, `UPDATE account SET node = NULL WHERE node = $1`, n.id)
		return err
	})
	return n.s.told(err)
}

// under queues that the transaction ends without its changes unless the lease
// holds. Nobody takes the account over before it has ended.
func (t *tx) under(l Lease) {
	t.batch.Queue(`SELECT count(*) FROM (SELECT FROM account WHERE account = $1 AND node = $2 AND epoch = $3 FOR SHARE) x`,
		l.Account, l.node, l.epoch).QueryRow(func(row pgx.Row) error {
		var held int
		if err := row.Scan(&held); err != nil || held == 1 {
			return err
		}
		return fmt.Errorf("account %s may be another process's by now: %w", l.Account, ErrLapsed)
	})
}

// mayWrite tells whether a change of a run that several processes have goes with
// what others did to it meanwhile. A run that is on its way is its sender's alone;
// any other is changed as it was read, and one that a person holds is not sent.
func (t *tx) mayWrite(old, now *integration.Run) error {
	why := ""
	switch l, sender := leaseOf(t.ctx); {
	case sender && !old.Status.Settled() && old.Status != integration.Started && !old.Due():
		why = "it may not be sent any more"
	case sender:
		t.under(l)
	case old.Status == integration.Started || now.Status == integration.Started:
		why = "it is on its way; wait until that ends"
	case !old.Modified.Equal(now.Modified):
		why = "it has changed since it was read; look at it again"
	}
	if why != "" {
		return fmt.Errorf("run %s: %s: %w", old.ID, why, integration.ErrConflict)
	}
	return nil
}
