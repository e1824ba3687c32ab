package create

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// previewAfter is how long the settings must rest before they are previewed.
const previewAfter = 300 * time.Millisecond

var previewSeq atomic.Int64

// preview is the pane that shows what a sample Bill would become.
type preview struct {
	env  screen.Env
	gen  int64
	got  *service.Preview
	err  error
	busy widget.Busy
}

type (
	previewDueMsg struct{ gen int64 }
	previewedMsg  struct {
		gen int64
		got service.Preview
		err error
	}
)

// refresh asks for a new preview once the settings rest. Generations are
// unique among all panes, so that no pane takes another's answer.
func (p *preview) refresh() tea.Cmd {
	p.gen = previewSeq.Add(1)
	gen := p.gen
	return tea.Tick(previewAfter, func(time.Time) tea.Msg { return previewDueMsg{gen} })
}

func (p *preview) update(e *editor, msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case previewDueMsg:
		if m.gen == p.gen {
			return tea.Batch(p.busy.Start(p.env.Now()), p.ask(e))
		}
	case previewedMsg:
		if m.gen == p.gen {
			p.busy.Stop()
			if p.err = m.err; m.err == nil {
				p.got = &m.got
			}
		}
	default:
		return p.busy.Update(msg)
	}
	return nil
}

func (p *preview) ask(e *editor) tea.Cmd {
	gen, svc := p.gen, p.env.Service
	request := service.PreviewRequest{
		IntegrationID: e.integrationID, EntityType: e.spec.EntityType, Destination: e.spec.Destination, ConfigData: e.form.Values(),
	}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		got, err := svc.Preview(ctx, request)
		return previewedMsg{gen, got, err}
	}
}

// lines draws the preview in lines of at most width cells.
func (p *preview) lines(width int) []string {
	head := theme.Label.Render("Preview") + " " + p.busy.View("")
	if p.err != nil {
		out := []string{head}
		for _, l := range widget.Wrap("✗ "+widget.Clean(p.err.Error()), width) {
			out = append(out, theme.Warn.Render(l))
		}
		var f *integration.Failure
		if errors.As(p.err, &f) && f.Advice != "" {
			out = append(out, widget.Wrap("→ "+widget.Clean(f.Advice), width)...)
		}
		return out
	}
	if p.got == nil {
		return []string{head}
	}
	g := p.got
	out := []string{widget.Clip(theme.Label.Render("Preview of "+widget.Clean(g.Source))+" "+p.busy.View(""), width)}
	out = append(out, widget.Wrap(widget.Clean(g.Verdict), width)...)
	table := widget.NewTable(width, widget.Column{Width: 6}, widget.Column{Width: 8, Flex: 1}, widget.Column{Width: 11, Right: true})
	for _, l := range g.Lines {
		out = append(out, table.Row(widget.Clean(l.Item), widget.Clean(l.Description), widget.Amount(l.Amount)))
	}
	if len(g.Lines) > 0 {
		out = append(out, theme.Label.Render(table.Row("total", g.Currency, widget.Amount(g.Total))))
	}
	if !g.Excluded.IsZero() {
		out = append(out, table.Row("left", "out", widget.Amount(g.Excluded)))
	}
	for _, w := range g.Warnings {
		for _, l := range widget.Wrap("! "+widget.Clean(w), width) {
			out = append(out, theme.Warn.Render(l))
		}
	}
	return out
}
