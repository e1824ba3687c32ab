package ui

import (
	"reflect"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/screen"
)

// target is who gets a message.
type target int

const (
	toNobody target = iota
	toSize          // the root sizes everything
	toGuard         // the root leaves the program, after asking when it must
	toBack          // the root closes the toast, or goes back
	toRoot          // the root's own messages
	toGlobal        // the root's own keys
	toDialog        // the top dialog
	toScreen        // the top screen
	toAll           // every live screen and dialog
	toMouse         // the root, which presses keys for it
)

// state is what routing depends on beside the message.
type state struct {
	tooSmall bool
	dialog   bool // one is open
	typing   bool // the top dialog or screen takes text
}

// rule is one line of the routing table.
type rule struct {
	name string
	when func(state, tea.Msg) bool
	to   target
}

// table says who gets a message; the first rule that holds decides. Its order
// is the behaviour: a dialog comes before typing, typing before global keys.
var table = []rule{
	{"window size", isType[tea.WindowSizeMsg], toSize},
	{"ctrl+c", func(_ state, m tea.Msg) bool { return isKey(m, "ctrl+c") }, toGuard},
	{"ctrl+z", func(_ state, m tea.Msg) bool { return isKey(m, "ctrl+z") }, toGlobal},
	{"ctrl+t", func(_ state, m tea.Msg) bool { return isKey(m, "ctrl+t") }, toGlobal},
	{"mouse, too small", func(s state, m tea.Msg) bool { return s.tooSmall && isType[tea.MouseMsg](s, m) }, toNobody},
	{"mouse", isType[tea.MouseMsg], toMouse},
	{"back from the shell", isType[tea.ResumeMsg], toMouse},
	{"any key, too small", func(s state, m tea.Msg) bool { return s.tooSmall && isType[tea.KeyMsg](s, m) }, toNobody},
	{"esc", func(_ state, m tea.Msg) bool { return isKey(m, "esc") }, toBack},
	{"help everywhere", func(_ state, m tea.Msg) bool { return isKey(m, "f1") }, toGlobal},
	{"ctrl+v while typing", func(s state, m tea.Msg) bool { return s.typing && isKey(m, "ctrl+v") }, toGlobal},
	{"alt letter while typing", func(s state, m tea.Msg) bool { return s.typing && strange(m) }, toNobody},
	{"key, dialog open", func(s state, m tea.Msg) bool { return s.dialog && isType[tea.KeyMsg](s, m) }, toDialog},
	{"key, typing", func(s state, m tea.Msg) bool { return s.typing && isType[tea.KeyMsg](s, m) }, toScreen},
	{"strange alt key", func(_ state, m tea.Msg) bool { k, ok := m.(tea.KeyMsg); return ok && k.Alt }, toNobody},
	{"global key", func(_ state, m tea.Msg) bool { return isKey(m, "?", "q", "y", "u", "D", ":") }, toGlobal},
	{"other key", isType[tea.KeyMsg], toScreen},
	{"root message", isRoot, toRoot},
	{"spinner", isType[spinner.TickMsg], toAll}, // it has the number of its spinner
	{"message of ours", func(_ state, m tea.Msg) bool { return ours(m) }, toAll},
	// What is left is private to a library's form, and has no address on it:
	// two live forms must not hear each other.
	{"private message, dialog open", func(s state, _ tea.Msg) bool { return s.dialog }, toDialog},
	{"private message", func(state, tea.Msg) bool { return true }, toScreen},
}

// route looks a message up in the table.
func route(s state, msg tea.Msg) target {
	for _, r := range table {
		if r.when(s, msg) {
			return r.to
		}
	}
	return toNobody
}

func isType[T any](_ state, m tea.Msg) bool { _, ok := m.(T); return ok }

// isKey tells whether m is one of the keys, pressed and not pasted.
func isKey(m tea.Msg, names ...string) bool {
	k, ok := m.(tea.KeyMsg)
	if !ok || k.Paste {
		return false
	}
	for _, n := range names {
		if k.String() == n {
			return true
		}
	}
	return false
}

// strange tells an alt letter with which no line of text is edited: esc and a letter
// in one read, which nobody meant to type.
func strange(m tea.Msg) bool {
	k, ok := m.(tea.KeyMsg)
	return ok && k.Alt && k.Type == tea.KeyRunes && !slices.Contains([]string{"b", "f", "d"}, string(k.Runes))
}

func isRoot(_ state, m tea.Msg) bool {
	switch m.(type) {
	case screen.PushMsg, screen.ReplaceMsg, screen.PopMsg, screen.OpenMsg, screen.CloseMsg, screen.ToastMsg, screen.TourMsg, screen.CopyMsg,
		toastOverMsg, forgetQuitMsg, ageMsg, copiedMsg, pastedMsg:
		return true
	}
	return false
}

// ours tells whether a message is of a type that this module declares: such a
// message names its owner, so that all may hear it.
func ours(m tea.Msg) bool {
	t := reflect.TypeOf(m)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t != nil && strings.HasPrefix(t.PkgPath(), "billferry/")
}
