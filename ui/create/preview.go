package create

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/mapping"
	"billferry/ui/load"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// previewAfter is how long the settings must rest before they are previewed.
const previewAfter = 300 * time.Millisecond

// preview is the pane that shows what a sample Bill would become.
type preview struct {
	last load.Latest
	got  *service.Preview
	err  error
	busy widget.Busy
	bill []byte // the one chosen to look at; nil: the service chooses
}

// refresh asks for a new preview once the settings rest.
func (e *editor) refresh() tea.Cmd {
	p := &e.preview
	return p.last.After(e, previewAfter, func() tea.Cmd {
		svc, request := e.env.Service, service.PreviewRequest{
			IntegrationID: e.integrationID, EntityType: e.spec.EntityType, Destination: e.spec.Destination, ConfigData: e.form.Values(),
			Bill: p.bill,
		}
		return tea.Batch(p.busy.Start(), load.Newest(&p.last, e, load.Deadline,
			func(ctx context.Context) (service.Preview, error) { return Previewed(ctx, svc, request) },
			func(got service.Preview, err error) tea.Cmd {
				p.busy.Stop()
				if p.err = err; err == nil {
					p.got = &got
				}
				e.fill()
				return nil
			}))
	})
}

// lines draws the preview in lines of at most width cells. In full it says of
// each line why its item is as it is, and of each field what its rule read.
func (p *preview) lines(width int, full bool) []string {
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
	out = append(out, filled("", g.Fields, width, full)...)
	table := widget.NewTable(width, widget.Column{Width: 6}, widget.Column{Width: 8, Flex: 1}, widget.Column{Width: 11, Right: true})
	for _, l := range g.Lines {
		out = append(out, table.Row(widget.Clean(l.ItemID), widget.Clean(l.Description), widget.Amount(l.Amount, g.Currency)))
		if full && l.Why.Rule != "" {
			out = append(out, dimmed("      ", "item by "+l.Why.Rule, width)...)
		}
		out = append(out, filled("      ", l.Fields, width, full)...)
	}
	if len(g.Lines) > 0 {
		out = append(out, theme.Label.Render(table.Row("total", g.Currency, widget.Amount(g.Total, g.Currency))))
	}
	if !g.Excluded.IsZero() {
		out = append(out, table.Row("left", "out", widget.Amount(g.Excluded, g.Currency)))
	}
	warnings := slices.Clone(g.Warnings)
	for _, o := range g.Overlaps {
		warnings = append(warnings, o.String())
	}
	for _, w := range warnings {
		for _, l := range widget.Wrap("! "+widget.Clean(w), width) {
			out = append(out, theme.Warn.Render(l))
		}
	}
	return out
}

// filled lists the fields that settings fill, each with the rule that did, and in
// full with what that read.
func filled(indent string, fields []mapping.Field, width int, full bool) (out []string) {
	for _, f := range fields {
		why, rest, _ := strings.Cut(f.Why, ":")
		if full && rest != "" {
			why = f.Why
		}
		text := f.Name
		if f.Own == "" { // else it stands in the document's own place
			text += " = " + f.Value
		}
		if why != "" {
			text += "  (" + why + ")"
		}
		out = append(out, dimmed(indent, text, width)...)
	}
	return out
}

// dimmed wraps a text behind an indent.
func dimmed(indent, text string, width int) (out []string) {
	for _, l := range widget.Wrap(widget.Clean(text), width-len(indent)) {
		out = append(out, theme.Dim.Render(indent+l))
	}
	return out
}
