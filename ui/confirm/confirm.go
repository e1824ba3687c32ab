// Package confirm is the dialog that asks before something is lost or changed
// for good. No has the focus.
package confirm

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"
	"github.com/charmbracelet/lipgloss"

	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// Dialog asks one question.
type Dialog struct {
	env   screen.Env
	title string
	text  string
	form  *huh.Form
	yes   *bool
	name  string  // what must be typed; "": yes or no is asked
	typed *string // so far
	wrong string  // why enter did nothing
	do    func() tea.Cmd
	width int
}

// New asks title with more text below; yes names the act, do is run when it is
// chosen, after the dialog closed.
func New(env screen.Env, title, text, yes string, do func() tea.Cmd) *Dialog {
	d := &Dialog{env: env, title: title, text: text, yes: new(bool), do: do}
	field := huh.NewConfirm().Affirmative(yes).Negative("No").Value(d.yes)
	d.form = huh.NewForm(huh.NewGroup(field)).WithShowHelp(false).WithTheme(buttons())
	return d
}

// Named asks as New does, for what cannot be brought back: the answer is name,
// typed as it stands.
func Named(env screen.Env, title, text, name string, do func() tea.Cmd) *Dialog {
	d := &Dialog{env: env, title: title, text: text + " Type its name to delete it: " + name, name: name, typed: new(string), do: do}
	d.form = huh.NewForm(huh.NewGroup(huh.NewInput().Prompt("Name: ").Value(d.typed))).WithShowHelp(false).WithTheme(buttons())
	return d
}

// buttons is a theme in which brackets say which answer has the focus, so
// that it is seen without colours.
func buttons() *huh.Theme {
	t := huh.ThemeBase16()
	t.Focused.Base = lipgloss.NewStyle()
	t.Focused.TextInput.Cursor = theme.CursorStyle()
	mark := func(s lipgloss.Style, left, right string) lipgloss.Style {
		return s.Border(lipgloss.Border{Left: left, Right: right}, false, true).Margin(0, 1, 0, 0)
	}
	t.Focused.FocusedButton = mark(t.Focused.FocusedButton, "[", "]")
	t.Focused.BlurredButton = mark(t.Focused.BlurredButton, " ", " ")
	return t
}

// Init starts the form.
func (d *Dialog) Init() tea.Cmd { return d.form.Init() }

// Update moves between the answers and takes one. The keys that answer are not
// left to huh, which acts a message later: the key after them is for what lies
// below.
func (d *Dialog) Update(msg tea.Msg) tea.Cmd {
	m, isKey := msg.(tea.KeyMsg)
	switch {
	case !isKey || m.Paste:
	case d.name != "" && m.String() == "enter":
		if d.wrong = ""; strings.TrimSpace(*d.typed) != d.name {
			d.wrong = "That is not its name. esc keeps it."
			return nil
		}
		return d.answer(true)
	case d.name != "":
	case m.String() == "enter":
		return d.answer(*d.yes)
	case m.String() == "y", m.String() == "Y":
		return d.answer(true)
	case m.String() == "n", m.String() == "N":
		return d.answer(false)
	}
	_, cmd := d.form.Update(msg)
	return cmd
}

func (d *Dialog) answer(yes bool) tea.Cmd {
	closed := d.env.Close(d)
	if !yes {
		return closed
	}
	return tea.Batch(closed, d.do())
}

// Guarded implements screen.Guarded: what it asks must have been read.
func (d *Dialog) Guarded() {}

// SetSize gives the form its width; its height is its own.
func (d *Dialog) SetSize(width, _ int) {
	d.width = min(width, 70)
	d.form.WithWidth(d.width - 4)
}

// View draws the dialog. The text is ours: huh cuts a title that wraps.
func (d *Dialog) View() string {
	text := strings.Join(widget.Wrap(d.text, d.width-4), "\n") + "\n\n" + strings.Trim(d.form.View(), "\n")
	if d.wrong != "" {
		text += "\n" + theme.Bad.Render("✗ "+d.wrong)
	}
	return widget.Frame(d.title, text, d.width)
}

// Title is the question in short.
func (d *Dialog) Title() string { return d.title }

// Typing tells that a name is typed; else the answers are keys.
func (d *Dialog) Typing() bool { return d.name != "" }

// Back closes without doing anything.
func (d *Dialog) Back() (bool, tea.Cmd) { return false, nil }

// Keys is the key map.
func (d *Dialog) Keys() []screen.Key {
	bind := func(help, text string, keys ...string) screen.Key {
		return screen.Key{Binding: key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, text)), Footer: true}
	}
	if d.name != "" {
		return []screen.Key{bind("enter", "delete it", "enter"), bind("esc", "cancel", "esc")}
	}
	return []screen.Key{bind("←/→", "choose", "left", "right", "h", "l"), bind("enter", "answer", "enter"), bind("y", "yes", "y"),
		bind("n", "no", "n"), bind("esc", "cancel", "esc")}
}
