package ui

import (
	"testing"

	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"

	"billferry/ui/screen"
)

func TestRoute(t *testing.T) {
	t.Parallel()
	var (
		plain   = state{}
		small   = state{tooSmall: true}
		typing  = state{typing: true}
		dialog  = state{dialog: true}
		both    = state{dialog: true, typing: true}
		pasted  = tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("q"), Paste: true}
		alt     = tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("j"), Alt: true}
		word    = tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("b"), Alt: true}
		foreign = huh.NextField()
	)
	for _, c := range []struct {
		name string
		in   state
		msg  tea.Msg
		want target
	}{
		{"size", dialog, tea.WindowSizeMsg{}, toSize},
		{"ctrl+c even too small", small, press("ctrl+c"), toGuard},
		{"ctrl+c while typing", both, press("ctrl+c"), toGuard},
		{"keys while too small are dropped", small, press("q"), toNobody},
		{"enter while too small is dropped", small, press("enter"), toNobody},
		{"esc is back", plain, press("esc"), toBack},
		{"esc while typing is back as well", typing, press("esc"), toBack},
		{"esc in a dialog is back as well", both, press("esc"), toBack},
		{"q is text while typing", typing, press("q"), toScreen},
		{"? is text while typing", typing, press("?"), toScreen},
		{"y is a dialog's", dialog, press("y"), toDialog},
		{"q is a dialog's", dialog, press("q"), toDialog},
		{"q quits", plain, press("q"), toGlobal},
		{"a pasted q is no command", plain, pasted, toScreen},
		{"? is help", plain, press("?"), toGlobal},
		{"f1 is help while typing", both, press("f1"), toGlobal},
		{"ctrl+z suspends while typing", typing, press("ctrl+z"), toGlobal},
		{"ctrl+t while typing", both, press("ctrl+t"), toGlobal},
		{"the mouse", dialog, tea.MouseMsg{}, toMouse},
		{"the mouse while too small", small, tea.MouseMsg{}, toNobody},
		{"back from the shell", plain, tea.ResumeMsg{}, toMouse},
		{"esc and j in one read is no command", plain, alt, toNobody},
		{"nor is it text", both, alt, toNobody},
		{"alt while typing moves by words", typing, word, toScreen},
		{"other keys", plain, press("r"), toScreen},
		{"push", dialog, screen.PushMsg{}, toRoot},
		{"toast over", dialog, toastOverMsg{}, toRoot},
		{"a change is for all", dialog, screen.ChangedMsg{}, toAll},
		{"a spinner's tick is for all", dialog, spinner.TickMsg{}, toAll},
		{"a form's private message goes to the dialog alone", dialog, foreign, toDialog},
		{"a form's private message goes to the screen", plain, foreign, toScreen},
	} {
		if got := route(c.in, c.msg); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

// Every rule decides something: a rule that an earlier one hides is dead.
func TestEveryRuleIsReached(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range []state{{}, {tooSmall: true}, {dialog: true}, {typing: true}} {
		for _, m := range []tea.Msg{
			tea.WindowSizeMsg{}, press("ctrl+c"), press("ctrl+z"), press("ctrl+t"), tea.MouseMsg{}, tea.ResumeMsg{}, press("esc"), press("f1"),
			tea.KeyMsg{Type: tea.KeyCtrlV}, press("a"),
			tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("j"), Alt: true}, press("?"), screen.PopMsg{}, screen.ChangedMsg{},
			spinner.TickMsg{}, huh.NextField(),
		} {
			for _, r := range table {
				if r.when(s, m) {
					seen[r.name] = true
					break
				}
			}
		}
	}
	for _, r := range table {
		if !seen[r.name] {
			t.Errorf("rule %q is never reached", r.name)
		}
	}
}
