package ui

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/sahilm/fuzzy"

	"billferry/internal/service"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// palette lists by name what can be done now and where one can go, each with its
// key, and does it.
type palette struct {
	root   *root
	below  screen.Screen
	input  textinput.Model
	all    []action
	shown  []action
	list   widget.List
	width  int
	height int
}

// action is a line of the palette: a key of the screen, or a way to a screen.
type action struct {
	text string
	key  string // as it is shown; "" when there is none
	do   func() tea.Cmd
}

func newPalette(r *root) *palette {
	p := &palette{root: r, below: r.top(), input: textinput.New()}
	p.input.Prompt, p.input.Placeholder = ": ", "what to do, or where to go"
	theme.Input(&p.input)
	p.input.Focus()
	p.all = append(p.keys(), p.places()...)
	p.choose()
	return p
}

// keys are the actions that apply now, of the screen and of the root.
func (p *palette) keys() (out []action) {
	moves := widget.ListKeys()
	add := func(k screen.Key, text string) {
		names := k.Binding.Keys()
		if k.Disabled != "" || len(names) == 0 {
			return
		}
		press, ok := keyNamed(names[0])
		if !ok {
			return
		}
		out = append(out, action{text: text, key: k.Help().Key, do: func() tea.Cmd {
			p.root.held = append(p.root.held, press) // for the screen below, once this is closed
			return nil
		}})
	}
	for _, k := range p.below.Keys() {
		same := func(m screen.Key) bool { return slices.Equal(m.Binding.Keys(), k.Binding.Keys()) }
		// One of several keys in a row, as those of tabs, says what it does only with its number.
		oneOf := len(k.Binding.Keys()) > 1 && k.Binding.Keys()[0] == "1"
		if !oneOf && k.Help().Key != "esc" && !slices.ContainsFunc(moves, same) {
			add(k, k.Help().Desc)
		}
	}
	for _, k := range globalKeys {
		if text := globalActs[k.Help().Key]; text != "" {
			add(k, text)
		}
	}
	if p.root.env.Info.Demo != nil {
		add(demoKey, demoKey.Help().Desc)
		tour := p.root.touring()
		out = append(out, action{text: tour.Text, key: demoKey.Help().Key + " " + tour.Key, do: tour.Do})
	}
	return out
}

// globalActs are the global keys that do something, in the words of an action: to go
// back, or to open this list, is none.
var globalActs = map[string]string{
	"?, f1": "help: all keys", "y": "copy the id under the cursor", "u": "undo the last hold or release",
	"ctrl+t": "give the mouse to the terminal, or take it back",
	"q":      "quit", "ctrl+z": "suspend: to the shell, until fg",
}

// keyNamed is the key with a name that bindings use.
func keyNamed(name string) (tea.KeyMsg, bool) {
	if r := []rune(name); len(r) == 1 {
		if r[0] == ' ' {
			return tea.KeyMsg{Type: tea.KeySpace, Runes: r}, true
		}
		return tea.KeyMsg{Type: tea.KeyRunes, Runes: r}, true
	}
	k, ok := namedKeys[name]
	return tea.KeyMsg{Type: k}, ok
}

var namedKeys = func() map[string]tea.KeyType {
	m := map[string]tea.KeyType{}
	for t := tea.KeyType(-128); t < 128; t++ {
		if name := (tea.Key{Type: t}).String(); name != "" {
			m[name] = t
		}
	}
	return m
}()

func (p *palette) to(text string, r screen.Route) action {
	return action{text: text, do: func() tea.Cmd { return p.root.env.Push(r) }}
}

func (p *palette) places() []action {
	return []action{
		p.to("go to the integrations", screen.Route{Name: screen.Home}),
		p.to("go to the runs of all integrations", screen.Route{Name: screen.Runs}),
		p.to("go to the failed runs", screen.Route{Name: screen.Runs, Arg: "status:failed"}),
		p.to("go to the events of all integrations", screen.Route{Name: screen.Events}),
		p.to("go to the external mappings", screen.Route{Name: screen.Mappings}),
		p.to("create an integration", screen.Route{Name: screen.Create}),
	}
}

// Init adds the integrations and the saved filters by name.
func (p *palette) Init() tea.Cmd { return tea.Batch(p.addIntegrations(), p.addFilters()) }

