// Package saved is the dialog of the filters of a list that are kept under a name.
package saved

import (
	"context"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/ask"
	"billferry/ui/confirm"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// Dialog shows the saved filters of one list.
type Dialog struct {
	env    screen.Env
	list   string // as service.SavedFilter has it
	line   string // that is filtered by now
	use    func(line string) tea.Cmd
	all    []service.SavedFilter
	rows   widget.List
	busy   widget.Busy
	loaded bool
	failed error

	width, room int
}

var keys = struct{ use, add, edit, remove, back key.Binding }{
	use:    key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "use it")),
	add:    key.NewBinding(key.WithKeys("n"), key.WithHelp("n", "new")),
	edit:   key.NewBinding(key.WithKeys("e"), key.WithHelp("e", "edit")),
	remove: key.NewBinding(key.WithKeys("d", "delete"), key.WithHelp("d", "delete")),
	back:   key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "close")),
}

// Open opens the dialog of the list that f filters; use filters it by another line.
func Open(env screen.Env, f *widget.Filter, use func(line string) tea.Cmd) tea.Cmd {
	return env.Open(&Dialog{env: env, list: f.Kind(), line: f.Value(), use: use})
}

// Name asks what the line that f holds is kept as.
func Name(env screen.Env, f *widget.Filter) tea.Cmd {
	return edit(env, service.SavedFilter{List: f.Kind(), Line: f.Value()}, func() tea.Cmd { return nil })
}

// edit asks for name and line of a filter, a new one when it has no id.
func edit(env screen.Env, f service.SavedFilter, then func() tea.Cmd) tea.Cmd {
	title, text := "Save a filter", "Everybody who works on this store finds it under its name: F in the list, the palette, "+
		"or runs list --saved on the command line."
	if f.List != service.FilterRuns {
		text = "Everybody who works on this store finds it under its name: F in the list."
	}
	if f.ID != "" {
		title, text = "Edit the filter "+f.Name, "Another name renames it."
	}
	of := func(v spec.Values) service.SavedFilter {
		return service.SavedFilter{ID: f.ID, List: f.List, Name: v.Text("called"), Line: v.Text("line")}
	}
	const panel = spec.Panel("Saved filter")
	return env.Open(ask.New(env, ask.Act{
		Title: title, Text: text, Verb: "Save",
		Fields: []spec.Field{
			{Key: "called", Label: "Name", Panel: panel, Kind: spec.Text, Required: true, Help: "What the filter is called, such as Late payers."},
			{Key: "line", Label: "Filter", Panel: panel, Kind: spec.Text, Required: true, Help: "The line, as / takes it."},
		},
		Values: spec.Values{"called": f.Name, "line": f.Line},
		Do: func(v spec.Values) func(context.Context) error {
			return func(ctx context.Context) error {
				_, err := env.Service.SaveFilter(ctx, of(v))
				return err
			}
		},
		Done: func(v spec.Values) tea.Cmd {
			return tea.Batch(screen.Toast("the filter is saved as “"+widget.Clean(of(v).Name)+"”"), then())
		},
	}))
}

// Init implements screen.Screen.
func (d *Dialog) Init() tea.Cmd { return tea.Batch(d.busy.Start(), d.load()) }

// Waiting implements screen.Waiter: the filters are on their way.
func (d *Dialog) Waiting() bool { return !d.loaded && d.failed == nil }

func (d *Dialog) load() tea.Cmd {
	return load.Do(d, load.Deadline, d.env.Service.SavedFilters, func(all []service.SavedFilter, err error) tea.Cmd {
		d.busy.Stop()
		if d.failed = err; err != nil {
			return nil
		}
		d.loaded = true
		rows := slices.DeleteFunc(all, func(f service.SavedFilter) bool { return f.List != d.list })
		d.all = rows
		d.rows.SetRows(len(rows), func(i int) string { return rows[i].ID })
		d.SetSize(d.width, d.room)
		return nil
	})
}

