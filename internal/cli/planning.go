package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/service"
)

type planOptions struct {
	integration, period, from, out string
	filter                         filterFlag
}

func planCommand(e *env) *cobra.Command {
	var o planOptions
	c := &cobra.Command{
		Use:   "plan --integration ID [--period PERIOD | --filter EXPR | --from FILE]",
		Short: "Work out what would be sent, for another person to approve",
		Long: `Plan works out, Bill by Bill, what would be sent of those that wait: documents
with their lines and money, and the sums by currency, customer, subsidiary, month
and item. It sends nothing. Another person reads it and approves it, then
'billferry apply' sends just that.

It is for integrations whose setting Approval is Plan: nothing of theirs goes out
by any other way. With --from the Bills of a file are taken in first, to wait like
any other, and the plan is of those. docs/PLANS.md says who may approve what.`,
		Example: "  billferry plan --integration US --period 2026-10 --out october.json\n  billferry plan show p-3f0a52c1d9e7\n" +
			"  billferry plan approve october.json",
		RunE: func(c *cobra.Command, _ []string) error { return e.makePlan(c.Context(), o) },
	}
	f := c.Flags()
	f.StringVar(&o.integration, "integration", "", "id or name of the integration")
	f.StringVar(&o.period, "period", "", "only Bills whose document has its date in it: 2026-10, 2026-Q3, 2026-10-01..2026-10-15")
	f.Var(&o.filter, "filter", "only these Bills, in the words of the list of runs")
	f.StringVar(&o.from, "from", "", "file with Bills, as for send: take them in, and plan only them; - is standard input")
	f.StringVar(&o.out, "out", "", "file for the whole plan, JSON; - is standard output")
	_ = c.MarkFlagRequired("integration")
	completeFlag(c, "integration", e.completeIntegrations)
	completeFlag(c, "filter", e.completeFilter)
	c.AddCommand(planListCommand(e), planShowCommand(e),
		planActCommand(e, "approve", "read and compared", "Approve a plan that another person has made",
			"The author of a plan and the last editor of the integration's settings may not\napprove it.", false,
			func(s service.Service) planAct { return s.ApprovePlan }),
		planActCommand(e, "reject", "INVOICE-101 is to be corrected first", "Reject a plan, so that it cannot be applied",
			"Its Bills wait on, for a new plan. Nothing of what is being applied is taken\nback: that is 'billferry plan stop'.", true,
			func(s service.Service) planAct { return s.RejectPlan }),
		planActCommand(e, "stop", "prices are wrong", "Take back what of an applied plan is not on its way yet",
			"Calls under way are finished, and what has arrived stays. The other Bills wait on,\nfor a new plan.", false,
			func(s service.Service) planAct { return s.StopPlan }))
	return c
}

func (e *env) makePlan(ctx context.Context, o planOptions) error {
	s, err := e.open(ctx, idle)
	if err != nil {
		return err
	}
	in, err := resolve(ctx, s, o.integration)
	if err != nil {
		return err
	}
	q := service.PlanRequest{IntegrationID: in.ID, Period: o.period, FilterText: o.filter.text}
	if o.filter.text != "" {
		q.Filter = &o.filter.f
	}
	if o.from != "" {
		if q.Bills, err = e.takeIn(ctx, s, in, o.from); err != nil {
			return err
		}
	}
	b := newBar(e.err)
	p, err := s.MakePlan(ctx, q, b.step)
	b.clear()
	if err != nil {
		return unlessStopped(err, "no plan was made")
	}
	return e.putPlan(p, o.out, false)
}

