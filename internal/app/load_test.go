package app

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"billferry/internal/api"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// loadBills makes TestLoad a measurement: how many Bills. docs/SPEED.md has the
// figures of 100,000.
var loadBills = flag.Int("load", 300, "Bills that TestLoad queues")

// childDir makes this test binary a billferry of its own on that folder.
const childDir = "BILLFERRY_LOAD_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(serveAlone(dir))
	}
	os.Exit(m.Run())
}

// serveAlone is what serve does, until it is told to stop.
func serveAlone(dir string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	a, err := Open(Config{DataDir: dir, NoKeyring: true, PollEvery: -1, Version: "load"})
	if err == nil {
		err = a.Start(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready")
	<-ctx.Done()
	if err := a.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// child is a billferry in a process of its own.
type child struct {
	cmd *exec.Cmd
	service.Service
}

func startChild(t *testing.T, dir string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), childDir+"="+dir), os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("it said %q: %v", line, err)
	}
	return &child{cmd, api.Dial(SocketPath(dir), Catalog())}
}

// stop ends the child with a signal and waits for it.
func (c *child) stop(sig os.Signal) error {
	return errors.Join(c.cmd.Process.Signal(sig), ignoreExit(c.cmd.Wait()))
}

func ignoreExit(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() < 0 { // ended by the signal
		return nil
	}
	return err
}

// anon is the memory of a process that is no file's, in MiB; 0 where the
// system does not tell.
func anon(pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "RssAnon:")
	kib, err := strconv.Atoi(strings.Fields(rest + " 0")[0])
	if err != nil {
		return 0
	}
	return kib >> 10
}

// A backlog is in the store when billferry starts; it is killed in the middle
// and started again. Every Bill is settled once, and memory stays within bounds
// whatever the number of Bills.
func TestLoad(t *testing.T) {
	t.Parallel()
	n := *loadBills
	w := newWorld(t, sandbox.Options{Bills: 1, Concurrency: 20, Clean: true, Seed: 1})
	in := w.create(t, "NetSuite US", spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault,
		"billferry": map[string]any{"maxConcurrency": 16}})
	began := time.Now()
	if err := queue(t.Context(), w.app, in.ID, n); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d Bills queued in %s", n, time.Since(began).Round(time.Millisecond))
	w.connect(t, in)
	w.close(t)

	var peak int
	began = time.Now()
	c := startChild(t, w.dir)
	settle(t, c, &peak, n/2)
	if err := c.stop(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	t.Logf("killed after %s", time.Since(began).Round(time.Millisecond))
	c = startChild(t, w.dir)
	totals := settle(t, c, &peak, n)
	took := time.Since(began)
	addsUp(t, c)
	if err := c.stop(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	stats := w.sb.Stats()
	if totals.ByStatus[integration.Complete] != n || len(stats.CreatesByExternalID) != n {
		t.Errorf("%v; NetSuite holds %d documents, of %d", totals.ByStatus, len(stats.CreatesByExternalID), n)
	}
	for id, times := range stats.CreatesByExternalID {
		if times != 1 {
			t.Errorf("%s was created %d times", id, times)
		}
	}
	info, err := os.Stat(StorePath(w.dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d Bills settled once in %s, %.0f a second; memory (anon) %d MiB at most; file %d MiB",
		n, took.Round(time.Millisecond), float64(n)/took.Seconds(), peak, info.Size()>>20)
	if peak > 300 {
		t.Errorf("it took %d MiB of memory", peak)
	}
}

// addsUp checks the money of every run.
func addsUp(t *testing.T, s service.Service) {
	t.Helper()
	for token := ""; ; {
		page, err := s.Runs(t.Context(), integration.RunFilter{}, token, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Runs {
			if !r.AmountIncluded.Add(r.AmountExcluded).Add(r.Rounding).Equal(r.AmountIn) || !r.AmountOut.Equal(r.AmountIncluded) {
				t.Errorf("%s: in %s is not %s + %s + %s, or %s is not what arrived", r.BillRef, r.AmountIn, r.AmountIncluded, r.AmountExcluded,
					r.Rounding, r.AmountOut)
			}
		}
		if token = page.Next; token == "" {
			return
		}
	}
}

// queue records n Bills, a batch in one transaction as 'send' does.
func queue(ctx context.Context, a *App, id string, n int) error {
	r, pipe := io.Pipe()
	defer func() { _ = r.Close() }()
	go func() {
		_, err := sandbox.BillStream(pipe, sandbox.StreamOptions{Bills: n, Seed: 1})
		pipe.CloseWithError(err)
	}()
	lines := bufio.NewReaderSize(r, 1<<20)
	var batch [][]byte
	for {
		line, err := lines.ReadBytes('\n')
		if err == nil {
			batch = append(batch, line)
		}
		if len(batch) == 1000 || errors.Is(err, io.EOF) {
			if _, err := a.engine.SubmitBatch(ctx, id, batch, "file"); err != nil {
				return err
			}
			batch = batch[:0]
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// settle waits until n runs are settled, and watches the memory meanwhile.
func settle(t *testing.T, c *child, peak *int, n int) integration.Totals {
	t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	last, moved := -1, time.Now()
	for {
		*peak = max(*peak, anon(c.cmd.Process.Pid))
		totals, err := c.Totals(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		done := 0
		for status, count := range totals.ByStatus {
			if status.Settled() {
				done += count
			}
		}
		if done >= n {
			return totals
		}
		if done != last {
			last, moved = done, time.Now()
		}
		if time.Since(moved) > time.Minute {
			t.Fatalf("nothing moves: %v", totals.ByStatus)
		}
		<-ticker.C
	}
}
