package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/load"
	"billferry/ui/screen"
)

// undo takes the last act of this session back.
func (r *root) undo() tea.Cmd {
	switch a := r.env.Undo.Take(); {
	case a == nil:
		return r.own(screen.ToastMsg{Text: "nothing to take back: u undoes the last hold or release of this session", Error: true})
	case a.Never != "":
		return r.own(screen.ToastMsg{Text: a.Said + ": " + a.Never, Error: true})
	default:
		return load.Tell(a.Do, "taken back: "+a.Back)
	}
}
