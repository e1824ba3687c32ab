package ui

import (
	"io"
	"slices"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/demo"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/tour"
	"billferry/ui/widget"
)

// The smallest terminal the screens are drawn for.
const (
	minWidth  = 60
	minHeight = 16
)

// root owns the stack of screens and everything around them.
type root struct {
	env           screen.Env
	out           io.Writer // for the clipboard's escape sequence
	stack         []screen.Screen
	at            []screen.Route // what each of the stack shows
	dialogs       []screen.Screen
	toast         toast
	tour          *tour.Tour   // nil: this is no demo
	strip         int          // lines that it takes
	held          []tea.KeyMsg // keys that wait for the screen they open
	stray         stray        // a private key in the wrong place
	width, height int
	quitting      bool
	ascii         bool // frames are drawn with ASCII alone
	hasMouse      bool // it is ours, not the terminal's
}

func newRoot(env screen.Env, start screen.Route) *root {
	env.Nav, env.History, env.Undo = &screen.Nav{}, &screen.History{}, &screen.Undo{}
	r := &root{env: env, out: io.Discard, tour: tour.New(env)}
	r.at = []screen.Route{{Name: screen.Home}}
	if start.Name != "" && start.Name != screen.Home {
		r.at = append(r.at, start)
	}
	for _, to := range r.at {
		r.stack = append(r.stack, build(env, to))
	}
	return r
}

// Init loads every screen of the stack.
func (r *root) Init() tea.Cmd {
	cmds := []tea.Cmd{tea.SetWindowTitle("billferry"), age()}
	for _, s := range r.stack {
		cmds = append(cmds, s.Init())
	}
	return tea.Batch(cmds...)
}

// Update routes a message by the table in route.go, does what the screen asked
// for, and gives it the keys that waited for that.
func (r *root) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	k, isKey := msg.(tea.KeyMsg)
	switch {
	case !isKey:
		return r, r.pass(msg)
	case len(k.Runes) > 1 && !k.Paste:
		return r, r.burst(k)
	case k.Type == tea.KeyEsc && k.Alt: // two in one read
		k.Alt = false
		return r, tea.Batch(r.arrives(k), r.arrives(k))
	}
	return r, r.arrives(k)
}

// arrives takes a key as the terminal sent it.
func (r *root) arrives(k tea.KeyMsg) tea.Cmd {
	cmd, taken := r.strays(k)
	if taken {
		return cmd
	}
	return tea.Batch(cmd, r.press(k))
}

// press passes a key on, now or once the screen that it is for is there.
func (r *root) press(k tea.KeyMsg) tea.Cmd {
	if r.waits(k) {
		return nil
	}
	if isKey(k, "esc") {
		r.held = nil // they were for what is left now
	}
	return r.pass(k)
}

func (r *root) pass(msg tea.Msg) tea.Cmd {
	cmds := []tea.Cmd{r.give(msg)}
	for m := r.env.Nav.Next(); m != nil; m = r.env.Nav.Next() {
		cmds = append(cmds, r.own(m))
	}
	for len(r.held) > 0 && !r.waiting() {
		next := r.held[0]
		r.held = r.held[1:]
		cmds = append(cmds, r.pass(next))
	}
	return tea.Batch(append(cmds, r.guide())...)
}

// ageMsg comes while nothing else does, so that "1m ago" becomes "2m ago".
type ageMsg struct{}

func age() tea.Cmd { return tea.Tick(15*time.Second, func(time.Time) tea.Msg { return ageMsg{} }) }

// give hands a message to whom the table names.
func (r *root) give(msg tea.Msg) tea.Cmd {
	k, isKey := msg.(tea.KeyMsg)
	if isKey {
		r.toast.keyPressed()
	}
	switch route(r.state(), msg) {
	case toSize:
		m := msg.(tea.WindowSizeMsg)
		r.width, r.height = m.Width, m.Height
		r.resize()
	case toGuard:
		return r.leave()
	case toBack:
		return r.back()
	case toRoot:
		return r.own(msg)
	case toMouse:
		if m, ok := msg.(tea.MouseMsg); ok {
			return r.mouse(m)
		}
		return r.resumed()
	case toGlobal:
		return r.global(k)
	case toDialog, toScreen:
		if why := disabled(r.top(), k); isKey && why != "" && !(r.top().Typing() && printable(k)) {
			return r.own(screen.ToastMsg{Text: k.String() + " does not work now: " + why, Error: true})
		}
		return r.top().Update(msg)
	case toAll:
		if m, ok := msg.(load.Msg); ok {
			return tea.Batch(m.For(r), r.broadcast(msg))
		}
		return r.broadcast(msg)
	}
	return nil
}

