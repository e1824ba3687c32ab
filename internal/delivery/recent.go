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
