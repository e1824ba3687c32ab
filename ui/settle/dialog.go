package settle

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/ui/ask"
	"billferry/ui/screen"
)

// newDialog asks what an act needs to know. Where the document is not evidently the
// Bill's, both sides stand above the form, which asks for it then.
func newDialog(env screen.Env, a act, r integration.Run) *ask.Dialog {
	var d *ask.Dialog
	var both *sides // nil: nothing is in doubt
	d = ask.New(env, ask.Act{
		Title: a.title + ": " + r.BillRef, Text: a.text, Verb: a.title, Fields: a.fields,
		Above: func(width int) []string { return both.view(width) },
		Do: func(v spec.Values) func(context.Context) error {
			if both != nil && v.Text("externalId") != both.id {
				v = v.Clone()
				v.Set(sameKey, false) // it was said of another document
			}
			return a.of(env, r, v)
		},
		Refused: func(err error) bool {
			v := d.Values()
			if both = doubt(err, v); both == nil {
				return false
			}
			v.Set(sameKey, false)
			d.Ask(append(a.fields[:len(a.fields):len(a.fields)], same), v)
			return true
		},
		Done: func(v spec.Values) tea.Cmd {
			ids := a.ids
			if ids == nil {
				ids = []string{r.ID}
			}
			a.keep(env, r, ids, v.Text(reason.Key))
			said := a.said(r)
			if a.never == "" {
				said += "; u takes it back"
			}
			return screen.Toast(said)
		},
	})
	return d
}
