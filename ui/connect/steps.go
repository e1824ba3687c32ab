package connect

import (
	"context"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/service"
	"billferry/ui/load"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// steps shows checks as they pass. The work runs in one command; another
// waits for the next step and is made anew after each.
type steps struct {
	owner any // who hears the messages
	gen   int
	list  []service.Step
	on    bool
	work  load.Latest
}

type (
	stepMsg struct {
		owner any
		gen   int
		step  service.Step
		more  stream
	}
	stepsOverMsg struct {
		owner any
		gen   int
		err   error
	}
)

// stream brings the steps of one piece of work and then its end, in order.
type stream struct {
	steps chan service.Step
	end   chan error // holds one; filled before steps is closed
}

// start runs work, which reports each step.
func (s *steps) start(work func(ctx context.Context, step func(service.Step)) error) tea.Cmd {
	s.gen++
	s.list, s.on = nil, true
	owner, gen, ch := s.owner, s.gen, stream{make(chan service.Step, 64), make(chan error, 1)}
	run := load.Newest(&s.work, owner, connectDeadline, func(ctx context.Context) (load.Nothing, error) {
		ch.end <- work(ctx, func(x service.Step) {
			select {
			case ch.steps <- x:
			default: // more steps than anyone shows
			}
		})
		close(ch.steps)
		return load.Nothing{}, nil
	}, func(load.Nothing, error) tea.Cmd { return nil }) // the stream tells how it ended, after its last step
	return tea.Batch(run, next(owner, gen, ch))
}

func next(owner any, gen int, ch stream) tea.Cmd {
	return func() tea.Msg {
		if x, ok := <-ch.steps; ok {
			return stepMsg{owner, gen, x, ch}
		}
		return stepsOverMsg{owner, gen, <-ch.end}
	}
}

// onStep records a step: a later word on the same check replaces the earlier.
func (s *steps) onStep(m stepMsg) tea.Cmd {
	if m.owner != s.owner || m.gen != s.gen {
		return nil
	}
	switch n := len(s.list); {
	case !s.on: // it was stopped: how it ended still counts
	case n > 0 && s.list[n-1].Name == m.step.Name:
		s.list[n-1] = m.step
	default:
		s.list = append(s.list, m.step)
	}
	return next(m.owner, m.gen, m.more)
}

// stop gives the work up. Its end is heard all the same: it may have come too late.
func (s *steps) stop() {
	s.work.Drop()
	s.on = false
}

// due counts what a person has to do, and what could not be told.
func (s *steps) due() (todo, unknown int) {
	for _, x := range s.list {
		switch x.State {
		case "todo":
			todo++
		case "failed", "skipped":
			unknown++
		}
	}
	return todo, unknown
}

// told tells whether a step that failed says why.
func (s *steps) told() bool {
	return slices.ContainsFunc(s.list, func(x service.Step) bool { return x.State == "failed" && x.Detail != "" })
}

// dueFirst puts what a person has to do first and what is well last.
func (s *steps) dueFirst() {
	rank := map[string]int{"todo": 0, "failed": 1, "skipped": 2}
	of := func(x service.Step) int {
		if r, ok := rank[x.State]; ok {
			return r
		}
		return len(rank)
	}
	slices.SortStableFunc(s.list, func(a, b service.Step) int { return of(a) - of(b) })
}

// lines draws the steps in lines of at most width cells.
func (s *steps) lines(width int) []string {
	var out []string
	for _, x := range s.list {
		glyph, style := "●", theme.Focus
		switch x.State {
		case "passed":
			glyph, style = "✓", theme.Good
		case "todo":
			glyph, style = "!", theme.Warn
		case "failed":
			glyph, style = "✗", theme.Bad
		case "skipped":
			glyph, style = "–", theme.Dim
		}
		text := x.Name
		if x.Detail != "" && x.State != "failed" {
			text += ": " + x.Detail
		}
		mark := style.Render(glyph) + " "
		for _, l := range widget.Wrap(widget.Clean(text), width-2) {
			out = append(out, mark+l)
			mark = "  "
		}
		if x.State == "failed" {
			for _, l := range widget.Wrap(widget.Clean(x.Detail), width-2) {
				out = append(out, "  "+theme.Bad.Render(l))
			}
		}
		if x.Remedy != "" {
			for _, l := range widget.Wrap("→ "+widget.Clean(x.Remedy), width-2) {
				out = append(out, "  "+l)
			}
		}
	}
	return out
}
