package mappings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/mappingcsv"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// report is the dialog that says what an import did, and which lines it
// refused and why.
type report struct {
	env     screen.Env
	summary []string
	refused []mappingcsv.Refused
	list    widget.List
	width   int
}

var reportKeys = struct{ close key.Binding }{close: key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "close"))}

func newReport(env screen.Env, i *importing) *report {
	text := fmt.Sprintf("%s created, %s changed, %s unchanged, %s refused", widget.Count(i.created), widget.Count(i.changed), widget.Count(i.unchanged), widget.Count(len(i.refused)))
	r := &report{env: env, summary: []string{widget.Clean(i.path), text}, refused: i.refused}
	if i.stopped {
		r.summary = append(r.summary, fmt.Sprintf("Stopped: %s lines were not looked at. Import the file again to go on.", widget.Count(len(i.rest))))
	}
	slices.SortFunc(r.refused, func(a, b mappingcsv.Refused) int { return a.Line - b.Line })
	r.list.SetRows(len(r.refused), func(i int) string { return fmt.Sprint(r.refused[i].Line) })
	return r
}

// Guarded implements screen.Guarded: it opens by itself, after an import.
func (r *report) Guarded() {}

// Init implements screen.Screen.
func (r *report) Init() tea.Cmd { return nil }

// Update implements screen.Screen.
func (r *report) Update(msg tea.Msg) tea.Cmd {
	m, ok := msg.(tea.KeyMsg)
	if !ok {
		return nil
	}
	if key.Matches(m, reportKeys.close) {
		return r.env.Close()
	}
	r.list.Key(m)
	return nil
}

// SetSize implements screen.Screen.
func (r *report) SetSize(width, height int) {
	r.width = min(width, 90)
	r.list.SetSize(r.width-4, max(1, min(len(r.refused), height-len(r.summary)-4)))
}

// View implements screen.Screen.
func (r *report) View() string {
	lines := slices.Clone(r.summary)
	if len(r.refused) > 0 {
		lines = append(lines, "", r.list.View(func(i int, _ bool, _ int) string {
			x := r.refused[i]
			return theme.Label.Render(fmt.Sprintf("line %d", x.Line)) + "  " + widget.Clean(x.Reason)
		}))
	}
	return widget.Frame(r.Title(), strings.Join(lines, "\n"), r.width)
}

// Title implements screen.Screen.
func (r *report) Title() string { return "Import" }

// Typing implements screen.Screen.
func (r *report) Typing() bool { return false }

// Back implements screen.Screen.
func (r *report) Back() (bool, tea.Cmd) { return false, nil }

// Keys implements screen.Screen.
func (r *report) Keys() []screen.Key {
	return append([]screen.Key{{Binding: reportKeys.close, Footer: true}}, widget.ListKeys()...)
}
