package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// faulty builds the program with a fault put in that a key brings about: f9 in the
// loop, f10 in a command, f11 in the goroutine of ours at the next change.
func faulty(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	put := func(name, after, text string) {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		before, rest, found := strings.Cut(string(b), after)
		if !found {
			t.Fatalf("%s has no %q any more", name, after)
		}
		to := filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(to, []byte(before+after+text+rest), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(root, name)] = to
	}
	put("ui/root.go", "func (r *root) Update(msg tea.Msg) (tea.Model, tea.Cmd) {", `
	if k, ok := msg.(tea.KeyMsg); ok {
		switch k.String() {
		case "f9":
			panic("a fault in the loop")
		case "f10":
			return r, func() tea.Msg { panic("a fault in a command") }
		case "f11":
			faultAt.Store(true)
		}
	}
`)
	put("ui/relay.go", "c, ok := <-changes", `
		if faultAt.Load() {
			panic("a fault in the relay")
		}
`)
	put("ui/doc.go", "package ui", "\n\nimport \"sync/atomic\"\n\nvar faultAt atomic.Bool\n")
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file, out := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "billferry")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", file, "-o", out, "billferry").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	return out
}

// A crash gives the terminal back as it was, says what happened, and the exit code
// shows it.
func TestAFaultGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds the program again")
	}
	path := faulty(t)
	for name, c := range map[string]struct {
		key, fault string
		then       []string
	}{
		"loop": {key: "f9", fault: "a fault in the loop"}, "command": {key: "f10", fault: "a fault in a command"},
		"relay": {key: "f11", fault: "a fault in the relay", then: []string{"ctrl+s"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startProgram(t, "/bin/sh", 200, 60, nil, "-c", `"$0" demo --latency 5ms 2>"$TMPDIR/said"; echo "ended with $?"; stty -a`, path)
			configure(s, "Before the fault")
			s.press(c.key)
			s.press(c.then...)
			s.see("ended with 1", "isig icanon iexten echo echoe", "opost")
			s.gone("Before the fault") // the screen before billferry is there again
			raw := s.written()
			for on, off := range map[string]string{"\x1b[?1049h": "\x1b[?1049l", "\x1b[?2004h": "\x1b[?2004l",
				"\x1b[?25l": "\x1b[?25h", "\x1b[?1002h": "\x1b[?1002l"} {
				if at := strings.LastIndex(raw, on); at < 0 || strings.LastIndex(raw, off) < at {
					t.Errorf("%q was not written, or not taken back by %q", on, off)
				}
			}
			said, err := os.ReadFile(filepath.Join(s.dir, "said"))
			if err != nil || !strings.Contains(string(said)+raw, c.fault) {
				t.Errorf("it is not said what happened: %v\n%s", err, said)
			}
			if left, _ := filepath.Glob(filepath.Join(s.dir, "billferry-demo-*")); len(left) > 0 {
				t.Errorf("demo's data stays: %v", left)
			}
		})
	}
}
