package service

import "testing"

// A reader that falls behind hears, after the last change that it did not lose, that there
// were others, and each one again once it has caught up.
func TestWhoFallsBehindHearsOfIt(t *testing.T) {
	t.Parallel()
	const places = 4
	for offered := range 3 * places {
		out := make(chan Change, places)
		lost := false
		for range offered {
			Offer(out, Change{Kind: "run", ID: "r"})
		}
		Offer(out, Change{Kind: "event", ID: "e"})
		for len(out) > 0 {
			c := <-out
			lost = !c.About("event", "e") // nothing after the last one would be lost
		}
		if lost {
			t.Errorf("after %d others the last one is lost, and nothing is said", offered)
		}
		if Offer(out, Change{Kind: "plan"}); <-out != (Change{Kind: "plan"}) {
			t.Error("it has caught up, and does not hear each change")
		}
	}
}
