package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// shell is a person's, in a terminal; $bf is the program. A line that is run ends with
// that code and leaves those words on the screen.
func shell(t *testing.T, env ...string) (s *terminal, run func(line string, code int, says ...string)) {
	t.Helper()
	s = startProgram(t, "/bin/sh", 160, 40, append([]string{"PS1=ready> ", "BILLFERRY_NO_KEYRING=1", "bf=" + program}, env...), "-i")
	s.see("ready>")
	n := 0
	return s, func(line string, code int, says ...string) {
		t.Helper()
		n++
		s.press(fmt.Sprintf(`clear; %s; echo "code: $? (%d)"`, line, n), "enter")
		s.see(append(says, fmt.Sprintf("code: %d (%d)", code, n))...)
	}
}

// A person who writes a script tries it in a shell: what is piped is JSON without an
// escape sequence, the exit code says how it went, a question has No for an answer and
// is refused where none may be asked, and ctrl+c gives the shell back.
func TestAShellInATerminal(t *testing.T) {
	t.Parallel()
	s, run := shell(t, "BILLFERRY_DATA_DIR="+folder(t))
	run("cd; $bf runs list --json | cat", 0, "[]")
	run("$bf runs list --filter status:nonsense", 2, `there is no status "nonsense"`)
	run("$bf runs show nowhere", 1, `run "nowhere": not found`)
	yaml := `printf 'entityType: Bill\ndestination: Netsuite\nname: US\nconfigData:\n  %s: "199"\n' `
	run(yaml+"netsuiteDefaultItem > us.yaml; $bf integration create --file us.yaml", 1,
		"us.yaml:5: netsuiteDefaultItem: there is no such setting; did you mean netsuiteDefaultItemId?")
	run(yaml+"netsuiteDefaultItemId > us.yaml; $bf integration create --file us.yaml", 0, "created US")
	run(`$bf integration list --json | grep -c '"name": "US"'`, 0, "1\ncode: 0")
	run("$bf integration delete US --no-input", 2, "say --yes to do it without being asked")

	s.press(`clear; $bf integration delete US; echo "code: $?"`, "enter")
	s.see("delete US with its credentials", "[y/N]")
	s.press("enter")
	s.see("left as it was", "code: 1")
	run("$bf integration list", 0, "NOT CONNECTED")

	s.press(`clear; $bf serve; echo "code: $?"`, "enter")
	s.see("serving ")
	s.press("ctrl+c")
	s.see("stopping: ", "code: 0")
	if i := strings.Index(s.written(), "\x1b[?"); i >= 0 {
		t.Errorf("a command has set a mode of the terminal: %q", s.written()[i:min(i+20, len(s.written()))])
	}
}

// Quickstart prints each command as it runs it, and what it printed goes on to work in
// the shell.
func TestQuickstartInATerminal(t *testing.T) {
	t.Parallel()
	s, run := shell(t)
	run("cd; $bf quickstart > said; grep -c '^[$] billferry' said; tail -n 1 said", 0, "All of it stays in billferry-quickstart")
	run("grep -h COMPLETE said; export BILLFERRY_DATA_DIR=billferry-quickstart/data", 0, " 37 created")
	run("$bf runs list --filter status:failed", 0, "INVOICE-128", "INVOICE-129")
	run("$bf runs list --filter bill:INVOICE-101", 0, "created") // quickstart has mended what stopped it
	run("$bf quickstart", 2, "is there already")                 // the folder is there
	s.press("exit", "enter")
	s.ends()
}

// A screen reader reads a terminal too: prompts, no escape sequence, and demo's
// simulators are steered from there.
func TestPromptsInATerminal(t *testing.T) {
	t.Parallel()
	s := start(t, 100, 40, []string{"ACCESSIBLE=1"}, "demo", "--latency", "5ms")
	s.see("Organisation: demo, embedded store.", "This is a SANDBOX", "Failed runs by cause", "Number (back goes back):")
	s.press("make", "enter")
	s.see("What shall happen?", "add 100 Bills in m3ter")
	s.press("add", "enter")
	s.see("Demo: 100 Bills were added")
	s.press("failed", "enter")
	s.see("Error: there is no integration yet: create one first")
	s.press("quit", "enter")
	if code := s.ends(); code != 0 || strings.Contains(s.written(), "\x1b") {
		t.Errorf("it ended with %d and wrote %q", code, s.written())
	}
}
