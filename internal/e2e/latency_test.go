package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"billferry/internal/app"
	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/store"
)

// The figures of docs/UI.md: everything is measured through a pseudo terminal
// and beside a bare Bubble Tea program in the same run, since machines differ.
//
//	go test ./internal/e2e -run '^$' -bench . -benchtime 20x -runs 1000000
var benchRuns = flag.Int("runs", 20000, "runs in the store that the benchmarks look at")

const benchIntegration = "00000000-0000-4000-8000-00000000bf01"

// filled is a data folder with -runs runs in it. All benchmarks share it, since
// a million take minutes; it lies beside the program and goes with it.
var filled = sync.OnceValues(func() (dir string, err error) {
	dir, n := filepath.Join(filepath.Dir(program), "d"), *benchRuns
	st, err := store.Open(app.StorePath(dir), store.Options{})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	ctx := context.Background()
	in := integration.Integration{ID: benchIntegration, EntityType: "Bill", Destination: "Netsuite", Name: "NetSuite US"}
	if _, err := st.CreateIntegration(ctx, in, ""); err != nil {
		return "", err
	}
	for from := 0; from < n; from += 5000 {
		var news []delivery.NewRun
		for i := from; i < min(from+5000, n); i++ {
			news = append(news, delivery.NewRun{Run: oldRun(i), Bill: []byte(`{"id":"x"}`)})
		}
		if _, err := st.AddRuns(ctx, news); err != nil {
			return "", err
		}
	}
	return dir, nil
})

// setUp is the folder of the filled store and the program to measure against.
func setUp(b *testing.B) (dir, least string) {
	b.Helper()
	dir, err := filled()
	if err != nil {
		b.Fatal(err)
	}
	return dir, bare(b)
}

func oldRun(i int) integration.Run {
	amount := decimal.New(int64(100000+i), -2)
	return integration.Run{
		IntegrationID: benchIntegration, EntityID: fmt.Sprintf("%08x-0000-4000-8000-000000000000", i), BillRef: fmt.Sprintf("INVOICE-%d", i),
		AccountID: fmt.Sprint("account-", i%5000), AccountCode: fmt.Sprint("acct_", i%5000), Currency: "USD", Status: integration.Complete,
		Outcome: integration.Created, ExternalID: strconv.Itoa(48000 + i), Tries: 1, AmountIn: amount, AmountIncluded: amount, AmountOut: amount,
		Created: time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC),
	}
}

// bare builds the least Bubble Tea program.
func bare(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "bare")
	if out, err := exec.Command("go", "build", "-o", path, "billferry/internal/e2e/testdata/bare").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return path
}

// unasked is a terminal that Bubble Tea does not ask for its colours. Elsewhere
// the bare program waits five seconds for an answer that this pseudo terminal
// never gives; billferry does not (internal/earlyterm).
var unasked = []string{"TERM=tmux-256color"}

// quantile of times, in milliseconds.
func quantile(times []time.Duration, q float64) float64 {
	slices.Sort(times)
	return float64(times[min(len(times)-1, int(q*float64(len(times))))].Microseconds()) / 1000
}

// report writes the median and the 95th percentile of both and their ratios.
func report(b *testing.B, ours, bare []time.Duration) {
	b.Helper()
	for _, q := range []struct {
		name string
		at   float64
	}{{"p50", 0.5}, {"p95", 0.95}} {
		a, z := quantile(ours, q.at), quantile(bare, q.at)
		b.ReportMetric(a, q.name+"-ms")
		b.ReportMetric(z, q.name+"-bare-ms")
		b.ReportMetric(a/z, q.name+"-ratio")
	}
	b.ReportMetric(0, "ns/op")
}

// From the start of the process to its first frame, and to rows of the store.
func BenchmarkFirstFrame(b *testing.B) {
	dir, least := setUp(b)
	var ours, theirs, rows []time.Duration
	for range b.N {
		begin := time.Now()
		s := startProgram(b, least, 120, 40, unasked)
		s.see("READY")
		theirs = append(theirs, time.Since(begin))
		s.kill()
		begin = time.Now()
		s = start(b, 120, 40, nil, "--no-keyring", "--data-dir", dir)
		s.see("Integrations")
		ours = append(ours, time.Since(begin))
		s.see("NetSuite US")
		rows = append(rows, time.Since(begin))
		s.press("ctrl+c")
		s.ends()
	}
	report(b, ours, theirs)
	b.ReportMetric(quantile(rows, 0.5), "p50-rows-ms")
}

// From a key to what the program writes for it, in the list of all runs.
func BenchmarkKey(b *testing.B) {
	dir, least := setUp(b)
	other := startProgram(b, least, 120, 40, unasked)
	other.see("READY")
	s := start(b, 120, 40, nil, "--no-keyring", "--data-dir", dir)
	s.see("NetSuite US")
	s.press("r")
	s.see(fmt.Sprintf("#%d", 48000+*benchRuns-1), "following")
	const presses = 40
	var ours, theirs []time.Duration
	for range b.N {
		for range presses {
			theirs = append(theirs, other.answer("down"))
			ours = append(ours, s.answer("down"))
		}
	}
	report(b, ours, theirs)
	b.ReportMetric(float64(resident(b, s.cmd.Process.Pid))/1024, "MB")
	time.Sleep(2 * time.Second) // what is measured is a program left alone
	before, beforeBare := cpu(b, s.cmd.Process.Pid), cpu(b, other.cmd.Process.Pid)
	const idle = 5 * time.Second
	time.Sleep(idle)
	b.ReportMetric(100*(cpu(b, other.cmd.Process.Pid)-beforeBare).Seconds()/idle.Seconds(), "idle-cpu-bare-%")
	b.ReportMetric(100*(cpu(b, s.cmd.Process.Pid)-before).Seconds()/idle.Seconds(), "idle-cpu-%")
}

// answer presses a key and returns the time until the program wrote something.
func (s *terminal) answer(key string) time.Duration {
	s.t.Helper()
	_, changed := s.text()
	begin := time.Now()
	s.press(key)
	select {
	case <-changed:
		return time.Since(begin)
	case <-time.After(patience):
		s.t.Fatalf("no answer to %s", key)
		return 0
	}
}

// resident is the private memory of a process in KB, without pages of the
// store's file, which the system takes back when it needs them.
func resident(b *testing.B, pid int) int {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("memory and CPU are read from /proc: ", err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n
		}
	}
	b.Fatal("no RssAnon")
	return 0
}

// cpu is the processor time that a process has taken.
func cpu(b *testing.B, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel counts in hundredths of a second
}
