package ui

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/atotto/clipboard"
	"github.com/aymanbagabas/go-osc52/v2"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/secret"
	"billferry/ui/screen"
)

// clipLimit is the most that terminals take in one OSC 52 sequence.
const clipLimit = 74_994

// copiedMsg tells how a copy ended.
type copiedMsg struct {
	what string
	err  error
}

func (m copiedMsg) toast() screen.ToastMsg {
	if m.err != nil {
		return screen.ToastMsg{Text: "not copied: " + m.err.Error(), Error: true}
	}
	return screen.ToastMsg{Text: "copied " + m.what}
}

// copy asks the terminal to put text on its clipboard, which works over ssh
// as well. One write holds the whole sequence, so that no frame splits it.
func (r *root) copy(m screen.CopyMsg) tea.Cmd {
	out := r.out
	return func() tea.Msg {
		if len(m.Text) > clipLimit {
			return copiedMsg{m.What, fmt.Errorf("%d bytes are more than a terminal's clipboard takes (%d)", len(m.Text), clipLimit)}
		}
		_, err := io.WriteString(out, sequence(m.Text, os.Getenv("TERM"), os.Getenv("TMUX")))
		return copiedMsg{m.What, err}
	}
}

// sequence is the escape sequence, wrapped for the multiplexer that is on.
func sequence(text, term, tmux string) string {
	s := osc52.New(text)
	switch {
	case tmux != "":
		s = s.Tmux()
	case strings.HasPrefix(term, "screen"):
		s = s.Screen()
	}
	return s.String()
}

// pastedMsg is what the clipboard held.
type pastedMsg struct {
	text secret.Value
	err  error
}

// paste reads the clipboard of the machine that billferry runs on.
func paste() tea.Msg {
	text, err := clipboard.ReadAll()
	if err != nil {
		return pastedMsg{err: fmt.Errorf("the clipboard cannot be read here (%w): paste with the terminal's own key, often ctrl+shift+v", err)}
	}
	return pastedMsg{text: secret.New(text)}
}
