package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"billferry/internal/delivery"
	"billferry/store/postgres"
)

// What a process that shares a database with others does in between.
const (
	shareEvery = 500 * time.Millisecond // looks for accounts that nobody has
	askFor     = 2 * time.Second        // waits for the database
	askAgain   = 250 * time.Millisecond // after an answer that did not come
	leaveFor   = 3 * time.Second        // gives its accounts back at the end
)

// dutiesAccount is leased as accounts are: who has it does what one process does
// for all, such as asking m3ter for Bills.
const dutiesAccount = "billferry/duties"

// cluster is this process among those that share a database. It takes accounts over
// that nobody has, up to its part of them, and tells the engine which it has.
type cluster struct {
	a      *App
	s      *postgres.Store
	look   chan struct{} // 1 deep: accounts may have come
	leave  context.CancelFunc
	left   chan struct{} // closed when all was given back
	duty   *hold         // of the duties that are done now
	resign func()        // ends them

	mu    sync.Mutex
	node  *postgres.Node // nil: it has no lease
	holds map[string]*hold
	why   error // it has none

	others []told // what the others told last
}

// hold is an account under a lease; it implements delivery.Hold.
type hold struct {
	lease   postgres.Lease
	node    *postgres.Node
	leaving atomic.Bool // it is given back once nothing is under way
}

// May implements delivery.Hold.
func (h *hold) May() bool { return h.node.Left() > 0 }

// With implements delivery.Hold.
func (h *hold) With(ctx context.Context) context.Context { return h.lease.With(ctx) }

func newCluster(a *App, s *postgres.Store) *cluster {
	return &cluster{a: a, s: s, look: make(chan struct{}, 1), holds: map[string]*hold{}, why: errors.New("it is about to join")}
}

// Holds implements delivery.Holder.
func (c *cluster) Holds() map[string]delivery.Hold {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[string]delivery.Hold, len(c.holds))
	for account, h := range c.holds {
		if !h.leaving.Load() {
			out[account] = h
		}
	}
	return out
}

// ready tells whether this process may send.
func (c *cluster) ready() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.node == nil:
		return fmt.Errorf("this process has no part in the database at %s now: %w", c.s.Where(), c.why)
	case c.node.Left() <= 0:
		return fmt.Errorf("the database at %s was not reached for %v: this process sends nothing until it is", c.s.Where(),
			postgres.Term-postgres.Margin)
	}
	return nil
}

// begin joins the others, until end.
func (c *cluster) begin() {
	ctx, leave := context.WithCancel(context.Background())
	c.leave, c.left = leave, make(chan struct{})
	go func() {
		defer close(c.left)
		for ctx.Err() == nil {
			c.join(ctx)
		}
	}()
}

// end gives the accounts back. What is under way in them has ended.
func (c *cluster) end() {
	if c.leave != nil {
		c.leave()
		<-c.left
	}
}

// kick has accounts looked for now.
func (c *cluster) kick() {
	select {
	case c.look <- struct{}{}:
	default:
	}
}

// join is one membership, which ends with its lease.
func (c *cluster) join(ctx context.Context) {
	asked, cancel := context.WithTimeout(ctx, askFor)
	n, err := c.s.Join(asked)
	cancel()
	if err != nil {
		if ctx.Err() == nil && c.set(nil, err) {
			c.a.log.Error("the processes that share the database could not be joined; it is tried again", "error", err)
		}
		if !wait(ctx, askAgain) {
			c.leaveAs(n) // an answer that was not waited for
		}
		return
	}
	c.set(n, nil)
	member, lapse := context.WithCancel(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		defer lapse()
		if err := c.renew(member, n); err != nil {
			c.a.log.Error("the accounts of this process may be others' by now; it joins them anew", "error", err)
		}
	})
	c.share(member, n)
	renewing.Wait()
	c.set(nil, errors.New("its lease has ended"))
	c.attend()
	c.a.engine.Wake()
	if ctx.Err() != nil {
		c.leaveAs(n)
	}
}

// leaveAs gives back at the end what a membership has.
func (c *cluster) leaveAs(n *postgres.Node) {
	ctx, cancel := context.WithTimeout(context.Background(), leaveFor)
	defer cancel()
	if err := n.Leave(ctx); err != nil {
		c.a.log.Warn("the accounts could not be given back; others take them over in a moment", "error", err)
	}
}

// set notes the membership and tells whether that is news.
func (c *cluster) set(n *postgres.Node, why error) (news bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	news = c.node != n || why != nil && c.why == nil || why != nil && c.why.Error() != why.Error()
	c.node, c.why, c.holds = n, why, map[string]*hold{}
	return news
}

