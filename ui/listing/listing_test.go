package listing_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/listing"
	"billferry/ui/load"
	"billferry/ui/screen"
)

// Changes that come faster than the rows are read hold up no reading, and the last of
// them is read.
func TestChangesComeFasterThanRowsAreRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var stored []string
		var l listing.List[string]
		l = listing.List[string]{
			ID:    func(s string) string { return s },
			Text:  func(s string) string { return s },
			Quiet: time.Second,
			Load: func() tea.Cmd {
				return load.Newest(&l.Latest, &l, time.Minute, func(context.Context) ([]string, error) { return slices.Clone(stored), nil }, l.Took)
			},
		}
		changed := func(row string) tea.Cmd { // asks for the rows
			stored = append(stored, row)
			return l.Update(l.Update(screen.ChangedMsg{})())
		}
		answer := changed("one")()
		if changed("two") != nil {
			t.Fatal("the rows are read anew, and those on their way are lost")
		}
		again := l.Update(answer)
		if !slices.Equal(l.Shown, []string{"one"}) || again == nil {
			t.Fatalf("shows %q, want what was read first", l.Shown)
		}
		if l.Update(again()); !slices.Equal(l.Shown, stored) {
			t.Fatalf("shows %q, want %q", l.Shown, stored)
		}
	})
}
