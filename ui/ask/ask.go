// Package ask is the dialog of an act that has to know something first: it asks
// with a form, does the act, and stays with what was typed where that fails.
package ask

import (
	"context"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/spec"
	"billferry/ui/confirm"
	"billferry/ui/form"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// Panel has the fields that are kept with an act.
const Panel = spec.Panel("On the record")

// Act is what is asked and done.
type Act struct {
	Title  string
	Text   string // above the form
	Verb   string // what the button is called: "Approve"
	Fields []spec.Field
	Values spec.Values // to begin with; nil: none
	// Do is the act with what was typed.
	Do func(spec.Values) func(context.Context) error
	// Done is run once it is done, when the dialog has closed.
	Done func(spec.Values) tea.Cmd
	// Refused hears why it is not done, where that changes what is asked: it may call
	// Ask, and is true when Above tells the reason. nil: the reason is shown.
	Refused func(error) bool
	// Above are more lines above the form; nil: none.
	Above func(width int) []string
}

// Dialog asks what an act needs.
type Dialog struct {
	env           screen.Env
	act           Act
	form          *form.Form
	busy          widget.Busy
	err           error
	width, height int
	room          int // lines that there are
}

// New makes the dialog of an act.
func New(env screen.Env, a Act) *Dialog {
	if a.Above == nil {
		a.Above = func(int) []string { return nil }
	}
	d := &Dialog{env: env, act: a}
	d.form = form.New(a.Fields, "", a.Values.Clone(), a.Verb)
	return d
}

// Ask asks with other fields, of which some are filled in.
func (d *Dialog) Ask(fields []spec.Field, v spec.Values) {
	d.act.Fields = fields
	d.form = form.New(fields, "", v, d.act.Verb)
}

// Values are what is typed.
func (d *Dialog) Values() spec.Values { return d.form.Values() }

// Init implements screen.Screen.
func (d *Dialog) Init() tea.Cmd { return nil }

// Update implements screen.Screen.
func (d *Dialog) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		if d.busy.On() {
			return nil
		}
		r := d.form.Update(m)
		if r.Submit {
			return d.submit()
		}
		return r.Said()
	case load.Msg:
		return m.For(d)
	}
	return d.busy.Update(msg)
}

func (d *Dialog) submit() tea.Cmd {
	v := d.form.Values()
	if p := (spec.Form{Fields: d.act.Fields}).Validate("", v); p.Err() != nil {
		d.form.SetProblems(p)
		return nil
	}
	d.err = nil
	return tea.Batch(d.busy.Start(), load.Act(d, load.Deadline, d.act.Do(v), func(err error) tea.Cmd {
		d.busy.Stop()
		if err == nil {
			return tea.Batch(d.env.Close(d), d.act.Done(v))
		}
		if d.act.Refused == nil || !d.act.Refused(err) {
			d.err = screen.Advised(err)
		}
		d.SetSize(d.width, d.room)
		return nil
	}))
}

// SetSize implements screen.Screen.
func (d *Dialog) SetSize(width, height int) {
	d.room, d.width = height, min(width, 84)
	above := len(d.above())
	d.height = min(height, 18+above)
	const below = 2 + 4 // the frame, and the help or what went wrong
	d.form.SetSize(d.width-4, max(3, min(d.form.Height()+2, d.height-below-above)))
}

// above are the lines above the form.
func (d *Dialog) above() []string {
	room := d.width - 4
	return append(append(widget.Wrap(widget.Clean(d.act.Text), room), ""), d.act.Above(room)...)
}

// View implements screen.Screen.
func (d *Dialog) View() string {
	room := d.width - 4
	lines := append(d.above(), strings.Split(d.form.View(), "\n")...)
	switch {
	case d.err != nil:
		for _, l := range widget.Wrap("✗ "+widget.Clean(d.err.Error()), room) {
			lines = append(lines, theme.Bad.Render(l))
		}
	case d.busy.On():
		lines = append(lines, d.busy.View("saving"))
	default:
		lines = append(lines, d.form.Help(room)...)
	}
	return widget.Frame(d.Title(), strings.Join(lines[:min(len(lines), d.height-2)], "\n"), d.width)
}

// Title implements screen.Screen.
func (d *Dialog) Title() string { return widget.Clean(d.act.Title) }

// Typing implements screen.Screen.
func (d *Dialog) Typing() bool { return d.form.Typing() }

// Back implements screen.Screen: it asks before a typed text is lost. What was filled in
// is none.
func (d *Dialog) Back() (bool, tea.Cmd) {
	v := d.form.Values()
	if !slices.ContainsFunc(d.act.Fields, func(x spec.Field) bool {
		return x.Kind == spec.Text && v.Text(x.Key) != "" && v.Text(x.Key) != d.act.Values.Text(x.Key)
	}) {
		return false, nil
	}
	return true, d.env.Open(confirm.New(d.env, "Close this?", "What was typed is not kept.", "Close it",
		func() tea.Cmd { return d.env.Close(d) }))
}

// Keys implements screen.Screen.
func (d *Dialog) Keys() []screen.Key {
	esc := key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "cancel"))
	return append(d.form.Keys(strings.ToLower(d.act.Verb)), screen.Key{Binding: esc, Footer: true})
}
