package settle

import (
	"errors"

	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/ui/ask"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

const sameKey = "same"

// sides is a document that is not evidently the Bill's, beside the Bill.
type sides struct {
	*integration.Mismatch
	id string // of the document
}

var same = spec.Field{Key: sameKey, Label: "It is this Bill's all the same", Panel: ask.Panel, Kind: spec.Bool,
	Help: "On: the run is settled with this document, and what does not fit is kept with it."}

// doubt is both sides where that is what an act was refused for; else nil.
func doubt(err error, v spec.Values) *sides {
	var m *integration.Mismatch
	if !errors.As(err, &m) {
		return nil
	}
	return &sides{m, v.Text("externalId")}
}

// view is a table of both sides, and below it what does not fit.
func (s *sides) view(width int) []string {
	if s == nil {
		return nil
	}
	const label = 10
	half := max(8, (width-label-2)/2)
	var out []string
	for i, r := range s.Rows() {
		line := widget.Fit(r[0], label) + " " + widget.Fit(widget.Clean(r[1]), half) + " " + widget.Fit(widget.Clean(r[2]), half)
		switch {
		case i == 0:
			line = theme.Heading.Render(line)
		case r[1] != r[2]:
			line = theme.Warn.Render(line)
		}
		out = append(out, widget.Clip(line, width))
	}
	for _, why := range s.Why {
		for _, l := range widget.Wrap("✗ "+widget.Clean(why), width) {
			out = append(out, theme.Bad.Render(l))
		}
	}
	return append(out, "")
}
