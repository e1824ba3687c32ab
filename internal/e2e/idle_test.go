package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A program that nobody touches sleeps: it wakes for the deadlines of its
// engine, not to look whether there is a frame to draw. Counted in turns that
// it was given a processor, which a busy machine does not change.
func TestIdle(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("turns of a process are read from /proc")
	}
	s := demo(t, 100, 30)
	s.see("There is no integration yet")
	const span = time.Second
	least := 1 << 30
	for range 5 { // what it does after its start may take a while
		before := turns(t, s.cmd.Process.Pid)
		time.Sleep(span)
		least = min(least, turns(t, s.cmd.Process.Pid)-before)
		if least < 80 { // a renderer that ticks takes 480
			return
		}
	}
	t.Errorf("at least %d turns in %s", least, span)
}

// turns is how often the threads of a process were given a processor.
func turns(t *testing.T, pid int) int {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no threads")
	}
	n := 0
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue // the thread ended
		}
		fields := strings.Fields(string(text)) // time running, time waiting, turns
		turns, err := strconv.Atoi(fields[2])
		if err != nil {
			t.Fatal(err)
		}
		n += turns
	}
	return n
}
