// Package picker is the dialog that chooses ids from a list that may be very
// long: it searches as one types, draws only the rows in view, keeps what is
// chosen, and takes pasted ids when the list cannot be reached.
package picker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

const (
	searchDelay = 120 * time.Millisecond // for a search that letters typed since have overtaken
	deadline    = 10 * time.Second
	limit       = 200 // results of one search; typing more narrows them
)

// Choice is one thing to choose.
type Choice struct{ ID, Name, Note string }

// Search finds choices; "" lists the first.
type Search func(ctx context.Context, query string, limit int) ([]Choice, error)

// Options says what is chosen and from where.
type Options struct {
	Title  string
	Tag    string // comes back in DoneMsg
	Multi  bool
	Free   bool                 // ids that the search does not know may be typed or pasted
	Valid  func(id string) bool // tells what may be one; nil: every word
	Chosen []string
	Names  map[string]string // of ids chosen before
	Query  string            // to start with; several ids where such may be typed: they are chosen
	Search Search
	Env    screen.Env
}

// DoneMsg is what was chosen, in the order it was chosen.
type DoneMsg struct {
	Tag   string
	IDs   []string
	Names map[string]string
}

// Picker is the dialog.
type Picker struct {
	o       Options
	gen     int // of the text
	asked   int // gen of the newest search; 0: none
	over    int // gen of the newest search that is over
	pause   load.Latest
	input   textinput.Model
	list    widget.List
	busy    widget.Busy
	found   []Choice
	rows    []Choice
	chosen  []string
	names   map[string]string
	touched bool // something was toggled in this visit
	moved   bool // the cursor, since the text changed
	entered bool // enter was pressed before what is typed was searched for: it waits
	err     error
	width   int
	height  int
}

// New returns the dialog; open it with screen.Open.
func New(o Options) *Picker {
	in := textinput.New()
	in.Prompt = "Search: "
	theme.Input(&in)
	pasted := ids(o.Query)
	if several := o.Multi && o.Free && len(pasted) > 1; !several {
		in.SetValue(o.Query)
		pasted = nil
	}
	in.Focus()
	names := map[string]string{}
	for id, n := range o.Names {
		names[id] = n
	}
	p := &Picker{o: o, gen: 1, input: in, chosen: slices.Clone(o.Chosen), names: names}
	for _, id := range pasted {
		p.choose(id)
	}
	p.arrange()
	return p
}

// Init searches for nothing, which lists the first choices.
func (p *Picker) Init() tea.Cmd { return p.search() }

// search asks for what is typed, unless that was asked for already.
func (p *Picker) search() tea.Cmd {
	if p.asked == p.gen {
		return nil
	}
	p.asked = p.gen
	gen, query, find := p.gen, strings.TrimSpace(p.input.Value()), p.o.Search
	return tea.Batch(p.busy.Start(), load.Do(p, deadline,
		func(ctx context.Context) ([]Choice, error) { return find(ctx, query, limit) },
		func(found []Choice, err error) tea.Cmd { return p.onFound(gen, found, err) }))
}

// typed asks at once for what was typed, unless a search is under way: its
// answer comes first, if it comes soon. So a quick service answers each letter,
// and a slow one is not asked for every letter of a word.
func (p *Picker) typed() tea.Cmd {
	p.gen++
	p.moved, p.entered = false, false
	p.narrow()
	p.arrange()
	if p.asked == p.over {
		return p.search()
	}
	return p.pause.After(p, searchDelay, p.search)
}

// narrow leaves of what was found what the text is in, to look at until the
// answer comes.
func (p *Picker) narrow() {
	text := widget.Fold(strings.TrimSpace(p.input.Value()))
	in := func(s string) bool { return strings.Contains(widget.Fold(s), text) }
	p.found = slices.DeleteFunc(slices.Clone(p.found), func(c Choice) bool { return !in(c.Name) && !in(c.Note) && !in(c.ID) })
}

