package runs

import (
	"maps"
	"slices"

	"billferry/internal/integration"
)

const (
	pageSize  = 100 // rows of one request
	keepPages = 12  // loaded pages: what a person can see and scroll back to at once
	seekPages = 3   // pages that are read for the run under the cursor when new ones came above it
)

// pages holds a window of an endless list: every page it has seen by the token
// that opens it, but the rows only of the pages near the eye. Turned, the pages
// come oldest first and are shown bottom up, so that the end of a million runs
// is one request away.
type pages struct {
	tokens []string // tokens[p] opens page p
	starts []int    // starts[p] is the number of rows before page p
	known  int      // rows of all pages seen
	rows   map[int][]integration.Run
	stale  map[int]bool // loaded, but something changed since
	ended  bool
	turned bool
}

func newPages(turned bool) *pages {
	return &pages{tokens: []string{""}, rows: map[int][]integration.Run{}, stale: map[int]bool{}, turned: turned}
}

// Len is how many rows are known to exist.
func (p *pages) Len() int { return p.known }

// seq turns a place on the screen into a place in the pages' own order, and back.
func (p *pages) seq(i int) int {
	if p.turned {
		return p.known - 1 - i
	}
	return i
}

// page tells which page holds row s of the pages' own order.
func (p *pages) page(s int) int {
	n, found := slices.BinarySearch(p.starts, s)
	if !found {
		n--
	}
	for n+1 < len(p.starts) && p.starts[n+1] == s { // empty pages before it
		n++
	}
	return n
}

// at returns the row at a place on the screen; false while it is not loaded.
func (p *pages) at(i int) (integration.Run, bool) {
	s := p.seq(i)
	if s < 0 || s >= p.known {
		return integration.Run{}, false
	}
	n := p.page(s)
	rows := p.rows[n]
	if k := s - p.starts[n]; k < len(rows) {
		return rows[k], true
	}
	return integration.Run{}, false
}

// id names the row at a place on the screen, "" while it is not loaded.
func (p *pages) id(i int) string { r, _ := p.at(i); return r.ID }

// put takes page n as it came. A page that ends elsewhere than before makes
// the pages after it unknown again: their rows may have moved.
func (p *pages) put(n int, page integration.RunPage) {
	if n > len(p.starts) {
		return // the pages before it went away meanwhile
	}
	again := n < len(p.starts)
	if again && n+1 < len(p.tokens) && p.tokens[n+1] == page.Next && len(page.Runs) == p.size(n) {
		p.rows[n] = page.Runs
		delete(p.stale, n)
		return
	}
	if again {
		p.cut(n)
	}
	p.starts = append(p.starts, p.known)
	p.known += len(page.Runs)
	p.rows[n] = page.Runs
	p.ended = page.Next == ""
	if !p.ended {
		p.tokens = append(p.tokens, page.Next)
	}
}

func (p *pages) size(n int) int {
	if n+1 < len(p.starts) {
		return p.starts[n+1] - p.starts[n]
	}
	return p.known - p.starts[n]
}

// cut forgets page n and all after it, but not how to open page n.
func (p *pages) cut(n int) {
	p.known = p.starts[n]
	p.starts, p.tokens, p.ended = p.starts[:n], p.tokens[:n+1], false
	gone := func(k int) bool { return k >= n }
	maps.DeleteFunc(p.rows, func(k int, _ []integration.Run) bool { return gone(k) })
	maps.DeleteFunc(p.stale, func(k int, _ bool) bool { return gone(k) })
}

// outdate marks everything loaded as to be read again when it is in view.
func (p *pages) outdate() {
	for n := range p.rows {
		p.stale[n] = true
	}
}

// want names the page to load next for the rows from..to on the screen: first
// what is in view and missing or stale, then what will be in view soon.
func (p *pages) want(from, to int) (page int, ok bool) {
	if len(p.starts) == 0 || p.known == 0 && p.stale[0] { // there may be rows by now
		return 0, true
	}
	if n, found := p.missing(from, to, true); found {
		return n, true
	}
	if n, found := p.missing(from-pageSize/2, to+pageSize/2, false); found {
		return n, true
	}
	ahead := to + pageSize/2
	if p.turned {
		ahead = p.known - from + pageSize/2
	}
	return len(p.starts), !p.ended && ahead >= p.known
}

func (p *pages) missing(from, to int, stale bool) (int, bool) {
	from, to = max(0, from), min(p.known, to)
	if from >= to {
		return 0, false
	}
	a, b := p.page(p.seq(from)), p.page(p.seq(to-1))
	for n := min(a, b); n <= max(a, b); n++ {
		if p.rows[n] == nil && p.size(n) > 0 || stale && p.stale[n] {
			return n, true
		}
	}
	return 0, false
}

// evict drops the rows of pages far from the rows in view.
func (p *pages) evict(from int) {
	if len(p.rows) <= keepPages || p.known == 0 {
		return
	}
	here := p.page(p.seq(min(max(0, from), p.known-1)))
	for n := range p.rows {
		if n < here-keepPages/2 || n > here+keepPages/2 {
			delete(p.rows, n)
			delete(p.stale, n)
		}
	}
}
