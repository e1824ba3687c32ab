package outbound

import (
	"slices"
	"sync"
	"sync/atomic"
)

// remembered is how many secrets are kept in mind, those used last. An
// integration has two: its token, and the assertion that got it.
const remembered = 64

// memory holds the secrets that were sent.
type memory struct {
	mu   sync.RWMutex
	all  map[known]*atomic.Int64 // when each was used last
	tick atomic.Int64
	m    atomic.Pointer[matcher]
}

// add keeps secrets in mind. Those that are known already, as nearly always,
// cost a look into a map.
func (s *memory) add(secrets []known) {
	s.mu.RLock()
	missing := false
	for _, k := range secrets {
		if used := s.all[k]; used != nil {
			used.Store(s.tick.Add(1))
		} else if len(k.text) >= shortest {
			missing = true
		}
	}
	s.mu.RUnlock()
	if !missing {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[known]*atomic.Int64{}
	}
	for _, k := range secrets {
		if len(k.text) < shortest {
			continue
		}
		used := new(atomic.Int64)
		used.Store(s.tick.Add(1))
		s.all[k] = used
	}
	order := make([]known, 0, len(s.all))
	for k := range s.all {
		order = append(order, k)
	}
	slices.SortFunc(order, func(a, b known) int { return int(s.all[b].Load() - s.all[a].Load()) })
	for len(order) > remembered {
		delete(s.all, order[len(order)-1])
		order = order[:len(order)-1]
	}
	s.m.Store(newMatcher(order))
}
