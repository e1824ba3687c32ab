package plans

import (
	"context"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/plan"
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

// dialog asks for the reason of an act on a plan.
type dialog struct {
	env           screen.Env
	plan          *plan.Plan
	verb, done    string // Approve, approved
	fields        []spec.Field
	act           func(context.Context, service.PlanAct) (plan.Plan, error)
	form          *form.Form
	busy          widget.Busy
	err           error
	width, height int
}

// ask opens the dialog of an act.
func (s *Screen) ask(p *plan.Plan, verb, done string, must bool, act func(context.Context, service.PlanAct) (plan.Plan, error)) tea.Cmd {
	fields := []spec.Field{{Key: "reason", Label: "Reason", Panel: panel, Kind: spec.Text, Required: must,
		Help: "Kept in the audit trail, with who did it and the plan's digest."}}
	return s.env.Open(&dialog{env: s.env, plan: p, verb: verb, done: done, fields: fields, act: act,
		form: form.New(fields, "", spec.Values{}, verb)})
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
	if p := (spec.Form{Fields: d.fields}).Validate("", v); p.Err() != nil {
		d.form.SetProblems(p)
		return nil
	}
	d.err = nil
	act, q := d.act, service.PlanAct{PlanID: d.plan.ID, Digest: d.plan.Digest, Reason: v.Text("reason")}
	return tea.Batch(d.busy.Start(), load.Act(d, load.Deadline, func(ctx context.Context) error {
		_, err := act(ctx, q)
		return err
	}, func(err error) tea.Cmd {
		d.busy.Stop()
		if d.err = err; err != nil {
			d.err = advised(err)
			return nil
		}
		return tea.Batch(d.env.Close(), screen.Toast("plan "+d.plan.ID+" is "+d.done))
	}))
}

// SetSize implements screen.Screen.
func (d *dialog) SetSize(width, height int) {
	d.width, d.height = min(width, 84), min(height, 20)
	d.form.SetSize(d.width-4, max(3, min(d.form.Height()+2, d.height-9)))
}

// View implements screen.Screen.
func (d *dialog) View() string {
	space := d.width - 4
	text := widget.Many(sends(d.plan), "document") + " of " + d.plan.Integration + ", " + change(d.plan) + ", made by " +
		d.plan.Author.Name + "."
	lines := append(widget.Wrap(widget.Clean(text), space), "", d.form.View())
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
func (d *dialog) Title() string { return d.verb + " plan " + d.plan.ID }

// Typing implements screen.Screen.
func (d *dialog) Typing() bool { return d.form.Typing() }

// Back implements screen.Screen: it asks before a typed reason is lost.
func (d *dialog) Back() (bool, tea.Cmd) {
	if d.form.Values().Text("reason") != "" {
		return true, d.env.Open(confirm.New(d.env, "Close this?", "What was typed is not kept.", "Close it", d.env.Close))
	}
	return false, nil
}

// Keys implements screen.Screen.
func (d *dialog) Keys() []screen.Key { return d.form.Keys("save") }
