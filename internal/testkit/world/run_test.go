package world

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

var (
	fSeed   = flag.Uint64("world.seed", 0, "live through the world of this seed alone")
	fBills  = flag.Int("world.bills", 0, "Bills of a world; 0: 150")
	fScript = flag.String("world.script", "", "what of a world happens, as a shrunk one is printed")
	fCrash  = flag.Int("world.crashes", -1, "crashes of a world; below 0: as many as usual")
	fSends  = flag.Int("world.sends", 0, "live through worlds until so much was sent")
	fLong   = flag.Bool("world.long", false, "make every break, by three seeds each")
	fBreak  = flag.String("world.break", "", "make only the breaks whose name has this in it, by three seeds each")
	fShrink = flag.Duration("world.shrink", 0, "shrink a world that breaks a rule for so long, in processor time")
	fDump   = flag.Bool("world.history", false, "print the whole history")
)

// ordinary is the world of a seed.
func ordinary(seed uint64) options { return options{Seed: seed, Bills: 150, Crashes: 10} }

// small is one that is over soon.
func small(seed uint64) options { return options{Seed: seed, Bills: 12, Crashes: 4} }

// asked is the world that the flags ask for.
func asked(t *testing.T) options {
	t.Helper()
	o := ordinary(*fSeed)
	if *fBills > 0 {
		o.Bills = *fBills
	}
	if *fCrash >= 0 {
		o.Crashes = *fCrash
	}
	var err error
	if o.Script, err = parseScript(*fScript); err != nil {
		t.Fatal(err)
	}
	return o
}

// Lives through one world again, as a failure says.
func TestWorld(t *testing.T) {
	if *fSeed == 0 {
		t.Skip("a world is named by -world.seed; TestWorlds lives through many")
	}
	one(t)
	o := asked(t)
	r := live(t, o)
	if *fShrink > 0 && len(r.Broken) > 0 {
		o, r = shrink(t, o, r, *fShrink)
		t.Log(failureText(o, r))
	}
	for _, b := range r.Broken {
		t.Error(b)
	}
	if *fDump {
		for _, l := range r.lines {
			t.Log(l)
		}
	}
	var sum figures
	sum.add(r)
	sum.log(t)
}

// one has the test run on one processor, on which a world is one history.
func one(t *testing.T) {
	was := runtime.GOMAXPROCS(1)
	t.Cleanup(func() { runtime.GOMAXPROCS(was) })
}

// A seed is one history: the same messages, changes and moments, twice. The second
// time goroutines are interrupted by chance, as a busy machine does, so that what
// depends on the scheduler shows on an idle one. What many events and hundreds of runs
// depend on shows in a large world alone.
func TestSeedIsOneHistory(t *testing.T) {
	var all []options
	seeds, large := uint64(17), []uint64{10, 19, 24, 515} // the last by plan
	if testing.Short() {
		seeds, large = 5, nil
	}
	for s := range seeds {
		all = append(all, small(100+s))
	}
	for _, s := range large {
		all = append(all, ordinary(s))
	}
	share(t, func(i, n int) {
		for ; i < len(all); i += n {
			playedTwice(t, all[i])
		}
	})
}

func playedTwice(t *testing.T, o options) {
	o.Order = true
	first := live(t, o)
	o.Jostle = true
	second := live(t, o)
	if first.Digest != second.Digest {
		t.Errorf("seed %d is two histories, which part after\n%s\nwhen the turns part after\n%s", o.Seed,
			parting(first.lines, second.lines), parting(first.order, second.order))
	}
}

// parting shows where two histories part.
func parting(a, b []string) string {
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	around := func(l []string) string { return strings.Join(l[max(0, at-2):min(len(l), at+3)], "\n") }
	return fmt.Sprintf("%s\n... or ...\n%s", around(a), around(b))
}

// figures add up what worlds tell.
type figures struct {
	Worlds, Sends, Requests, Lives, Versions, Creates, Updates, Struck, Told int
	Virtual, Processor                                                       time.Duration
	Most                                                                     uint64 // bytes of the heap that were in use after a world
	Faults, Acts                                                             map[string]int64
	Broken                                                                   []string
}

func (f *figures) add(r report) {
	f.join(figures{Worlds: 1, Sends: r.Sends, Requests: r.Requests, Lives: r.Lives, Versions: r.Versions, Creates: r.Creates,
		Updates: r.Updates, Told: r.Told, Virtual: r.Virtual, Faults: r.Faults, Acts: wide(r.Acts)})
}

func wide(m map[string]int) map[string]int64 {
	out := map[string]int64{}
	for k, n := range m {
		out[k] = int64(n)
	}
	return out
}

func (f *figures) join(o figures) {
	if f.Faults == nil {
		f.Faults, f.Acts = map[string]int64{}, map[string]int64{}
	}
	f.Worlds += o.Worlds
	f.Sends += o.Sends
	f.Requests += o.Requests
	f.Lives += o.Lives
	f.Versions += o.Versions
	f.Creates += o.Creates
	f.Updates += o.Updates
	f.Told += o.Told
	f.Virtual += o.Virtual
	f.Processor += o.Processor
	f.Most = max(f.Most, o.Most)
	f.Broken = slices.Concat(f.Broken, o.Broken)
	for k, n := range o.Faults {
		f.Faults[k] += n
		f.Struck += int(n)
	}
	for k, n := range o.Acts {
		f.Acts[k] += n
	}
}

func (f *figures) log(t *testing.T) {
	t.Helper()
	t.Logf("%d worlds, %d versions of Bills, %d sends, %d creates accepted, %d updates, "+
		"%d requests to NetSuite, %d crashes, %d faults, %d events told",
		f.Worlds, f.Versions, f.Sends, f.Creates, f.Updates, f.Requests, f.Lives-f.Worlds, f.Struck, f.Told)
	t.Logf("%s passed; %s of processor time; %d broken; heap %d MB", f.Virtual.Round(time.Minute),
		f.Processor.Round(time.Second/10), len(f.Broken), f.Most>>20)
	t.Logf("faults: %v", f.Faults)
	t.Logf("what happened: %v", f.Acts)
}

// processor is the time that this process has taken of it.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
