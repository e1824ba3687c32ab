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
	tail    string // of what was typed: no more than tells that a key begins or ends
	taking  bool   // a key is coming in: nobody gets its letters
	ending  bool   // its last line is
	lineEnd bool   // the end of that line is no enter
}

// errStray is why a private key went nowhere.
var errStray = errors.New("that is a private key, which is neither shown nor kept here: " +
	"Connect has a field for it (c on an integration, ctrl+k in the wizard)")

// strays takes a key press that belongs to a private key in the wrong place; false
// when it does not.
func (r *root) strays(k tea.KeyMsg) (tea.Cmd, bool) {
	s := &r.stray
	if takesKey(r.top()) {
		*s = stray{}
		return nil, false
	}
	text := string(k.Runes)
	switch {
	case k.Paste && secret.HoldsKey(text):
		if r.backToKeyTaker() {
			return r.top().Update(k), true
		}
		return screen.Fail(errStray), true
	case k.Paste:
		return nil, false
	case isKey(k, "enter", "ctrl+j") && (s.taking || s.lineEnd):
		s.lineEnd = false
		return nil, true
	case k.Type != tea.KeyRunes && k.Type != tea.KeySpace:
		*s = stray{}
		return nil, false
	case s.taking:
		s.take(text)
		return nil, true
	}
	if at := strings.Index(s.tail+text, pemBegin); at >= 0 {
		return r.keyBegins(text, at-len(s.tail)), true
	}
	s.lineEnd = false
	s.tail += text
	s.tail = s.tail[max(0, len(s.tail)-len(pemBegin)+1):]
	// Where nothing is typed into, letters after five dashes are actions that nobody meant.
	return nil, !r.top().Typing() && len(s.tail) > len(pemRule) && strings.HasPrefix(pemBegin, s.tail)
}

// keyBegins is for keys in whose text a private key begins, so many bytes in; below
// zero that many letters of its first line were typed already.
func (r *root) keyBegins(text string, at int) tea.Cmd {
	var cmds []tea.Cmd
	if at > 0 {
		cmds = append(cmds, r.types(text[:at]))
	}
	typing := r.top().Typing()
	if typing && at < 0 {
		cmds = append(cmds, r.presses("backspace", -at))
	}
	rest := text[max(0, at+len(pemBegin)):]
	if typing && r.backToKeyTaker() {
		return tea.Batch(append(cmds, r.types(pemBegin+rest))...)
	}
	r.stray = stray{taking: true}
	r.stray.take(rest)
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
	_, cmd := r.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text)})
	return cmd
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
			r.dialogs = r.dialogs[:i+1]
			return true
		}
	}
	return false
}