// renew keeps the lease until ctx ends. An error says that it has ended.
func (c *cluster) renew(ctx context.Context, n *postgres.Node) error {
	for pause := postgres.Renew; wait(ctx, pause); {
		asked, cancel := context.WithTimeout(ctx, askFor)
		err := n.Renew(asked, c.telling())
		if err == nil {
			if err := c.hear(asked, n); err != nil && ctx.Err() == nil {
				c.a.log.Warn("how the other processes do could not be read", "error", err)
			}
		}
		cancel()
		pause = postgres.Renew
		switch {
		case err == nil:
			continue
		case errors.Is(err, postgres.ErrLapsed):
			return err
		case n.Left() < -postgres.Margin:
			return fmt.Errorf("the lease has ended by the clock of this machine: %w", err)
		}
		pause = askAgain
	}
	return nil
}

// share takes accounts over, and gives them back, until ctx ends.
func (c *cluster) share(ctx context.Context, n *postgres.Node) {
	said := ""
	for ctx.Err() == nil {
		asked, cancel := context.WithTimeout(ctx, askFor)
		again, err := c.shareOnce(asked, n)
		cancel()
		c.attend()
		if text := fmt.Sprint(err); err != nil && ctx.Err() == nil && text != said {
			c.a.log.Warn("accounts that nobody has could not be looked for; it is tried again", "error", err)
			said = text
		} else if err == nil {
			said = ""
		}
		select {
		case <-ctx.Done():
		case <-c.look:
		case <-time.After(again):
		}
	}
}

// shareOnce has this process at its part: at most as many accounts as there are for
// each process. It tells when to look again.
func (c *cluster) shareOnce(ctx context.Context, n *postgres.Node) (again time.Duration, err error) {
	accounts, err := c.a.engine.Accounts(ctx)
	if err != nil {
		return shareEvery, err
	}
	accounts[dutiesAccount] = true
	now, err := c.s.Shared(ctx)
	if err != nil {
		return shareEvery, err
	}
	again = min(shareEvery, now.Expires+time.Millisecond)
	nodes := max(now.Nodes, 1)
	part := (len(accounts) + nodes - 1) / nodes
	if err := c.giveBack(ctx, n, accounts, part); err != nil {
		return again, err
	}
	c.mu.Lock()
	room := part - len(c.holds)
	var others []string
	for account := range accounts {
		if c.holds[account] == nil {
			others = append(others, account)
		}
	}
	c.mu.Unlock()
	if room <= 0 || len(others) == 0 || now.Accounts >= len(accounts) {
		return again, nil
	}
	leases, err := n.Take(ctx, others, room)
	c.mu.Lock()
	for _, l := range leases {
		c.holds[l.Account] = &hold{lease: l, node: n}
	}
	c.mu.Unlock()
	if len(leases) > 0 {
		c.a.log.Info("accounts were taken over", "accounts", len(leases), "processes", nodes)
		c.a.engine.Wake()
	}
	return again, err
}

// giveBack lets others have what is more than this process's part, or has no work
// any more, as soon as nothing of it is under way here.
func (c *cluster) giveBack(ctx context.Context, n *postgres.Node, accounts map[string]bool, part int) error {
	c.mu.Lock()
	mine := slices.SortedFunc(maps.Values(c.holds), func(x, y *hold) int {
		return cmp.Or(cmp.Compare(c.a.engine.UnderWay(x), c.a.engine.UnderWay(y)), cmp.Compare(x.lease.Account, y.lease.Account))
	})
	c.mu.Unlock()
	stay := 0
	for _, h := range mine {
		if !h.leaving.Load() {
			stay++
		}
	}
	for _, h := range mine {
		account := h.lease.Account
		surplus := stay > part && account != dutiesAccount
		if !h.leaving.Load() && (surplus || !accounts[account]) {
			h.leaving.Store(true)
			stay--
			c.a.engine.Wake()
		}
		if !h.leaving.Load() || c.a.engine.UnderWay(h) > 0 {
			continue
		}
		if err := n.GiveBack(ctx, h.lease); err != nil {
			return err
		}
		c.mu.Lock()
		delete(c.holds, account)
		c.mu.Unlock()
	}
	return nil
}

// attend begins or ends the duties, as this process has come to have them or not.
func (c *cluster) attend() {
	c.mu.Lock()
	h := c.holds[dutiesAccount]
	c.mu.Unlock()
	if h == c.duty {
		return
	}
	if c.resign != nil {
		c.resign()
		c.resign = nil
	}
	if c.duty = h; h != nil {
		c.resign = c.a.beginDuties()
	}
}

// wait tells whether ctx has not ended meanwhile.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
