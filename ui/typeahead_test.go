package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
)

// ahead presses keys one after the other, with no answer in between.
func (d *driver) ahead(names ...string) {
	for _, n := range names {
		d.update(press(n))
	}
}

// Keys wait for the screen that the keys before them open: none opens it
// twice, and no letter lands elsewhere.
func TestKeysWaitForTheScreenTheyOpen(t *testing.T) {
	t.Parallel()
	drive(t, servicetest.New(), 100, 30, onHome, func(d *driver) {
		d.ahead("n", "enter", "enter", "N", "o", "w")
		d.settle()
		d.shows("● 3 Configure and create", "Now")
		if len(d.root.stack) != 2 {
			t.Errorf("%d screens are open, want the list and the wizard", len(d.root.stack))
		}
	})
	drive(t, reviewed(), 100, 30, onUS, func(d *driver) {
		d.ahead("r", "/", "u", "m", "b")
		d.settle()
		d.shows("/ umb", "umbrella")
		d.hides("globex")
	})
}

// While a screen is read for the first time the root holds keys for it. An esc
// takes its turn behind them.
func TestKeysWaitForTheFirstReading(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		ahead []string
		want  string
		depth int
	}{
		{"they come when it is there", []string{"2"}, "[2 Bill]", 2},
		{"esc comes after them", []string{"2", "esc"}, "NEEDS YOU", 1},
		{"and does for what they have opened", []string{"x", "esc"}, "[1 Summary]", 2},
		{"32 are enough", append(strings.Split(strings.Repeat("2 3 ", 16), " ")[:32], "7", "7"), "[3 Document]", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			drive(t, reviewed(), 100, 30, onHome, func(d *driver) {
				release := d.fake.Hold("Run")
				d.update(screen.PushMsg{To: onRun})
				d.ahead(c.ahead...)
				release()
				d.settle()
				d.shows(c.want)
				if len(d.root.stack) != c.depth || len(d.root.held) > 0 {
					t.Errorf("%d screens, %d keys still held", len(d.root.stack), len(d.root.held))
				}
			})
		})
	}
}

// What was typed ahead never answers a question, in one read or in several: it
// was not on the screen yet. An error drops it as well.
func TestNoKeyAnswersAQuestionUnseen(t *testing.T) {
	t.Parallel()
	drive(t, reviewed(), 100, 30, onUS, func(d *driver) {
		d.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("dyq")})
		d.settle()
		if d.fake.Calls("Delete") > 0 || len(d.root.dialogs) != 1 {
			t.Error("a letter of the same read answered the question")
		}
	})
	drive(t, reviewed(), 100, 30, onRuns, func(d *driver) {
		d.keys("b")
		release := d.fake.Hold("Retry")
		d.ahead("R", "y", "enter")
		release()
		d.settle()
		d.shows("Retry the runs with")
		if got := d.fake.Calls("Retry"); got != 1 {
			t.Errorf("%d retries, want the count alone", got)
		}
	})
	drive(t, reviewed(), 100, 30, onRuns, func(d *driver) { // but esc, which is a No
		d.keys("b")
		release := d.fake.Hold("Retry")
		d.ahead("R", "y", "esc", "down")
		release()
		d.settle()
		if got := d.fake.Calls("Retry"); got != 1 || len(d.root.dialogs) > 0 || len(d.root.held) > 0 {
			t.Errorf("%d retries, %d questions, %d keys still held", got, len(d.root.dialogs), len(d.root.held))
		}
	})
	drive(t, reviewed(), 100, 30, onHome, func(d *driver) {
		d.fake.Fail("Run", errors.New("the store is gone"))
		release := d.fake.Hold("Run")
		d.update(screen.PushMsg{To: onRun})
		d.ahead("R", "R")
		release()
		d.settle()
		if d.fake.Calls("Retry") > 0 || len(d.root.held) > 0 {
			t.Error("keys outlived the error that they waited on")
		}
	})
}

