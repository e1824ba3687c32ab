package create

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/form"
	"billferry/ui/load"
	"billferry/ui/picker"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// sideFrom is the width from which help and preview stand beside the panels.
const sideFrom = 80

// editor is stage 3: the panels, help for the row in focus, and the preview.
type editor struct {
	env           screen.Env
	spec          spec.Form
	integrationID string // whose destination is searched for items; "" while creating
	form          *form.Form
	preview       preview
	naming        load.Latest
	asked         map[string]bool // ids whose names were asked for
	full          bool            // the preview takes the whole room
	page          widget.Page
	width, height int
}

func newEditor(env screen.Env, f spec.Form, integrationID, name string, v spec.Values, action string) *editor {
	return &editor{env: env, spec: f, integrationID: integrationID, form: form.New(f.Fields, name, v, action),
		asked: map[string]bool{}}
}

// start returns the commands for the first preview, which is of a run's Bill if that
// is kept, and for the names of ids.
func (e *editor) start(run string) tea.Cmd {
	if run == "" {
		return tea.Batch(e.refresh(), e.name())
	}
	svc := e.env.Service
	return tea.Batch(e.name(), load.Do(e, load.Deadline, func(ctx context.Context) ([]byte, error) { return Bill(ctx, svc, run) },
		func(raw []byte, err error) tea.Cmd {
			if err == nil {
				e.preview.bill = raw
			}
			return e.refresh()
		}))
}

// name asks what the ids in the settings are called, once they rest, and each once:
// one that has no name keeps its number.
func (e *editor) name() tea.Cmd {
	return e.naming.After(e, previewAfter, func() tea.Cmd {
		q := service.NamesRequest{IntegrationID: e.integrationID}
		q.Items, q.Accounts = e.spec.Ids(e.form.Values())
		known := e.form.Names()
		asked := func(id string) bool { return known[id] != "" || e.asked[id] }
		q.Items, q.Accounts = slices.DeleteFunc(q.Items, asked), slices.DeleteFunc(q.Accounts, asked)
		if e.integrationID == "" {
			q.Items = nil
		}
		values := e.unnamed()
		if len(q.Items)+len(q.Accounts)+len(values) == 0 {
			return nil
		}
		for _, id := range slices.Concat(q.Items, q.Accounts) {
			e.asked[id] = true
		}
		svc := e.env.Service
		// Not the newest alone: each question is of other ids, none of which is asked for again.
		return load.Do(e, load.Deadline, func(ctx context.Context) (map[string]string, error) {
			names := map[string]string{}
			known, err := svc.Names(ctx, q)
			maps.Copy(names, known)
			for to := range values {
				for id, name := range ValueNames(ctx, svc, q.IntegrationID, to) {
					names[form.ValueName(to, id)] = name
				}
			}
			return names, err
		},
			func(names map[string]string, _ error) tea.Cmd {
				e.form.Remember(names)
				return nil
			})
	})
}

// MostNamed bounds the values of a field that are looked through for names.
const MostNamed = 1000

// unnamed are the fields whose values in rules have no names yet, each asked for
// once.
func (e *editor) unnamed() map[string][]string {
	if e.integrationID == "" {
		return nil
	}
	out := map[string][]string{}
	for to, ids := range e.form.Unnamed() {
		for _, id := range ids {
			if name := form.ValueName(to, id); !e.asked[name] {
				e.asked[name], out[to] = true, append(out[to], id)
			}
		}
	}
	return out
}

var (
	previewKey = key.NewBinding(key.WithKeys("ctrl+p"), key.WithHelp("ctrl+p", "preview"))
	findKey    = key.NewBinding(key.WithKeys("ctrl+f"), key.WithHelp("ctrl+f", "find a setting"))
)

