package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
)

// Expectation 4: / filters every list in the same way. Letters stay in the
// line, the count is shown, enter keeps the line and esc clears it.
func TestSlashFiltersEveryList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		start      screen.Route
		before     []string // keys that lead there
		text       string
		has, hasNo string
		count      string
	}{
		{"home", onHome, nil, "uk", "NetSuite UK", "NetSuite DE", "1 of 3"},
		{"runs", onRuns, nil, "acct:globex", "INVOICE-201", "INVOICE-203", "1 run "},
		{"groups", onRuns, []string{"b"}, "cause:period_closed", "period_closed", "no cause recorded", "2 failed runs · 1 cause"},
		{"events", onEvents, nil, "invoice-102", "INVOICE-102", "INVOICE-103", "1 of 5"},
		{"mappings", onMappings, nil, "m3ter-1", "Item", "m3ter-0", "1 of 2"},
		{"unmapped", onMappings, []string{"U"}, "globex", "Globex", "Acme Corp", "1 of 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			drive(t, reviewed(), 100, 30, c.start, func(d *driver) {
				d.keys(c.before...)
				d.keys("/")
				d.typeText(c.text)
				d.shows(c.text, c.has, c.count)
				d.hides(c.hasNo)
				d.keys("enter")
				d.shows("/ "+c.text, c.has)
				if d.root.top().Typing() {
					t.Error("enter does not give the keys back")
				}
				if d.keys("esc"); c.name == "groups" { // back to the runs first, under the same filter
					d.shows("/ "+c.text, "INVOICE-203")
					d.hides("INVOICE-202")
					d.keys("esc", "b")
				}
				d.shows(c.has, c.hasNo)
				if len(d.root.stack) != 2 && c.start != onHome {
					t.Error("esc left the screen while there was a filter to clear")
				}
			})
		})
	}
}

// Expectation 12: the vim keys do what the arrows do, on every list and page.
func TestVimKeysAreArrows(t *testing.T) {
	t.Parallel()
	for _, start := range []screen.Route{onHome, onUS, onRuns, onRun, onEvents, onMappings} {
		t.Run(string(start.Name), func(t *testing.T) {
			t.Parallel()
			frames := func(keys ...string) (out []string) {
				drive(t, reviewed(), 60, 16, start, func(d *driver) {
					for _, k := range keys {
						d.keys(k)
						out = append(out, d.view())
					}
				})
				return out
			}
			arrows, vim := frames("down", "down", "up", "end", "up"), frames("j", "j", "k", "G", "k")
			for i := range arrows {
				if arrows[i] != vim[i] {
					t.Errorf("after %d keys the arrows show\n%sand the letters\n%s", i+1, arrows[i], vim[i])
				}
			}
			if arrows[0] == arrows[2] && arrows[0] == arrows[3] {
				t.Error("no key moves anything: the test would not see a difference")
			}
		})
	}
}

// Expectation 13: a success stays for four seconds.
func TestASuccessStaysFourSeconds(t *testing.T) {
	t.Parallel()
	drive(t, seeded(), 100, 30, onUS, func(d *driver) {
		d.keys("x", "e", "y") // settles for a second
		d.shows("✓ Disabled")
		d.keys("down") // a key takes errors away, not successes
		d.settle()
		d.shows("✓ Disabled")
		d.settle()
		d.settle()
		d.hides("✓ Disabled")
	})
}

// Expectation 17: a screen on which nothing happens is not drawn again, but four
// times a minute for what is a minute older then.
func TestAnIdleScreenIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, start := range []screen.Route{onHome, onUS, onRun, onEvents, onMappings, {Name: screen.Create}} {
		t.Run(string(start.Name), func(t *testing.T) {
			t.Parallel()
			drive(t, reviewed(), 100, 30, start, func(d *driver) {
				d.settle()
				over := time.After(time.Minute)
				for ages := 0; ; {
					select {
					case m := <-d.msgs:
						if _, age := m.(ageMsg); !age || ages == 4 {
							t.Fatalf("%T comes and draws the screen again", m)
						}
						ages++
						d.update(m)
					case <-over:
						return
					}
				}
			})
		})
	}
}