// Leaving asks while Bills are under way, and in demo once there is something
// to throw away. Whoever asks twice means it.
func TestLeavingAsksForWhatIsLost(t *testing.T) {
	t.Parallel()
	sending := servicetest.New()
	sending.AddRun(integration.Run{ID: "r", Status: integration.Started, Created: time.Now()})
	drive(t, sending, 100, 30, onHome, func(d *driver) {
		d.keys("ctrl+c")
		d.shows("Leave billferry?", "1 Bill is under way to NetSuite.")
		if d.keys("n"); d.quit {
			t.Error("no, and it left")
		}
		time.Sleep(4 * time.Second)
		d.settle()
		d.keys("ctrl+c")
		d.shows("Leave billferry?")
		if d.keys("ctrl+c"); !d.quit {
			t.Error("a second ctrl+c does not leave")
		}
	})
	drive(t, reviewed(), 100, 30, screen.Route{}, func(d *driver) {
		if d.keys("q"); !d.quit {
			t.Error("nothing is lost, and it did not leave at once")
		}
	})
}

// The row under the cursor went away and another came there: a key that acts on
// a row waits until that could have been looked at.
func TestNoKeyHitsARowThatCameThisMoment(t *testing.T) {
	t.Parallel()
	drive(t, reviewed(), 100, 30, onMappings, func(d *driver) {
		all, err := d.fake.Mappings(t.Context(), service.MappingFilter{})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.fake.DeleteMapping(t.Context(), all[0].ID); err != nil {
			t.Fatal(err)
		}
		for range 20 { // until the list was read again
			select {
			case m := <-d.msgs:
				d.update(m)
			case <-time.After(350 * time.Millisecond):
			}
			if !strings.Contains(d.view(), all[0].M3terID) {
				break
			}
		}
		d.update(press("d"))
		d.shows("another row came under the cursor this moment")
		if len(d.root.dialogs) > 0 {
			t.Error("d asks about a row that nobody has looked at")
		}
		d.settle()
		d.keys("d")
		d.shows("Delete this external mapping?")
	})
}

// A second esc leaves a page that does not come, with all that waits for it, and
// one alone does.
func TestEscLeavesAPageThatDoesNotCome(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{"esc"}, {"x", "esc", "esc"}, append(strings.Split(strings.Repeat("2", heldKeys), ""), "esc")} {
		drive(t, reviewed(), 100, 30, onHome, func(d *driver) {
			release := d.fake.Hold("Run")
			defer release()
			d.update(screen.PushMsg{To: onRun})
			d.ahead(keys...)
			if len(d.root.stack) != 1 || len(d.root.held) > 0 {
				t.Errorf("%s: %d screens, %d keys still held", keys, len(d.root.stack), len(d.root.held))
			}
		})
	}
}

// What keys lead to does not depend on how long the pages they open take to be read:
// typed ahead they come to what they come to one by one. Not here is esc while
// something is done, which stops it.
func TestKeysMeanTheSameBeforeAPageIsRead(t *testing.T) {
	t.Parallel()
	for _, way := range []string{
		"M x", "M x esc", "M x esc esc", "M enter x", "M enter x esc", "M left x", "M left x esc", "M r", "M r esc", "M / a esc", "r x",
		"r x esc", "r x esc esc", "r enter x", "r enter x esc", "r enter 2", "r enter 2 esc", "r down enter", "r b", "r b esc",
		"r space esc", "P x", "P x esc", "P enter", "P enter x", "P enter x esc", "P enter S", "P enter esc", "m n", "m n esc", "m U",
		"m U esc", "m U / a esc", "m / a esc", "m e", "m down d", "m down d esc", "v x", "v enter", "v enter esc", "v / a esc", "v a",
		"e", "e esc", "c", "c esc", "x", "x esc", "d", "d esc", "esc M x", "esc M x esc", "esc enter x", "esc enter x esc",
		"esc v x esc", "esc n enter", "esc n enter esc", "M : esc", "M ? esc", "r F", "r F esc",
		"r s R", "r s enter", "r s s enter", "r G enter", "r / a c enter enter", "r / s t a t u s : f a i l e d enter down R",
		"r b / a c enter enter", "r b / a c enter R", "r / a c enter b enter",
		"r b / s t a t u s : e r r o r enter enter",
	} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			var want string
			drive(t, planned(), 100, 30, onUS, func(d *driver) {
				d.keys(strings.Fields(way)...)
				want = d.view()
			})
			drive(t, planned(), 100, 30, onUS, func(d *driver) {
				d.ahead(strings.Fields(way)...)
				d.settle()
				if got := d.view(); got != want || len(d.root.held) > 0 {
					t.Errorf("typed ahead, with %d keys still held:\n%s\none by one:\n%s", len(d.root.held), got, want)
				}
			})
		})
	}
}

// planned is a store with a report on the month and with plans.
func planned() *servicetest.Fake {
	f := planning()
	f.SetReport(july())
	return f
}