func (e *editor) keys(submit string) []screen.Key {
	if e.full {
		back := key.NewBinding(key.WithKeys("ctrl+p", "esc"), key.WithHelp("esc", "back to the settings"))
		scroll := key.NewBinding(key.WithKeys(), key.WithHelp("↑/↓", "scroll"))
		return append([]screen.Key{{Binding: back, Footer: true}, {Binding: scroll, Footer: true},
			{Binding: billKey, Footer: true}}, widget.ListKeys()...)
	}
	own := []screen.Key{{Binding: findKey, Footer: true}, {Binding: previewKey, Footer: true}}
	if e.side() == 0 { // no preview stands beside: its key is the last to leave the footer
		slices.Reverse(own)
	}
	own = append(own, screen.Key{Binding: billKey})
	return append(append(e.form.Keys(submit), own...),
		screen.Key{Binding: key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "back")), Footer: true})
}

// update handles a message; the result says what became of the values.
func (e *editor) update(msg tea.Msg) (form.Result, tea.Cmd) {
	switch m := msg.(type) {
	case tea.KeyMsg:
		switch {
		case key.Matches(m, previewKey):
			e.full = !e.full
			e.fill()
			return form.Result{}, nil
		case key.Matches(m, billKey):
			return form.Result{}, e.chooseBill("")
		case e.full: // the settings cannot be seen: nothing is typed into them
			e.page.Key(m)
			return form.Result{}, nil
		case key.Matches(m, findKey):
			return form.Result{}, e.find()
		}
		result := e.form.Update(m)
		switch {
		case result.Ask:
			return result, e.pick(result.Query)
		case result.Changed:
			return result, tea.Batch(e.refresh(), e.name())
		}
		return result, result.Said()
	case picker.DoneMsg:
		if m.Tag == e.findTag() {
			for _, id := range m.IDs { // one, or none where nothing was found
				e.form.Jump(id)
			}
			return form.Result{}, nil
		}
		if m.Tag == e.billTag() {
			if len(m.IDs) == 0 {
				return form.Result{}, nil
			}
			return form.Result{}, e.choseBill(m.IDs[0])
		}
		if m.Tag == e.tag() {
			e.form.Pick(m.IDs, m.Names)
			return form.Result{Changed: true}, e.refresh()
		}
		return form.Result{}, nil
	}
	cmd := e.preview.busy.Update(msg)
	e.fill()
	return form.Result{}, cmd
}

// fill puts the preview on the page that shows it in the whole room.
func (e *editor) fill() {
	if e.full {
		e.page.SetSize(e.width-2, e.height)
		e.page.Set(e.preview.lines(e.width-2, true))
	}
}

// back closes the full preview.
func (e *editor) back() bool {
	was := e.full
	e.full = false
	return was
}

// tag names this editor and the row in focus, so that a picker's answer finds
// the row it was opened for.
func (e *editor) tag() string { return fmt.Sprintf("%p %s", e, e.form.FocusID()) }

// pick opens the picker of the setting in focus, with what it searches first.
func (e *editor) pick(query string) tea.Cmd {
	x, option, ok := e.form.Focused()
	if !ok {
		return nil
	}
	v := spec.Values{"v": e.form.Value(x.Key)}
	o := picker.Options{Title: x.Label, Tag: e.tag(), Env: e.env, Names: e.form.Names(), Query: query}
	switch x.Kind {
	case spec.Accounts:
		o.Multi, o.Free, o.Chosen, o.Search = true, true, v.Strings("v"), e.accounts
	case spec.Multi:
		o.Multi, o.Chosen, o.Search = true, v.Strings("v"), options(x.Options)
		for _, c := range x.Options {
			o.Names[c.Value] = c.Label
		}
	case spec.Item:
		o.Free, o.Search, o.Valid = true, e.items, func(id string) bool { return x.Validate(id) == nil }
		o.Chosen = form.Strings(v.Text("v"))
	case spec.ItemMap:
		o.Title += ": " + option
		o.Free, o.Search = true, e.items
		o.Valid = func(id string) bool { return x.Validate(map[string]any{option: id}) == nil }
		o.Chosen = form.Strings(v.Map("v")[option])
	case spec.Rules:
		to, part, ok := e.form.Rule()
		switch {
		case !ok:
			return nil
		case part == "to":
			o.Title, o.Free, o.Search = "A field to fill", true, e.targets
		default:
			o.Title, o.Free, o.Search = "What fills "+to, true, e.fillings(to)
		}
	default:
		return nil
	}
	return e.env.Open(picker.New(o))
}

