package app

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"billferry/internal/decimal"
	"billferry/internal/evidence"
	"billferry/internal/reconcile"
)

// members says what each file of a pack is, in the order in which they are read.
const members = `summary.txt       this page
bills.csv         each Bill of the period, what became of it, and its document
documents.csv     each document that the destination shows, and whose it is
breaks.csv        what is not as it should be: both sides, and who resolved it how and why
totals.csv        both equations, for each currency and subsidiary
cutoff.csv        what each item comes to, by when its service has ended
prepayments.csv   items of prepayments, from their opening balance to their closing one
customers.csv     the same items by customer, beside what m3ter holds
completeness.csv  what the destination counts, beside what it has shown
queries.csv       the text and parameters of each query, and how many rows it showed
report.json       all of this but the Bills, for a program
settings.json     the settings in force; mappings.csv the external mappings
access.csv        who can get at the store, and with what rights
audit.jsonl       what people did since the period began, with the chain; audit.csv the same as a table
manifest.json     the SHA-256 of each file; manifest.sig its signature
`

// writeSummary writes the page that a person reads first.
func writeSummary(p *evidence.Pack, r reconcile.Report, m evidence.Manifest) error {
	w, err := p.Member("summary.txt")
	if err != nil {
		return err
	}
	var b strings.Builder
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }
	say("Evidence for %s: %s", r.Span.Period, r.Integration)
	say("")
	say("Period       %s to %s, by %s", r.Span.From, r.Span.To, strings.ToLower(string(r.Span.By)))
	for _, x := range r.Periods {
		say("             %s (%s to %s) is %s", x.Name, x.From, x.To, x.State)
	}
	say("Made         %s by %s, with %s", m.Made.Format(time.RFC3339), m.MadeBy, m.Program)
	say("Bills from   %s", r.Source)
	say("Result       %s", map[reconcile.Verdict]string{reconcile.Equal: "equal: each Bill is where it belongs, or a person has resolved it",
		reconcile.Breaks: "breaks: a person has to look", reconcile.Cannot: "it cannot be told: not all could be seen"}[r.Verdict])
	say("             %d Bills, %d documents, %d breaks open, %d resolved", r.Bills, r.Documents, m.Open, m.Resolved)
	for _, d := range r.Doubts {
		say("             doubt: %s", d)
	}
	if len(r.NotCompared) > 0 {
		say("             not compared, since queries do not show them as they are: %s", strings.Join(r.NotCompared, ", "))
	}
	say("\nSums\n")
	for _, c := range r.Currencies() {
		say("%s", r.Equation(c, decimal.D.Grouped))
	}
	say("\nCompleteness: what %s counts, and what it has shown\n", r.System)
	for _, c := range r.Counted {
		say("%-12s %-4s %d counted over %s, %d shown over %s: %s", c.Kind, c.Currency, c.Counted, c.Sum.Grouped(), c.Read, c.ReadSum.Grouped(),
			map[bool]string{true: "complete", false: "NOT COMPLETE"}[c.Complete()])
	}
	if len(r.Breaks) > 0 {
		say("\nBreaks\n")
	}
	for _, x := range r.Breaks {
		say("%s  %s  %s %s  %s", cmp.Or(x.Ref, x.Number, x.ID), x.Title, x.Amount.Grouped(), x.Currency, x.Text)
		switch y := x.Resolution; {
		case y == nil:
			say("    open for %d days", x.AgeDays(r.Ended))
		case x.Lapsed:
			say("    open again: it was %s by %s, and is another thing now", y.As, y.By)
		default:
			say("    %s by %s on %s: %s", y.As, y.By, y.At.Format(time.DateOnly), strings.TrimSpace(y.Reason+" "+y.Reference))
		}
	}
	say("\nFiles\n")
	b.WriteString(members)
	say("\n'billferry evidence verify FILE --key KEY' tells whether anything here was changed since. Take KEY from the company, and not from")
	say("this pack: whoever alters a pack can sign it with a key of their own.")
	_, err = io.WriteString(w, strings.Map(printable, b.String()))
	return err
}

// printable leaves out what would steer a terminal that shows the page.
func printable(r rune) rune {
	if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
		return -1
	}
	return r
}
