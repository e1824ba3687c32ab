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
			s.goes("enter", "Tour 1 of 8: create an integration", "Press n.")
			s.goes("n", "enter takes what is offered, twice")
			s.goes("enter", "2 Destination", "Netsuite")
			s.goes("enter", "3 Configure and create", "Name *", "Tour 1 of 8")
			s.press("NetSuite US")
			s.goes("ctrl+s", "Tour 2 of 8: connect it", "Press c")
			s.goes("c", "Netsuite Connection", "f2 fills in")
			s.goes("f2", "EC P-256")
			s.goes("ctrl+s", "Tour 3 of 8: the first runs", "Press r")
			s.goes("r", "Tour 4 of 8: why one failed", "one that says Period closed")
			s.goes("s", "3 runs")
			s.press("g") // the newest is the one whose period is closed
			s.goes("enter", "Tour 5 of 8: mend what stopped it", "Press D")
			s.goes("D", "o, then ctrl+s", "leave the tour")
			s.goes("o", "A date in it")
			s.goes("ctrl+s", "Tour 6 of 8: send it again", "Press R")
			s.goes("R", "Tour 7 of 8: the end of the month", "COMPLETE")
			s.goes("esc", "/ status:failed", "2 runs")
			s.goes("esc", "41 runs")
			s.goes("esc", "Connected since")
			s.goes("esc", "Press M", "esc leaves it")
			s.goes("M", "enter reconciles")
			s.goes("enter", "Tour 8 of 8: where to go on", "in m3ter")
			s.goes(":", "All actions")
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
	s.goes("D", "take the tour: 8 steps to the end of a month")
	s.goes("t", "Tour 1 of 8")
	create(s, "NetSuite US")
	s.see("Tour 2 of 8")
	s.goes("esc", "enter opens the integration", "esc leaves it")
	s.goes("esc", "you left the tour at step 2 of 8: D, then t goes on with it")
	s.gone("Tour 2 of 8")
	s.press(":", "tour")
	s.see("go on with the tour, at step 2 of 8")
	s.goes("enter", "Tour 2 of 8: connect it")
}
