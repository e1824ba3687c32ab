package runs

import (
	"github.com/charmbracelet/bubbles/key"

	"billferry/ui/screen"
	"billferry/ui/widget"
)

// keys is the screen's key map, and its help. The ends of the list are its own:
// a million rows may lie between.
var keys = struct {
	open, retry, group, more, status, follow, filter, home, end, complete key.Binding
}{
	open:   key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "detail")),
	retry:  key.NewBinding(key.WithKeys("R"), key.WithHelp("R", "retry")),
	group:  key.NewBinding(key.WithKeys("b"), key.WithHelp("b", "group by cause")),
	more:   key.NewBinding(key.WithKeys("x"), key.WithHelp("x", "more actions")),
	status: key.NewBinding(key.WithKeys("s"), key.WithHelp("s", "status")),
	follow: key.NewBinding(key.WithKeys("f"), key.WithHelp("f", "follow")),
	filter: key.NewBinding(key.WithKeys("/"), key.WithHelp("/", "filter")),
	home:   key.NewBinding(key.WithKeys("home", "g"), key.WithHelp("g/home", "first")),
	end:    key.NewBinding(key.WithKeys("end", "G"), key.WithHelp("G/end", "last")),

	complete: key.NewBinding(key.WithKeys("tab"), key.WithHelp("tab", "complete")),
}

// Keys implements screen.Screen.
func (s *Screen) Keys() []screen.Key {
	switch {
	case s.menu != nil:
		return s.menu.Keys()
	case s.filter.Typing():
		return append(s.filter.Keys(), screen.Key{Binding: keys.complete, Footer: true})
	case s.groups != nil:
		return s.groupKeys()
	}
	none := ""
	if s.list.CursorID() == "" {
		none = "there is no run under the cursor"
	}
	_, notNow := s.retryable()
	out := []screen.Key{
		{Binding: keys.open, Footer: true, Disabled: none},
		{Binding: keys.retry, Footer: true, Disabled: notNow},
		{Binding: keys.group, Footer: true},
		{Binding: keys.more, Footer: true},
		{Binding: keys.status, Footer: true},
		{Binding: keys.filter, Footer: true},
		{Binding: keys.follow, Footer: true},
		{Binding: keys.home},
		{Binding: keys.end},
	}
	return append(out, movement()...)
}

// movement is the list's own help without the ends.
func movement() []screen.Key {
	var out []screen.Key
	for _, k := range widget.ListKeys() {
		if h := k.Help().Key; h != "g/home" && h != "G/end" {
			out = append(out, k)
		}
	}
	return out
}
