package world

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strings"
	"time"

	"billferry/internal/sandbox/fault"
)

// faults are those that the simulator knows and whose Bills can be right in the
// end, each with the most that its rate may be in a world.
var faults = []string{
	"refuse=%.4f", "refuse-400=%.4f", "refuse-401(60s)=%.4f", "retry-after=%.4f", "expire=%.4f",
	"500=%.4f", "500-after=%.4f", "html=%.4f", "html-after=%.4f", "reset=%.4f", "reset-after=%.4f",
	"hang(200s)=%.4f", "hang-after(200s)=%.4f", "truncate=%.4f", "drip(4s)=%.4f", "no-location=%.4f", "locked=%.4f", "changed=%.4f",
	"read:500=%.4f", "read:html=%.4f", "read:reset=%.4f", "read:truncate=%.4f", "read:hang(200s)=%.4f",
	"query:500=%.4f", "query:truncate=%.4f", "token:500=%.4f", "token:reset=%.4f",
}

// m3terFaults are those of m3ter: all it does is answer questions.
var m3terFaults = []string{
	"m3ter:500=%.4f", "m3ter:html=%.4f", "m3ter:reset=%.4f", "m3ter:truncate=%.4f", "m3ter:hang(200s)=%.4f", "m3ter:drip(4s)=%.4f",
	"m3ter:429=%.4f", "m3ter:retry-after=%.4f", "m3ter:403=%.4f", "m3ter:expire=%.4f",
}

// faultNames are the names by which a script leaves faults out.
func faultNames() (out []string) {
	for _, text := range append(slices.Clone(faults), m3terFaults...) {
		out = append(out, faultName(text))
	}
	return out
}

func faultName(text string) string {
	name, _, _ := strings.Cut(text, "=")
	name, _, _ = strings.Cut(name, "(")
	return name
}

// someFaults draws the faults of a world: some are frequent, many do not occur.
func (w *world) someFaults(kind string, list []string) (out []fault.Fault) {
	rnd := w.draws(kind, 0)
	for _, text := range list {
		rate := 0.06 * rnd.Float64() * rnd.Float64()
		if rnd.IntN(3) == 0 || !w.on(kind) || !w.on(faultName(text)) {
			rate = 0
		}
		f, err := fault.Parse(fmt.Sprintf(text, rate)) // one that never strikes keeps its place
		if err != nil {
			panic(err)
		}
		out = append(out, f)
	}
	return out
}

// way is what the network does to a request beside what the simulator does.
type way struct {
	lost   bool          // it never arrives
	late   time.Duration // it arrives so much later, whether or not anybody waits
	twice  bool          // it arrives twice
	second bool          // and the second answer is the one that comes back
}

// latest bounds how late a request arrives. NetSuite gives one up after a quarter
// of an hour, and what billferry does about it ends there: see netsuite.Options.Late.
const latest = 10 * time.Minute

// network draws what happens to a message on its way.
func (w *world) network(m message) way {
	w.mu.Lock()
	n := w.sent[m.name]
	w.sent[m.name]++
	w.mu.Unlock()
	if w.calm.Load() || m.token() {
		return way{}
	}
	rnd := w.draws("out "+m.name, n)
	p := rnd.Float64()
	switch {
	case p < w.trouble:
		return way{lost: true}
	case p < 2*w.trouble && (m.create() || m.update()) && w.on("late"):
		return way{late: time.Duration(rnd.Int64N(int64(latest)))}
	case p < 3*w.trouble && m.method != http.MethodGet && w.on("twice"):
		return way{twice: true, second: rnd.IntN(2) == 0}
	}
	return way{}
}

func sumOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // a hash takes everything
	return h.Sum64()
}

// jitter depends on nothing but the moment: it cannot matter who draws first.
func (w *world) jitter(bound time.Duration) time.Duration {
	h := fnv.New64a()
	fmt.Fprint(h, w.o.Seed, time.Now().UnixNano(), bound)
	return time.Duration(h.Sum64() % uint64(bound))
}