// Expectation 11: the file chooser follows links, shows hidden files when asked
// for, says why a file is no key, and esc loses nothing.
func TestTheKeyFileIsChosen(t *testing.T) {
	t.Parallel()
	key, _ := keyFile(t)
	dir := t.TempDir()
	for from, to := range map[string]string{filepath.Dir(key): "linked", key: "link.pem"} {
		if err := os.Symlink(from, filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{".hidden.pem": "not a key", "notes.txt": "not a key"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	drive(t, seeded(), 120, 30, onUK, func(d *driver) {
		d.keys("c", "ctrl+f")
		d.typeText(dir + "/")
		d.shows("Private key file", "linked", "folder", "link.pem", "notes.txt")
		d.hides(".hidden.pem")
		d.typeText(".")
		d.shows(".hidden.pem")
		d.keys("esc")
		d.shows("Netsuite Connection")
		d.keys("ctrl+f")
		d.typeText(dir + "/notes")
		d.keys("enter")
		d.shows("notes.txt", "not a PEM file")
		d.keys("ctrl+f")
		for range len(dir + "/notes.txt") {
			d.update(tea.KeyMsg{Type: tea.KeyBackspace})
		}
		d.typeText(dir + "/linked")
		d.keys("enter") // a folder: it is opened
		d.shows("Private key file", filepath.Base(key))
		d.typeText("netsuite-private")
		d.keys("enter")
		d.shows("✓ EC P-256, signs with ES256")
	})
}

// Expectation 15: copying goes through the terminal, wrapped for what is
// between, in one piece, and no more than terminals take.
func TestCopyReachesTheTerminal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ term, tmux, want string }{
		{"xterm-256color", "", "\x1b]52;c;ZXg=\a"},
		{"tmux-256color", "/tmp/tmux,1,0", "\x1bPtmux;\x1b\x1b]52;c;ZXg=\a\x1b\\"},
		{"screen", "", "\x1bP\x1b]52;c;ZXg=\a\x1b\\"},
	} {
		if got := sequence("ex", c.term, c.tmux); got != c.want {
			t.Errorf("in %s: %q, want %q", c.term, got, c.want)
		}
	}
	drive(t, seeded(), 100, 30, onUS, func(d *driver) {
		var out bytes.Buffer
		d.root.out = &out
		d.keys("y")
		d.shows("copied us")
		if !strings.Contains(out.String(), "]52;c;dXM=") {
			t.Errorf("written: %q", out.String())
		}
		out.Reset()
		d.update(screen.CopyMsg{Text: strings.Repeat("x", clipLimit+1), What: "a lot"})
		d.settle()
		d.shows("not copied", "more than a terminal's clipboard takes")
		if out.Len() > 0 {
			t.Error("it was written all the same")
		}
	})
}

// panicking is a service with a fault in it.
type panicking struct{ *servicetest.Fake }

func (panicking) Integrations(context.Context) ([]service.Summary, error) { panic("a fault") }

// Expectation 22: after a crash the terminal is as it was, and it is an error.
func TestACrashGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	in, keep := io.Pipe()
	defer keep.Close()
	var out bytes.Buffer
	if err := Run(t.Context(), panicking{servicetest.New()}, Options{In: in, Out: &out}); !errors.Is(err, tea.ErrProgramPanic) {
		t.Fatalf("it ended with %v", err)
	}
	if s := out.String(); strings.LastIndex(s, "\x1b[?1049l") < strings.LastIndex(s, "\x1b[?1049h") || !strings.Contains(s, "\x1b[?25h") {
		t.Errorf("the terminal was not given back: %q", s)
	}
	var failed error
	guarded(func() { panic("another") }, func(err error) { failed = err })
	if failed == nil || !strings.Contains(failed.Error(), "another") {
		t.Errorf("a panic beside the program's own goroutines: %v", failed)
	}
}

// Expectation 14: esc stops what takes too long, and keeps what was typed.
func TestEscStopsTheChecks(t *testing.T) {
	t.Parallel()
	drive(t, seeded(), 100, 30, onUK, func(d *driver) {
		release := d.fake.Hold("Connect")
		d.connect(nil)
		d.shows("asking NetSuite, esc stops")
		d.keys("esc")
		release()
		d.settle()
		d.shows("Netsuite Connection", "1234567", "(pasted key)", "stopped before the connection was verified; nothing was saved")
		d.hides("connected successfully")
	})
}

var testName = regexp.MustCompile(`\b(Test|Fuzz)[A-Z]\w+`)

// What docs/EXPECTATIONS.md calls a proof exists.
func TestTheExpectationsNameTests(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../docs/EXPECTATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	var source, built strings.Builder // the tests, and those that run the built program
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		source.Write(b)
		if filepath.Dir(path) == filepath.Join("..", "internal", "e2e") || path == filepath.Join("..", "pty_test.go") {
			built.Write(b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	names := testName.FindAllString(string(doc), -1)
	if len(names) < 40 {
		t.Errorf("only %d tests are named", len(names))
	}
	for _, name := range names {
		if !strings.Contains(source.String(), "func "+name+"(") {
			t.Errorf("there is no %s", name)
		}
	}
	for i := 1; i <= 24; i++ {
		_, row, found := strings.Cut(string(doc), fmt.Sprintf("\n| %d | ", i))
		if !found {
			t.Errorf("expectation %d is missing", i)
		}
		row, _, _ = strings.Cut(row, "\n")
		built := slices.ContainsFunc(testName.FindAllString(row, -1), func(name string) bool {
			return strings.Contains(built.String(), "func "+name+"(")
		})
		if windows := i == 19; built == windows {
			t.Errorf("expectation %d: that a test of the built program is named is %t", i, built)
		}
	}
	pageOf := map[string]bool{}
	for _, p := range pages {
		pageOf[p.name] = true
	}
	for _, m := range regexp.MustCompile("pages? (`[a-z-]+`(, )?)+").FindAllString(string(doc), -1) {
		for _, name := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(m, -1) {
			if !pageOf[name[1]] {
				t.Errorf("there is no page %s", name[1])
			}
		}
	}
}
