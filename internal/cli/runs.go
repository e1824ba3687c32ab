package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"billferry/internal/integration"
	"billferry/internal/runfilter"
	"billferry/internal/service"
)

func runsCommand(e *env) *cobra.Command {
	return group("runs", "Review runs and try them again", runsListCommand(e), runsTotalsCommand(e), runsShowCommand(e), runsRetryCommand(e),
		runsMarkSentCommand(e), runsSkipCommand(e), runsHoldCommand(e), runsReleaseCommand(e), runsBulkRetriesCommand(e), runsStopCommand(e))
}

// filterFlag is a flag in the filter language. It is read before anything is
// opened.
type filterFlag struct {
	text string
	f    integration.RunFilter
}

func (f *filterFlag) String() string { return f.text }
func (f *filterFlag) Type() string   { return "string" }

func (f *filterFlag) Set(text string) (err error) {
	f.text = text
	f.f, err = runfilter.Parse(text, time.Now())
	return err
}

const filterHelp = "e.g. 'status:error since:7d acct:acme amount>100'"

func runsListCommand(e *env) *cobra.Command {
	var chosen runFilters
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List runs, newest first",
		Example: "  billferry runs list --integration 'Acme US' --filter 'status:error since:7d'",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := atLeast(1, "limit", limit); err != nil {
				return err
			}
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			f, err := chosen.resolve(c.Context(), s)
			if err != nil {
				return err
			}
			runs := []integration.Run{}
			for token := ""; len(runs) < limit; {
				p, err := s.Runs(c.Context(), f, token, min(500, limit-len(runs)))
				if err != nil {
					return err
				}
				runs = append(runs, p.Runs...)
				if token = p.Next; token == "" {
					break
				}
			}
			return e.print(runs, func(w io.Writer) { listRuns(w, runs) })
		},
	}
	chosen.flags(e, c)
	c.Flags().IntVar(&limit, "limit", 50, "runs to print, at most")
	return c
}

func listRuns(w io.Writer, runs []integration.Run) {
	rows := make([][]string, len(runs))
	for i, r := range runs {
		out := ""
		if r.ExternalID != "" || !r.AmountOut.IsZero() {
			out = money(r.AmountOut)
		}
		rows[i] = []string{r.ID, r.Standing(), r.AccountRef(), r.BillRef, money(r.AmountIn), out, r.Currency,
			strconv.Itoa(r.Tries), what(r)}
	}
	table(w, "RUN|STATUS|ACCOUNT|BILL|>IN|>OUT|CURRENCY|>TRIES|OUTCOME", rows)
}

// what is the shortest answer to "why".
func what(r integration.Run) string {
	switch {
	case r.Cause != "":
		return r.Cause
	case r.ExternalID != "":
		text := r.OutcomeText() + " " + cmp.Or(r.DocumentNumber, "#"+r.ExternalID)
		if paid := r.Watch.Payment.Word(); paid != "" {
			text += ", " + paid
		}
		return text
	}
	return r.OutcomeText()
}

func runsShowCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show RUN", Short: "Show one run with its attempts, requests and answers",
		Example:           "  billferry runs show 0199... | less",
		ValidArgsFunction: e.completeRuns(),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			d, err := s.Run(c.Context(), args[0])
			if err != nil {
				return fmt.Errorf("run %s: %w", args[0], err)
			}
			return e.print(d, func(w io.Writer) { e.showRun(w, d) })
		},
	}
}

func (e *env) showRun(w io.Writer, d service.RunDetail) {
	tax, total := "", ""
	if !d.AmountTax.IsZero() {
		tax, total = money(d.AmountTax), money(d.AmountTotal())
	}
	facts(w, "Run", d.ID, "Status", d.Standing(), "Outcome", string(d.Outcome), "Proof", d.ProofText(),
		"Cause", d.Cause, "Error", d.Error,
		"What to do", d.Advice, "Bill", d.BillRef+" ("+d.EntityID+", version "+strconv.FormatInt(d.BillVersion, 10)+")",
		"Account", strings.TrimSpace(d.AccountCode+" "+d.AccountID), "Period", d.PeriodStart+" to "+d.PeriodEnd,
		"Amount in", money(d.AmountIn)+" "+d.Currency,
		"  sent", money(d.AmountIncluded), "  excluded", money(d.AmountExcluded), "  rounding", money(d.Rounding),
		"Amount out", money(d.AmountOut)+" "+d.Currency, "  tax added", tax, "  with tax", total,
		"Payment", d.PaymentText(money), "Duplicate", d.Watch.Twin, e.system(d.EntityType, d.Destination),
		documentOf(d.Run), "Number", d.DocumentNumber,
		"External id", d.ExternalRef, "Created", when(d.Created), "Completed", when(d.Completed), "Again at", when(d.Next),
		"Replayed from", d.ReplayedFrom)
	for _, x := range d.Warnings {
		_, _ = fmt.Fprintf(w, "note: %s\n", clean(x))
	}
	if d.Document != nil && d.Document.Text != "" {
		_, _ = fmt.Fprintf(w, "\n%s", d.Document.Text)
	}
	for _, a := range d.Attempts {
		_, _ = fmt.Fprintf(w, "\n%s  %s  %s  %s %s\n", a.Title(), when(a.Start), a.End.Sub(a.Start).Round(time.Millisecond), a.Status, a.Cause)
		for _, x := range a.Exchanges {
			showExchange(w, x)
		}
	}
}

