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

// The figures of docs/SPEED.md: everything is measured through a pseudo terminal
// and beside a bare Bubble Tea program in the same run, since machines differ.
//
//	go test ./internal/e2e -run '^$' -bench . -benchtime 20x -runs 1000000 -store /tmp/bf
var (
	benchRuns  = flag.Int("runs", 20000, "runs in the store that the benchmarks look at")
	benchStore = flag.String("store", "", "folder to keep that store in for the next time: a million runs take minutes")
)

const benchIntegration = "00000000-0000-4000-8000-00000000bf01"

// filled is a data folder with -runs runs in it, which all benchmarks share.
var filled = sync.OnceValues(func() (dir string, err error) {
	parent := *benchStore
	if parent == "" {
		parent = filepath.Dir(program) // goes with the program
	}
	dir = filepath.Join(parent, fmt.Sprint("runs-", *benchRuns))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	half := dir + ".half"
	if err := os.RemoveAll(half); err != nil {
		return "", err
	}
	if err := fill(half, *benchRuns, oldRun); err != nil {
		return "", err
	}
	return dir, os.Rename(half, dir)
})

// fill makes a store with an integration, n runs, and some of all else.
func fill(dir string, n int, run func(i int) integration.Run) (err error) {
	a, err := app.Open(app.Config{DataDir: dir, NoKeyring: true, Idle: true}) // makes the key that a store is not without
	if err != nil {
		return err
	}
	if err := a.Close(); err != nil {
		return err
	}
	st, err := store.Open(app.StorePath(dir), store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	ctx := context.Background()
	in := integration.Integration{ID: benchIntegration, EntityType: "Bill", Destination: "Netsuite", Name: "NetSuite US", Enabled: true}
	if _, err := st.CreateIntegration(ctx, in, ""); err != nil {
		return err
	}
	for from := 0; from < n; from += 10_000 {
		var news []delivery.NewRun
		for i := from; i < min(from+10_000, n); i++ {
			news = append(news, delivery.NewRun{Run: run(i), Bill: []byte(`{"id":"x"}`)})
		}
		if _, err := st.AddRuns(ctx, news); err != nil {
			return err
		}
	}
	for i := range 500 {
		account := fmt.Sprint("account-", i)
		if _, err := st.PutMapping(ctx, integration.ExternalMapping{M3terEntity: "Account", M3terID: account,
			ExternalSystem: "Netsuite", ExternalTable: "Customer", ExternalID: strconv.Itoa(600 + i)}); err != nil {
			return err
		}
		if err := st.AddEvent(ctx, integration.Event{ID: fmt.Sprintf("%08x-0000-4000-8000-0000000000ee", i),
			Name:          integration.EventMissingMapping,
			IntegrationID: benchIntegration, AccountID: account, Message: "no external mapping for " + account, Time: time.Now()}); err != nil {
			return err
		}
	}
	return nil
}

// oldRun is a run that was delivered. Of its texts only the reference holds
// the letters of word.
func oldRun(i int) integration.Run {
	amount := decimal.New(int64(100000+i), -2)
	return integration.Run{
		IntegrationID: benchIntegration, EntityID: fmt.Sprintf("%08x-0000-4000-8000-000000000000", i), BillRef: "INVOICE-" + word(i),
		AccountID: fmt.Sprint("account-", i%5000), AccountCode: fmt.Sprint("acct_", i%5000), Currency: "USD", Status: integration.Complete,
		Outcome: integration.Created, ExternalID: strconv.Itoa(48000 + i), Tries: 1, AmountIn: amount, AmountIncluded: amount, AmountOut: amount,
		Created: time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC),
	}
}

// letters are in no other text of a run, and begin no word of the filter language.
const letters = "ghjklmpqrwxyz"

// word writes a number in six letters.
func word(i int) string {
	var w [6]byte
	for at := len(w) - 1; at >= 0; at-- {
		w[at] = letters[i%len(letters)]
		i /= len(letters)
	}
	return string(w[:])
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

// startBare starts it in a terminal of the size that all benchmarks use.
func startBare(b *testing.B) *terminal {
	b.Helper()
	s := startProgram(b, bare(b), 120, 40, unasked)
	s.see("READY")
	return s
}

// startFilled starts billferry on the filled store.
func startFilled(b *testing.B) *terminal {
	b.Helper()
	dir, err := filled()
	if err != nil {
		b.Fatal(err)
	}
	return start(b, 120, 40, nil, "--no-keyring", "--data-dir", dir)
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

// proc reads a file of a process, which not every system has.
func proc(b *testing.B, s *terminal, name string) string {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", s.cmd.Process.Pid, name))
	if err != nil {
		b.Skip("memory and CPU are read from /proc: ", err)
	}
	return string(text)
}

// resident is the private memory of a program in MB, without pages of the
// store's file, which the system takes back when it needs them.
func resident(b *testing.B, s *terminal) float64 {
	b.Helper()
	_, rest, _ := strings.Cut(proc(b, s, "status"), "RssAnon:")
	n, err := strconv.Atoi(strings.Fields(rest + " ?")[0])
	if err != nil {
		b.Fatal("no RssAnon")
	}
	return float64(n) / 1024
}

// cpu is the processor time that a program has taken.
func cpu(b *testing.B, s *terminal) time.Duration {
	b.Helper()
	_, rest, _ := strings.Cut(proc(b, s, "stat"), ") ")
	fields := strings.Fields(rest)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel counts in hundredths of a second
}
