package widget

import (
	"fmt"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/screen"
	"billferry/ui/theme"
)

// FilterKey opens the filter of a list; SavedKey shows the filters that are kept under
// a name, and SaveKey keeps the typed one.
var (
	FilterKey = key.NewBinding(key.WithKeys("/"), key.WithHelp("/", "filter"))
	SavedKey  = key.NewBinding(key.WithKeys("F"), key.WithHelp("F", "saved filters"))
	SaveKey   = key.NewBinding(key.WithKeys("ctrl+s"), key.WithHelp("ctrl+s", "save"))
)

// Filter is the line that `/` opens on every list. While it is open it takes
// all keys: esc clears it, enter keeps it and gives the keys back.
type Filter struct {
	input   textinput.Model
	open    bool
	history *screen.History // nil: none
	kind    string          // of the list, in the history and among the saved filters; "": neither
	back    int             // lines back in the history; 0: what was typed
	typed   string
}

// Remember keeps the lines that are kept with enter, so that up and down bring
// them back, in every list of the kind.
func (f *Filter) Remember(h *screen.History, kind string) { f.history, f.kind = h, kind }

// Kind is the list that its lines are remembered and saved for; "": none.
func (f *Filter) Kind() string { return f.kind }

// Use filters by a line that was kept, as if it had been typed and kept with enter.
func (f *Filter) Use(line string) {
	f.SetValue(line)
	f.history.Add(f.kind, line)
	f.close()
}

// older brings back a line of the history, so many further back, or what was typed.
func (f *Filter) older(by int) {
	if f.back == 0 {
		f.typed = f.Value()
	}
	line, ok := f.history.Back(f.kind, f.back+by)
	switch {
	case ok:
		f.back += by
		f.SetValue(line)
	case f.back+by == 0:
		f.back = 0
		f.SetValue(f.typed)
	}
}

// NewFilter returns a closed filter that holds value; hint is shown while
// nothing is typed.
func NewFilter(value, hint string) *Filter {
	in := textinput.New()
	in.Prompt = "/ "
	in.Placeholder = hint
	theme.Input(&in)
	in.SetValue(value)
	return &Filter{input: in}
}

// Open starts typing, at the end of what is there.
func (f *Filter) Open() { f.open = true; f.input.Focus(); f.input.CursorEnd() }

// Typing tells that the filter takes all keys.
func (f *Filter) Typing() bool { return f.open }

// Value is what is typed.
func (f *Filter) Value() string { return f.input.Value() }

// SetValue replaces what is typed.
func (f *Filter) SetValue(s string) { f.input.SetValue(s); f.input.CursorEnd() }

// Active tells that the filter line has something to show.
func (f *Filter) Active() bool { return f.open || f.Value() != "" }

// Key handles a key while the filter is open and tells whether the text
// changed.
func (f *Filter) Key(msg tea.KeyMsg) (changed bool) {
	before := f.Value()
	switch msg.String() {
	case "enter":
		f.history.Add(f.kind, f.Value())
		f.close()
	case "up":
		f.older(1)
	case "down":
		f.older(-1)
	case "esc":
		f.Back()
	default:
		f.input, _ = f.input.Update(msg)
	}
	return f.Value() != before
}

// Back clears and closes the filter; false when there was nothing to clear.
func (f *Filter) Back() bool {
	if !f.Active() {
		return false
	}
	f.input.SetValue("")
	f.close()
	return true
}

func (f *Filter) close() { f.open, f.back = false, 0; f.input.Blur() }

// Keys is the key map while the filter takes all keys.
func (f *Filter) Keys() []screen.Key {
	bind := func(name, text string) screen.Key {
		return screen.Key{Binding: key.NewBinding(key.WithKeys(name), key.WithHelp(name, text)), Footer: true}
	}
	keys := []screen.Key{bind("enter", "keep it"), bind("esc", "clear it")}
	if _, ok := f.history.Back(f.kind, 1); ok {
		keys = append(keys, screen.Key{Binding: key.NewBinding(key.WithKeys("up", "down"), key.WithHelp("↑/↓", "filters before")), Footer: true})
	}
	if f.kind != "" {
		keys = append(keys, screen.Key{Binding: SaveKey, Footer: true})
	}
	return keys
}

// View is the line: what is typed, and how many of how many match.
func (f *Filter) View(width, shown, total int) string {
	return f.Line(width, theme.Dim.Render(fmt.Sprintf("%s of %s", Count(shown), Count(total))))
}

// Line is the line with something else than a count at its end.
func (f *Filter) Line(width int, right string) string {
	if !f.open {
		return Spread(theme.Dim.Render("/ ")+f.Value(), right, width)
	}
	FitInput(&f.input, max(8, width-Cells(right)-6))
	return Spread(f.input.View(), right, width)
}
