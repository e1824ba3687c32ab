package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

const killEnv = "BILLFERRY_TEST_KILL"

// TestKilledProcess kills a process that writes as fast as it can, at several
// points. All it said was written must be there, and nothing half-made.
func TestKilledProcess(t *testing.T) {
	t.Parallel()
	if path := os.Getenv(killEnv); path != "" {
		writeUntilKilled(path)
		return
	}
	path := filepath.Join(t.TempDir(), "x.db")
	said := map[string]integration.Status{}
	for _, lines := range []int{1, 7, 40, 90} {
		for id, status := range killAfter(t, path, lines) {
			said[id] = status
		}
		s, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for id, want := range said {
			if r, err := s.Run(t.Context(), id); err != nil || r.Status != want && r.Status != integration.Complete {
				t.Errorf("run %s was %s, is %s, %v", id, want, r.Status, err)
			}
		}
		rep, err := s.Check(t.Context(), false, nil)
		if err != nil || rep.Found != 0 || rep.Runs < len(said) {
			t.Errorf("check after the kill: %+v, %v", rep, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killAfter runs this test as the writer, kills it after so many lines and
// gives what it said until then.
func killAfter(t *testing.T, path string, lines int) map[string]integration.Status {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledProcess$", "-test.v=false")
	cmd.Env = append(os.Environ(), killEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := map[string]integration.Status{}
	n := 0
	for sc := bufio.NewScanner(out); sc.Scan(); {
		id, status, ok := strings.Cut(sc.Text(), " ")
		if !ok {
			t.Errorf("the writer said %q", sc.Text())
			break
		}
		said[id] = integration.Status(status)
		if n++; n == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || n < lines {
		t.Fatalf("the writer ended by itself after %d lines: %v", n, err)
	}
	return said
}

func writeUntilKilled(path string) {
	ctx := context.Background()
	s, err := Open(path, Options{most: 16}) // every few changes the stage goes into the trees
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				added, err := s.AddRuns(ctx, addBills(w, i))
				if err != nil {
					fmt.Println(err)
					os.Exit(1)
				}
				r := added[0].Run
				fmt.Println(r.ID + " " + string(r.Status))
				r.Status = integration.Complete
				if err := s.SaveRun(ctx, r, &integration.Attempt{N: 1}); err != nil {
					fmt.Println(err)
					os.Exit(1)
				}
				fmt.Println(r.ID + " " + string(r.Status))
			}
		}()
	}
	select {}
}

// addBills makes two Bills nobody else makes.
func addBills(w, i int) []delivery.NewRun {
	return []delivery.NewRun{
		newRun("in", fmt.Sprintf("a%d-%d-%d", os.Getpid(), w, i), 1), newRun("in", fmt.Sprintf("b%d-%d-%d", os.Getpid(), w, i), 1),
	}
}
