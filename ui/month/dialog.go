package month

import (
	"cmp"
	"context"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/reconcile"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/confirm"
	"billferry/ui/form"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

const panel = spec.Panel("On the record")

var fields = []spec.Field{
	{Key: "as", Label: "As", Panel: panel, Kind: spec.Enum, Default: reconcile.AsAccepted, Help: "What became of it.", Options: []spec.Option{
		{Value: reconcile.AsAccepted, Label: "Accepted: it stays as it is"}, {Value: reconcile.AsSettled,
			Label: "Settled by hand: the reference tells with what"},
		{Value: reconcile.AsExplained, Label: "Explained: it is right, and the reason says why"},
	}},
	{Key: "reason", Label: "Reason", Panel: panel, Kind: spec.Text, Required: true,
		Help: "Kept in the audit trail, for whoever reviews the month."},
	{Key: "reference", Label: "Reference", Panel: panel, Kind: spec.Text, Help: "What settles it, such as JE-1042."},
}

// dialog asks what became of a break.
type dialog struct {
	env           screen.Env
	brk           reconcile.Break
	form          *form.Form
	busy          widget.Busy
	err           error
	width, height int
}

func newDialog(env screen.Env, b reconcile.Break) *dialog {
	return &dialog{env: env, brk: b, form: form.New(fields, "", spec.Values{"as": reconcile.AsAccepted}, "Resolve")}
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
	if p := (spec.Form{Fields: fields}).Validate("", v); p.Err() != nil {
		d.form.SetProblems(p)
		return nil
	}
	d.err = nil
	svc := d.env.Service
	q := service.ResolveRequest{Break: d.brk.ID, As: cmp.Or(v.Text("as"), reconcile.AsAccepted), Reason: v.Text("reason"),
		Reference: v.Text("reference")}
	return tea.Batch(d.busy.Start(), load.Act(d, load.Deadline, func(ctx context.Context) error {
		_, err := svc.ResolveBreak(ctx, q)
		return err
	}, func(err error) tea.Cmd {
		d.busy.Stop()
		if d.err = err; err != nil {
			return nil
		}
		return tea.Batch(d.env.Close(), screen.Toast(cmp.Or(d.brk.Ref, d.brk.Number)+" is "+q.As))
	}))
}

// SetSize implements screen.Screen.
func (d *dialog) SetSize(width, height int) {
	d.width, d.height = min(width, 84), min(height, 20)
	d.form.SetSize(d.width-4, max(3, min(d.form.Height()+2, d.height-8)))
}

// View implements screen.Screen.
func (d *dialog) View() string {
	space := d.width - 4
	lines := append(widget.Wrap(widget.Clean(d.brk.Text)+". It counts as accepted then, until its figures change.", space), "")
	lines = append(lines, d.form.View())
	switch {
	case d.err != nil:
		for _, l := range widget.Wrap("✗ "+widget.Clean(d.err.Error()), space) {
			lines = append(lines, theme.Bad.Render(l))
		}
	case d.busy.On():
		lines = append(lines, d.busy.View("saving"))
	default:
		lines = append(lines, d.form.Help(space)...)
	}
	lines = strings.Split(strings.Join(lines, "\n"), "\n")
	return widget.Frame(d.Title(), strings.Join(lines[:min(len(lines), d.height-2)], "\n"), d.width)
}

// Title implements screen.Screen.
func (d *dialog) Title() string { return "Resolve: " + widget.Clean(cmp.Or(d.brk.Ref, d.brk.Number)) }

// Typing implements screen.Screen.
func (d *dialog) Typing() bool { return d.form.Typing() }

// Back implements screen.Screen: it asks before a typed reason is lost.
func (d *dialog) Back() (bool, tea.Cmd) {
	if d.form.Values().Text("reason") != "" {
		return true, d.env.Open(confirm.New(d.env, "Close without resolving?", "What was typed is not kept.", "Close it", d.env.Close))
	}
	return false, nil
}

// Keys implements screen.Screen.
func (d *dialog) Keys() []screen.Key { return d.form.Keys("resolve") }
