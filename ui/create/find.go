package create

import (
	"context"
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/picker"
)

// findTag names the search over this editor's settings.
func (e *editor) findTag() string { return fmt.Sprintf("%p find", e) }

// find opens the search over all settings, those of closed panels too; enter
// goes to the one under the cursor.
func (e *editor) find() tea.Cmd {
	form, values := e.form, e.form.Values() // which stays as it is while the search is open
	search := func(_ context.Context, query string, limit int) ([]picker.Choice, error) {
		found := form.Find(query)
		out := make([]picker.Choice, 0, len(found))
		for _, x := range found[:min(limit, len(found))] {
			note := string(x.Panel)
			if !x.Shown(values) {
				note = "no effect now · " + note
			}
			out = append(out, picker.Choice{ID: x.Key, Name: x.Label, Note: note})
		}
		return out, nil
	}
	return e.env.Open(picker.New(picker.Options{Title: "Find a setting", Tag: e.findTag(), Env: e.env, Search: search}))
}