// onFound shows what was found, or asks anew when the text is another by now.
func (p *Picker) onFound(gen int, found []Choice, err error) tea.Cmd {
	p.over = max(p.over, gen)
	if gen != p.gen {
		return p.search()
	}
	p.busy.Stop()
	p.found, p.err = found, err
	p.arrange()
	if !p.moved { // the best match, not the row that stood alone until it came
		p.list.Move(-p.list.Cursor())
	}
	if p.entered = p.entered && err == nil; p.entered {
		return p.done()
	}
	return nil
}

// Update handles keys and the answers of its own searches.
func (p *Picker) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		return p.key(m)
	case load.Msg:
		return m.For(p)
	}
	return p.busy.Update(msg)
}

func (p *Picker) key(m tea.KeyMsg) tea.Cmd {
	switch {
	case m.Paste && p.o.Multi && p.o.Free && len(ids(string(m.Runes))) > 1:
		for _, id := range ids(string(m.Runes)) {
			p.choose(id)
		}
		p.arrange()
		return nil
	case m.String() == "enter":
		// Typed ahead of the answer it takes what that has first; a second one, what stands.
		if p.entered = !p.entered && p.takesRow() && !p.moved && p.over < p.gen; p.entered {
			return nil
		}
		return p.done()
	case m.String() == "tab" && p.o.Multi:
		p.toggle()
		return nil
	case slices.Contains([]string{"up", "down", "pgup", "pgdown"}, m.String()):
		p.moved = p.list.Key(m)
		return nil
	case m.String() == "ctrl+x":
		p.chosen, p.touched = nil, true
		p.arrange()
		return nil
	}
	before := p.input.Value()
	p.input, _ = p.input.Update(m)
	if p.input.Value() == before {
		return nil
	}
	return p.typed()
}

// ids cuts pasted text into ids.
func ids(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(", ;\t\r\n", r) })
}

func (p *Picker) choose(id string) {
	if !slices.Contains(p.chosen, id) {
		p.chosen, p.touched = append(p.chosen, id), true
	}
}

func (p *Picker) toggle() {
	if len(p.rows) == 0 {
		return
	}
	c := p.rows[p.list.Cursor()]
	p.touched = true
	if i := slices.Index(p.chosen, c.ID); i >= 0 {
		p.chosen = slices.Delete(p.chosen, i, i+1)
	} else {
		p.chosen = append(p.chosen, c.ID)
		p.names[c.ID] = c.Name
	}
	p.list.Move(1)
}

// takesRow tells whether enter takes the row under the cursor: where one is chosen, and of
// several for who typed a name and toggled nothing.
func (p *Picker) takesRow() bool {
	return !p.o.Multi || !p.touched && strings.TrimSpace(p.input.Value()) != ""
}

// done closes with what is chosen. Enter alone takes the row under the cursor,
// as one expects who typed a name and pressed enter.
func (p *Picker) done() tea.Cmd {
	if len(p.rows) > 0 && p.takesRow() {
		c := p.rows[p.list.Cursor()]
		if p.names[c.ID] = c.Name; !p.o.Multi {
			p.chosen = nil
		}
		p.choose(c.ID)
	}
	m := DoneMsg{Tag: p.o.Tag, IDs: p.chosen, Names: p.names}
	return tea.Sequence(p.o.Env.Close(p), func() tea.Msg { return m })
}

// arrange makes the rows: while nothing is searched for the chosen ones lead,
// so that they can be taken out; a typed id that nothing matches can be used.
func (p *Picker) arrange() {
	p.rows = nil
	query := strings.TrimSpace(p.input.Value())
	if query == "" {
		for _, id := range p.chosen {
			p.rows = append(p.rows, Choice{ID: id, Name: p.names[id]})
		}
	}
	for _, c := range ranked(p.found, query) {
		if query != "" || !slices.Contains(p.chosen, c.ID) {
			p.rows = append(p.rows, c)
		}
	}
	known := slices.ContainsFunc(p.rows, func(c Choice) bool { return c.ID == query })
	if p.o.Free && query != "" && !known && !strings.Contains(query, " ") && (p.o.Valid == nil || p.o.Valid(query)) {
		p.rows = append(p.rows, Choice{ID: query, Note: "use this id as it is"})
	}
	rows := p.rows
	p.list.SetRows(len(rows), func(i int) string { return rows[i].ID })
}

