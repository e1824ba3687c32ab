package mappings

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// use is what a file is named for.
type use int

const (
	toImport use = iota
	toExport
)

// fileMsg is a path that was typed.
type fileMsg struct {
	to   *Screen
	use  use
	path string
}

// prompt is the dialog that asks for the path of a file.
type prompt struct {
	of    *Screen
	use   use
	input textinput.Model
	width int
}

var promptKeys = struct{ enter, complete key.Binding }{
	enter:    key.NewBinding(key.WithKeys("enter", "ctrl+s"), key.WithHelp("enter", "use this file")),
	complete: key.NewBinding(key.WithKeys("tab"), key.WithHelp("tab", "complete")),
}

func (s *Screen) askFile(u use) tea.Cmd {
	in := textinput.New()
	in.Prompt = "Path: "
	theme.Input(&in)
	if u == toExport {
		in.SetValue("mappings.csv")
	}
	in.Focus()
	return s.env.Open(&prompt{of: s, use: u, input: in})
}

// Init implements screen.Screen.
func (p *prompt) Init() tea.Cmd { return nil }

// Update implements screen.Screen.
func (p *prompt) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case load.Msg:
		return m.For(p)
	case tea.KeyMsg:
		switch {
		case key.Matches(m, promptKeys.enter):
			path := strings.TrimSpace(p.input.Value())
			if path == "" {
				return nil
			}
			done := fileMsg{p.of, p.use, home(path)}
			return tea.Sequence(p.of.env.Close(p), func() tea.Msg { return done })
		case key.Matches(m, promptKeys.complete):
			from := p.input.Value()
			return load.Do(p, load.Deadline, func(context.Context) (string, error) { return complete(from), nil },
				func(path string, _ error) tea.Cmd {
					if from == p.input.Value() {
						p.input.SetValue(path)
						p.input.CursorEnd()
					}
					return nil
				})
		}
		p.input, _ = p.input.Update(m)
	}
	return nil
}

// home puts the home folder in place of ~, as a shell does.
func home(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if dir, err := os.UserHomeDir(); err == nil {
			return filepath.Join(dir, rest)
		}
	}
	return path
}

// complete adds what all files that begin like this have in common.
func complete(typed string) string {
	dir, start := filepath.Split(typed)
	entries, err := os.ReadDir(filepath.Clean(home(dir)))
	if err != nil {
		return typed
	}
	common, found := "", false
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, start) || start == "" && strings.HasPrefix(name, ".") {
			continue
		}
		if e.IsDir() {
			name += string(filepath.Separator)
		}
		if !found {
			common, found = name, true
		}
		for !strings.HasPrefix(name, common) {
			common = common[:len(common)-1]
		}
	}
	if len(common) < len(start) {
		return typed
	}
	return dir + strings.ToValidUTF8(common, "")
}

// SetSize implements screen.Screen.
func (p *prompt) SetSize(width, _ int) {
	p.width = min(width, 76)
	widget.FitInput(&p.input, max(8, p.width-14))
}

// View implements screen.Screen.
func (p *prompt) View() string {
	note := "A CSV file with the columns m3terEntity, m3terId, externalSystem, externalTable, externalId and, if wanted, integrationConfigId."
	if p.use == toExport {
		note = "The mappings in the list, as CSV. A file that exists is not written over."
	}
	lines := append([]string{p.input.View(), ""}, widget.Wrap(note, p.width-4)...)
	return widget.Frame(p.Title(), strings.Join(lines, "\n")+"\n\n"+theme.Dim.Render("enter use   tab complete   esc cancel"), p.width)
}

// Title implements screen.Screen.
func (p *prompt) Title() string {
	if p.use == toExport {
		return "Export external mappings"
	}
	return "Import external mappings"
}

// Typing implements screen.Screen.
func (p *prompt) Typing() bool { return true }

// Back implements screen.Screen.
func (p *prompt) Back() (bool, tea.Cmd) { return false, nil }

// Keys implements screen.Screen.
func (p *prompt) Keys() []screen.Key {
	return []screen.Key{{Binding: promptKeys.enter, Footer: true}, {Binding: promptKeys.complete, Footer: true}}
}
