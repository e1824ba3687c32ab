package world

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"
)

// part is what a child process does: worlds of every step-th seed from first on,
// until so much was sent.
type part struct {
	First, Step uint64
	Sends       int
	Out         string // where its figures go
}

const partEnv = "WORLD_PART"

func isChild() bool { return os.Getenv(partEnv) != "" }

// Whatever goes wrong, each Bill ends in NetSuite once and right. A seed that
// fails is shrunk and repeated by the command that is printed.
func TestWorlds(t *testing.T) {
	if isChild() {
		child(t)
		return
	}
	sends := 20_000
	switch {
	case *fSends > 0:
		sends = *fSends
	case testing.Short() || race:
		sends = 1_000
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	n := runtime.GOMAXPROCS(0)
	var all sync.WaitGroup
	parts := make([]figures, n)
	for i := range n {
		all.Go(func() {
			p := part{First: *fSeed + uint64(i) + 1, Step: uint64(n), Sends: sends / n, Out: filepath.Join(t.TempDir(), "figures")}
			text, err := json.Marshal(p)
			if err != nil {
				t.Error(err)
				return
			}
			cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestWorlds$", "-test.timeout=0")
			cmd.Env = append(os.Environ(), partEnv+"="+string(text), "GOMAXPROCS=1")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("the worlds from seed %d on: %v\n%s", p.First, err, out)
			}
			raw, err := os.ReadFile(p.Out)
			if err == nil {
				err = json.Unmarshal(raw, &parts[i])
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var sum figures
	for _, f := range parts {
		sum.join(f)
	}
	for _, b := range sum.Broken {
		t.Error(b)
	}
	sum.log(t)
}

const shareEnv = "WORLD_SHARE"

// share has as many processes as there are processors, of one processor each, do a test's
// work at the same time: do is called in each, and does the i-th of n shares of it.
func share(t *testing.T, do func(i, n int)) {
	t.Helper()
	if of := os.Getenv(shareEnv); of != "" {
		var i, n int
		if _, err := fmt.Sscanf(of, "%d/%d", &i, &n); err != nil {
			t.Fatal(err)
		}
		one(t)
		do(i, n)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	n := runtime.GOMAXPROCS(0)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.timeout=0", "-test.v",
				fmt.Sprintf("-test.short=%t", testing.Short()), fmt.Sprintf("-world.long=%t", *fLong), "-world.break="+*fBreak)
			cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d/%d", shareEnv, i, n), "GOMAXPROCS=1")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("share %d of %d: %v\n%s", i+1, n, err, out)
			} else {
				t.Logf("%s", out)
			}
		})
	}
	all.Wait()
}

// child lives through its part. It is a process of its own and of one processor.
func child(t *testing.T) {
	one(t)
	debug.SetGCPercent(-1) // a world makes little that lasts, and is collected at its end
	debug.SetMemoryLimit(400 << 20)
	var p part
	if err := json.Unmarshal([]byte(os.Getenv(partEnv)), &p); err != nil {
		t.Fatal(err)
	}
	var sum figures
	for seed := p.First; sum.Sends < p.Sends && len(sum.Broken) < 3; seed += p.Step {
		o := ordinary(seed)
		r := live(t, o)
		sum.add(r)
		if len(r.Broken) > 0 {
			o, r = shrink(t, o, r, 3*time.Minute)
			sum.Broken = append(sum.Broken, failureText(o, r))
		}
		sum.Processor = processor()
		sum.Most = max(sum.Most, heap())
		if raw, err := json.Marshal(sum); err != nil || os.WriteFile(p.Out, raw, 0o600) != nil {
			t.Fatalf("the figures could not be written: %v", err)
		}
	}
}

// heap is what is still in use once a world is over.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// failureText says what was broken and how to see it again.
func failureText(o options, r report) string {
	var b strings.Builder
	for _, x := range r.Broken {
		fmt.Fprintf(&b, "seed %d: %s", o.Seed, x)
	}
	if len(r.lines) <= page {
		fmt.Fprintf(&b, "the whole history:\n%s\n", strings.Join(r.lines, "\n"))
	}
	fmt.Fprintf(&b, "again: GOMAXPROCS=1 go test ./internal/testkit/world -run 'TestWorld$' -v "+
		"-world.seed=%d -world.bills=%d -world.crashes=%d -world.script='%s'",
		o.Seed, o.Bills, o.Crashes, o.Script)
	return b.String()
}

// page is the lines of a page.
const page = 60
