// Package learn is the dialog that turns a refusal into rules: it shows the fields
// that the destination demanded, takes a value for each from the account, saves
// the rules, and so sends again what was refused.
package learn

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/load"
	"billferry/ui/picker"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// Cause is that of the runs that are learnt from.
const Cause = "field_missing"

// tag marks the answers of this dialog's picker.
const tag = "learn "

// Dialog is it.
type Dialog struct {
	env    screen.Env
	run    integration.Run
	rows   []row
	list   widget.List
	busy   widget.Busy
	doing  string
	loaded bool
	err    error
	width  int
	height int
}

// row is a field with the value that it is to get.
type row struct {
	integration.Field
	value integration.Named
}

// New returns the dialog for a run that was refused.
func New(env screen.Env, r integration.Run) *Dialog { return &Dialog{env: env, run: r} }

// Init implements screen.Screen.
func (d *Dialog) Init() tea.Cmd {
	svc, id := d.env.Service, d.run.ID
	d.doing = "looking the fields up"
	return tea.Batch(d.busy.Start(), load.Do(d, load.Deadline,
		func(ctx context.Context) ([]integration.Field, error) { return svc.Proposed(ctx, id) },
		func(found []integration.Field, err error) tea.Cmd {
			d.busy.Stop()
			d.loaded, d.err = true, err
			d.rows = make([]row, len(found))
			for i, f := range found {
				d.rows[i].Field = f
			}
			d.list.SetRows(len(d.rows), func(i int) string { return d.rows[i].Key })
			d.fit()
			return nil
		}))
}

var keys = struct{ choose, save, edit key.Binding }{
	choose: key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "choose a value")),
	save:   key.NewBinding(key.WithKeys("ctrl+s"), key.WithHelp("ctrl+s", "save")),
	edit:   key.NewBinding(key.WithKeys("e"), key.WithHelp("e", "edit")),
}

// Update implements screen.Screen.
func (d *Dialog) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		return d.key(m)
	case load.Msg:
		return m.For(d)
	case picker.DoneMsg:
		d.chosen(m)
		return nil
	}
	return d.busy.Update(msg)
}

func (d *Dialog) key(m tea.KeyMsg) tea.Cmd {
	switch {
	case d.busy.On():
	case key.Matches(m, keys.edit):
		return tea.Sequence(d.env.Close(d), d.env.Push(screen.Route{Name: screen.Edit, ID: d.run.IntegrationID, Arg: integration.KeyRules,
			Run: d.run.ID}))
	case key.Matches(m, keys.save) && d.unsaved() > 0:
		return d.save()
	case key.Matches(m, keys.choose) && len(d.rows) > 0:
		return d.choose(d.rows[d.list.Cursor()].Field)
	default:
		d.list.Key(m)
	}
	return nil
}

// choose opens the picker over the values of a field.
func (d *Dialog) choose(f integration.Field) tea.Cmd {
	svc, id := d.env.Service, d.run.IntegrationID
	return d.env.Open(picker.New(picker.Options{Title: f.Label + " (" + f.Key + ")", Tag: tag + f.Key, Free: true, Env: d.env,
		Search: func(ctx context.Context, query string, limit int) ([]picker.Choice, error) {
			found, err := svc.FieldOptions(ctx, id, f.Key, query, limit)
			out := make([]picker.Choice, len(found))
			for i, n := range found {
				out[i] = picker.Choice{ID: n.ID, Name: n.Name}
			}
			return out, err
		}}))
}

// chosen takes a value, also for a field of the same label that has none yet: what
// the header gets the lines get, unless one says otherwise.
func (d *Dialog) chosen(m picker.DoneMsg) {
	field, mine := strings.CutPrefix(m.Tag, tag)
	if !mine || len(m.IDs) == 0 {
		return
	}
	value := integration.Named{ID: m.IDs[0], Name: m.Names[m.IDs[0]]}
	label := ""
	for i := range d.rows {
		if d.rows[i].Key == field {
			d.rows[i].value, label = value, d.rows[i].Label
		}
	}
	for i := range d.rows {
		if d.rows[i].Label == label && d.rows[i].value.ID == "" {
			d.rows[i].value = value
		}
	}
	for i := range d.rows {
		if d.rows[i].value.ID == "" {
			d.list.Select(d.rows[i].Key)
			return
		}
	}
}

// unsaved counts the rules that would be saved.
func (d *Dialog) unsaved() (n int) {
	for _, r := range d.rows {
		if r.value.ID != "" {
			n++
		}
	}
	return n
}

func (d *Dialog) save() tea.Cmd {
	values := map[string]string{}
	for _, r := range d.rows {
		if r.value.ID != "" {
			values[r.Key] = r.value.ID
		}
	}
	svc, id := d.env.Service, d.run.IntegrationID
	d.doing, d.err = "saving", nil
	return tea.Batch(d.busy.Start(), load.Act(d, load.Deadline, func(ctx context.Context) error { return Save(ctx, svc, id, values) },
		func(err error) tea.Cmd {
			d.busy.Stop()
			if d.err = err; err != nil {
				return nil
			}
			said := widget.Many(len(values), "rule") + " saved: what was refused for them is sent again"
			if left := len(d.rows) - len(values); left > 0 {
				said = widget.Many(len(values), "rule") + " saved, and " + without(left) + ": what needs it is refused again"
			}
			return tea.Batch(d.env.Close(d), screen.Toast(said))
		}))
}

