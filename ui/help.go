package ui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// globalKeys work on every screen; the root handles them.
var globalKeys = []screen.Key{
	{Binding: key.NewBinding(key.WithKeys("?", "f1"), key.WithHelp("?, f1", "this help (f1 while typing)"))},
	{Binding: key.NewBinding(key.WithKeys(":"), key.WithHelp(":", "all actions by name"))},
	{Binding: key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "close or go back; never quits"))},
	{Binding: key.NewBinding(key.WithKeys("y"), key.WithHelp("y", "copy the id under the cursor"))},
	{Binding: key.NewBinding(key.WithKeys("u"), key.WithHelp("u", "undo the last hold or release"))},
	{Binding: key.NewBinding(key.WithKeys("ctrl+t"), key.WithHelp("ctrl+t", "the mouse: ours (click, again opens) or the terminal's"))},
	{Binding: key.NewBinding(key.WithKeys("q"), key.WithHelp("q", "quit, when nothing is typed into"))},
	{Binding: key.NewBinding(key.WithKeys("ctrl+c"), key.WithHelp("ctrl+c", "quit, always"))},
	{Binding: key.NewBinding(key.WithKeys("ctrl+z"), key.WithHelp("ctrl+z", "to the shell; fg comes back"))},
}

// demoKey opens the menu of demo.
var demoKey = screen.Key{Binding: key.NewBinding(key.WithKeys("D"), key.WithHelp("D", "demo's menu"))}

// help lists every key of a screen, and why one does not work now.
type help struct {
	env    screen.Env
	title  string
	keys   []screen.Key
	shown  []screen.Key
	find   *widget.Filter
	list   widget.List
	width  int
	height int
}

func newHelp(env screen.Env, of screen.Screen) *help {
	h := &help{env: env, title: "Keys: " + widget.Clean(of.Title()), keys: append(of.Keys(), globalKeys...)}
	if env.Info.Demo != nil {
		h.keys = append(h.keys, demoKey)
	}
	h.find = widget.NewFilter("", "a key, or what it does")
	h.choose()
	return h
}

// choose shows the keys that what is typed is found in.
func (h *help) choose() {
	typed := widget.Fold(strings.TrimSpace(h.find.Value()))
	h.shown = nil
	for _, k := range h.keys {
		if typed == "" || strings.Contains(widget.Fold(k.Help().Key+" "+k.Help().Desc), typed) {
			h.shown = append(h.shown, k)
		}
	}
	shown := h.shown
	h.list.SetRows(len(shown), func(i int) string { return shown[i].Help().Key })
}

func (h *help) Init() tea.Cmd { return nil }

func (h *help) Update(msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case h.find.Typing():
		if h.find.Key(k) {
			h.choose()
		}
	case key.Matches(k, widget.FilterKey):
		h.find.Open()
	case !h.list.Key(k):
		return h.env.Close(h)
	}
	return nil
}

func (h *help) SetSize(width, height int) {
	h.width, h.height = min(width, 76), min(height, len(h.keys)+3)
	h.list.SetSize(h.width-4, h.height-3)
}

func (h *help) View() string {
	line := theme.Dim.Render("/ finds a key by what it does")
	if h.find.Active() {
		line = h.find.View(h.width-4, len(h.shown), len(h.keys))
	}
	return widget.Frame(h.title, line+"\n"+h.list.View(func(i int, _ bool, width int) string {
		k := h.shown[i]
		text := k.Help().Desc
		if k.Disabled != "" {
			text += theme.Dim.Render(" (not now: " + k.Disabled + ")")
		}
		return theme.Key.Render(widget.Fit(k.Help().Key, 14)) + " " + widget.Clip(text, width-15)
	}), h.width)
}

func (h *help) Title() string { return h.title }
func (h *help) Typing() bool  { return h.find.Typing() }

// Back implements screen.Screen: it clears what is looked for first.
func (h *help) Back() (bool, tea.Cmd) {
	cleared := h.find.Back()
	h.choose()
	return cleared, nil
}

// Keys implements screen.Screen.
func (h *help) Keys() []screen.Key {
	if h.Typing() {
		return h.find.Keys()
	}
	closing := screen.Key{Binding: key.NewBinding(key.WithKeys("?", "f1"), key.WithHelp("esc", "close")), Footer: true}
	find := screen.Key{Binding: key.NewBinding(key.WithKeys("/"), key.WithHelp("/", "find")), Footer: true}
	return append([]screen.Key{closing, find}, widget.ListKeys()...)
}
