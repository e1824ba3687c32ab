package run

import (
	"fmt"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// differences lists what was sent beside what the destination holds.
func (s *Screen) differences(p *page) {
	if s.lookedAgain(p) {
		return
	}
	var document []byte
	if d := s.mapped(); d != nil {
		document = d.Body
	}
	sent, held := sides(s.run.Attempts, s.attempt, document)
	system := s.env.System(s.run.Run)
	if why := incomparable(s.run.Run, sent, held, system); why != "" {
		if provenByQuery(s.run.Run, sent, held) {
			p.add(0, "0 differ", &theme.Label)
		}
		p.add(0, why, &theme.Dim)
		return
	}
	rows := compare(sent, held)
	if rows == nil {
		p.add(0, "What was sent or what "+system+" answered is not a JSON object (or was cut): see Request and Response.", &theme.Dim)
		if a := s.current(); a != nil && a.Look {
			p.add(0, a.Error, nil)
		}
		return
	}
	kinds := map[string]int{}
	for _, r := range rows {
		kinds[r.kind]++
	}
	p.add(0, fmt.Sprintf("%d differ · %d not returned · %d same", kinds["differs"], kinds["not returned"], kinds["same"]), &theme.Label)
	holds := strings.ToUpper(system) + " HOLDS"
	t := widget.NewTable(p.width,
		widget.Column{Title: "", Width: 1}, widget.Column{Title: "FIELD", Width: 20, Flex: 2},
		widget.Column{Title: "SENT", Width: 14, Flex: 2}, widget.Column{Title: holds, Width: 14, Flex: 2})
	p.lines = append(p.lines, widget.Line{Text: t.Row("", "FIELD", "SENT", holds), Style: &theme.Dim})
	for _, r := range rows {
		l := widget.Line{Text: t.Row(glyphs[r.kind], widget.Clean(r.path), widget.Clean(r.sent), widget.Clean(r.held))}
		if r.kind == "differs" {
			l.Style = &theme.Bad
		}
		p.lines = append(p.lines, l)
	}
}

// incomparable says why there are no two sides; "" when there are.
func incomparable(r integration.Run, sent, held []byte, system string) string {
	switch {
	case sent == nil:
		return "Nothing was sent, so there is nothing to compare."
	case provenByQuery(r, sent, held):
		return system + "'s copy was read back with others in one query, and is what was sent. Which document it is: see Response."
	case held == nil:
		return system + "'s copy was not read in this attempt or before it, so there is nothing to compare with."
	}
	return ""
}

func provenByQuery(r integration.Run, sent, held []byte) bool {
	return sent != nil && held == nil && (r.Proof == integration.Proven || r.Proof == integration.NotPosted)
}

// Apart says, a field a sentence, where what the destination holds of a run's document
// differs from what was sent, as it was read last; or why that cannot be told.
func Apart(r *service.RunDetail, system string) (out []string) {
	if n := len(r.Attempts); n > 0 && r.Attempts[n-1].Look {
		said, all := found(r.Attempts[n-1])
		if out = []string{"Seen " + stamp(r.Attempts[n-1].Start) + ": " + said + "."}; all {
			return out
		}
	}
	var document []byte
	if r.Document != nil {
		document = r.Document.Body
	}
	sent, held := sides(r.Attempts, max(0, len(r.Attempts)-1), document)
	if why := incomparable(r.Run, sent, held, system); why != "" {
		return append(out, why)
	}
	rows := compare(sent, held)
	if rows == nil {
		return append(out, "What was sent or what "+system+" answered is not a JSON object, or was cut.")
	}
	same := 0
	for _, d := range rows {
		switch d.kind {
		case "same":
			same++
		case "differs":
			out = append(out, fmt.Sprintf("%s differs: sent %s, %s holds %s.", d.path, d.sent, system, d.held))
		case "not returned":
			out = append(out, fmt.Sprintf("%s was not returned: sent %s.", d.path, d.sent))
		default:
			out = append(out, fmt.Sprintf("%s is only in %s: %s.", d.path, system, d.held))
		}
	}
	return append(out, fmt.Sprintf("%d the same.", same))
}

var glyphs = map[string]string{"differs": "≠", "not returned": "?", "only there": "+", "same": "="}

// lookedAgain says what a look at the document after it was proven has found, and
// tells whether that is all there is to say.
func (s *Screen) lookedAgain(p *page) (all bool) {
	a := s.current()
	if a == nil || !a.Look {
		return false
	}
	said, all := found(*a)
	p.add(0, "Seen "+stamp(a.Start)+", "+widget.Ago(s.env.Now(), a.Start)+": "+said+".", nil)
	if _, told := s.above(); !told && s.run.Cause == a.Cause {
		p.add(0, "→ "+s.advice(), nil)
	}
	if s.run.Proof == integration.Accepted {
		p.add(0, s.run.ProofText(), nil)
	}
	p.lines = append(p.lines, widget.Line{})
	return all
}

// found says what a later look has found, and tells whether that is all there is to say:
// the document is gone, or was not read.
func found(look integration.Attempt) (said string, all bool) {
	_, held := sides([]integration.Attempt{look}, 0, nil)
	switch {
	case look.Cause == "":
		return "it is as it was sent", false
	case held != nil && look.Cause != integration.CauseVoidedSince: // both sides follow
		return "it is not as it was sent", false
	}
	return strings.TrimSuffix(look.Error, "."), held == nil
}

// marked is the sign of an attempt, in its colour: that of a look at a document that
// is not as it was is no success.
func marked(a integration.Attempt) (string, theme.Style) {
	if a.Look && a.Cause != "" {
		return "≠", theme.Warn
	}
	return widget.StatusGlyph(a.Status), widget.StatusStyle(a.Status)
}