func (e *editor) accounts(ctx context.Context, query string, limit int) ([]picker.Choice, error) {
	found, err := e.env.Service.Accounts(ctx, query, limit)
	out := make([]picker.Choice, len(found))
	for i, a := range found {
		out[i] = picker.Choice{ID: a.ID, Name: a.Name, Note: a.Code}
	}
	return out, err
}

func (e *editor) items(ctx context.Context, query string, limit int) ([]picker.Choice, error) {
	if e.integrationID == "" {
		return nil, fmt.Errorf("items have names once %s is connected: type an internal id, or connect first (esc, ctrl+k)",
			e.spec.Words.System)
	}
	found, err := e.env.Service.Items(ctx, e.integrationID, query, limit)
	out := make([]picker.Choice, len(found))
	for i, n := range found {
		out[i] = picker.Choice{ID: n.ID, Name: n.Name}
	}
	return out, err
}

// options searches a fixed list.
func options(all []spec.Option) picker.Search {
	return func(_ context.Context, query string, limit int) ([]picker.Choice, error) {
		var out []picker.Choice
		for _, o := range all {
			if len(out) < limit && strings.Contains(strings.ToLower(o.Label+" "+o.Value), strings.ToLower(query)) {
				out = append(out, picker.Choice{ID: o.Value, Name: o.Label})
			}
		}
		return out, nil
	}
}

// resize lays the parts out; help and preview stand beside the panels where
// there is room, else help stands below.
func (e *editor) resize(width, height int) {
	e.width, e.height = width, max(1, height)
	e.fill()
	if e.side() > 0 {
		e.form.SetSize(width-e.side()-3, e.height)
	} else {
		e.form.SetSize(width-2, max(1, e.height-e.below()))
	}
}

func (e *editor) side() int {
	if e.width < sideFrom {
		return 0
	}
	return max(28, e.width*34/100)
}

// below is how many lines help has under the panels of a narrow terminal.
func (e *editor) below() int { return max(0, min(4, e.height/3)) }

func (e *editor) view() string {
	if e.full {
		return widget.Indent(e.page.View())
	}
	side := e.side()
	if side == 0 {
		help := e.help(e.width - 2)
		rule := theme.Dim.Render(strings.Repeat("─", e.width-2))
		return widget.Block(widget.Indent(e.form.View())+"\n"+widget.Indent(rule+"\n"+strings.Join(help, "\n")), e.width, e.height)
	}
	lines := append(e.help(side), "")
	lines = append(lines, e.preview.lines(side, false)...)
	right := widget.Block(strings.Join(lines, "\n"), side, e.height)
	return widget.Beside(widget.Indent(e.form.View()), e.width-side-2, theme.Dim.Render("│ "), right)
}

// help is the form's, with the offer to connect first where names would help, and
// in demo the items that the simulator has.
func (e *editor) help(width int) []string {
	out := e.form.Help(width)
	x, _, _ := e.form.Focused()
	if e.integrationID == "" && (x.Kind == spec.Item || x.Kind == spec.ItemMap || x.Kind == spec.Rules) {
		for _, l := range widget.Wrap("ctrl+k connects first: then names can be chosen", width) {
			out = append(out, theme.Dim.Render(l))
		}
	}
	if demo := e.env.Info.Demo; demo != nil && (x.Kind == spec.Item || x.Kind == spec.ItemMap) {
		for _, l := range widget.Wrap("demo has the items "+demo.Items, width) {
			out = append(out, theme.Warn.Render(l))
		}
	}
	return out
}
