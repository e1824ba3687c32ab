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

// While a screen is read for the first time the root holds keys for it. esc
// and ctrl+c do not wait, and take what is held with them.
func TestKeysWaitForTheFirstReading(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		ahead []string
		want  string
		depth int
	}{
		{"they come when it is there", []string{"2"}, "[2 Bill]", 2},
		{"esc takes them along", []string{"2", "esc"}, "NEEDS YOU", 1},
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