func showExchange(w io.Writer, x integration.Exchange) {
	_, _ = fmt.Fprintf(w, "  %s: %s %s\n", x.Purpose, x.Method, oneLine(x.URL))
	indented(w, x.ReqBody)
	answer := strconv.Itoa(x.Status)
	if x.Status == 0 {
		answer = "no answer: " + oneLine(x.Error)
	}
	_, _ = fmt.Fprintf(w, "  -> %s after %s\n", answer, x.Duration.Round(time.Millisecond))
	if loc := x.RespHead["Location"]; loc != "" {
		_, _ = fmt.Fprintf(w, "     Location: %s\n", oneLine(loc))
	}
	indented(w, x.RespBody)
}

func indented(w io.Writer, body []byte) {
	if len(body) == 0 {
		return
	}
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") != nil {
		b.Reset()
		b.Write(body)
	}
	for line := range strings.Lines(b.String()) { // a body must not forge what stands around it
		_, _ = fmt.Fprintf(w, "     %s\n", clean(strings.TrimRight(line, "\r\n")))
	}
}

func runsRetryCommand(e *env) *cobra.Command {
	var chosen runFilters
	var name, goOn string
	var dry, yes bool
	c := &cobra.Command{
		Use: "retry [RUN...] [--filter EXPR] [--saved NAME] [--continue NAME]", Short: "Try failed runs again, one or all that a filter selects",
		Example:           "  billferry runs retry --filter 'cause:account_mapping_missing' --dry-run",
		ValidArgsFunction: e.completeRuns(failedStatuses()...),
		RunE: func(c *cobra.Command, args []string) error {
			if countTrue(len(args) > 0, chosen.given(), goOn != "") != 1 {
				return usagef("name runs, or give a --filter or --saved, or --continue with the name of a retry ('billferry runs retries' lists them)")
			}
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			q := service.RetryRequest{RunIDs: args, Name: cmp.Or(goOn, name), Continue: goOn != "", DryRun: true, Map: dry}
			if chosen.given() {
				f, err := chosen.resolve(c.Context(), s)
				if err != nil {
					return err
				}
				q.Filter = &f
			}
			plan, err := s.Retry(c.Context(), q)
			if err != nil {
				return err
			}
			if dry || plan.Eligible == 0 && goOn == "" {
				if err := e.print(plan, func(w io.Writer) { showPlan(w, plan) }); err != nil {
					return err
				}
				if slices.ContainsFunc(plan.DryRun, func(d service.DryRun) bool { return d.Verdict == service.WouldStop }) {
					return errToDo
				}
				return notAll(args, plan)
			}
			if chosen.given() || goOn != "" {
				showPlan(e.err, plan)
				if err := e.confirm(yes, fmt.Sprintf("retry %d runs", plan.Eligible)); err != nil {
					return err
				}
			}
			q.DryRun = false
			res, err := s.Retry(c.Context(), q)
			if err != nil {
				return err
			}
			if err := e.print(res, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s queued; billferry delivers while it runs (the terminal UI, serve or send)\n", many(res.Done, "run"))
				if len(args) > 0 {
					showReasons(w, plan.Not)
				}
			}); err != nil {
				return err
			}
			return notAll(args, plan)
		},
	}
	f := c.Flags()
	chosen.flags(e, c)
	f.StringVar(&name, "name", "", "a name for this retry, for the record")
	f.StringVar(&goOn, "continue", "", "go on with the retry of this name that was interrupted or stopped")
	f.BoolVar(&dry, "dry-run", false, "count, and say what would become of them; change nothing")
	f.BoolVar(&yes, "yes", false, "do not ask")
	completeFlag(c, "continue", e.completeBulkRetries(unfinished))
	return c
}

// notAll ends a retry of runs that a person named and not all of which can be
// tried again. A filter selects as it may.
func notAll(named []string, plan service.RetryResult) error {
	if len(named) > 0 && len(plan.Not) > 0 {
		return errors.New("not every run could be tried again")
	}
	return nil
}

func countTrue(conditions ...bool) (n int) {
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

func showPlan(w io.Writer, r service.RetryResult) {
	not := 0
	for _, n := range r.Not {
		not += n
	}
	_, _ = fmt.Fprintf(w, "%d eligible, %d not\n", r.Eligible, not)
	showReasons(w, r.Not)
	showDryRun(w, r)
}
