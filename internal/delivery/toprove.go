package delivery

import (
	"slices"
	"time"
)

// delays are how long the last documents took from the destination's answer to their
// proof.
type delays struct {
	last [31]time.Duration
	n    int // that there were
}

func (d *delays) add(x time.Duration) {
	d.last[d.n%len(d.last)] = x
	d.n++
}

// middle is longer than half of them took; zero when there were none.
func (d *delays) middle() time.Duration {
	all := slices.Clone(d.last[:min(d.n, len(d.last))])
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// proved notes how long after the answer a document was proven.
func (g *governor) proved(after time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.proofs.add(after)
}
