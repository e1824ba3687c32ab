package world

import "testing"

// found are worlds that broke a rule once, shrunk to what that needed. A history
// holds for one commit and Go version: what is kept is the trouble, in about
// that order.
var found = []struct {
	what    string
	seed    uint64
	bills   int
	crashes int
	script  string
}{}

// What was found once is not found again.
func TestFound(t *testing.T) {
	one(t)
	for _, f := range found {
		s, err := parseScript(f.script)
		if err != nil {
			t.Fatal(err)
		}
		r := live(t, options{Seed: f.seed, Bills: f.bills, Crashes: f.crashes, Script: s})
		for _, b := range r.Broken {
			t.Errorf("%s: %s", f.what, b)
		}
	}
}
