package e2e

import "testing"

// A newcomer is led from an empty demo to the end of a month, in eight steps, on a
// terminal of 80x24 without colours or signs beyond ASCII, and on a larger one.
func TestTheTour(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name       string
		cols, rows int
		args, env  []string
	}{
		{"80x24, ASCII", 80, 24, []string{"--ascii"}, []string{"NO_COLOR=1"}},
		{"120x36", 120, 36, nil, nil},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, x.cols, x.rows, x.env, append([]string{"demo", "--latency", "5ms"}, x.args...)...)
			s.see("Press enter for the tour")
			s.press("enter")
			s.see("Tour 1 of 8: create an integration", "Press n.")
			s.press("n")
			s.see("enter takes what is offered, twice")
			s.press("enter")
			s.see("2 Destination", "Netsuite")
			s.press("enter")
			s.see("3 Configure and create", "Name *", "Tour 1 of 8")
			s.press("NetSuite US", "ctrl+s")
			s.see("Tour 2 of 8: connect it", "Press c")
			s.press("c")
			s.see("Netsuite Connection", "f2 fills in")
			s.press("f2")
			s.see("EC P-256")
			s.press("ctrl+s")
			s.see("Tour 3 of 8: the first runs", "Press r")
			s.press("r")
			s.see("Tour 4 of 8: why one failed", "one that says Period closed")
			s.press("s")
			s.see("3 runs")
			s.press("g", "enter") // the newest is the one whose period is closed
			s.see("Tour 5 of 8: mend what stopped it", "Press D")
			s.press("D")
			s.see("o, then ctrl+s", "leave the tour")
			s.press("o")
			s.see("A date in it")
			s.press("ctrl+s")
			s.see("Tour 6 of 8: send it again", "Press R")
			s.press("R")
			s.see("Tour 7 of 8: the end of the month", "COMPLETE")
			s.press("esc", "esc")
			s.gone("COMPLETE")
			s.press("esc")
			s.see("Connected since")
			s.press("esc")
			s.see("Press M", "esc leaves it")
			s.press("M")
			s.see("enter reconciles")
			s.press("enter")
			s.see("Tour 8 of 8: where to go on", "in m3ter")
			s.press(":")
			s.see("All actions")
			s.press("esc")
			s.gone("Tour 8 of 8")
			s.see("that was the tour")
		})
	}
}

// esc goes back, and on the first screen leaves the tour; the menu goes on with it.
func TestTheTourIsLeft(t *testing.T) {
	t.Parallel()
	s := demo(t, 80, 24)
	s.see("Press enter for the tour")
	s.press("D")
	s.see("take the tour: 8 steps to the end of a month")
	s.press("t")
	s.see("Tour 1 of 8")
	create(s, "NetSuite US")
	s.see("Tour 2 of 8")
	s.press("esc")
	s.see("enter opens the integration", "esc leaves it")
	s.press("esc")
	s.see("you left the tour at step 2 of 8: D, then t goes on with it")
	s.gone("Tour 2 of 8")
	s.press(":", "tour")
	s.see("go on with the tour, at step 2 of 8")
	s.press("enter")
	s.see("Tour 2 of 8: connect it")
}
