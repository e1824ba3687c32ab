package run

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// summary tells what happened, the money, and each attempt.
func (s *Screen) summary(p *page) {
	r := s.run.Run
	p.fact("Status", r.Standing()+suffix(" · ", string(r.Outcome)))
	p.fact("Proof", r.ProofText())
	p.fact("Cause", widget.Cause(r.Cause))
	said, told := s.above()
	if !said {
		p.fact("What happened", r.Error)
	}
	if !told {
		p.fact("What to do", s.advice())
	}
	for _, w := range r.Warnings {
		p.fact("Warning", w)
	}
	if r.ExternalID != "" {
		gone := ""
		if r.Gone() {
			gone = ", deleted"
		}
		p.fact("In "+s.env.System(r), kindOf(r)+" #"+r.ExternalID+suffix(", external id ", r.ExternalRef)+gone)
	}
	if linkable(r.Address()) {
		at := len(p.lines)
		p.fact("Link", r.URL)
		for i := at; i < len(p.lines); i++ {
			p.lines[i].Link, p.lines[i].From = r.URL, labelWidth
		}
	}
	p.fact("Payment", r.PaymentText(func(d decimal.D) string { return widget.Amount(d, r.Currency) + " " + r.Currency }))
	if r.Watch.Twin != "" {
		p.fact("Duplicate", "#"+r.Watch.Twin+" was made by hand beside it")
	}
	s.money(p, r)
	s.timeline(p)
	p.head("Which")
	p.fact("Run", r.ID)
	p.fact("Bill", r.EntityID)
	p.fact("Bill version", fmt.Sprint(r.BillVersion)+suffix(" · ", r.BillStatus)+suffix(" · calculated ", r.BillCalculated))
	p.fact("Account", strings.Join(slices.DeleteFunc([]string{s.names[r.AccountID], r.AccountCode, r.AccountID},
		func(word string) bool { return word == "" }), " · "))
	p.fact("Period", r.PeriodStart+suffix(" to ", r.PeriodEnd))
	p.fact("Triggered by", r.Trigger)
	p.fact("Retry of", r.ReplayedFrom)
	p.fact("Created", stamp(r.Created))
	p.fact("Completed", stamp(r.Completed))
	if !r.Modified.IsZero() {
		p.fact("Last change", stamp(r.Modified)+" · "+widget.Ago(s.env.Now(), r.Modified))
	}
}

func suffix(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}

func kindOf(r integration.Run) string {
	if r.DocumentKind == "creditMemo" {
		return "credit memo"
	}
	return "invoice"
}

// linkable tells an address that a terminal may open: it comes from outside.
func linkable(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && widget.Clean(s) == s
}

// money shows that nothing got lost on the way: what is included, excluded, rounded and
// not mapped adds up to what is in the Bill.
func (s *Screen) money(p *page, r integration.Run) {
	p.head("Money, " + r.Currency)
	w := 0 // before the decimal point, at which the figures stand one below the other
	row := func(label, value string) { w = max(w, wholes(value)); p.fact(label, value) }
	row("In the Bill", widget.Amount(r.AmountIn, r.Currency))
	row("Included", widget.Amount(r.AmountIncluded, r.Currency))
	excluded := r.AmountExcluded
	if r.Proof == integration.Accepted {
		excluded = r.Figures().Excluded // with what a person accepted not to be there
	}
	row("Excluded", widget.Amount(excluded, r.Currency))
	row("Rounding", widget.Amount(r.Rounding, r.Currency))
	if rest := r.AmountIn.Sub(r.AmountIncluded).Sub(excluded).Sub(r.Rounding); !rest.IsZero() && r.Proof != integration.Accepted {
		row("Not mapped", widget.Amount(rest, r.Currency)) // the Bill waits, or stopped before
	}
	if r.ExternalID != "" || !r.AmountOut.IsZero() {
		label := s.env.System(r) + " holds"
		if !r.Figures().Unproven.IsZero() {
			label = "Not proven"
		}
		if r.Proof == integration.NotPosted {
			label = "Not posted"
		}
		row(label, widget.Amount(r.AmountOut, r.Currency))
		if !r.AmountTax.IsZero() {
			row("Tax added", widget.Amount(r.AmountTax, r.Currency))
			row("With tax", widget.Amount(r.AmountTotal(), r.Currency))
		}
	}
	for i := len(p.lines) - 1; i >= 0 && p.lines[i].Style == nil; i-- {
		label, value := p.lines[i].Text[:labelWidth], p.lines[i].Text[labelWidth:]
		p.lines[i].Text = label + strings.Repeat(" ", w-wholes(value)) + value
	}
	if r.DefaultLines > 0 {
		lines := fmt.Sprintf("%d of %d lines", r.DefaultLines, r.Lines)
		if r.Amends { // whose lines are differences, and its money the whole Bill's
			lines = fmt.Sprintf("lines of the Bill: %d", r.DefaultLines)
		}
		p.fact("Default item", lines+", "+widget.Amount(r.DefaultAmount, r.Currency))
	}
}

// wholes is how long an amount is before its decimal point.
func wholes(amount string) int {
	whole, _, _ := strings.Cut(amount, ".")
	return len(whole)
}

// timeline lists the attempts with what each asked the destination.
func (s *Screen) timeline(p *page) {
	p.head("Attempts")
	if len(s.run.Attempts) == 0 {
		p.add(0, "None yet.", &theme.Dim)
	}
	for i, a := range s.run.Attempts {
		glyph, style := marked(a)
		became := string(a.Status)
		if a.Look {
			became = "looked again"
		}
		text := fmt.Sprintf("%s%d  %s  %s %s  %s", widget.Mark(i == s.attempt), a.N, stamp(a.Start), glyph, became, seconds(a.End.Sub(a.Start)))
		p.add(0, text+suffix("  ", integration.CauseTitle(a.Cause)), &style)
		if a.Error != "" && (a.Error != s.run.Error || i < len(s.run.Attempts)-1) { // the last one's is the run's
			p.add(5, a.Error, nil)
		}
		purposes := 10 // the longest, so that what stands beside them lines up
		for _, x := range a.Exchanges {
			purposes = max(purposes, widget.Cells(x.Purpose))
		}
		for _, x := range a.Exchanges {
			answer := "no answer"
			if x.Status != 0 {
				answer = fmt.Sprint(x.Status)
			}
			p.add(5, fmt.Sprintf("%-*s %s %s  %s  %s", purposes, x.Purpose, x.Method, path(x.URL), answer, seconds(x.Duration)), &theme.Dim)
		}
	}
	if r := s.run.Run; !r.Status.Settled() && !r.Next.IsZero() {
		p.add(2, "Next attempt: "+widget.Ago(s.env.Now(), r.Next), &theme.Warn)
	}
}

func path(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Path
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02 15:04:05 MST")
}

func seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", max(0, d.Milliseconds()))
	}
	return d.Truncate(100 * time.Millisecond).String()
}
