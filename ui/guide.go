package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/connect"
	"billferry/ui/demo"
	"billferry/ui/tour"
	"billferry/ui/widget"
)

// guide tells the tour where the operator is now, and makes room for its strip.
func (r *root) guide() tea.Cmd {
	if r.tour == nil {
		return nil
	}
	cmd := r.tour.At(r.place())
	r.env.Nav.Touring = r.tour.On()
	if n := r.tour.Height(r.width, r.height); n != r.strip {
		r.strip = n
		r.resize()
	}
	return cmd
}

// place is where the operator is.
func (r *root) place() tour.Place {
	at := r.at[len(r.at)-1]
	p := tour.Place{Screen: at.Name, ID: at.ID}
	if n := len(r.dialogs); n > 0 {
		switch r.dialogs[n-1].(type) {
		case *connect.Dialog:
			p.Dialog = tour.Connect
		case *demo.Dialog:
			p.Dialog = tour.Menu
		case *palette:
			p.Dialog = tour.Actions
		default:
			p.Dialog = tour.Other
		}
	}
	return p
}

// touring is what a menu can do about the tour.
func (r *root) touring() widget.Action {
	return widget.Action{Key: "t", Text: r.tour.Act(), Do: r.tour.Toggle}
}