// takeIn hands over the Bills of a file to an integration that sends by plan only, and
// answers their ids.
func (e *env) takeIn(ctx context.Context, s service.Service, in service.Summary, file string) (ids []string, err error) {
	if !in.ByPlan() {
		return nil, usagef("%s sends each Bill as it comes, and would send those of %s; set Approval to %s first", in.Name, source(file),
			integration.ApprovalPlan)
	}
	r, err := e.input(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	var mu sync.Mutex
	bad, err := submitAll(ctx, s, in.ID, r, file, func(runs []integration.Run) {
		mu.Lock()
		defer mu.Unlock()
		for _, run := range runs {
			ids = append(ids, run.EntityID)
		}
	}, e.say)
	switch {
	case err != nil:
		return nil, err
	case bad > 0:
		e.say("%s: %s could not be read, and no plan was made; the others wait", source(file), many(bad, "Bill"))
		return nil, errNotDelivered
	case len(ids) == 0:
		return nil, usagef("%s has no Bill", source(file))
	}
	return ids, nil
}

// step shows a step of long work in the place of the bar.
func (b *bar) step(s service.Step) { b.say(strings.TrimSpace(s.Name + " " + s.Detail)) }

// putPlan writes a plan to a file, and prints it.
func (e *env) putPlan(p plan.Plan, file string, lines bool) error {
	if file != "" {
		raw, err := json.MarshalIndent(p, "", "  ")
		if err != nil {
			return fmt.Errorf("write the plan: %w", err)
		}
		if file == "-" {
			_, err = e.out.Write(append(raw, '\n'))
			return err
		}
		if err := os.WriteFile(file, append(raw, '\n'), 0o600); err != nil {
			return err
		}
		e.say("wrote the plan to %s", file)
	}
	return e.print(p, func(w io.Writer) { printPlan(w, p, lines) })
}

func planListCommand(e *env) *cobra.Command {
	var ref string
	c := &cobra.Command{
		Use: "list", Short: "List plans, newest first", Example: "  billferry plan list --integration US",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			id := ""
			if ref != "" {
				in, err := resolve(c.Context(), s, ref)
				if err != nil {
					return err
				}
				id = in.ID
			}
			plans, err := s.Plans(c.Context(), id)
			if err != nil {
				return err
			}
			return e.print(plans, func(w io.Writer) {
				if len(plans) == 0 {
					_, _ = fmt.Fprintln(w, "there is no plan (billferry plan --integration ID makes one)")
					return
				}
				rows := make([][]string, 0, len(plans))
				for i := range plans {
					p := &plans[i]
					rows = append(rows, []string{p.ID, p.Integration, string(p.State), strconv.Itoa(inPlan(p)), planMoney(p), p.Author.Name,
						p.Created.Local().Format("2006-01-02 15:04"), p.Need})
				}
				table(w, "PLAN|INTEGRATION|STATE|>BILLS|CHANGE|BY|MADE|WAITS FOR", rows)
			})
		},
	}
	c.Flags().StringVar(&ref, "integration", "", "id or name of the integration (default: all)")
	completeFlag(c, "integration", e.completeIntegrations)
	return c
}

// inPlan is how many Bills a plan is about.
func inPlan(p *plan.Plan) int {
	n := 0
	for a, bills := range p.Counts {
		if a != plan.Stops {
			n += bills
		}
	}
	return n
}

func planMoney(p *plan.Plan) string {
	var parts []string
	for _, t := range p.Totals {
		parts = append(parts, money(t.Change)+" "+t.Currency)
	}
	return strings.Join(parts, ", ")
}

func planShowCommand(e *env) *cobra.Command {
	var out string
	var lines bool
	c := &cobra.Command{
		Use: "show PLAN", Short: "Show a plan with its Bills, and what became of them",
		Example: "  billferry plan show p-3f0a52c1d9e7 --lines", ValidArgsFunction: e.completePlans(),
		RunE: onNamed(e, service.Service.Plan, func(p plan.Plan) error { return e.putPlan(p, out, lines) }),
	}
	c.Flags().StringVar(&out, "out", "", "file for the whole plan, JSON; - is standard output")
	c.Flags().BoolVar(&lines, "lines", false, "the lines of each document as well")
	return c
}

// completePlans offers the plans that are not over.
func (e *env) completePlans() cobra.CompletionFunc {
	return e.offer(func(ctx context.Context, s service.Service, _ string) (out []string, err error) {
		plans, err := s.Plans(ctx, "")
		for i := range plans {
			if p := &plans[i]; !p.State.Over() {
				out = append(out, p.ID+"\t"+p.Integration+", "+strings.ToLower(string(p.State)))
			}
		}
		return out, err
	})
}

type planAct = func(context.Context, service.PlanAct) (plan.Plan, error)

