package e2e

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"billferry/internal/bill"
	"billferry/mapping"
)

var documents = flag.Int("e2e.documents", 0, "make the evidence of so many documents, and hold time and memory to their goals")

// The evidence of a period with many documents, by the program itself: how long it
// takes, and the most memory that the process has, the pages of its store among it.
//
//	go test ./internal/e2e -run TestEvidenceOfMany -v -timeout 60m -e2e.documents 10000
func TestEvidenceOfMany(t *testing.T) {
	n := *documents
	if n == 0 {
		t.Skip("takes minutes: -e2e.documents 10000")
	}
	x := simulators(t, "--bills", strconv.Itoa(n), "--concurrency", "20")
	began := time.Now()
	sent := x.measured(t, 3, "send", "--integration", "NetSuite US", "--from", x.file) // what the simulator refuses needs a person
	t.Logf("%d Bills were sent in %s, at most %d MB", n, time.Since(began).Round(time.Second/10), sent.mb)
	from, to := "9999", ""
	for _, raw := range x.bills {
		h, err := bill.DecodeHead(raw)
		if err != nil {
			t.Fatal(err)
		}
		from, to = min(from, mapping.Date(h)), max(to, mapping.Date(h))
	}
	pack := filepath.Join(filepath.Dir(x.data), "pack.zip")
	began = time.Now()
	made := x.measured(t, 3, "evidence", from+".."+to, "--out", pack)
	took := time.Since(began)
	size, err := os.Stat(pack)
	if err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	checked := x.measured(t, 0, "evidence", "verify", pack)
	t.Logf("the evidence of %d Bills: %s, at most %d MB, a pack of %.1f MB; verify: %s, at most %d MB", n, took.Round(time.Second/10), made.mb,
		float64(size.Size())/1e6, time.Since(began).Round(time.Second/10), checked.mb)
	found := regexp.MustCompile(`(\d+) Bills, (\d+) documents`).FindStringSubmatch(made.said)
	if found == nil || found[1] != strconv.Itoa(n) {
		t.Fatalf("%s", made.said)
	}
	if docs, err := strconv.Atoi(found[2]); err != nil || docs < n*9/10 { // some Bills of the simulator are refused
		t.Errorf("only %s documents of %d Bills", found[2], n)
	}
	if took > 30*time.Second && n <= 10_000 {
		t.Errorf("it took %s", took)
	}
	if most := 200; made.mb > most && n <= 10_000 {
		t.Errorf("it had %d MB", made.mb)
	}
}

// measure is what a process has said and had.
type measure struct {
	said string
	mb   int // of memory at most, in millions of bytes
}

// measured runs the program on the data folder, which ends with a code.
func (x *simulated) measured(t *testing.T, code int, args ...string) measure {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, append([]string{"--no-keyring", "--data-dir", x.data}, args...)...)
	var out, told strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &told
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended, most := make(chan error, 1), 0
	go func() { ended <- cmd.Wait() }()
	var err error
	for running := true; running; { // what the system tells at the end has the memory of the test in it
		select {
		case err = <-ended:
			running = false
		case <-time.After(10 * time.Millisecond):
			most = max(most, peak(cmd.Process.Pid))
		}
	}
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) || cmd.ProcessState.ExitCode() != code {
		t.Fatalf("billferry %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), told.String())
	}
	return measure{out.String(), most}
}

// peak is the most memory that a process had so far, in millions of bytes; 0 where the
// system does not say.
func peak(pid int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if had, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.Atoi(strings.Fields(had)[0])
			return kib * 1024 / 1e6
		}
	}
	return 0
}