// heldKeys is how many keys wait for a screen at most.
const heldKeys = 32

// waits holds a key back for the screen that is on its way. Leaving never waits,
// nor does esc alone. Behind other keys it is meant for what they open, a menu say,
// and takes its turn; a second one leaves with all of them, however long the
// reading goes on.
func (r *root) waits(k tea.KeyMsg) bool {
	if isKey(k, "ctrl+c", "ctrl+z", "ctrl+t") || !r.waiting() {
		return false
	}
	room := len(r.held) < heldKeys
	if isKey(k, "esc") && (len(r.held) == 0 || !room || r.heldEsc() < len(r.held)) {
		return false
	}
	if room {
		r.held = append(r.held, k)
	}
	return true
}

// heldEsc is where the first esc is among the keys that wait; behind them all
// when there is none.
func (r *root) heldEsc() int {
	if i := slices.IndexFunc(r.held, func(k tea.KeyMsg) bool { return isKey(k, "esc") }); i >= 0 {
		return i
	}
	return len(r.held)
}

func (r *root) waiting() bool {
	w, ok := r.top().(screen.Waiter)
	return ok && w.Waiting()
}

// burst takes keys apart that arrived in one read, as they do from a quick
// typist over a slow line: Bubble Tea makes one message of them, in which no
// screen would find its keys. A question that one of them opened is not
// answered by the next: nobody has read it yet.
func (r *root) burst(k tea.KeyMsg) tea.Cmd {
	var cmds []tea.Cmd
	dialogs, asks := len(r.dialogs), false
	for _, c := range k.Runes {
		one := k
		one.Runes = []rune{c}
		if c == ' ' {
			one.Type = tea.KeySpace
		}
		cmd, taken := r.strays(one)
		if !taken && !asks {
			cmd = tea.Batch(cmd, r.press(one))
			_, asks = r.top().(screen.Guarded)
			asks = asks && len(r.dialogs) > dialogs
		}
		cmds = append(cmds, cmd)
	}
	return tea.Batch(cmds...)
}

func (r *root) state() state {
	return state{
		tooSmall: r.width < minWidth || r.height < minHeight,
		dialog:   len(r.dialogs) > 0, typing: r.top().Typing(),
	}
}

// top is who has the keyboard.
func (r *root) top() screen.Screen {
	if n := len(r.dialogs); n > 0 {
		return r.dialogs[n-1]
	}
	return r.stack[len(r.stack)-1]
}

// disabled says why a key of the screen does not work now, or "".
func disabled(s screen.Screen, k tea.KeyMsg) string {
	for _, b := range s.Keys() {
		if b.Disabled != "" && key.Matches(k, b.Binding) {
			return b.Disabled
		}
	}
	return ""
}

// printable tells a key that a text field takes as text.
func printable(k tea.KeyMsg) bool { return k.Type == tea.KeyRunes || k.Type == tea.KeySpace }

func (r *root) broadcast(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, s := range r.stack {
		cmds = append(cmds, s.Update(msg))
	}
	for _, d := range r.dialogs {
		cmds = append(cmds, d.Update(msg))
	}
	if r.tour != nil {
		cmds = append(cmds, r.tour.Update(msg))
	}
	return tea.Batch(cmds...)
}

// resize gives every live screen and dialog the same room, from zero.
func (r *root) resize() {
	for _, s := range r.stack {
		s.SetSize(r.bodySize())
	}
	for _, d := range r.dialogs {
		d.SetSize(r.bodySize())
	}
}

