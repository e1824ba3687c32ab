package widget

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/screen"
	"billferry/ui/theme"
)

// List is a window over rows that it does not hold: it asks for the id of a
// row by its index, and draws only what is in view, so that a million rows
// cost what forty do. The cursor and its place on the screen follow the row's
// id when the rows change.
type List struct {
	n             int
	id            func(i int) string
	cursor, top   int
	width, height int
	blurred       bool
	marked        func(id string) bool // nil: no row is marked
}

// Marks says which rows are marked, by their ids.
func (l *List) Marks(marked func(id string) bool) { l.marked = marked }

// Blur tells that the cursor is elsewhere on the screen: no row is marked.
func (l *List) Blur(is bool) { l.blurred = is }

// SetSize gives the room for rows, in cells.
func (l *List) SetSize(width, height int) {
	l.width, l.height = max(0, width), max(0, height)
	l.clamp()
}

// Width is the room for a row.
func (l *List) Width() int { return l.width }

// Height is how many rows can be seen.
func (l *List) Height() int { return l.height }

// SetRows replaces the rows: n of them, id names each. The cursor stays on
// the row it was on, looked for from its old place outward; when that row is
// gone the cursor keeps its place.
func (l *List) SetRows(n int, id func(i int) string) {
	old := l.CursorID()
	l.n, l.id = n, id
	if old != "" {
		if i, ok := l.near(old); ok {
			l.top += i - l.cursor // keep its place on the screen
			l.cursor = i
		}
	}
	l.clamp()
}

// near finds an id by searching outward from the cursor.
func (l *List) near(id string) (int, bool) {
	for d := 0; l.cursor-d >= 0 || l.cursor+d < l.n; d++ {
		if i := l.cursor - d; i >= 0 && i < l.n && l.id(i) == id {
			return i, true
		}
		if i := l.cursor + d; i < l.n && l.id(i) == id {
			return i, true
		}
	}
	return 0, false
}

// Len is the number of rows.
func (l *List) Len() int { return l.n }

// Cursor is the index of the row under the cursor; 0 when there is none.
func (l *List) Cursor() int { return l.cursor }

// CursorID is the id of the row under the cursor, or "".
func (l *List) CursorID() string {
	if l.cursor < 0 || l.cursor >= l.n {
		return ""
	}
	return l.id(l.cursor)
}

// Select puts the cursor on the row with that id and tells whether it exists.
func (l *List) Select(id string) bool {
	i, ok := l.near(id)
	if ok {
		l.Move(i - l.cursor)
	}
	return ok
}

// Move moves the cursor and scrolls as little as it must.
func (l *List) Move(by int) { l.cursor += by; l.clamp() }

// Place puts the cursor on a row, and that row on a line of the window, as far
// as the rows go.
func (l *List) Place(row, line int) {
	l.cursor, l.top = row, row-line
	l.clamp()
}

// clamp brings the cursor among the rows and the window around the cursor.
func (l *List) clamp() {
	l.cursor = max(0, min(l.cursor, l.n-1))
	l.top = max(l.cursor-l.height+1, min(l.top, l.cursor))
	l.top = max(0, min(l.top, l.n-l.height))
}

// Window is the range of rows in view, the end excluded.
func (l *List) Window() (from, to int) { return l.top, min(l.n, l.top+l.height) }

// NearEnd tells that fewer than rows rows lie below the window: time to fetch
// the next page.
func (l *List) NearEnd(rows int) bool { _, to := l.Window(); return l.n-to < rows }

var listKeys = struct{ up, down, pageUp, pageDown, halfUp, halfDown, home, end key.Binding }{
	up:       key.NewBinding(key.WithKeys("up", "k"), key.WithHelp("↑/k", "up")),
	down:     key.NewBinding(key.WithKeys("down", "j"), key.WithHelp("↓/j", "down")),
	pageUp:   key.NewBinding(key.WithKeys("pgup", "ctrl+b"), key.WithHelp("pgup", "page up")),
	pageDown: key.NewBinding(key.WithKeys("pgdown", "ctrl+f"), key.WithHelp("pgdn", "page down")),
	halfUp:   key.NewBinding(key.WithKeys("ctrl+u"), key.WithHelp("ctrl+u", "half a page up")),
	halfDown: key.NewBinding(key.WithKeys("ctrl+d"), key.WithHelp("ctrl+d", "half a page down")),
	home:     key.NewBinding(key.WithKeys("home", "g"), key.WithHelp("g/home", "first")),
	end:      key.NewBinding(key.WithKeys("end", "G"), key.WithHelp("G/end", "last")),
}

// ListKeys are the keys that Key handles, for a screen's key map. A screen
// that needs one of them for itself matches it before it calls Key.
func ListKeys() []screen.Key {
	k := listKeys
	var out []screen.Key
	for _, b := range []key.Binding{k.up, k.down, k.pageUp, k.pageDown, k.halfUp, k.halfDown, k.home, k.end} {
		out = append(out, screen.Key{Binding: b})
	}
	return out
}

// Key moves the cursor and tells whether the key was one of the list's.
func (l *List) Key(msg tea.KeyMsg) bool {
	switch {
	case key.Matches(msg, listKeys.up):
		l.Move(-1)
	case key.Matches(msg, listKeys.down):
		l.Move(1)
	case key.Matches(msg, listKeys.pageUp):
		l.Move(-max(1, l.height))
	case key.Matches(msg, listKeys.pageDown):
		l.Move(max(1, l.height))
	case key.Matches(msg, listKeys.halfUp):
		l.Move(-max(1, l.height/2))
	case key.Matches(msg, listKeys.halfDown):
		l.Move(max(1, l.height/2))
	case key.Matches(msg, listKeys.home):
		l.Move(-l.cursor)
	case key.Matches(msg, listKeys.end):
		l.Move(l.n)
	default:
		return false
	}
	return true
}

// View draws the rows in view: exactly Height lines, none wider than Width.
// row draws row i without its cursor mark, in width cells. An arrow in place
// of the mark says that there are rows above the first line or below the last.
func (l *List) View(row func(i int, selected bool, width int) string) string {
	lines := make([]string, l.height)
	from, to := l.Window()
	for i := from; i < to; i++ {
		lines[i-from] = clipLine(l.mark(i, from, to)+row(i, i == l.cursor && !l.blurred, max(0, l.width-2)), l.width)
	}
	return strings.Join(lines, "\n")
}

func (l *List) mark(i, from, to int) string {
	sign := Mark(i == l.cursor && !l.blurred)
	if above, below := i == from && from > 0, i == to-1 && to < l.n; i != l.cursor && (above || below) {
		sign = theme.Dim.Render(More(above, below)) + " "
	}
	if l.marked != nil && l.marked(l.id(i)) {
		return strings.TrimSuffix(sign, " ") + "*"
	}
	return sign
}

// Mark is the two cells before a row: the cursor, a glyph and not colour alone.
func Mark(selected bool) string {
	if selected {
		return "▸ "
	}
	return "  "
}