// planActCommand is an act on a plan that is named, or that lies in a file. Its
// example has the reason that is shown.
func planActCommand(e *env, name, reasonShown, short, long string, reason bool, do func(service.Service) planAct) *cobra.Command {
	var why string
	c := &cobra.Command{
		Use: name + " PLAN|FILE", Short: short, Long: long + "\n\nA file is held beside the plan that is kept: one that was changed is refused.",
		Example:           "  billferry plan " + name + " p-3f0a52c1d9e7 --reason '" + reasonShown + "'",
		ValidArgsFunction: e.completePlans(),
		RunE: func(c *cobra.Command, args []string) error {
			q, err := e.namedPlan(args[0])
			if err != nil {
				return err
			}
			q.Reason = why
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			p, err := do(s)(c.Context(), q)
			if err != nil {
				return err
			}
			return e.print(p, func(w io.Writer) {
				text := fmt.Sprintf("plan %s of %s is %s", p.ID, p.Integration, strings.ToLower(string(p.State)))
				if p.Need != "" {
					text += "; it waits for " + p.Need
				}
				_, _ = fmt.Fprintln(w, clean(text))
			})
		},
	}
	c.Flags().StringVar(&why, "reason", "", "why, for the audit trail")
	if reason {
		_ = c.MarkFlagRequired("reason")
	}
	return c
}

// namedPlan reads which plan is meant: its id, or a file that has it.
func (e *env) namedPlan(arg string) (q service.PlanAct, err error) {
	if strings.HasPrefix(arg, "p-") && !strings.ContainsAny(arg, "./\\") {
		return service.PlanAct{PlanID: arg}, nil
	}
	in, err := e.input(arg)
	if err != nil {
		return q, err
	}
	defer func() { _ = in.Close() }()
	var p plan.Plan
	if err := json.NewDecoder(in).Decode(&p); err != nil || p.ID == "" {
		return q, usagef("%s is no plan: give the id of one, or a file that 'billferry plan --out' wrote", arg)
	}
	digest, err := p.Content()
	return service.PlanAct{PlanID: p.ID, Digest: digest}, err
}

func sendPlanCommand(e *env) *cobra.Command {
	var reason string
	var noWait bool
	c := &cobra.Command{
		Use: "apply PLAN|FILE", Short: "Send just what an approved plan has",
		Long: `Apply holds each Bill of an approved plan beside what would be sent now. What is
just as the plan has it goes out; what has changed since is named and stays. A plan
whose settings, content, signature or approval is another is refused as a whole.

It waits until all is settled. When it is interrupted, the plan goes on with
whoever goes on with the store. Exit code 3 means that some Bills were refused or
not delivered.`,
		Example:           "  billferry apply p-3f0a52c1d9e7\n  billferry apply october.json",
		ValidArgsFunction: e.completePlans(),
		RunE: func(c *cobra.Command, args []string) error {
			q, err := e.namedPlan(args[0])
			if err != nil {
				return err
			}
			q.Reason = reason
			return e.applyPlan(c.Context(), q, noWait)
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit trail")
	c.Flags().BoolVar(&noWait, "no-wait", false, "end once the plan is on its way; the process that has the store sends it")
	return c
}

func (e *env) applyPlan(ctx context.Context, q service.PlanAct, noWait bool) error {
	how := openWith(noPoll)
	if noWait {
		how = idle
	}
	s, err := e.open(ctx, how)
	if err != nil {
		return err
	}
	b := newBar(e.err)
	p, err := s.ApplyPlan(ctx, q, b.step)
	b.clear()
	if err != nil {
		return err
	}
	if !noWait {
		if p, err = e.awaitPlan(ctx, s, p, b); err != nil {
			return err
		}
	}
	if err := e.print(p, func(w io.Writer) { printPlan(w, p, false) }); err != nil {
		return err
	}
	if p.Refused > 0 || p.Failed > 0 {
		return errNotDelivered
	}
	return nil
}

// awaitPlan waits until a plan is over and tells how far it is. Only the list of
// plans is asked meanwhile: a plan itself may be large.
func (e *env) awaitPlan(ctx context.Context, s service.Service, p plan.Plan, b *bar) (plan.Plan, error) {
	changes, err := s.Changes(ctx)
	if err != nil {
		return plan.Plan{}, err
	}
	b.what = "bills"
	defer b.clear()
	for began := time.Now(); ; {
		all, err := s.Plans(ctx, p.IntegrationID)
		if err != nil {
			return p, err
		}
		i := slices.IndexFunc(all, func(o plan.Plan) bool { return o.ID == p.ID })
		if i < 0 || all[i].State.Over() {
			return s.Plan(ctx, p.ID)
		}
		b.draw(all[i].Done+all[i].Refused, inPlan(&all[i]), time.Since(began))
		if err := quiet(ctx, changes, 200*time.Millisecond); err != nil {
			return p, fmt.Errorf("plan %s is applied and goes on by itself: %w", p.ID, err)
		}
	}
}
