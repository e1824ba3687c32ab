// Package demo is the menu by which a newcomer makes things happen in the
// simulators of demo: periods close, invoices are paid, the other side goes away.
package demo

import (
	"context"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/form"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// Dialog is the menu, and then the question that an act asks.
type Dialog struct {
	env   screen.Env
	steer service.Steering
	menu  *widget.Menu
	busy  widget.Busy
	act   service.DemoAct
	form  *form.Form // of the act; nil: the menu is shown
	err   error
	width int
	room  int // lines that there are
}

// New makes the dialog, which begins with more; nil when there is nothing to steer.
func New(env screen.Env, more ...widget.Action) *Dialog {
	steer, ok := env.Service.(service.Steering)
	if !ok || env.Info.Demo == nil {
		return nil
	}
	return &Dialog{env: env, steer: steer, menu: &widget.Menu{Actions: more}}
}

// Init reads what can be done now.
func (d *Dialog) Init() tea.Cmd {
	return tea.Batch(d.busy.Start(), load.Do(d, load.Deadline, d.steer.DemoActs, func(acts []service.DemoAct, err error) tea.Cmd {
		d.busy.Stop()
		d.err = err
		for _, a := range acts {
			d.menu.Actions = append(d.menu.Actions, widget.Action{Key: a.Key, Text: a.Text, Do: func() tea.Cmd { return d.choose(a) }})
		}
		return nil
	}))
}

// Waiting implements screen.Waiter: the letters are for the menu that is read.
func (d *Dialog) Waiting() bool { return d.busy.On() && d.form == nil }

func (d *Dialog) choose(a service.DemoAct) tea.Cmd {
	if d.act = a; len(a.Fields) == 0 {
		return d.do(spec.Values{})
	}
	v := spec.Values{}
	for _, x := range a.Fields {
		v.Set(x.Key, x.Default)
	}
	d.form = form.New(a.Fields, "", v, "do it")
	d.SetSize(d.width, d.room)
	return nil
}

func (d *Dialog) do(v spec.Values) tea.Cmd {
	d.err = nil
	id := d.act.ID
	return tea.Batch(d.busy.Start(), load.Do(d, load.Deadline, func(ctx context.Context) (string, error) {
		return d.steer.DemoDo(ctx, id, v)
	}, func(told string, err error) tea.Cmd {
		d.busy.Stop()
		if d.err = err; err != nil {
			return nil
		}
		return tea.Batch(d.env.Close(d), screen.Toast("demo: "+told+". "+d.act.Help))
	}))
}

// Update implements screen.Screen.
func (d *Dialog) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case load.Msg:
		return m.For(d)
	case tea.KeyMsg:
		switch {
		case d.busy.On():
			return nil
		case d.form == nil:
			done, cmd := d.menu.Key(m)
			if done && d.act.ID == "" { // no act of the simulators
				return tea.Batch(d.env.Close(d), cmd)
			}
			return cmd
		}
		r := d.form.Update(m)
		if r.Submit {
			v := d.form.Values()
			if p := (spec.Form{Fields: d.act.Fields}).Validate("", v); p.Err() != nil {
				d.form.SetProblems(p)
				return nil
			}
			return d.do(v)
		}
		return r.Said()
	}
	return d.busy.Update(msg)
}

// SetSize implements screen.Screen.
func (d *Dialog) SetSize(width, height int) {
	d.width, d.room = width, height
	if d.form != nil {
		d.form.SetSize(min(width, 76)-4, max(3, min(d.form.Height()+2, height-8)))
	}
}

// View implements screen.Screen.
func (d *Dialog) View() string {
	width := min(d.width, 76)
	var lines []string
	switch {
	case d.form != nil:
		lines = append(widget.Wrap(d.act.Help, width-4), "", d.form.View())
		lines = append(lines, d.form.Help(width-4)...)
	default:
		lines = append(widget.Wrap("Make something happen in the simulators; see what billferry does.", width-4), "")
		lines = append(lines, d.menu.Lines(width-4, d.room-3-len(lines))...)
	}
	if d.busy.On() {
		lines = append(lines, d.busy.View("one moment"))
	}
	if d.err != nil {
		for _, l := range widget.Wrap("✗ "+widget.Clean(d.err.Error()), width-4) {
			lines = append(lines, theme.Bad.Render(l))
		}
	}
	return widget.Frame(d.Title(), strings.Join(lines, "\n"), width)
}

// Title implements screen.Screen.
func (d *Dialog) Title() string {
	if d.form != nil {
		return "Demo: " + d.act.Text
	}
	return "Demo"
}

// Typing implements screen.Screen.
func (d *Dialog) Typing() bool { return d.form == nil || d.form.Typing() }

// Back implements screen.Screen: from an act's question to the menu.
func (d *Dialog) Back() (bool, tea.Cmd) {
	if d.form == nil {
		return false, nil
	}
	d.form, d.err, d.act = nil, nil, service.DemoAct{}
	return true, nil
}

// Keys implements screen.Screen.
func (d *Dialog) Keys() []screen.Key {
	if d.form != nil {
		back := key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "back"))
		return append(d.form.Keys("do it"), screen.Key{Binding: back, Footer: true})
	}
	return d.menu.Keys()
}
