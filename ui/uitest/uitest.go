// Package uitest drives one screen in a test as the root would: it gives keys
// by the same rules, runs the commands, and keeps the messages that are meant
// for the root. It draws without colour. Use it inside testing/synctest: a
// command that waits for a timer is left behind, not waited for.
package uitest

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"github.com/muesli/termenv"

	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
)

func init() { lipgloss.SetColorProfile(termenv.Ascii) }

// Sizes are the terminals that goldens are drawn at, without the lines that
// the root takes for its header and footer.
var Sizes = [][2]int{{60, 14}, {80, 22}, {100, 28}, {160, 48}}

// Env is an environment on the fake, its clock standing at servicetest.Start.
func Env(s service.Service) screen.Env {
	return screen.Env{Service: s, Now: startTime, Info: service.Info{Organisation: "acme", Mode: "embedded"}}
}

func startTime() time.Time { return servicetest.Start }

// Driver is a screen under test.
type Driver struct {
	screen.Screen
	t             testing.TB
	width, height int
	Sent          []tea.Msg       // what the screen told the root, the oldest first
	Dialogs       []screen.Screen // open ones, the top last
}

// Start sizes and loads a screen.
func Start(t testing.TB, s screen.Screen, width, height int) *Driver {
	t.Helper()
	d := &Driver{Screen: s, t: t}
	t.Cleanup(func() { time.Sleep(time.Minute) }) // in the bubble: lets the timers that were left behind end
	d.Resize(width, height)
	d.Do(s.Init())
	return d
}

// Resize changes the size.
func (d *Driver) Resize(width, height int) {
	d.width, d.height = width, height
	d.SetSize(width, height)
	for _, x := range d.Dialogs {
		x.SetSize(width, height)
	}
}

// Do runs a command, and all that follows from it.
func (d *Driver) Do(cmd tea.Cmd) {
	d.t.Helper()
	for queue := []tea.Cmd{cmd}; len(queue) > 0; queue = queue[1:] {
		cmd := queue[0]
		if cmd == nil {
			continue
		}
		got := make(chan tea.Msg, 1)
		go func() { got <- cmd() }()
		synctest.Wait()
		select {
		case msg := <-got:
			if more, ok := several(msg); ok {
				queue = append(queue, more...)
				continue
			}
			queue = append(queue, d.give(msg))
		default: // it waits for a timer, or a test holds the service
		}
	}
}

// several unpacks a batch, or a sequence, whose type is not exported.
func several(msg tea.Msg) ([]tea.Cmd, bool) {
	v := reflect.ValueOf(msg)
	if cmds := reflect.TypeFor[[]tea.Cmd](); msg != nil && v.Type().ConvertibleTo(cmds) {
		return v.Convert(cmds).Interface().([]tea.Cmd), true
	}
	return nil, false
}

// give hands a message to the screen and its dialogs, or does what the root
// would when it is the root's.
func (d *Driver) give(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case nil:
		return nil
	case screen.OpenMsg:
		d.Dialogs = append(d.Dialogs, m.Dialog)
		m.Dialog.SetSize(d.width, d.height)
		return m.Dialog.Init()
	case screen.CloseMsg:
		if i := slices.Index(d.Dialogs, m.Dialog); i >= 0 {
			d.Dialogs = d.Dialogs[:i]
		}
		return nil
	case screen.PushMsg, screen.ReplaceMsg, screen.PopMsg, screen.ToastMsg, screen.CopyMsg:
		d.Sent = append(d.Sent, msg)
		return nil
	}
	if _, tick := msg.(spinner.TickMsg); !tick && !strings.HasPrefix(reflect.TypeOf(msg).PkgPath(), "billferry/") {
		return d.Top().Update(msg)
	}
	cmds := []tea.Cmd{d.Update(msg)}
	for _, x := range d.Dialogs {
		cmds = append(cmds, x.Update(msg))
	}
	return tea.Batch(cmds...)
}

// Top is what gets the keys: the top dialog, else the screen.
func (d *Driver) Top() screen.Screen {
	if n := len(d.Dialogs); n > 0 {
		return d.Dialogs[n-1]
	}
	return d.Screen
}

// Tell gives a message and runs what follows.
func (d *Driver) Tell(msg tea.Msg) { d.t.Helper(); d.Do(d.give(msg)) }

// Changed tells the screen that a thing changed, and lets the time pass that
// it gathers changes for.
func (d *Driver) Changed(kind string) {
	d.t.Helper()
	d.Wait(d.give(screen.ChangedMsg{Change: service.Change{Kind: kind}}))
}

// Wait runs a command that waits for a timer, and what follows.
func (d *Driver) Wait(cmd tea.Cmd) {
	d.t.Helper()
	if cmd == nil {
		return
	}
	msg := cmd()
	if more, ok := several(msg); ok {
		for _, c := range more {
			d.Wait(c)
		}
		return
	}
	d.Do(d.give(msg))
}

