package ui

import (
	"errors"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/secret"
	"billferry/ui/screen"
)

// What a key in PEM form begins with, and its last line.
const (
	pemBegin = "-----BEGIN"
	pemEnd   = "-----END"
	pemRule  = "-----"
)

// stray watches for a private key that is pasted where none belongs: it would be
// drawn, and the wizard would keep it in a draft. A terminal that marks no pastes
// sends it as letters, many of which are actions where nothing is typed into.
type stray struct {
	tail    string // of what was typed: what a key may begin or end with
	taking  bool   // a key is coming in: nobody gets its letters
	ending  bool   // its last line is
	lineEnd bool   // the end of that line is no enter
}

// errStray is why a private key went nowhere.
var errStray = errors.New("that is a private key, which is neither shown nor kept here: " +
	"Connect has a field for it (c on an integration, ctrl+k in the wizard)")

// strays takes a key press that belongs to a private key in the wrong place; false
// when it does not. It sees each as it arrives, before any is held back for a screen.
func (r *root) strays(k tea.KeyMsg) (tea.Cmd, bool) {
	s := &r.stray
	if takesKey(r.top()) {
		*s = stray{}
		return nil, false
	}
	switch {
	case k.Paste:
		before := r.noKey()
		if !secret.HoldsKey(string(k.Runes)) {
			return before, false
		}
		if r.backToKeyTaker() {
			return tea.Batch(before, r.press(k)), true
		}
		return tea.Batch(before, r.own(screen.ToastMsg{Text: errStray.Error(), Error: true})), true
	case isKey(k, "enter", "ctrl+j") && (s.taking || s.lineEnd):
		s.lineEnd = false
		return nil, true
	case !printable(k):
		return r.noKey(), false
	case s.taking:
		s.take(string(k.Runes))
		return nil, true
	}
	return r.mayBegin(string(k.Runes))
}

// mayBegin looks at a letter as one of a key's first line. What follows the dashes is
// kept until it is known for one or for none: where nothing is typed into, it would be
// actions that nobody meant.
func (r *root) mayBegin(letter string) (tea.Cmd, bool) {
	s := &r.stray
	tail := s.tail + letter
	for !strings.HasPrefix(pemBegin, tail) {
		tail = tail[1:]
	}
	var before tea.Cmd
	if len(tail) <= len(s.tail) {
		before = r.noKey()
	}
	s.lineEnd, s.tail = false, tail
	if tail == pemBegin {
		return r.keyBegins(), true
	}
	return before, len(tail) > len(pemRule)
}

// noKey gives what was kept of a first line to who is typed into: it was none.
func (r *root) noKey() tea.Cmd {
	s := r.stray
	r.stray = stray{}
	if s.taking || len(s.tail) <= len(pemRule) || !r.top().Typing() {
		return nil
	}
	return r.types(s.tail[len(pemRule):])
}

// keyBegins is for the last letter of what a private key begins with. Its dashes were
// given away, or wait for a screen with all else that was typed ahead.
func (r *root) keyBegins() tea.Cmd {
	var cmds []tea.Cmd
	if r.top().Typing() {
		for range len(pemRule) - len(r.held) {
			cmds = append(cmds, r.pass(tea.KeyMsg{Type: tea.KeyBackspace}))
		}
	}
	if r.backToKeyTaker() {
		r.stray = stray{}
		return tea.Batch(append(cmds, r.types(pemBegin))...)
	}
	r.stray = stray{taking: true}
	return tea.Batch(append(cmds, r.own(screen.ToastMsg{Text: errStray.Error(), Error: true}))...)
}

// take drops letters of a key until its last line ends.
func (s *stray) take(text string) {
	for _, c := range text {
		s.tail += string(c)
		s.tail = s.tail[max(0, len(s.tail)-len(pemEnd)):]
		switch {
		case s.ending && strings.HasSuffix(s.tail, pemRule):
			*s = stray{lineEnd: true}
			return
		case s.tail == pemEnd:
			s.ending, s.tail = true, ""
		}
	}
}

// types gives letters to who has the keyboard, as a person would.
func (r *root) types(text string) tea.Cmd {
	var cmds []tea.Cmd
	for _, c := range text {
		cmds = append(cmds, r.press(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{c}}))
	}
	return tea.Batch(cmds...)
}

func takesKey(s screen.Screen) bool {
	k, ok := s.(screen.KeyTaker)
	return ok && k.TakesKey()
}

// backToKeyTaker closes the dialogs over the form that a private key belongs into;
// false where there is none.
func (r *root) backToKeyTaker() bool {
	for i := len(r.dialogs) - 1; i >= 0 && r.top().Typing(); i-- {
		if takesKey(r.dialogs[i]) {
			r.dialogs, r.held = r.dialogs[:i+1], nil
			return true
		}
	}
	return false
}