// ranked puts first what is named exactly so, then what begins so, then what has a
// word that begins so; the rest, and what is alike, stays as the search gave it.
func ranked(found []Choice, query string) []Choice {
	text := widget.Fold(query)
	if text == "" {
		return found
	}
	rank := func(c Choice) int {
		switch name, id := widget.Fold(c.Name), widget.Fold(c.ID); {
		case name == text || id == text:
			return 0
		case strings.HasPrefix(name, text):
			return 1
		case wordBegins(name, text):
			return 2
		}
		return 3
	}
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b Choice) int { return cmp.Compare(rank(a), rank(b)) })
	return found
}

// wordBegins tells whether text is in s where a word begins.
func wordBegins(s, text string) bool {
	before := ' '
	for i, r := range s {
		if !unicode.IsLetter(before) && !unicode.IsDigit(before) && strings.HasPrefix(s[i:], text) {
			return true
		}
		before = r
	}
	return false
}

// SetSize makes the dialog as large as it may be, up to what reads well.
func (p *Picker) SetSize(width, height int) {
	p.width, p.height = min(width, 96), min(height, 26)
	widget.FitInput(&p.input, max(4, p.width-16))
	p.list.SetSize(p.width-4, max(1, p.height-4))
}

// View draws the dialog.
func (p *Picker) View() string {
	state := p.busy.View("searching")
	switch {
	case state != "":
	case p.err != nil:
		state = theme.Bad.Render("✗ " + widget.Clean(p.err.Error()))
		if p.o.Free {
			state += theme.Dim.Render(" · an id can be typed or pasted")
		}
	case p.o.Multi:
		state = theme.Dim.Render(fmt.Sprintf("%s chosen · %s found", widget.Count(len(p.chosen)), widget.Count(len(p.found))))
	case len(p.rows) == 0:
		state = theme.Dim.Render("nothing found")
	}
	table := widget.NewTable(p.width-6,
		widget.Column{Width: 3}, widget.Column{Width: 16, Flex: 2}, widget.Column{Width: 12, Flex: 1, Drop: 1}, widget.Column{Width: 10, Flex: 2})
	rows := p.list.View(func(i int, _ bool, _ int) string {
		c := p.rows[i]
		return table.Row(p.box(c.ID), widget.Clean(c.Name), widget.Clean(c.Note), widget.Clean(c.ID))
	})
	return widget.Frame(p.o.Title, strings.Join([]string{p.input.View(), state, rows}, "\n"), p.width)
}

func (p *Picker) box(id string) string {
	switch {
	case !p.o.Multi:
		return ""
	case slices.Contains(p.chosen, id):
		return "[x]"
	}
	return "[ ]"
}

// Title is the dialog's name.
func (p *Picker) Title() string { return p.o.Title }

// Typing is always true: every letter searches.
func (p *Picker) Typing() bool { return true }

// Back closes without a change.
func (p *Picker) Back() (bool, tea.Cmd) { return false, nil }

// Keys is the key map.
func (p *Picker) Keys() []screen.Key {
	bind := func(keys, help, text string) screen.Key {
		return screen.Key{Binding: key.NewBinding(key.WithKeys(strings.Fields(keys)...), key.WithHelp(help, text)), Footer: true}
	}
	if !p.o.Multi {
		return []screen.Key{bind("enter", "enter", "choose"), bind("up down", "↑↓", "move"), bind("esc", "esc", "cancel")}
	}
	return []screen.Key{
		bind("tab", "tab", "select"), bind("enter", "enter", "done"), bind("up down", "↑↓", "move"),
		bind("ctrl+x", "ctrl+x", "take all out"), bind("esc", "esc", "cancel"),
	}
}
