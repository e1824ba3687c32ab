package delivery

import "testing"

// Behind a backlog the engine looks for more Bills once for half as many as
// there are slots; without one, whenever a Bill is through.
func TestTheEndOfABillSeldomWakesABusyEngine(t *testing.T) {
	t.Parallel()
	g := newGovernor(Options{}.filled(), learned{Limit: 10})
	g.setCeiling(10)
	g.enter()
	if !g.leave() {
		t.Error("nobody looks for more though there is room")
	}
	const bills = 500
	looks, through := 0, 0
	fill := func() {
		for g.capacity() {
			g.enter()
		}
	}
	for fill(); through < bills; through++ {
		if g.tasks < 2*g.limit {
			t.Fatalf("only %d Bills are on their way", g.tasks)
		}
		if g.leave() {
			looks++
			fill()
		}
	}
	if looks != bills/5 {
		t.Errorf("the engine looked %d times for %d Bills", looks, bills)
	}
	for g.tasks > 0 { // and when the limit falls, no more are started until they fit
		g.mu.Lock()
		g.limit = 1
		g.mu.Unlock()
		if looked, capacity := g.leave(), g.capacity(); looked != capacity {
			t.Fatalf("with %d Bills on their way: looked %v, room %v", g.tasks, looked, capacity)
		}
	}
}
