package world

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"
)

// turns lets one goroutine go on at a time, when all others stand still: who is
// next is drawn from the seed, whatever the scheduler does. Goroutines take a
// turn where they meet the world: at the wire and at the store.
type turns struct {
	mu      sync.Mutex
	rnd     *rand.Rand
	waiting []turn
	keep    bool
	order   []string      // who was next so far, if it is kept
	some    chan struct{} // 1 deep: somebody waits
	quit    chan struct{}
}

type turn struct {
	name string // of what comes next, the same in each repetition
	next chan struct{}
}

func newTurns(seed uint64, keep bool) *turns {
	t := &turns{keep: keep, rnd: rand.New(rand.NewPCG(seed, 1)), some: make(chan struct{}, 1), quit: make(chan struct{})}
	go t.deal()
	return t
}

// take waits for a turn. Who dies meanwhile goes on without one: nothing that
// the dead do is seen.
func (t *turns) take(name string, dead <-chan struct{}) {
	own := turn{name, make(chan struct{})}
	t.mu.Lock()
	t.waiting = append(t.waiting, own)
	t.mu.Unlock()
	select {
	case t.some <- struct{}{}:
	default:
	}
	select {
	case <-own.next:
	case <-dead:
		t.mu.Lock()
		t.waiting = slices.DeleteFunc(t.waiting, func(w turn) bool { return w.next == own.next })
		t.mu.Unlock()
	}
}

// again makes the draws of a life independent of how the one before ended.
func (t *turns) again(seed, life uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rnd = rand.New(rand.NewPCG(seed, 1+life))
}

func (t *turns) deal() {
	for {
		select {
		case <-t.some:
		case <-t.quit:
			return
		}
		for t.one() {
		}
	}
}

// one gives the next turn, if anybody waits for one.
func (t *turns) one() bool {
	synctest.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		return false
	}
	slices.SortStableFunc(t.waiting, func(a, b turn) int { return strings.Compare(a.name, b.name) })
	i := t.rnd.IntN(len(t.waiting))
	close(t.waiting[i].next)
	if t.keep {
		t.order = append(t.order, fmt.Sprint(time.Now().UnixMicro(), " ", t.waiting[i].name))
	}
	t.waiting = slices.Delete(t.waiting, i, i+1)
	return true
}
