package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/integration"
	"billferry/internal/service"
)

func explainCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "explain DOCUMENT[:LINE]", Short: "Walk a document, or one line of it, back to the Bill that it comes from",
		Long: `Explain takes the number of a document, its internal id, the external id that
billferry gave it, or the Bill or run that it comes from. With a line it shows
the line items of the m3ter Bill behind it, the rule that chose its item, and the
arithmetic of its amount.`,
		Example: "  billferry explain INV48012\n  billferry explain INV48012:2",
		RunE: func(c *cobra.Command, args []string) error {
			name, line := args[0], 0
			if i := strings.LastIndexByte(name, ':'); i > 0 {
				n, err := strconv.Atoi(name[i+1:])
				if err != nil || n < 1 {
					return usagef("%q: a line is a number from 1", args[0])
				}
				name, line = name[:i], n
			}
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			d, err := s.Explain(c.Context(), name)
			if err != nil {
				return err
			}
			if d.Document == nil {
				return noDocument(name, d.Run)
			}
			if line == 0 {
				return e.print(d.Document, func(w io.Writer) {
					explainHead(w, d)
					_, _ = fmt.Fprintf(w, "\n%s", d.Document.Text)
				})
			}
			l, ok := d.LineOf(line)
			if !ok {
				return fmt.Errorf("document %s has %d lines, and no line %d", name, len(d.Document.Lines), line)
			}
			return e.print(l, func(w io.Writer) { explainHead(w, d); writeLine(w, l) })
		},
	}
}

// noDocument says why there is nothing to explain.
func noDocument(name string, r integration.Run) error {
	switch {
	case r.Status.Failed():
		return &integration.Failure{Class: integration.ClassData, Cause: r.Cause, Advice: r.Advice,
			Message: fmt.Sprintf("%s: run %s made no document: %s", name, r.ID, r.Error)}
	case !r.Status.Settled():
		return fmt.Errorf("%s: run %s waits to be sent, and has no document yet ('billferry runs show %s')", name, r.ID, r.ID)
	case r.Outcome == integration.Skipped || r.Outcome == integration.Superseded:
		return fmt.Errorf("%s: run %s made no document, it was %s ('billferry runs show %s' says why)", name, r.ID, r.Outcome, r.ID)
	}
	return fmt.Errorf("%s: run %s was settled by hand, and no document of it is kept", name, r.ID)
}

// documentOf is the document of a run by its kind, id and address.
func documentOf(r integration.Run) string {
	gone := ""
	if r.Gone() {
		gone = "(deleted)"
	}
	return strings.Join(strings.Fields(r.DocumentKind+" "+r.ExternalID+" "+r.Address()+" "+gone), " ")
}

func explainHead(w io.Writer, d service.RunDetail) {
	facts(w, "Document", documentOf(d.Run), "Number", d.DocumentNumber,
		"External id", d.ExternalRef,
		"Bill", d.BillRef+" ("+d.EntityID+", version "+strconv.FormatInt(d.BillVersion, 10)+")", "Account",
		strings.TrimSpace(d.AccountCode+" "+d.AccountID),
		"Run", d.ID, "Status", d.Standing(), "Error", d.Error, "Completed", when(d.Completed), "Proof", string(d.Proof))
}

func writeLine(w io.Writer, x service.ExplainedLine) {
	l := x.Document
	_, _ = fmt.Fprintf(w, "\nLine %d\n", x.Line)
	quantity := ""
	if !l.Quantity.IsZero() {
		quantity = money(l.Quantity) + " x " + money(l.Rate)
	}
	match := l.Why.Rule
	if l.Why.Match != "" {
		match += " (" + l.Why.Match + ")"
	}
	facts(w, "  Item", l.ItemID, "  Item chosen by", match, "  Else", l.Why.Fallback, "  Amount", money(l.Amount), "  Quantity x rate",
		quantity,
		"  Arithmetic", l.Why.Money, "  Text", oneLine(l.Description), "  Bands", strings.Join(l.Why.Bands, ", "), "  Shortened",
		strings.Join(l.Why.Cut, "; "))
	for _, s := range x.Sources {
		_, _ = fmt.Fprintln(w, "\n  m3ter line item")
		var pairs []string
		for _, k := range []string{"id", "lineItemType", "description", "productName", "aggregationId", "meterId", "quantity", "units", "unit",
			"averageUnitPrice", "subtotal",
			"currency", "conversionRate", "convertedSubtotal", "servicePeriodStartDate", "servicePeriodEndDate"} {
			if v, ok := s[k]; ok && v != nil {
				pairs = append(pairs, "    "+k, fmt.Sprint(v))
			}
		}
		facts(w, pairs...)
		bands, _ := s["usagePerPricingBand"].([]any)
		for _, b := range bands {
			if m, ok := b.(map[string]any); ok {
				_, _ = fmt.Fprintf(w, "    band from %v: %v units x %v + %v = %v\n", m["lowerLimit"], m["bandUnits"], m["unitPrice"], m["fixedPrice"],
					m["bandSubtotal"])
			}
		}
	}
}
