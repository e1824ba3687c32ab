package run

import (
	"github.com/charmbracelet/bubbles/key"

	"billferry/ui/screen"
	"billferry/ui/widget"
)

// keys is the screen's key map, and its help.
var keys = struct {
	tab, next, previous, earlier, later, find, hit, hitBack, curl, retry, more, integration, mapping, remedy key.Binding
}{
	tab:         key.NewBinding(key.WithKeys("1", "2", "3", "4", "5", "6", "7"), key.WithHelp("1-7", "tab")),
	next:        key.NewBinding(key.WithKeys("tab", "l", "right"), key.WithHelp("tab/l/→", "next tab")),
	previous:    key.NewBinding(key.WithKeys("shift+tab", "h", "left"), key.WithHelp("⇧tab/h/←", "tab before")),
	earlier:     key.NewBinding(key.WithKeys("["), key.WithHelp("[", "earlier attempt")),
	later:       key.NewBinding(key.WithKeys("]"), key.WithHelp("]", "later attempt")),
	find:        key.NewBinding(key.WithKeys("/"), key.WithHelp("/", "find")),
	hit:         key.NewBinding(key.WithKeys("n"), key.WithHelp("n", "next hit")),
	hitBack:     key.NewBinding(key.WithKeys("N"), key.WithHelp("N", "hit before")),
	curl:        key.NewBinding(key.WithKeys("Y"), key.WithHelp("Y", "copy as curl")),
	retry:       key.NewBinding(key.WithKeys("R"), key.WithHelp("R", "retry")),
	more:        key.NewBinding(key.WithKeys("x"), key.WithHelp("x", "more actions")),
	integration: key.NewBinding(key.WithKeys("o"), key.WithHelp("o", "open the integration")),
	mapping:     key.NewBinding(key.WithKeys("m"), key.WithHelp("m", "map this account")),
	remedy:      key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "do what is advised")),
}

// Keys implements screen.Screen.
func (s *Screen) Keys() []screen.Key {
	switch {
	case s.menu != nil:
		return s.menu.Keys()
	case s.search.Typing():
		return s.search.Keys()
	}
	advised := ""
	if remedyOf(s.run.Run) == nothing {
		advised = "there is nothing to do about this run"
	}
	at := func(end bool, why string) string {
		if end {
			return why
		}
		return ""
	}
	hits := at(len(s.pane.hits) == 0, "nothing was found: type / first")
	out := []screen.Key{
		{Binding: keys.tab, Footer: true},
		{Binding: keys.remedy, Footer: true, Disabled: advised},
		{Binding: keys.retry, Footer: true, Disabled: s.notRetryable()},
		{Binding: keys.more, Footer: true},
		{Binding: keys.curl},
		{Binding: keys.find, Footer: true},
		{Binding: keys.next},
		{Binding: keys.previous},
		{Binding: keys.earlier, Disabled: at(s.attempt == 0, "this is the first attempt")},
		{Binding: keys.later, Disabled: at(s.attempt >= len(s.run.Attempts)-1, "this is the last attempt")},
		{Binding: keys.hit, Disabled: hits},
		{Binding: keys.hitBack, Disabled: hits},
		{Binding: keys.integration},
		{Binding: keys.mapping, Disabled: at(s.run.AccountID == "", "the account of this run is not known")},
	}
	return append(out, widget.ListKeys()...)
}
