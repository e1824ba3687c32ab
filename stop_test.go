package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// mostStop is how long a stop may take, whatever hangs: docs/OPERATING.md says so.
const mostStop = 10 * time.Second

// control changes the NetSuite simulator.
func (s *shell) control(path, body string) {
	s.t.Helper()
	resp, err := http.Post(s.netsuite+"/sandbox/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %s", path, body, resp.Status)
	}
}

// until looks until another process has come so far: there is nothing to wait on.
func (s *shell) until(what string, so func() bool) {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%s: it does not come about", what)
		}
	}
}

// hung starts a command, and one that it works for, waits until calls hang, sends
// a signal and wants it to end in order. It answers what was printed and the exit
// code.
func (s *shell) hung(fault string, sig os.Signal, beside []string, args ...string) (string, int) {
	s.t.Helper()
	before := s.faulted()
	s.control("faults", `{"faults":["`+fault+`"]}`)
	cmd := s.command(args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	if beside != nil {
		s.until("the socket", func() bool {
			_, err := os.Stat(filepath.Join(s.dir, "data", "billferry.sock"))
			return err == nil
		})
		other := s.command(beside...)
		if err := other.Start(); err != nil {
			s.t.Fatal(err)
		}
		defer func() { _ = other.Wait() }()
	}
	s.until(fault, func() bool { return s.faulted() > before })
	began := time.Now()
	if err := cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
	late := time.AfterFunc(mostStop+5*time.Second, func() { _ = cmd.Process.Signal(syscall.SIGQUIT) }) // tells what it does
	_ = cmd.Wait()
	late.Stop()
	if took := time.Since(began); took > mostStop {
		s.t.Errorf("%s with %s: the stop took %s", args[0], fault, took)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// faulted is how many faults have struck by now.
func (s *shell) faulted() (n int64) {
	s.t.Helper()
	resp, err := http.Get(s.netsuite + "/sandbox/stats")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var st struct {
		Faults map[string]int64 `json:"faults"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&st); err != nil {
		s.t.Fatal(err)
	}
	for _, hits := range st.Faults {
		n += hits
	}
	return n
}

// A NetSuite that hangs holds up no stop, wherever it hangs: within ten seconds
// send and serve end in order. What had no answer is on disk, is looked up first
// by whoever comes next, and no document is made twice.
func TestStopWhileNetSuiteHangs(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]string{
		"before the create": "write:hang(1m)=1",
		"after the create":  "write:hang-after(1m)=1",
		"queries":           "query:hang(1m)=1",
		"tokens":            "token:hang(1m)=1",
		"answers that drip": "write:drip(1m)=1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, a := newShell(t, "--concurrency", "64") // a call that hangs keeps its slot
			s.connected(a)
			send := []string{"send", "--integration", "NS", "--from", a.BillsFile}
			if name == "queries" || name == "tokens" { // which a person asks for
				out, code := s.hung(fault, syscall.SIGTERM, []string{"integration", "test", "NS"}, "serve")
				if code != 0 || !strings.Contains(out, "stopping") {
					t.Errorf("serve for integration test: exit %d\n%s", code, out)
				}
			}
			out, code := s.hung(fault, os.Interrupt, nil, send...)
			if code != 3 || !strings.Contains(out, "bills are left") {
				t.Errorf("send: exit %d\n%s", code, out)
			}
			s.control("tokens/expire", "{}")
			out, code = s.hung(fault, syscall.SIGTERM, nil, "serve")
			if code != 0 || !strings.Contains(out, "stopping") {
				t.Errorf("serve: exit %d\n%s", code, out)
			}
			s.control("faults", `{"faults":[]}`)
			if out, code = s.run(send...); code != 3 || !strings.Contains(out, "40 bills") {
				t.Errorf("send: exit %d\n%s", code, out)
			}
			if st := s.stats(); st.Creates != 37 || len(st.ByID) != 37 || st.Duplicates != 0 {
				t.Errorf("NetSuite made %d documents of %d Bills, %d twice\n%s", st.Creates, len(st.ByID), st.Duplicates, out)
			}
			if out := s.must("store", "check"); !strings.Contains(out, "0 problems") {
				t.Error(out)
			}
		})
	}
}

// A send that is stopped says so at once, and what it waits for; a second signal
// ends it on the spot. Nothing is lost by that, and nothing is sent twice.
func TestSendSaysThatItStops(t *testing.T) {
	t.Parallel()
	s, a := newShell(t, "--concurrency", "64")
	s.connected(a)
	s.control("faults", `{"faults":["write:hang-after(1m)=1"]}`)
	told := filepath.Join(s.dir, "told")
	f, err := os.Create(told)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	send := []string{"send", "--integration", "NS", "--from", a.BillsFile}
	cmd := s.command(send...)
	cmd.Stdout, cmd.Stderr = f, f
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	s.until("a call that hangs", func() bool { return s.faulted() > 0 })
	signal := func() time.Time {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		return time.Now()
	}
	at := signal()
	s.until("a word", func() bool {
		b, err := os.ReadFile(told)
		return err == nil && strings.Contains(string(b), "stopping: calls under way") && strings.Contains(string(b), "Ctrl-C again")
	})
	if took := time.Since(at); took > 3*time.Second { // the calls would take seven
		t.Errorf("it said so after %s", took)
	}
	at = signal()
	_ = cmd.Wait()
	if took := time.Since(at); took > 3*time.Second {
		t.Errorf("the second signal took %s", took)
	}
	s.control("faults", `{"faults":[]}`)
	if out, code := s.run(send...); code != 3 || !strings.Contains(out, "40 bills") {
		t.Errorf("send: exit %d\n%s", code, out)
	}
	if st := s.stats(); st.Creates != 37 || st.Duplicates != 0 {
		t.Errorf("NetSuite made %d documents, %d twice", st.Creates, st.Duplicates)
	}
}
