package world

import (
	"flag"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

var (
	fSeed  = flag.Uint64("world.seed", 0, "live through the world of this seed alone")
	fBills = flag.Int("world.bills", 60, "Bills of a world")
	fFor   = flag.Duration("world.for", 0, "live through worlds for so long, from -world.seed on")
	fLong  = flag.Bool("world.long", false, "make every break, by three seeds each")
	fDump  = flag.Bool("world.history", false, "print the whole history")
)

// One processor: who runs next is then the turns' affair alone.
func TestMain(m *testing.M) {
	flag.Parse()
	runtime.GOMAXPROCS(1)
	os.Exit(m.Run())
}

func ordinary(seed uint64) options { return options{Seed: seed, Bills: *fBills, Crashes: 8} }

// Whatever goes wrong, each Bill ends in NetSuite once and right. A seed that
// fails is repeated by the command that is printed.
func TestWorld(t *testing.T) {
	first, n := uint64(1), uint64(8)
	if *fSeed != 0 {
		first, n = *fSeed, 1
	}
	var sum figures
	for began, s := time.Now(), first; *fFor > 0 && time.Since(began) < *fFor || *fFor == 0 && s < first+n; s++ {
		sum.add(run(t, ordinary(s)))
		if t.Failed() && *fFor == 0 {
			break
		}
	}
	sum.log(t)
}

// A seed is one history: the same messages, changes and moments, twice.
func TestSeedIsOneHistory(t *testing.T) {
	for s := range uint64(20) {
		o := options{Seed: 100 + s, Bills: 12, Crashes: 4}
		first, second := live(t, o), live(t, o)
		if first.Digest != second.Digest {
			at := slices.IndexFunc(first.lines, func(l string) bool { return !slices.Contains(second.lines, l) })
			t.Errorf("seed %d is two histories of %d and %d lines; the first has alone: %q",
				o.Seed, len(first.lines), len(second.lines), first.lines[max(0, at)])
		}
	}
}

// run lives through a world and tells what does not hold.
func run(t *testing.T, o options) report {
	t.Helper()
	r := live(t, o)
	for _, b := range r.Broken {
		t.Errorf("seed %[1]d: %[2]s\n"+
			"again: go test ./internal/testkit/world -run 'TestWorld$' -world.seed=%[1]d -world.bills=%[3]d", o.Seed, b, o.Bills)
	}
	if *fDump {
		for _, l := range r.lines {
			t.Log(l)
		}
	}
	return r
}

// figures add up what worlds tell.
type figures struct {
	worlds, sends, requests, lives, versions, creates, updates, faults, broken int
	virtual                                                                    time.Duration
	by, acts                                                                   map[string]int64
}

func (f *figures) add(r report) {
	if f.by == nil {
		f.by, f.acts = map[string]int64{}, map[string]int64{}
	}
	f.worlds++
	f.sends += r.Sends
	f.requests += r.Requests
	f.lives += r.Lives
	f.versions += r.Versions
	f.creates += r.Creates
	f.updates += r.Updates
	f.virtual += r.Virtual
	f.broken += len(r.Broken)
	for k, n := range r.Faults {
		f.by[k] += n
		f.faults += int(n)
	}
	for k, n := range r.Acts {
		f.acts[k] += int64(n)
	}
}

func (f *figures) log(t *testing.T) {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	cpu := time.Duration(u.Utime.Nano() + u.Stime.Nano())
	t.Logf("%d worlds, %d versions of Bills, %d creates sent, %d accepted, %d updates, %d requests, %d crashes, %d faults of NetSuite",
		f.worlds, f.versions, f.sends, f.creates, f.updates, f.requests, f.lives-f.worlds, f.faults)
	t.Logf("%s passed in %s of processor time; %d broken", f.virtual.Round(time.Minute), cpu.Round(time.Second/10), f.broken)
	t.Logf("faults: %v", f.by)
	t.Logf("what happened: %v", f.acts)
}