// Save adds rules to an integration, which sends again what it had stopped, and
// enables one that failures had disabled.
func Save(ctx context.Context, svc service.Service, id string, values map[string]string) error {
	got, err := svc.Integration(ctx, id)
	if err != nil {
		return err
	}
	in := got.Integration
	in.ConfigData = integration.WithRules(in.ConfigData, values)
	if in, err = svc.Update(ctx, in); err != nil {
		return err
	}
	if in.Enabled {
		return nil
	}
	if _, err := svc.SetEnabled(ctx, id, true); err != nil {
		return errors.Join(errors.New("the rules are saved, but the integration is still disabled"), err)
	}
	return nil
}

// SetSize implements screen.Screen.
func (d *Dialog) SetSize(width, height int) {
	d.width, d.height = min(width, 96), height
	d.fit()
}

// fit gives the list the room for its rows, as far as there is.
func (d *Dialog) fit() {
	const around = 2 + 1 + 1 + 1 + 2 // frame, blank line, titles, blank line, hint
	d.list.SetSize(d.width-4, max(1, min(len(d.rows), d.height-around-len(d.said()))))
}

// View implements screen.Screen.
func (d *Dialog) View() string {
	room := d.width - 4
	var lines []string
	for _, l := range d.said() {
		lines = append(lines, theme.Dim.Render(l))
	}
	lines = append(lines, "")
	switch {
	case !d.loaded:
	case len(d.rows) == 0 && d.err == nil:
		lines = append(lines, "Rules fill each of these fields already, or the account's fields are called otherwise.", "e opens the rules.")
	default:
		table := widget.NewTable(room-2, widget.Column{Title: "FIELD", Width: 14, Flex: 2},
			widget.Column{Title: "NAMED", Width: 14, Flex: 2, Drop: 1},
			widget.Column{Title: "GETS", Width: 12, Flex: 2})
		lines = append(lines, "  "+table.Head())
		lines = append(lines, strings.Split(d.list.View(func(i int, _ bool, _ int) string {
			r := d.rows[i]
			where := r.Label
			if strings.HasPrefix(r.Key, "line.") {
				where += ", each line"
			}
			return table.Row(widget.Clean(where), widget.Clean(r.Key), widget.Clean(strings.TrimSpace(r.value.ID+" "+r.value.Name)))
		}), "\n")...)
		lines = append(lines, "")
		for _, l := range d.hints() {
			lines = append(lines, theme.Dim.Render(l))
		}
	}
	switch {
	case d.busy.On():
		lines = append(lines, d.busy.View(d.doing))
	case d.err != nil:
		for _, l := range widget.Wrap("✗ "+widget.Clean(d.err.Error()), room) {
			lines = append(lines, theme.Bad.Render(l))
		}
	}
	return widget.Frame(d.Title(), strings.Join(lines[:min(len(lines), max(1, d.height-2))], "\n"), d.width)
}

// said is what the destination said, in as many lines as there is room for.
func (d *Dialog) said() []string {
	all := widget.Wrap(widget.Clean(d.run.Error), d.width-4)
	return all[:min(len(all), max(1, d.height/6))]
}

// hints is hint in lines.
func (d *Dialog) hints() []string { return widget.Wrap(d.hint(), d.width-4) }

func (d *Dialog) hint() string {
	if n := d.unsaved(); n > 0 {
		text := fmt.Sprintf("ctrl+s saves %s and sends the Bills again", widget.Many(n, "rule"))
		if left := len(d.rows) - n; left > 0 {
			text += "; " + without(left)
		}
		return text
	}
	return "enter chooses a value; a field without one gets no rule"
}

// without says how many fields have no value yet.
func without(n int) string { return widget.Many(n, "field") + " still without a value" }

// Title implements screen.Screen.
func (d *Dialog) Title() string {
	return "Fields that " + d.env.System(d.run) + " demands"
}

// Typing implements screen.Screen.
func (d *Dialog) Typing() bool { return false }

// Back implements screen.Screen.
func (d *Dialog) Back() (bool, tea.Cmd) { return false, nil }

// Keys implements screen.Screen.
func (d *Dialog) Keys() []screen.Key {
	none, nothing := "", ""
	if len(d.rows) == 0 {
		none = "there is no field to fill"
	}
	if d.unsaved() == 0 {
		nothing = "no value is chosen yet"
	}
	return []screen.Key{{Binding: keys.choose, Footer: true, Disabled: none}, {Binding: keys.save, Footer: true, Disabled: nothing},
		{Binding: keys.edit, Footer: true}}
}