// Update implements screen.Screen.
func (d *Dialog) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		return d.key(m)
	case screen.ChangedMsg:
		if m.Of("filter") {
			return d.load()
		}
		return nil
	case load.Msg:
		return m.For(d)
	}
	return d.busy.Update(msg)
}

func (d *Dialog) key(m tea.KeyMsg) tea.Cmd {
	f, ok := d.selected()
	switch {
	case key.Matches(m, keys.add) && d.line != "":
		return edit(d.env, service.SavedFilter{List: d.list, Line: d.line}, d.load)
	case d.rows.Key(m) || !ok:
	case key.Matches(m, keys.use):
		return tea.Batch(d.env.Close(d), d.use(f.Line))
	case key.Matches(m, keys.edit):
		return edit(d.env, f, d.load)
	case key.Matches(m, keys.remove):
		return d.env.Open(confirm.New(d.env, "Delete the filter "+widget.Clean(f.Name)+"?", "It is gone for everybody who works on this store: "+
			widget.Clean(f.Line), "Delete", func() tea.Cmd { return d.remove(f) }))
	}
	return nil
}

func (d *Dialog) remove(f service.SavedFilter) tea.Cmd {
	return load.Act(d, load.Deadline, func(ctx context.Context) error { return d.env.Service.DeleteFilter(ctx, f.ID) },
		func(err error) tea.Cmd {
			if err != nil {
				return screen.Fail(err)
			}
			return tea.Batch(screen.Toast("the filter “"+widget.Clean(f.Name)+"” is deleted"), d.load())
		})
}

func (d *Dialog) selected() (service.SavedFilter, bool) {
	if i := d.rows.Cursor(); i < len(d.all) {
		return d.all[i], true
	}
	return service.SavedFilter{}, false
}

// CopyText implements screen.Copier.
func (d *Dialog) CopyText() string {
	f, _ := d.selected()
	return f.Line
}

// SetSize implements screen.Screen.
func (d *Dialog) SetSize(width, height int) {
	d.width, d.room = min(width, 90), height
	d.rows.SetSize(d.width-4, max(1, min(len(d.all), height-4)))
}

// View implements screen.Screen.
func (d *Dialog) View() string {
	room := d.width - 4
	var lines []string
	switch {
	case d.failed != nil:
		lines = widget.Wrap("✗ "+widget.Clean(d.failed.Error()), room)
	case !d.loaded:
		lines = []string{d.busy.View("reading the saved filters")}
	case len(d.all) == 0:
		lines = widget.Wrap("No filter is saved yet. Type one after / and save it with ctrl+s, or filter and press n here.", room)
	default:
		want := 0
		for _, f := range d.all {
			want = max(want, widget.Cells(f.Name))
		}
		t := widget.NewTable(room-2, widget.Column{Title: "NAME", Width: 20, Want: want}, widget.Column{Title: "FILTER", Width: 20, Flex: 1})
		lines = []string{"  " + t.Head(), d.rows.View(func(i int, _ bool, _ int) string {
			return t.Row(widget.Clean(d.all[i].Name), widget.Clean(d.all[i].Line))
		})}
	}
	return widget.Frame(d.Title(), strings.Join(lines, "\n"), d.width)
}

// Title implements screen.Screen.
func (d *Dialog) Title() string { return "Saved filters of the " + d.list }

// Typing implements screen.Screen.
func (d *Dialog) Typing() bool { return false }

// Back implements screen.Screen.
func (d *Dialog) Back() (bool, tea.Cmd) { return false, nil }

// Keys implements screen.Screen.
func (d *Dialog) Keys() []screen.Key {
	none, unfiltered := "", ""
	if len(d.all) == 0 {
		none = "no filter is saved"
	}
	if d.line == "" {
		unfiltered = "the list is not filtered: type a filter after / first"
	}
	return append([]screen.Key{
		{Binding: keys.use, Footer: true, Disabled: none}, {Binding: keys.add, Footer: true, Disabled: unfiltered},
		{Binding: keys.edit, Footer: true, Disabled: none}, {Binding: keys.remove, Footer: true, Disabled: none},
		{Binding: keys.back, Footer: true},
	}, widget.ListKeys()...)
}