var named = map[string]tea.KeyType{
	"enter": tea.KeyEnter, "esc": tea.KeyEsc, "tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab, "up": tea.KeyUp, "down": tea.KeyDown,
	"left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
	"ctrl+d": tea.KeyCtrlD, "ctrl+f": tea.KeyCtrlF,
	"ctrl+u": tea.KeyCtrlU, "ctrl+s": tea.KeyCtrlS, "backspace": tea.KeyBackspace, "space": tea.KeySpace,
}

// Key makes the message of a key by its name.
func Key(name string) tea.KeyMsg {
	if t, ok := named[name]; ok {
		k := tea.KeyMsg{Type: t}
		if t == tea.KeySpace {
			k.Runes = []rune{' '}
		}
		return k
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

// Press gives keys by name, esc as the root does.
func (d *Driver) Press(keys ...string) {
	d.t.Helper()
	for _, k := range keys {
		if k == "esc" {
			d.back()
			continue
		}
		d.Do(d.Top().Update(Key(k)))
	}
}

func (d *Driver) back() {
	closed, cmd := d.Top().Back()
	if d.Do(cmd); !closed && len(d.Dialogs) > 0 {
		d.give(screen.CloseMsg{Dialog: d.Top()})
	}
}

// Type gives text a letter at a time.
func (d *Driver) Type(text string) {
	d.t.Helper()
	for _, r := range text {
		d.Do(d.Top().Update(Key(string(r))))
	}
}

// View draws what is on top, and fails the test when the screen is larger than its size.
func (d *Driver) View() string {
	d.t.Helper()
	v := d.Top().View()
	lines := strings.Split(v, "\n")
	if len(lines) > d.height {
		d.t.Fatalf("%d lines in a height of %d:\n%s", len(lines), d.height, v)
	}
	for _, l := range lines {
		if w := ansi.StringWidth(l); w > d.width {
			d.t.Fatalf("a line of %d cells in a width of %d:\n%s", w, d.width, l)
		}
	}
	return v
}

// Shows fails the test unless every text is on the screen.
func (d *Driver) Shows(texts ...string) {
	d.t.Helper()
	v := d.View()
	for _, x := range texts {
		if !strings.Contains(v, x) {
			d.t.Errorf("the screen does not show %q:\n%s", x, v)
		}
	}
}

// Hides fails the test when one of the texts is on the screen.
func (d *Driver) Hides(texts ...string) {
	d.t.Helper()
	v := d.View()
	for _, x := range texts {
		if strings.Contains(v, x) {
			d.t.Errorf("the screen shows %q:\n%s", x, v)
		}
	}
}

// Golden compares the screen with the golden file of the test.
func (d *Driver) Golden() {
	d.t.Helper()
	lines := strings.Split(d.View(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	golden.RequireEqual(d.t, []byte(strings.Join(lines, "\n")+"\n"))
}

// Toast is the text of the last toast, "" when there was none.
func (d *Driver) Toast() string {
	for i := len(d.Sent) - 1; i >= 0; i-- {
		if t, ok := d.Sent[i].(screen.ToastMsg); ok {
			return t.Text
		}
	}
	return ""
}

// Pushed is the last route that the screen opened.
func (d *Driver) Pushed() screen.Route {
	for i := len(d.Sent) - 1; i >= 0; i-- {
		if p, ok := d.Sent[i].(screen.PushMsg); ok {
			return p.To
		}
	}
	return screen.Route{}
}

// CheckKeys presses every key of the screen's own map and fails when one that
// is not disabled does nothing at all: neither a change on the screen, nor a
// command. fresh makes a loaded screen for each key; except names keys that
// have nothing to do in the state that fresh leaves the screen in.
func CheckKeys(t *testing.T, fresh func() *Driver, except ...string) {
	t.Helper()
	for i, k := range fresh().Keys() {
		if k.Disabled != "" || strings.Contains(k.Help().Desc, "page") {
			continue
		}
		if k.Help().Key == "" || k.Help().Desc == "" {
			t.Errorf("key %d has no help: %v", i, k.Binding.Keys())
		}
		for _, name := range k.Binding.Keys() {
			if slices.Contains(except, name) {
				continue
			}
			d := fresh()
			if name == "up" || name == "k" || name == "home" || name == "g" {
				d.Press("down")
			}
			before, sent := d.View(), len(d.Sent)
			d.Press(keyName(name))
			if d.View() == before && len(d.Sent) == sent {
				t.Errorf("%s (%s) is in the help but does nothing", name, k.Help().Desc)
			}
		}
	}
}

func keyName(s string) string {
	if s == " " {
		return "space"
	}
	return s
}