// own handles the messages that screens send to the root.
func (r *root) own(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case screen.PushMsg:
		return r.push(m.To)
	case screen.ReplaceMsg:
		r.pop()
		return r.push(m.To)
	case screen.PopMsg:
		r.pop()
	case screen.OpenMsg:
		if _, asks := m.Dialog.(screen.Guarded); asks {
			r.held = r.held[r.heldEsc():] // which closes it
		}
		m.Dialog.SetSize(r.bodySize())
		r.dialogs = append(r.dialogs, m.Dialog)
		return m.Dialog.Init()
	case screen.CloseMsg:
		if i := slices.Index(r.dialogs, m.Dialog); i >= 0 {
			r.dialogs = r.dialogs[:i]
		}
		r.quitting = false // who says No to leaving is asked again the next time
	case screen.TourMsg:
		if r.tour != nil {
			return r.tour.Begin()
		}
	case screen.ToastMsg:
		if m.Error {
			r.held = nil
		}
		return r.toast.show(m)
	case toastOverMsg:
		r.toast.over(m)
	case forgetQuitMsg:
		r.quitting = false
	case ageMsg:
		return age() // a frame is drawn after each message
	case screen.CopyMsg:
		return r.copy(m)
	case copiedMsg:
		return r.toast.show(m.toast())
	case pastedMsg:
		if m.err != nil {
			return r.own(screen.ToastMsg{Text: m.err.Error(), Error: true})
		}
		// The clipboard may hold a key: it goes on as a paste does, to one place.
		_, cmd := r.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(m.text.Reveal()), Paste: true})
		return cmd
	}
	return nil
}

// push opens a screen. Home is the bottom of the stack: going there is going
// all the way back.
func (r *root) push(to screen.Route) tea.Cmd {
	if to.Name == screen.Home {
		r.stack, r.at = r.stack[:1], r.at[:1]
		return nil
	}
	s := build(r.env, to)
	s.SetSize(r.bodySize())
	r.stack, r.at = append(r.stack, s), append(r.at, to)
	return s.Init()
}

// pop leaves the top screen, but never the last.
func (r *root) pop() {
	if n := len(r.stack) - 1; n > 0 {
		r.stack, r.at = r.stack[:n], r.at[:n]
	}
}

// back is what esc does: close one thing, the innermost, of which the tour is the
// outermost. It never quits.
func (r *root) back() tea.Cmd {
	handled, cmd := r.top().Back()
	if handled {
		return cmd
	}
	if len(r.dialogs) > 0 {
		return tea.Batch(cmd, r.own(screen.CloseMsg{Dialog: r.top()}))
	}
	if len(r.stack) == 1 && r.tour.On() {
		return tea.Batch(cmd, r.tour.Leave())
	}
	return tea.Batch(cmd, r.own(screen.PopMsg{}))
}

func (r *root) global(k tea.KeyMsg) tea.Cmd {
	switch k.String() {
	case "ctrl+z":
		return tea.Suspend
	case "ctrl+t":
		return r.toggleMouse()
	case "ctrl+v":
		return paste
	case "?", "f1":
		if _, open := r.top().(*help); open {
			return r.own(screen.CloseMsg{Dialog: r.top()})
		}
		return r.own(screen.OpenMsg{Dialog: newHelp(r.env, r.top())})
	case ":":
		return r.own(screen.OpenMsg{Dialog: newPalette(r)})
	case "q":
		return r.leave()
	case "u":
		return r.undo()
	case "D":
		if r.tour != nil {
			if d := demo.New(r.env, r.touring()); d != nil {
				return r.own(screen.OpenMsg{Dialog: d})
			}
		}
		return r.toast.show(screen.ToastMsg{Text: "D is the menu of billferry demo, whose simulators it steers", Error: true})
	case "y":
		if c, ok := r.top().(screen.Copier); ok && c.CopyText() != "" {
			return r.copy(screen.CopyMsg{Text: c.CopyText(), What: widget.Clip(c.CopyText(), 40)})
		}
		return r.toast.show(screen.ToastMsg{Text: "nothing under the cursor has an id to copy", Error: true})
	}
	return nil
}
