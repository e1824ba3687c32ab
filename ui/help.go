package ui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// globalKeys work on every screen; the root handles them.
var globalKeys = []screen.Key{
	{Binding: key.NewBinding(key.WithKeys("?", "f1"), key.WithHelp("?, f1", "this help (f1 while typing)"))},
	{Binding: key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "close or go back; never quits"))},
	{Binding: key.NewBinding(key.WithKeys("y"), key.WithHelp("y", "copy the id under the cursor"))},
	{Binding: key.NewBinding(key.WithKeys("q"), key.WithHelp("q", "quit, when nothing is typed into"))},
	{Binding: key.NewBinding(key.WithKeys("ctrl+c"), key.WithHelp("ctrl+c", "quit, always"))},
	{Binding: key.NewBinding(key.WithKeys("ctrl+z"), key.WithHelp("ctrl+z", "to the shell; fg comes back"))},
}

// help lists every key of a screen, and why one does not work now.
type help struct {
	env    screen.Env
	title  string
	keys   []screen.Key
	list   widget.List
	width  int
	height int
}

func newHelp(env screen.Env, of screen.Screen) *help {
	h := &help{env: env, title: "Keys: " + widget.Clean(of.Title()), keys: append(of.Keys(), globalKeys...)}
	if env.Info.Demo != nil {
		h.keys = append(h.keys, screen.Key{Binding: key.NewBinding(key.WithKeys("D"), key.WithHelp("D", "demo: make something happen"))})
	}
	h.list.SetRows(len(h.keys), func(i int) string { return h.keys[i].Help().Key })
	return h
}

func (h *help) Init() tea.Cmd { return nil }

func (h *help) Update(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyMsg); ok && !h.list.Key(k) {
		return h.env.Close()
	}
	return nil
}

func (h *help) SetSize(width, height int) {
	h.width, h.height = min(width, 76), min(height, len(h.keys)+2)
	h.list.SetSize(h.width-4, h.height-2)
}

func (h *help) View() string {
	return widget.Frame(h.title, h.list.View(func(i int, _ bool, width int) string {
		k := h.keys[i]
		text := k.Help().Desc
		if k.Disabled != "" {
			text += theme.Dim.Render(" (not now: " + k.Disabled + ")")
		}
		return theme.Key.Render(widget.Fit(k.Help().Key, 14)) + " " + widget.Clip(text, width-15)
	}), h.width)
}

func (h *help) Title() string         { return h.title }
func (h *help) Typing() bool          { return false }
func (h *help) Back() (bool, tea.Cmd) { return false, nil }
func (h *help) Keys() []screen.Key {
	closing := screen.Key{Binding: key.NewBinding(key.WithKeys("?", "f1"), key.WithHelp("esc", "close")), Footer: true}
	return append([]screen.Key{closing}, widget.ListKeys()...)
}
