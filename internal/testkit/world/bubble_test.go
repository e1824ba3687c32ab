package world

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"billferry/internal/delivery"
)

// bubbleBreaks are faults that stop the clock of a world, or leave something in
// it: each ends a process, in which it says so.
var bubbleBreaks = []struct {
	breakage
	bills int // of the world; a lock is waited for where two are sent at once
	says  string
}{
	{breakage{name: "a lock is held while NetSuite is asked", destination: func() func(*lookups) delivery.Destination {
		var lock sync.Mutex
		return destinationOf(func(c deliver) (delivery.Delivered, error) {
			lock.Lock()
			defer lock.Unlock()
			return c.do()
		})
	}()}, 60, "[sync.Mutex.Lock"},
	{breakage{name: "a goroutine is left behind", destination: destinationOf(func(c deliver) (delivery.Delivered, error) {
		go func() { <-context.Background().Done() }()
		return c.do()
	})}, 12, "blocked goroutines remain"},
}

const bubbleEnv = "WORLD_BUBBLE"

// A lock that is held while the wire takes its time, and a goroutine that stays,
// are found: the clock of the world stands still, or its bubble does not end.
func TestTheBubbleFindsLocksAndLeaks(t *testing.T) {
	t.Parallel()
	if name := os.Getenv(bubbleEnv); name != "" {
		for _, b := range bubbleBreaks {
			if b.name == name {
				go standstill()
				o := options{Seed: 1, Bills: b.bills}
				o.Break = b.breakage
				live(t, o)
			}
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bubbleBreaks {
		cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestTheBubbleFindsLocksAndLeaks$", "-test.timeout=2m")
		cmd.Env = append(os.Environ(), bubbleEnv+"="+b.name, folderEnv+"="+t.TempDir(), "GOMAXPROCS=1")
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), b.says) {
			t.Errorf("%s: %v, and %q is not in\n%s", b.name, err, b.says, out)
		}
	}
}

// standstill ends the process when somebody waits for a lock for a second: it
// runs outside of the bubble, by the clock of the machine.
func standstill() {
	buf := make([]byte, 1<<20)
	for seen := 0; ; time.Sleep(100 * time.Millisecond) {
		all := string(buf[:runtime.Stack(buf, true)])
		if seen++; !strings.Contains(all, "[sync.Mutex.Lock") {
			seen = 0
		}
		if seen == 10 {
			fmt.Println(all)
			os.Exit(1)
		}
	}
}
