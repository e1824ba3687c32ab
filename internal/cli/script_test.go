//go:build unix

package cli

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"billferry/internal/destination/destinationtest"
	"billferry/internal/testkit/pgtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"billferry": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		"ledgerly":  func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, destinationtest.New())) },
	})
}

// The scripts run the command as a process of its own, against simulators in
// another process: what an operator's shell would do.
func TestScripts(t *testing.T) {
	t.Parallel()
	runScripts(t, "testdata/script", "")
}

// TestDatabaseScripts runs those of a store in PostgreSQL, each on a database of its own.
func TestDatabaseScripts(t *testing.T) {
	t.Parallel()
	s := pgtest.New(t)
	runScripts(t, "testdata/database", s.URL("postgres", "postgres", s.Schema()))
}

func runScripts(t *testing.T, dir, database string) {
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(e *testscript.Env) error {
			e.Setenv("BILLFERRY_DATA_DIR", e.WorkDir+"/data")
			e.Setenv("BILLFERRY_NO_KEYRING", "true")
			e.Setenv("DATABASE", database)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"waitfile":  waitFile,
			"jsonenv":   jsonEnv,
			"secretsin": secretsIn,
			"exits":     exits,
			"until":     until,
			"signal":    sendSignal,
			"badkeys":   badKeys,
		},
		RequireExplicitExec: true,
	})
}

// waitFile FILE waits until a file is there and not empty.
func waitFile(ts *testscript.TestScript, _ bool, args []string) {
	until := time.Now().Add(20 * time.Second)
	for time.Now().Before(until) {
		if i, err := os.Stat(ts.MkAbs(args[0])); err == nil && i.Size() > 0 {
			return
		}
		time.Sleep(10 * time.Millisecond) // another process writes it: there is nothing to wait on
	}
	ts.Fatalf("%s did not appear", args[0])
}

// jsonEnv FILE NAME=path.to.value... sets environment variables from a JSON file.
func jsonEnv(ts *testscript.TestScript, _ bool, args []string) {
	var doc any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &doc); err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
	for _, a := range args[1:] {
		name, path, _ := strings.Cut(a, "=")
		v := doc
		for key := range strings.SplitSeq(path, ".") {
			switch x := v.(type) {
			case map[string]any:
				v = x[key]
			case []any:
				v = x[0]
			}
		}
		switch x := v.(type) {
		case string:
			ts.Setenv(name, x)
		case float64:
			ts.Setenv(name, strconv.FormatFloat(x, 'f', -1, 64))
		default:
			ts.Fatalf("%s: %s is %v, neither text nor number", args[0], path, v)
		}
	}
}

// exits CODE PROGRAM ARGS... runs a program that must exit with just this code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// until REGEXP PROGRAM ARGS... runs a program until what it prints matches.
func until(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile(args[0])
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		_ = ts.Exec(args[1], args[2:]...)
		if want.MatchString(ts.ReadFile("stdout")) {
			return
		}
		time.Sleep(20 * time.Millisecond) // another process makes it so: there is nothing to wait on
	}
	ts.Fatalf("%s never printed %s", args[1:], args[0])
}

// sendSignal NAME PID sends a signal that the built-in kill does not know.
func sendSignal(ts *testscript.TestScript, _ bool, args []string) {
	pid, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(syscall.Kill(pid, map[string]syscall.Signal{"STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT, "KILL": syscall.SIGKILL}[args[0]]))
}

// secretsIn DIR KEYFILE fails when a line of the key stands in any file below DIR.
func secretsIn(ts *testscript.TestScript, neg bool, args []string) {
	lines := strings.Fields(ts.ReadFile(args[1]))
	secret := lines[len(lines)/2]
	found := ""
	for _, f := range []string{"billferry.db", "billferry.log", "seal.key"} {
		b, err := os.ReadFile(ts.MkAbs(args[0]) + "/" + f)
		if err == nil && strings.Contains(string(b), secret) {
			found = f
		}
	}
	if (found != "") != !neg {
		ts.Fatalf("the private key in clear: %q", found)
	}
}
