package tour

import (
	"fmt"
	"strings"

	"billferry/internal/integration"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// step is one of the eight: what it is called, whether it is done, and what to
// press where the operator is. Keys stand in backquotes.
type step struct {
	title string
	done  func(*Tour) bool
	say   func(*Tour) string
}

// The steps that others speak of.
const (
	mend     = 4
	monthEnd = 6
	last     = 7
)

// mends is how a newcomer mends a run, by its cause, while it is on the screen.
// Other causes ask for more than a demo can show.
var mends = map[string]string{
	"period_closed":           "Press `D`, then `o` and `ctrl+s`: its period opens, as an accountant would do.",
	"field_missing":           "`enter`: choose a value for each field; `ctrl+s` saves rules and sends again.",
	"account_mapping_missing": "`enter`: name the account's customer; `ctrl+s` saves, and the Bill is sent.",
}

var steps = [...]step{
	{"create an integration", func(t *Tour) bool { return t.now.created }, func(t *Tour) string {
		switch t.place.Screen {
		case screen.Home:
			return "Press `n`. An integration is what sends Bills to one account."
		case screen.Create:
			return "`enter` takes what is offered, twice. Then type a name; `ctrl+s` creates."
		}
		return "`esc` goes back, to the first screen; there press `n`."
	}},
	{"connect it", func(t *Tour) bool { return t.now.connected }, func(t *Tour) string {
		switch {
		case t.place.Dialog == Connect:
			return "`f2` fills in the credentials that demo made; `ctrl+s` has them checked."
		case t.place.Screen == screen.Details:
			return "Press `c`: it cannot log in yet, so nothing is sent."
		case t.place.Screen == screen.Home:
			return "`enter` opens the integration; `c` connects it."
		}
		return "`esc` goes back to the integration; `c` connects it."
	}},
	{"the first runs", func(t *Tour) bool {
		return t.reviewing() && t.now.open == 0 && t.now.through > 0
	}, func(t *Tour) string {
		switch {
		case t.reviewing() && t.now.open > 0:
			return fmt.Sprintf("A run is one Bill on its way. Wait for them: %s to go.", widget.Count(t.now.open))
		case t.reviewing():
			return "A run is one Bill on its way. The first ones come within seconds."
		case t.place.Screen == screen.Home || t.place.Screen == screen.Details:
			return "Press `r`: each Bill becomes one document, and you see it happen."
		}
		return "`esc` goes back; `r` shows the runs."
	}},
	{"why one failed", func(t *Tour) bool {
		if r := t.now.run; t.place.Screen == screen.Run && r.ID == t.place.ID && r.Status.Failed() && mends[r.Cause] != "" {
			t.stopped = r
			return true
		}
		return t.now.mendable == "" && t.now.open == 0 // runs that are sent again may stop again
	}, func(t *Tour) string {
		switch t.place.Screen {
		case screen.Run:
			return "Not this one: `esc`, and `enter` on one that says " + t.now.mendable + "."
		case screen.Runs:
			return "`s` shows what failed; `enter` on one that says " + t.now.mendable + "."
		case screen.Home, screen.Details:
			return "`r` opens the runs, `s` shows what failed of them, `enter` opens one."
		}
		return "`esc` goes back to the runs; `s` shows what failed."
	}},
	{"mend what stopped it", func(t *Tour) bool {
		return t.stopped.ID == "" || t.stopped.Cause == "period_closed" && t.opened || !t.stillStopped()
	}, func(t *Tour) string {
		period := t.stopped.Cause == "period_closed"
		switch {
		case period && t.place.Dialog == Menu:
			return "`o`, then `ctrl+s`: the month that is closed is filled in."
		case period || t.place.Screen == screen.Run:
			return mends[t.stopped.Cause]
		}
		return "`esc` goes back; `enter` opens the run that failed."
	}},
	{"send it again", func(t *Tour) bool {
		now := t.now.newest
		if t.stopped.ID == "" {
			return true
		}
		if t.stillStopped() || !now.Status.Failed() {
			return now.Status == integration.Complete && t.known()
		}
		if mends[now.Cause] == "" { // something else is in its way now, and no demo's matter
			return true
		}
		t.stopped, t.opened, t.step = now, false, mend-1 // it stopped again: one step back, from which the loop goes on
		return true
	}, func(t *Tour) string {
		switch {
		case !t.stillStopped():
			return "It is on its way."
		case t.place.Screen == screen.Run:
			return "Press `R`: the Bill is sent again, and exists once whatever happens."
		case t.place.Screen == screen.Runs:
			return "`enter` opens the run that failed; `R` sends its Bill again."
		}
		return "`esc` goes back, `r` shows the runs; `R` on the one that failed."
	}},
	{"the end of the month", func(t *Tour) bool { return t.now.reconciled }, func(t *Tour) string {
		switch t.place.Screen {
		case screen.Home:
			return "Press `M`: how far the month is, and what is in the way of closing it."
		case screen.Month:
			return "`enter` reconciles: Bills and documents side by side, to the last cent."
		}
		return "`esc` goes back, to the first screen; there `M` is the end of the month."
	}},
	{"where to go on", func(t *Tour) bool { return t.found && t.place.Dialog != Actions }, func(*Tour) string {
		return "Press `:` and type what you want. `?` has all keys, `D` more that goes wrong."
	}},
}

// reviewing tells that runs are on the screen.
func (t *Tour) reviewing() bool { return t.place.Screen == screen.Runs || t.place.Screen == screen.Run }

// known tells that the newest run of the stopped Bill was read.
func (t *Tour) known() bool { return t.now.newest.EntityID == t.stopped.EntityID }

// stillStopped tells that nobody has tried the stopped run again.
func (t *Tour) stillStopped() bool {
	return !t.known() || t.now.newest.ID == t.stopped.ID && t.now.newest.Status.Failed()
}

// The room of the strip.
const (
	wide  = 80 // columns in which an instruction has one line
	tall  = 20 // rows from which the step has a title
	space = 2  // cells beside an instruction
)

// Height is how many lines the strip takes in a terminal of that size.
func (t *Tour) Height(width, height int) int {
	if !t.On() {
		return 0
	}
	n := 1
	if width < wide {
		n++
	}
	if height >= tall {
		n++
	}
	return n
}

// Lines draws the strip: which step it is and how it is left, and what to press.
func (t *Tour) Lines(width, height int) []string {
	n := t.Height(width, height)
	if n == 0 {
		return nil
	}
	var out []string
	if height >= tall {
		out = append(out, t.title(width))
	}
	for _, l := range widget.Wrap(steps[t.step].say(t), width-space) {
		parts := strings.Split(l, "`")
		for i := 1; i < len(parts); i += 2 {
			parts[i] = theme.Key.Render(parts[i])
		}
		out = append(out, " "+strings.Join(parts, ""))
	}
	for len(out) < n {
		out = append(out, "")
	}
	return out[:n]
}

func (t *Tour) title(width int) string {
	leave := "leave it: esc on the first screen"
	if t.place.Screen == screen.Home && t.place.Dialog == NoDialog {
		leave = "esc leaves it"
	}
	left := fmt.Sprintf("── Tour %d of %d: %s ", t.step+1, len(steps), steps[t.step].title)
	right := " " + leave + " ──"
	if widget.Cells(left+right) > width {
		right = ""
	}
	return theme.Focus.Render(left) + theme.Dim.Render(strings.Repeat("─", max(0, width-widget.Cells(left+right)))+right)
}
