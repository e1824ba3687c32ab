package delivery

import "time"

// recent counts what happened in each second of the last minute.
type recent struct {
	counts [60]int
	newest int64 // the second that was counted last, since 1970
	first  int64 // the second that counting began with, after a minute of nothing
}

func (r *recent) add(now time.Time) {
	s := now.Unix()
	if s-r.newest >= int64(len(r.counts)) {
		*r = recent{first: s, newest: s}
	}
	for ; r.newest < s; r.newest++ {
		r.counts[(r.newest+1)%int64(len(r.counts))] = 0
	}
	r.counts[s%int64(len(r.counts))]++
}

// least is the span that a rate is told of: of less it would be a guess.
const least = 5

// perMinute is the rate of the last minute, or of as much of it as there was
// anything to do.
func (r *recent) perMinute(now time.Time) int {
	s, all := now.Unix(), int64(len(r.counts))
	n := 0
	for at := max(r.first, s-all+1); at <= r.newest; at++ {
		n += r.counts[at%all]
	}
	return n * int(all) / int(max(least, min(all, s-r.first+1)))
}

// hourly counts what happened in each of the last 24 hours.
type hourly struct {
	counts [24]int
	newest int64 // the hour that was counted last, since 1970
}

// upTo forgets what is older than a day before now.
func (h *hourly) upTo(now time.Time) {
	at := now.Unix() / 3600
	if at-h.newest >= int64(len(h.counts)) {
		*h = hourly{newest: at}
	}
	for ; h.newest < at; h.newest++ {
		h.counts[(h.newest+1)%int64(len(h.counts))] = 0
	}
}

func (h *hourly) add(now time.Time) {
	h.upTo(now)
	h.counts[h.newest%int64(len(h.counts))]++
}

// list has this hour last.
func (h *hourly) list(now time.Time) []int {
	h.upTo(now)
	n := int64(len(h.counts))
	out := make([]int, n)
	for i := range n {
		out[i] = h.counts[(h.newest+1+i)%n]
	}
	return out
}
