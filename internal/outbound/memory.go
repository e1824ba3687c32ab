package outbound

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// remembered is how many secrets are kept in mind of either kind, those used
// last: keys and API secrets that last, and tokens and assertions that do not.
// The second kind comes anew every hour, and must not drive out the first.
const remembered = 64

// lasts tells the two apart.
func (k known) lasts() bool { return !k.bearer && !strings.HasPrefix(k.text, "eyJ") }

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
	order := slices.SortedFunc(maps.Keys(s.all), func(a, b known) int { return int(s.all[b].Load() - s.all[a].Load()) })
	kept, have := order[:0], map[bool]int{}
	for _, k := range order {
		if have[k.lasts()]++; have[k.lasts()] > remembered {
			delete(s.all, k)
			continue
		}
		kept = append(kept, k)
	}
	s.m.Store(newMatcher(kept))
}
