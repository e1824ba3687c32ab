package create

import (
	"fmt"
	"strings"

	"billferry/ui/theme"
	"billferry/ui/widget"
	"billferry/wizard"
)

// The lines above a stage: the stepper, and what was chosen before.
const headLines = 3

// SetSize implements screen.Screen.
func (s *Screen) SetSize(width, height int) {
	s.width, s.height = width, height
	if s.editor != nil {
		s.editor.resize(width, height-headLines)
		return
	}
	s.choose.WithWidth(max(20, min(width-4, 90)))
}

// View implements screen.Screen.
func (s *Screen) View() string {
	head := " " + stepper(s.wizard.Steps(), s.width-2) + "\n " + theme.Dim.Render(widget.Clip(s.chosen(), s.width-2)) + "\n\n"
	body := ""
	if s.editor != nil {
		body = s.editor.view()
	} else {
		body = widget.Indent(s.question() + "\n\n" + strings.TrimRight(s.choose.View(), "\n"))
		if s.problem != "" {
			body += "\n\n" + widget.Indent(theme.Bad.Render(strings.Join(widget.Wrap("✗ "+s.problem, s.width-2), "\n")))
		}
		body += "\n\n " + theme.Dim.Render("enter: Continue")
	}
	return widget.Block(head+body, s.width, s.height)
}

// question is what stage 1 or 2 asks.
func (s *Screen) question() string {
	step := s.wizard.Step()
	title := map[wizard.Stage]string{wizard.Entity: "Entity Type", wizard.Destination: "Destination"}[step.Stage]
	return theme.Label.Render(title) + "\n" + strings.Join(widget.Wrap(step.Task+".", s.width-2), "\n")
}

// chosen is the line under the stepper.
func (s *Screen) chosen() string {
	d := s.wizard.Draft()
	switch d.Stage {
	case wizard.Destination:
		return "Entity type " + d.EntityType
	case wizard.Configure:
		line := fmt.Sprintf("Entity type %s · Integration destination %s", d.EntityType, d.Destination)
		if state := s.busy.View("creating"); state != "" {
			line += " · " + state
		}
		return line
	}
	return ""
}

// stepper draws the stages in one line; where it is too long, by numbers with
// the name of the one that is on.
func stepper(steps []wizard.Step, width int) string {
	long, short := make([]string, len(steps)), make([]string, len(steps))
	for i, s := range steps {
		glyph, style := "○", theme.Dim
		switch s.State {
		case wizard.Done:
			glyph, style = "✓", theme.Good
		case wizard.Current:
			glyph, style = "●", theme.Focus
		}
		long[i] = style.Render(fmt.Sprintf("%s %d %s", glyph, s.Stage, s.Name))
		short[i] = long[i]
		if s.State != wizard.Current {
			short[i] = style.Render(fmt.Sprintf("%s %d", glyph, s.Stage))
		}
	}
	line := strings.Join(long, " ─── ")
	if widget.Cells(line) > width {
		line = strings.Join(short, " ─── ")
	}
	return widget.Clip(line, width)
}
