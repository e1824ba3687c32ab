package widget

import (
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/screen"
)

// Popup is the menu over a screen, while one is open. It takes every key.
type Popup struct{ menu *Menu }

// Open opens a menu.
func (p *Popup) Open(title string, actions []Action) { p.menu = &Menu{Title: title, Actions: actions} }

// On tells whether a menu is open.
func (p *Popup) On() bool { return p.menu != nil }

// Close closes the menu: false when none was open.
func (p *Popup) Close() bool {
	was := p.On()
	p.menu = nil
	return was
}

// Key gives a key to the menu. An action may open another one.
func (p *Popup) Key(m tea.KeyMsg) tea.Cmd {
	menu := p.menu
	done, cmd := menu.Key(m)
	if done && p.menu == menu {
		p.menu = nil
	}
	return cmd
}

// Keys is the key map while a menu is open.
func (p *Popup) Keys() []screen.Key { return p.menu.Keys() }

// Over draws the menu over a screen; without one it is the screen.
func (p *Popup) Over(below string, width, height int) string {
	if p.menu == nil {
		return below
	}
	return Block(p.menu.Over(below, width, height), width, height)
}
