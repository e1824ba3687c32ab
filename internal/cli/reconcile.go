package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/runfilter"
	"billferry/internal/service"
)

// errBreaks ends a command that found something for a person.
var errBreaks = fmt.Errorf("there are breaks: %w", errNotDelivered)

// errCannotTell ends one that could not see all.
var errCannotTell = errors.New("it cannot be told whether the period is right")

type reconcileOptions struct {
	integration string
	by          string
	csv         string
	all         bool
}

func reconcileCommand(e *env) *cobra.Command {
	var o reconcileOptions
	c := &cobra.Command{
		Use: "reconcile PERIOD", Short: "Hold the Bills of a period beside the destination's documents",
		Long: `Reconcile reads the Bills of a period, what was made of them here, and the
documents that the destination holds, and compares them document by
document and line by line. It changes nothing on either side.

PERIOD is a month (2026-10), a quarter (2026-Q3) or two dates
(2026-10-01..2026-10-15). Months and quarters choose documents by the accounting
period they are posted to, two dates by their date; --by says otherwise. Bills
belong to a period by the date of their invoice, not by their period of service:
runs for services of a month that are not settled are told in a line of their own.

What is not as it should be is a break. The next run finds what was put right;
what is to stay as it is, a person resolves. Exit code 0 means that both sides
are equal or each break is resolved, 3 that there are open breaks, 1 that it
cannot be told, because the destination did not show all. docs/MONTHEND.md has the rest.`,
		Example: "  billferry reconcile 2026-10 --integration US\n  billferry reconcile 2026-10 --csv october",
		RunE: func(c *cobra.Command, args []string) error {
			return e.reconcile(c.Context(), args[0], o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.integration, "integration", "", "id or name of the integration (default: all that are connected)")
	f.StringVar(&o.by, "by", "", "PERIOD or DATE: what puts a document into the period")
	f.StringVar(&o.csv, "csv", "", "folder for "+csvFiles)
	f.BoolVar(&o.all, "all", false, "list the resolved breaks as well")
	completeFlag(c, "integration", e.completeIntegrations)
	completeWords(c, "by", string(reconcile.ByPeriod), string(reconcile.ByDate))
	c.AddCommand(resolveCommand(e), undoCommand(e))
	return c
}

func (e *env) reconcile(ctx context.Context, period string, o reconcileOptions) error {
	s, reports, err := e.reconcileAll(ctx, service.ReconcileRequest{Period: period, By: o.by, Rows: o.csv != ""}, o.integration)
	if err != nil {
		return err
	}
	if o.csv != "" {
		if err := writeCSV(o.csv, reports); err != nil {
			return err
		}
		e.say("wrote %s in %s", csvFiles, o.csv)
	}
	return e.printReports(ctx, s, reports, func(w io.Writer, r reconcile.Report) { showReport(w, r, o.all) })
}

// reconcileAll goes through the integrations: the one that ref names, or all that are
// connected.
func (e *env) reconcileAll(ctx context.Context, q service.ReconcileRequest, ref string) (s service.Service, reports []reconcile.Report,
	err error) {
	if _, err := reconcile.ParseSpan(q.Period, reconcile.By(q.By)); err != nil {
		return nil, nil, usagef("%w", err)
	}
	if s, err = e.open(ctx, idle); err != nil {
		return nil, nil, err
	}
	targets, err := reconciled(ctx, s, ref)
	if err != nil {
		return nil, nil, err
	}
	for _, in := range targets {
		q.IntegrationID = in.ID
		r, err := e.reconcileOne(ctx, s, in, q)
		if err != nil {
			return nil, nil, err
		}
		reports = append(reports, r)
	}
	return s, reports, nil
}

// printReports shows one after the other. The gravest verdict is the exit code.
func (e *env) printReports(ctx context.Context, s service.Service, reports []reconcile.Report,
	show func(io.Writer, reconcile.Report)) error {
	err := e.print(reports, func(w io.Writer) {
		for i, r := range reports {
			if i > 0 {
				_, _ = fmt.Fprintln(w)
			}
			show(w, r)
			e.tellUnsettled(ctx, w, s, r)
		}
	})
	if err != nil {
		return err
	}
	return worst(reports)
}

// tellUnsettled says how many runs for services of a month are not through, whose
// Bills may be dated in another: no break of this month tells of those.
func (e *env) tellUnsettled(ctx context.Context, w io.Writer, s service.Service, r reconcile.Report) {
	filter := "period:" + r.Span.Period + " status:failed,open"
	f, err := runfilter.Parse(filter, time.Now())
	if err != nil {
		return // not a month
	}
	f.IntegrationID = r.IntegrationID
	left, err := s.Sum(ctx, f)
	if err != nil {
		e.say("the runs of %s that are not settled could not be counted: %v", r.Span.Period, err)
		return
	}
	n := 0
	for _, runs := range left.ByStatus {
		n += runs
	}
	if n > 0 {
		_, _ = fmt.Fprintf(w, "not settled: %s for services of %s, which may count in the month of the invoice date "+
			"(billferry runs list --filter '%s')\n", many(n, "run"), r.Span.Period, filter)
	}
}

func worst(reports []reconcile.Report) error {
	var err error
	for _, r := range reports {
		switch r.Verdict {
		case reconcile.Cannot:
			return errCannotTell
		case reconcile.Breaks:
			err = errBreaks
		}
	}
	return err
}

// reconciled are the integrations to go through: the one that is named, or all
// that are connected.
func reconciled(ctx context.Context, s service.Service, ref string) ([]service.Summary, error) {
	if ref != "" {
		in, err := resolve(ctx, s, ref)
		return []service.Summary{in}, err
	}
	all, err := s.Integrations(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(in service.Summary) bool { return in.CredentialsID == "" })
	if len(all) == 0 {
		return nil, &integration.Failure{Class: integration.ClassAuth, Cause: "not_connected",
			Message: "no integration is connected: there is nothing to reconcile with",
			Advice:  "connect one first (billferry integration connect)"}
	}
	return all, nil
}

func (e *env) reconcileOne(ctx context.Context, s service.Service, in service.Summary, q service.ReconcileRequest) (reconcile.Report,
	error) {
	b := newBar(e.err)
	r, err := s.Reconcile(ctx, q, b.documents())
	b.clear()
	if err != nil {
		return r, unlessStopped(fmt.Errorf("%s: %w", in.Name, err), in.Name+" was not reconciled")
	}
	return r, nil
}

// documents shows how many documents of a reconciliation are read.
func (b *bar) documents() func(reconcile.Progress) {
	b.what = "documents"
	began := time.Now()
	return func(p reconcile.Progress) {
		if p.Step == "documents" && p.All > 0 {
			b.draw(p.Done, p.All, time.Since(began))
		}
	}
}

func showReport(w io.Writer, r reconcile.Report, all bool) {
	state := ""
	for i, p := range r.Periods {
		if i > 0 {
			state += ", "
		}
		state += p.Name + " " + p.State
	}
	facts(w, "Integration", r.Integration, "Period", fmt.Sprintf("%s to %s by %s", r.Span.From, r.Span.To,
		strings.ToLower(string(r.Span.By))), "Accounting", state,
		"Bills from", r.Source, "Read", fmt.Sprintf("%s, %s, %s, %.1f s", many(r.Bills, "Bill"), many(r.Documents, "document"),
			many(r.Requests, "request"),
			r.Ended.Sub(r.Begun).Seconds()))
	_, _ = fmt.Fprintln(w)
	showTotals(w, r)
	showCutOff(w, r)
	open, resolved := 0, 0
	var rows [][]string
	for _, b := range r.Breaks {
		if b.Open() {
			open++
		} else if resolved++; !all {
			continue
		}
		what := b.Text
		switch {
		case b.Lapsed:
			what += " (was " + b.Resolution.As + ", and is another thing now)"
		case b.Resolution != nil:
			what = b.Resolution.As + " by " + b.Resolution.By + ": " + strings.TrimSpace(b.Resolution.Reason+" "+b.Resolution.Reference)
		}
		rows = append(rows, []string{b.ID, string(b.Code), cmp.Or(b.Ref, b.Number), b.Account, money(b.Amount), b.Currency,
			strconv.Itoa(b.AgeDays(r.Ended)), what})
	}
	if len(rows) > 0 {
		_, _ = fmt.Fprintln(w)
		table(w, "BREAK|KIND|BILL|ACCOUNT|>AMOUNT|CURRENCY|>DAYS|WHAT", rows)
		_, _ = fmt.Fprintln(w)
		showAdvice(w, r)
	}
	showUntold(w, r)
	_, _ = fmt.Fprintln(w)
	switch line := map[reconcile.Verdict]string{reconcile.Equal: "EQUAL", reconcile.Breaks: "BREAKS",
		reconcile.Cannot: "CANNOT TELL"}[r.Verdict]; {
	case r.Verdict == reconcile.Cannot:
		_, _ = fmt.Fprintf(w, "%s: %s did not show all; what stands above may be incomplete\n", line, r.System)
	default:
		_, _ = fmt.Fprintf(w, "%s: %d open, %d resolved, %d fixed since the last time\n", line, open, resolved, len(r.Fixed))
	}
}

// equationLine is a line of an equation.
type equationLine struct {
	name   string
	always bool // also when it is nothing everywhere
	of     func(reconcile.Total) decimal.D
}

// showTotals prints both equations, a column for each currency and subsidiary;
// terms that are nothing everywhere are left out.
func showTotals(w io.Writer, r reconcile.Report) {
	terms := []equationLine{
		{"m3ter", true, func(t reconcile.Total) decimal.D { return t.Source }},
		{"= posted", true, func(t reconcile.Total) decimal.D { return t.Posted }},
		{"+ not posting", false, func(t reconcile.Total) decimal.D { return t.NotPosting }},
		{"+ excluded types", false, func(t reconcile.Total) decimal.D { return t.ExcludedTypes }},
		{"+ excluded accounts", false, func(t reconcile.Total) decimal.D { return t.ExcludedAccounts }},
		{"+ not approved", false, func(t reconcile.Total) decimal.D { return t.NotApproved }},
		{"+ in another period", false, func(t reconcile.Total) decimal.D { return t.OtherPeriod }},
		{"+ rounding", false, func(t reconcile.Total) decimal.D { return t.Rounding }},
		{"+ open breaks", true, func(t reconcile.Total) decimal.D { return t.Open }},
		{"+ accepted breaks", false, func(t reconcile.Total) decimal.D { return t.Accepted }},
		{r.System, true, func(t reconcile.Total) decimal.D { return t.Ledger }},
		{"= posted", true, func(t reconcile.Total) decimal.D { return t.Posted }},
		{"+ not posting", false, func(t reconcile.Total) decimal.D { return t.NotPosting }},
		{"+ of other periods", false, func(t reconcile.Total) decimal.D { return t.FromOther }},
		{"+ other integrations", false, func(t reconcile.Total) decimal.D { return t.Others }},
		{"+ unknown", false, func(t reconcile.Total) decimal.D { return t.Unknown }},
		{"+ misplaced", false, func(t reconcile.Total) decimal.D { return t.Misplaced }},
	}
	named := slices.ContainsFunc(r.Totals, func(t reconcile.Total) bool { return t.Subsidiary != "" })
	for part := range slices.Chunk(r.Totals, columnsAtOnce) {
		head, bills, docs := "TOTALS", []string{"Bills"}, []string{"documents"}
		for _, t := range part {
			of := t.Subsidiary
			if of == "" && named { // nothing of these Bills is there that would tell it
				of = "(no subsidiary)"
			}
			head += "|>" + strings.ReplaceAll(strings.TrimSpace(t.Currency+" "+of), "|", " ")
			bills, docs = append(bills, strconv.Itoa(t.Bills)), append(docs, strconv.Itoa(t.Documents))
		}
		rows := [][]string{bills}
		for _, x := range terms {
			if x.name == r.System {
				rows = append(rows, docs)
			}
			row, some := []string{x.name}, x.always
			for _, t := range part {
				v := x.of(t)
				some = some || !v.IsZero()
				row = append(row, money(v))
			}
			if some {
				rows = append(rows, row)
			}
		}
		table(w, head, rows)
	}
}

// columnsAtOnce is how many sums stand beside one another.
const columnsAtOnce = 5

// showAdvice says once for each kind of open break what to do.
func showAdvice(w io.Writer, r reconcile.Report) {
	seen := map[string]bool{}
	for _, b := range r.Breaks {
		key := string(b.Code) + b.Cause
		if !b.Open() || seen[key] {
			continue
		}
		seen[key] = true
		_, _ = fmt.Fprintf(w, "%s: %s\n", clean(strings.TrimSpace(string(b.Code)+" "+b.Cause)), clean(b.Advice))
	}
}

func resolveCommand(e *env) *cobra.Command {
	var q service.ResolveRequest
	c := &cobra.Command{
		Use: "resolve BREAK", Short: "Record what became of a break that is to stay as it is",
		Long: `A resolved break counts as accepted. It is open again when its figures change,
and it can be undone. Who resolved it, when and why stands in the audit trail.`,
		Example: "  billferry reconcile resolve b-0f3a52c1d9e7 --as settled --reason 'invoiced by hand' --reference JE-1042",
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			q.Break = args[0]
			b, err := s.ResolveBreak(c.Context(), q)
			if err != nil {
				return err
			}
			return e.print(b, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s (%s, %s %s) is %s\n", b.ID, b.Code, money(b.Difference), b.Currency, b.Resolution.As)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&q.As, "as", "", strings.Join(reconcile.Ways, ", "))
	f.StringVar(&q.Reason, "reason", "", "why, for the audit trail")
	f.StringVar(&q.Reference, "reference", "", "what settles it, such as JE-1042; required with settled")
	_, _ = c.MarkFlagRequired("as"), c.MarkFlagRequired("reason")
	completeWords(c, "as", reconcile.Ways...)
	return c
}

func undoCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "undo BREAK", Short: "Take the resolution of a break back",
		Example: "  billferry reconcile undo b-0f3a52c1d9e7",
		RunE: onNamed(e, service.Service.UndoBreak, func(b reconcile.Break) error {
			return e.print(b, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is open again\n", b.ID) })
		}),
	}
}

// showUntold says what the verdict does not tell.
func showUntold(w io.Writer, r reconcile.Report) {
	if len(r.NotCompared) > 0 {
		_, _ = fmt.Fprintf(w, "not compared, since queries of %s do not show them as they are: %s\n", r.System,
			clean(strings.Join(r.NotCompared, ", ")))
	}
	for _, d := range r.Doubts {
		_, _ = fmt.Fprintf(w, "doubt: %s\n", clean(d))
	}
}
