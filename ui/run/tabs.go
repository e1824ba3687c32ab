package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// tab is one view of a run.
type tab int

const (
	summaryTab tab = iota
	billTab
	documentTab
	requestTab
	responseTab
	differenceTab
	linesTab
)

var tabNames = []string{"Summary", "Bill", "Document", "Request", "Response", "Difference", "Lines"}

// content is what a tab shows of the run and the chosen attempt.
func (s *Screen) content(t tab) []widget.Line {
	p := &page{width: s.width}
	switch t {
	case summaryTab:
		s.summary(p)
	case billTab:
		p.orElse(s.run.Bill, "The Bill of this run is not kept any more.")
	case documentTab:
		s.document(p)
	case requestTab:
		s.exchanges(p, "This attempt sent no request: it stopped before.", sentPart)
	case responseTab:
		s.exchanges(p, "This attempt got no answer: it sent no request.", answerPart)
	case differenceTab:
		s.differences(p)
	case linesTab:
		s.documentLines(p)
	}
	return p.lines
}

func (p *page) orElse(raw []byte, none string) {
	if len(raw) == 0 {
		p.add(0, none, &theme.Dim)
		return
	}
	p.json(0, raw)
}

func (s *Screen) document(p *page) {
	d := s.mapped()
	if d == nil {
		s.noDocument(p)
		return
	}
	p.fact("Verdict", d.Verdict)
	for _, w := range d.Warnings {
		p.fact("Warning", w)
	}
	p.fact("Account", s.names[s.run.AccountID])
	p.fact("Items", s.itemNames(d))
	if d.Text != "" {
		p.head("As an invoice")
		p.add(0, d.Text, nil)
	}
	p.head("As " + s.env.System(s.run.Run) + " gets it")
	p.orElse(d.Body, "Nothing would be sent.")
}

// itemNames tells once what the items of a document are called; its lines have their ids.
func (s *Screen) itemNames(d *service.Preview) string {
	var out []string
	for i := range d.Lines {
		id := d.Lines[i].ItemID
		if text := id + " " + s.names[id]; s.names[id] != "" && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return strings.Join(out, " · ")
}

// noDocument says why there is none, and where there is one.
func (s *Screen) noDocument(p *page) {
	p.add(0, "No document: the Bill did not get as far as that. The Summary says why.", &theme.Dim)
	if s.run.Document != nil {
		p.add(0, "Another attempt made one: [ and ] go through the attempts.", &theme.Dim)
	}
}

// exchanges lists the requests of the attempt, or the answers to them.
func (s *Screen) exchanges(p *page, none string, part func(*page, integration.Exchange)) {
	a := s.current()
	if a == nil || len(a.Exchanges) == 0 {
		p.add(0, none, &theme.Dim)
		if a != nil && a.Error != "" {
			p.add(0, a.Error, nil)
		}
		return
	}
	for i, x := range a.Exchanges {
		p.head(fmt.Sprintf("%d of %d · %s", i+1, len(a.Exchanges), x.Purpose))
		part(p, x)
	}
}

func sentPart(p *page, x integration.Exchange) {
	p.add(0, x.Method+" "+bareURL(x.URL), nil)
	headers(p, x.ReqHead)
	if len(x.ReqBody) > 0 {
		p.json(0, x.ReqBody)
	}
	cutNote(p, x)
}

func answerPart(p *page, x integration.Exchange) {
	switch {
	case x.Status == 0:
		p.add(0, "no answer after "+seconds(x.Duration)+": "+x.Error, &theme.Bad)
	case x.Status >= 400:
		p.add(0, fmt.Sprintf("✗ %d after %s", x.Status, seconds(x.Duration)), &theme.Bad)
	default:
		p.add(0, fmt.Sprintf("✓ %d after %s", x.Status, seconds(x.Duration)), &theme.Good)
	}
	headers(p, x.RespHead)
	if len(x.RespBody) > 0 {
		p.json(0, x.RespBody)
	}
	cutNote(p, x)
}

func headers(p *page, h map[string]string) {
	for _, k := range slices.Sorted(maps.Keys(h)) {
		if !slices.Contains(hiddenHeaders, strings.ToLower(k)) {
			p.add(0, k+": "+h[k], &theme.Dim)
		}
	}
}

func cutNote(p *page, x integration.Exchange) {
	if x.Cut {
		p.add(0, "A body was longer than 64 KiB: only its start is kept.", &theme.Warn)
	}
}

// documentLines says of each line where it came from, which rule chose its
// item and why its amount is what it is.
func (s *Screen) documentLines(p *page) {
	d := s.mapped()
	if d == nil || len(d.Lines) == 0 {
		s.noDocument(p)
		return
	}
	for i, l := range d.Lines {
		p.head(fmt.Sprintf("%d  item %s  %s %s", i+1, widget.Clean(strings.TrimSpace(l.ItemID+" "+s.names[l.ItemID])),
			widget.Amount(l.Amount, d.Currency), d.Currency))
		p.fact("Text", l.Description)
		p.fact("Quantity x rate", l.Quantity.Trim()+" x "+l.Rate.Trim())
		p.fact("Item chosen by", l.Why.Rule)
		p.fact("Else", l.Why.Fallback)
		p.fact("Amount", l.Why.Money)
		p.fact("From", strings.Join(l.Why.Sources, ", "))
	}
	p.head(fmt.Sprintf("Total  %s %s", widget.Amount(d.Total, d.Currency), d.Currency))
}

// page gathers the lines of a tab, wrapped to a width.
type page struct {
	width int
	lines []widget.Line
}

// add puts text on as many lines as it needs, indented by as many cells.
func (p *page) add(indent int, text string, style *theme.Style) {
	pad := strings.Repeat(" ", indent)
	for raw := range strings.SplitSeq(text, "\n") {
		clean := widget.Clean(raw)
		room := max(8, p.width-indent)
		if len(clean) <= room { // bytes are never fewer than cells
			p.lines = append(p.lines, widget.Line{Text: pad + clean, Style: style})
			continue
		}
		said := strings.TrimLeft(clean, " ")
		lead := clean[:len(clean)-len(said)] // what is indented stays so on each of its lines
		for part := range strings.SplitSeq(ansi.Wrap(said, max(8, room-len(lead)), ""), "\n") {
			p.lines = append(p.lines, widget.Line{Text: pad + lead + part, Style: style})
		}
	}
}

func (p *page) head(text string) {
	if len(p.lines) > 0 {
		p.lines = append(p.lines, widget.Line{})
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
	p.lines[at].Text = widget.Fit(label, labelWidth-1) + " " + strings.TrimPrefix(p.lines[at].Text, strings.Repeat(" ", labelWidth))
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
