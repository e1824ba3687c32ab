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
}{
	{"what another integration rewrote was told as drift", 7, 150, 10,
		"acts=6,7,8,9,12,13,16,17,20,21,22,23,26,27,30,31,34,35,38,39,52,53,56,57,58,59,62,63,64,65,66,67,68,69,70,71,72,73,74,75,80,81,82,83 " +
			"bills=46,48,49,50,51,53,54,56,57,58,60,61,62,63,64,65,67,68,69,72,74"},
	{"a late update put back what a newer version had replaced, and proofs of two integrations took turns", 100046, 150, 10, ""},
	{"an integration was deleted with half an amendment", 41000144, 150, 10,
		"acts=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,64,65," +
			"66,67,68,69,70,71,96,97,98,99,100,101,102,103,112,113,114,115,116,117,118,119,120,121,122,123,124,125,126,127 " +
			"bills=9,10,25,74,77,91,92,104,106,122,126"},
}

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
