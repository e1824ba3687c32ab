package accessible

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"billferry/internal/plan"
	"billferry/internal/service"
	"billferry/ui/month"
	"billferry/ui/widget"
)

// plans reads plans out, the newest first, and lets a person decide on one.
func (s *session) plans(ctx context.Context) error {
	in, err := s.pick(ctx)
	if err != nil {
		return err
	}
	for at := 0; ; {
		all, err := s.svc.Plans(ctx, in.ID)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			s.say("There is no plan.")
		}
		list, next := pageFrom(all, at)
		options := make([]string, len(list), len(list)+3)
		for i := range list {
			p := &list[i]
			options[i] = fmt.Sprintf("%s, %s, made by %s on %s", p.ID, standing(p), p.Author.Name, p.Created.UTC().Format("2006-01-02 15:04 UTC"))
		}
		i, err := s.choose(ctx, "Which plan?", append(append(options, "None of them", "A new one of what waits"), next...), len(list))
		if err != nil || i == len(list) {
			return err
		}
		if i == len(list)+2 {
			at += pageOf
			continue
		}
		var p plan.Plan
		if i > len(list) {
			p, err = s.svc.MakePlan(ctx, service.PlanRequest{IntegrationID: in.ID}, s.step)
		} else {
			p, err = s.svc.Plan(ctx, list[i].ID)
		}
		if err == nil {
			s.readPlan(&p)
			err = s.decide(ctx, &p)
		}
		if err := s.showError(err); err != nil {
			return err
		}
	}
}

func standing(p *plan.Plan) string {
	if p.Need != "" {
		return string(p.State) + ", waits for " + p.Need
	}
	return string(p.State)
}

// readPlan says what a plan would do, Bill by Bill, and what it comes to.
func (s *session) readPlan(p *plan.Plan) {
	s.say("Plan %s of %s: %s. Period %s. To be applied by %s. Digest %s.", p.ID, p.Integration, standing(p), p.Period,
		p.Expires.UTC().Format("2006-01-02 15:04 UTC"), p.Digest)
	for i := range p.Bills[:min(len(p.Bills), planBills)] {
		b := &p.Bills[i]
		line := fmt.Sprintf("%s of %s: %s %s, %s %s", b.Ref, b.Code, b.Action, b.Kind, widget.Amount(b.Total, b.Currency), b.Currency)
		if !b.Before.IsZero() {
			line += fmt.Sprintf(", before %s", widget.Amount(b.Before, b.Currency))
		}
		for _, why := range append([]string{b.Why, b.Refused}, b.Warnings...) {
			if why != "" {
				line += "; " + why
			}
		}
		s.say("%s.", line)
	}
	if more := len(p.Bills) - planBills; more > 0 {
		s.say("And %s more: 'billferry plan show %s' lists them all.", widget.Many(more, "Bill"), p.ID)
	}
	for _, t := range p.Totals {
		s.say("%s: %s, a change of %s.", t.Currency, widget.Many(t.Documents, "document"), widget.Amount(t.Change, t.Currency))
	}
	for _, x := range p.Parts {
		s.say("%s %s: %s %s on %s.", x.By, cmp.Or(x.Name, "(not known)"), widget.Amount(x.Total, x.Currency), x.Currency,
			widget.Many(x.Documents, "document"))
	}
	for _, w := range p.Warnings {
		s.say("Note: %s.", w)
	}
}

// planBills is how many Bills of a plan are read out.
const planBills = 100

// decide does what a plan waits for, just as it was read out.
func (s *session) decide(ctx context.Context, p *plan.Plan) error {
	type way struct {
		words string
		sure  string // is asked before; "": nothing is
		do    func(context.Context, service.PlanAct) (plan.Plan, error)
	}
	var ways []way
	switch p.State {
	case plan.Proposed:
		ways = []way{{words: "Approve it", do: s.svc.ApprovePlan}, {words: "Reject it", do: s.svc.RejectPlan}}
	case plan.Approved:
		sure := "Apply plan " + p.ID + "? What has changed since it was made is named and not sent."
		ways = []way{{words: "Apply it", sure: sure, do: func(ctx context.Context, q service.PlanAct) (plan.Plan, error) {
			return s.svc.ApplyPlan(ctx, q, s.step)
		}}, {words: "Reject it", do: s.svc.RejectPlan}}
	case plan.Applying:
		ways = []way{{words: "Stop it", do: s.svc.StopPlan}}
	}
	words := []string{"Nothing yet"}
	for _, w := range ways {
		words = append(words, w.words)
	}
	i, err := s.choose(ctx, "What becomes of it?", append(words, "Hear the run of one of its Bills"), 0)
	switch {
	case err != nil || i == 0:
		return err
	case i == len(words):
		if err := s.showError(s.planRun(ctx, p)); err != nil {
			return err
		}
		return s.decide(ctx, p)
	}
	q := service.PlanAct{PlanID: p.ID, Digest: p.Digest}
	if q.Reason, err = s.must(ctx, "Reason, which is kept in the audit trail", ""); err != nil {
		return err
	}
	if sure := ways[i-1].sure; sure != "" {
		yes, err := s.confirm(ctx, sure)
		if err != nil || !yes {
			return err
		}
	}
	now, err := ways[i-1].do(ctx, q)
	if err == nil {
		s.say("Plan %s is %s.", now.ID, standing(&now))
		if now.Refused > 0 {
			s.say("%s changed since and are not sent; the rest is on its way.", widget.Many(now.Refused, "Bill"))
		}
	}
	return err
}

// planRun asks for a Bill of a plan and reads its run out.
func (s *session) planRun(ctx context.Context, p *plan.Plan) error {
	ref, err := s.ask(ctx, "Which Bill, by its number or the code of its account", "")
	if err != nil {
		return err
	}
	var found []plan.Bill
	for _, b := range p.Bills {
		if strings.Contains(widget.Fold(b.Ref+" "+b.Code), widget.Fold(ref)) {
			found = append(found, b)
		}
	}
	for at := 0; ; at += pageOf {
		list, next := pageFrom(found, at)
		if len(list) == 0 {
			return fmt.Errorf("no Bill of the plan is found for %q", ref)
		}
		options := make([]string, len(list))
		for i, b := range list {
			options[i] = b.Ref + " of " + b.Code
		}
		i, err := s.choose(ctx, "Which of these?", append(options, next...), 0)
		if err != nil {
			return err
		}
		if i < len(list) {
			return s.run(ctx, list[i].Run)
		}
	}
}

// evidence writes the pack of a period for an auditor to a new file.
func (s *session) evidence(ctx context.Context) error {
	auditor, err := month.Auditor(s.svc)
	if err != nil {
		return err
	}
	in, err := s.pick(ctx)
	if err != nil {
		return err
	}
	period, err := s.must(ctx, "Which month", month.Ended(time.Now()))
	if err != nil {
		return err
	}
	path, err := s.must(ctx, "Path of the new ZIP file", month.PackName(period))
	if err != nil || path == "" {
		return err
	}
	s.say("Reconciling %s and writing the evidence.", period)
	said, err := month.WritePack(ctx, auditor, service.ReconcileRequest{IntegrationID: in.ID, Period: period}, path,
		s.progress())
	if err != nil {
		return err
	}
	for _, text := range said {
		s.say("%s.", text)
	}
	s.say("'billferry evidence verify %s' checks it.", path)
	return nil
}
