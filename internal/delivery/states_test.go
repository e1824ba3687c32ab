package delivery_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// The table of docs/STATES.md is the state machine: what it says a status may
// become is what the code takes, for every pair.
func TestEveryTransition(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/STATES.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "\n| from | to |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	word := regexp.MustCompile("[A-Z][A-Z_]+")
	may := map[string]string{} // status: its cell
	for row := range strings.SplitSeq(table, "\n") {
		cells := strings.Split(row, " | ")
		if len(cells) != 2 {
			t.Fatalf("docs/STATES.md has no row of transitions in %q", row)
		}
		for _, from := range word.FindAllString(cells[0], -1) {
			if may[from] != "" {
				t.Errorf("docs/STATES.md has two rows of %s", from)
			}
			may[from] = cells[1]
		}
	}
	for _, from := range integration.Statuses {
		cell := may[string(from)]
		if cell == "" {
			t.Errorf("docs/STATES.md does not tell what %s may become", from)
		}
		named, any := word.FindAllString(cell, -1), strings.HasPrefix(cell, "any")
		for _, to := range integration.Statuses {
			want := slices.Contains(named, string(to)) != any && !(to == from && strings.HasPrefix(cell, "any other"))
			if got := delivery.CanBecome(from, to); got != want {
				t.Errorf("%s -> %s is %v, and docs/STATES.md says %v", from, to, got, want)
			}
		}
	}
}

func TestSettledMeansNothingMovesByItself(t *testing.T) {
	t.Parallel()
	for _, s := range integration.Statuses {
		if started := delivery.CanBecome(s, integration.Started); s.Settled() && started {
			t.Errorf("%s is settled and can start", s)
		}
	}
}
