package settle

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/ui/confirm"
	"billferry/ui/form"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// dialog asks what an act needs to know.
type dialog struct {
	env           screen.Env
	act           act
	run           integration.Run
	form          *form.Form
	busy          widget.Busy
	err           error
	sides         *sides // both sides to compare; nil: nothing is in doubt
	width, height int
	room          int // lines that there are
}

func newDialog(env screen.Env, a act, r integration.Run) *dialog {
	return &dialog{env: env, act: a, run: r, form: form.New(a.fields, "", spec.Values{}, a.title)}
}

// Init implements screen.Screen.
func (d *dialog) Init() tea.Cmd { return nil }

// Update implements screen.Screen.
func (d *dialog) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		if !d.busy.On() && d.form.Update(m).Submit {
			return d.submit()
		}
	case load.Msg:
		return m.For(d)
	default:
		return d.busy.Update(msg)
	}
	return nil
}

func (d *dialog) submit() tea.Cmd {
	v := d.form.Values()
	if p := (spec.Form{Fields: d.act.fields}).Validate("", v); p.Err() != nil {
		d.form.SetProblems(p)
		return nil
	}
	d.err = nil
	if d.sides != nil && v.Text("externalId") != d.sides.id {
		v = v.Clone()
		v.Set(sameKey, false) // it was said of another document
	}
	return tea.Batch(d.busy.Start(), load.Act(d, load.Deadline, d.act.of(d.env, d.run, v), d.over))
}

func (d *dialog) over(err error) tea.Cmd {
	d.busy.Stop()
	if d.err = err; err != nil {
		d.ask(err)
		return nil
	}
	ids := d.act.ids
	if ids == nil {
		ids = []string{d.run.ID}
	}
	d.act.keep(d.env, d.run, ids, "")
	said := d.act.said(d.run)
	if d.act.never == "" {
		said += "; u takes it back"
	}
	return tea.Batch(d.env.Close(), screen.Toast(said))
}

// SetSize implements screen.Screen.
func (d *dialog) SetSize(width, height int) {
	d.room = height
	d.width, d.height = min(width, 84), min(height, 16)
	more := len(d.sides.view(d.width - 4))
	d.height = min(height, d.height+more)
	d.form.SetSize(d.width-4, max(3, min(d.form.Height()+2, d.height-8-more)))
}

// View implements screen.Screen.
func (d *dialog) View() string {
	room := d.width - 4
	lines := append(widget.Wrap(d.act.text, room), "")
	lines = append(append(lines, d.sides.view(room)...), d.form.View())
	switch {
	case d.err != nil && d.sides == nil:
		for _, l := range widget.Wrap("✗ "+widget.Clean(d.err.Error()), room) {
			lines = append(lines, theme.Bad.Render(l))
		}
	case d.busy.On():
		lines = append(lines, d.busy.View("saving"))
	default:
		lines = append(lines, d.form.Help(room)...)
	}
	lines = strings.Split(strings.Join(lines, "\n"), "\n")
	return widget.Frame(d.Title(), strings.Join(lines[:min(len(lines), d.height-2)], "\n"), d.width)
}

// Title implements screen.Screen.
func (d *dialog) Title() string { return d.act.title + ": " + widget.Clean(d.run.BillRef) }

// Typing implements screen.Screen.
func (d *dialog) Typing() bool { return d.form.Typing() }

// Back implements screen.Screen: it asks before a typed reason is lost.
func (d *dialog) Back() (bool, tea.Cmd) {
	for _, x := range d.act.fields {
		if d.form.Values().Text(x.Key) != "" {
			return true, d.env.Open(confirm.New(d.env, "Close without "+strings.ToLower(d.act.title)+"?", "What was typed is not kept.",
				"Close it", d.env.Close))
		}
	}
	return false, nil
}

// Keys implements screen.Screen.
func (d *dialog) Keys() []screen.Key { return d.form.Keys(strings.ToLower(d.act.title)) }
