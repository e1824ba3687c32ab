package fault

import (
	"slices"
	"sync"
)

// Set is the faults in force. It is safe for many goroutines.
type Set struct {
	seed uint64

	mu     sync.Mutex
	faults []counted
	struck map[Kind]int64
}

type counted struct {
	Fault
	seen int64 // requests of its target so far
}

// NewSet starts with these faults; the seed decides which requests a rate hits.
func NewSet(seed uint64, faults []Fault) (*Set, error) {
	s := &Set{seed: seed, struck: map[Kind]int64{}}
	return s, s.Replace(faults)
}

// Replace puts these faults in force and starts counting again.
func (s *Set) Replace(faults []Fault) error {
	list := make([]counted, 0, len(faults))
	for _, f := range faults {
		f, err := f.check()
		if err != nil {
			return err
		}
		list = append(list, counted{Fault: f})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = list
	return nil
}

// Draw says what happens to the next request of target t; a Fault without a
// Kind means that nothing does. When several strike, the first listed wins.
func (s *Set) Draw(t Target) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var hit Fault
	for i := range s.faults {
		f := &s.faults[i]
		if f.Target != t && (f.Target != Any || t == Token || t == M3ter) {
			continue
		}
		f.seen++
		if hit.Kind == "" && f.strikes(s.seed+uint64(i)) {
			hit = f.Fault
			s.struck[hit.Kind]++
		}
	}
	return hit
}

func (f *counted) strikes(seed uint64) bool {
	if len(f.Nth) > 0 {
		return slices.Contains(f.Nth, f.seen)
	}
	return f.Rate > 0 && Unit(seed, uint64(f.seen)) < f.Rate
}

// Struck counts the faults that happened, by kind.
func (s *Set) Struck() map[Kind]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[Kind]int64, len(s.struck))
	for k, n := range s.struck {
		out[k] = n
	}
	return out
}

// Unit is the nth number of a stream, in [0,1): it depends on nothing but
// seed and n, so that concurrent requests cannot change who draws what
// (the mixer of SplitMix64).
func Unit(seed, n uint64) float64 {
	return float64(Mix(seed, n)>>11) / (1 << 53)
}

// Mix hashes seed and n to 64 well mixed bits.
func Mix(seed, n uint64) uint64 {
	z := seed*0x9E3779B97F4A7C15 + n*0xD1B54A32D192ED03 + 0x9E3779B97F4A7C15
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	return z ^ (z >> 31)
}
