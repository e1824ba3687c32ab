package run

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"billferry/ui/theme"
	"billferry/ui/widget"
)

// page gathers the lines of a tab, wrapped to a width.
type page struct {
	width int
	lines []line
}

// add puts text on as many lines as it needs, indented by as many cells.
func (p *page) add(indent int, text string, style *theme.Style) {
	pad := strings.Repeat(" ", indent)
	for raw := range strings.SplitSeq(text, "\n") {
		clean := widget.Clean(raw)
		room := max(8, p.width-indent)
		if len(clean) <= room { // bytes are never fewer than cells
			p.lines = append(p.lines, line{text: pad + clean, style: style})
			continue
		}
		for part := range strings.SplitSeq(ansi.Wrap(clean, room, ""), "\n") {
			p.lines = append(p.lines, line{text: pad + part, style: style})
		}
	}
}

func (p *page) head(text string) {
	if len(p.lines) > 0 {
		p.lines = append(p.lines, line{})
	}
	p.add(0, text, &theme.Label)
}

// labelWidth is the room for the name of a fact.
const labelWidth = 16

// fact adds a name and a value; nothing when there is no value.
func (p *page) fact(label, value string) {
	if value == "" {
		return
	}
	at := len(p.lines)
	p.add(labelWidth, value, nil)
	p.lines[at].text = widget.Fit(label, labelWidth-1) + " " + strings.TrimPrefix(p.lines[at].text, strings.Repeat(" ", labelWidth))
}

// json adds a document, indented; what is not JSON is added as it is.
func (p *page) json(indent int, raw []byte) {
	var out bytes.Buffer
	if json.Indent(&out, raw, "", "  ") == nil { // keeps the digits and the order
		raw = out.Bytes()
	}
	for l := range strings.SplitSeq(string(raw), "\n") {
		inner := len(l) - len(strings.TrimLeft(l, " "))
		p.add(indent+min(inner, p.width/2), l[inner:], nil)
	}
}