// addFilters adds those of the list below, and those of runs from everywhere.
func (p *palette) addFilters() tea.Cmd {
	top, _ := p.below.(screen.Filtered)
	return load.Do(p, load.Deadline, p.root.env.Service.SavedFilters, func(all []service.SavedFilter, err error) tea.Cmd {
		if err != nil {
			return nil
		}
		for _, f := range all {
			name := "filter " + f.List + ": " + widget.Clean(f.Name)
			switch {
			case top != nil && top.FilterList() == f.List:
				p.all = append(p.all, action{text: name, do: func() tea.Cmd { return top.UseFilter(f.Line) }})
			case f.List == service.FilterRuns:
				p.all = append(p.all, p.to(name, screen.Route{Name: screen.Runs, Arg: f.Line}))
			}
		}
		p.choose()
		return nil
	})
}

func (p *palette) addIntegrations() tea.Cmd {
	return load.Do(p, load.Deadline, p.root.env.Service.Integrations,
		func(ins []service.Summary, err error) tea.Cmd {
			if err != nil {
				return nil // what there is without them is of use
			}
			for _, in := range ins {
				name := widget.Clean(in.Name)
				p.all = append(p.all, p.to("open "+name, screen.Route{Name: screen.Details, ID: in.ID}),
					p.to("runs of "+name, screen.Route{Name: screen.Runs, ID: in.ID}),
					p.to("events of "+name, screen.Route{Name: screen.Events, ID: in.ID}),
					p.to("mappings of "+name, screen.Route{Name: screen.Mappings, ID: in.ID}))
				if in.ByPlan() {
					p.all = append(p.all, p.to("plans of "+name, screen.Route{Name: screen.Plans, ID: in.ID}))
				}
				if in.CredentialsID != "" {
					p.all = append(p.all, p.to("month end of "+name, screen.Route{Name: screen.Month, ID: in.ID}))
				}
			}
			p.choose()
			return nil
		})
}

// choose shows what the typed letters are found in, in their order, the best first.
func (p *palette) choose() {
	p.shown = p.all
	if typed := widget.Fold(p.input.Value()); typed != "" {
		texts := make([]string, len(p.all))
		for i, a := range p.all {
			texts[i] = widget.Fold(a.text)
		}
		p.shown = nil
		for _, m := range fuzzy.Find(typed, texts) {
			p.shown = append(p.shown, p.all[m.Index])
		}
	}
	shown := p.shown
	p.list.SetRows(len(shown), func(i int) string { return shown[i].text })
}

// Update implements screen.Screen.
func (p *palette) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case load.Msg:
		return m.For(p)
	case tea.KeyMsg:
		switch m.String() {
		case "enter":
			if i := p.list.Cursor(); i < len(p.shown) {
				closed := p.root.env.Close(p)
				return tea.Batch(closed, p.shown[i].do())
			}
		case "up", "down", "pgup", "pgdown":
			p.list.Key(m)
		default:
			before := p.input.Value()
			if p.input, _ = p.input.Update(m); p.input.Value() != before {
				p.choose()
				p.list.Move(-p.list.Len()) // the best one
			}
		}
	}
	return nil
}

// SetSize implements screen.Screen: its height stays while one types.
func (p *palette) SetSize(width, height int) {
	p.width, p.height = min(width, 76), min(height, 20)
	p.list.SetSize(p.width-4, p.height-4)
}

// View implements screen.Screen.
func (p *palette) View() string {
	widget.FitInput(&p.input, p.width-8)
	body := p.list.View(func(i int, _ bool, width int) string {
		a := p.shown[i]
		return widget.Spread(a.text, theme.Key.Render(a.key), width)
	})
	if len(p.shown) == 0 {
		body = widget.Block("  Nothing is called that. esc closes this.", p.width-4, p.height-4)
	}
	return widget.Frame("All actions", p.input.View()+"\n\n"+body, p.width)
}

func (p *palette) Title() string         { return "All actions" }
func (p *palette) Typing() bool          { return true }
func (p *palette) Back() (bool, tea.Cmd) { return false, nil }

// Keys implements screen.Screen.
func (p *palette) Keys() []screen.Key {
	k := func(text, help string, names ...string) screen.Key {
		return screen.Key{Binding: key.NewBinding(key.WithKeys(names...), key.WithHelp(help, text)), Footer: true}
	}
	return []screen.Key{k("choose", "↑/↓", "up", "down"), k("do it", "enter", "enter"), k("close", "esc", "esc")}
}
