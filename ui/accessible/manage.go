package accessible

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/service"
	"billferry/ui/month"
	"billferry/ui/runs"
	"billferry/ui/widget"
)

// test walks what an integration needs of its destination.
func (s *session) test(ctx context.Context) error {
	in, err := s.pick(ctx)
	if err != nil {
		return err
	}
	if err := s.svc.Test(ctx, in.ID, s.step); err != nil {
		return err
	}
	s.say("Everything that could be checked was checked.")
	return nil
}

// enable turns an integration on, or off after a yes.
func (s *session) enable(ctx context.Context) error {
	in, err := s.pick(ctx)
	if err != nil {
		return err
	}
	on := !in.Enabled
	if !on {
		yes, err := s.confirm(ctx, "Disable "+in.Name+"? Bills that come meanwhile are recorded as DISABLED and not sent.")
		if err != nil || !yes {
			return err
		}
	}
	if in, err = s.svc.SetEnabled(ctx, in.ID, on); err != nil {
		return err
	}
	s.say("%s is %s.", in.Name, in.State())
	return nil
}

// remove deletes an integration whose name is typed.
func (s *session) remove(ctx context.Context) error {
	in, err := s.pick(ctx)
	if err != nil {
		return err
	}
	s.say("Its credentials and linked external mappings go with it. Its runs stay. This cannot be undone.")
	name, err := s.must(ctx, "Type its name to delete it: "+in.Name, "")
	if err != nil {
		return err
	}
	if name != strings.TrimSpace(in.Name) {
		s.say("That is not its name. It stays.")
		return nil
	}
	if _, err = s.svc.Delete(ctx, in.ID); err == nil {
		s.say("Deleted.")
	}
	return err
}

// accounts turns names and codes among ids into the ids.
func (s *session) accounts(ctx context.Context, list []any) ([]any, error) {
	for i := range list {
		text, ok := list[i].(string)
		if !ok || len(text) == len("5a3f0000-0000-4000-8000-00000000b111") && strings.Count(text, "-") == 4 {
			continue
		}
		id, err := s.among(ctx, text, func() ([]integration.Named, error) { return s.named(ctx, text) })
		if err != nil {
			return nil, err
		}
		list[i] = id
	}
	return list, nil
}

// named searches accounts.
func (s *session) named(ctx context.Context, query string) ([]integration.Named, error) {
	found, err := s.svc.Accounts(ctx, query, pageOf)
	out := make([]integration.Named, len(found))
	for i, a := range found {
		out[i] = integration.Named{ID: a.ID, Name: strings.TrimSpace(a.Name + " " + a.Code)}
	}
	return out, err
}

// find asks for a text and lets one of what is found be chosen; what nothing is found
// for is taken as an id. ask is how it is asked: for what may be empty, or must not.
func (s *session) find(ctx context.Context, ask func(ctx context.Context, label, def string) (string, error), label string,
	search func(string) ([]integration.Named, error)) (string, error) {
	text, err := ask(ctx, label, "")
	if err != nil {
		return "", err
	}
	return s.among(ctx, text, func() ([]integration.Named, error) { return search(text) })
}

// among lets one of what is found for a text be chosen.
func (s *session) among(ctx context.Context, text string, search func() ([]integration.Named, error)) (string, error) {
	found, err := search()
	if err != nil {
		s.fault(err)
	}
	if len(found) == 0 {
		s.say("Nothing is found for it: it is taken as an id.")
		return text, nil
	}
	found = found[:s.few(len(found))]
	options := make([]string, len(found), len(found)+1)
	for i, n := range found {
		options[i] = strings.TrimSpace(n.Name + ", id " + n.ID)
	}
	i, err := s.choose(ctx, "Which of these?", append(options, fmt.Sprintf("None: take %q as an id", text)), 0)
	if err != nil || i == len(found) {
		return text, err
	}
	return found[i].ID, nil
}

// few is how many of what is found are read out, and says so where there may be others.
func (s *session) few(n int) int {
	if n >= pageOf {
		s.say("There may be others: more of its name finds them.")
	}
	return min(n, pageOf)
}

// month reconciles a month, reads out what is in the way of closing it, and has breaks
// resolved.
func (s *session) month(ctx context.Context) error {
	in, err := s.pick(ctx)
	if err != nil {
		return err
	}
	period, err := s.must(ctx, "Which month", month.Ended(time.Now()))
	if err != nil {
		return err
	}
	span, err := reconcile.ParseSpan(period, "")
	if err != nil {
		return err
	}
	r, err := s.svc.Reconciliation(ctx, in.ID+"."+span.Key())
	again := true
	if err == nil {
		again, err = s.confirm(ctx, "It was reconciled "+widget.Ago(time.Now(), r.Ended)+". Reconcile it again?")
	} else if errors.Is(err, integration.ErrNotFound) {
		err = nil
	}
	if err != nil {
		return err
	}
	if again {
		s.say("Reconciling.")
		if r, err = s.svc.Reconcile(ctx, service.ReconcileRequest{IntegrationID: in.ID, Period: period}, s.progress()); err != nil {
			return err
		}
	}
	s.report(r)
	if err := s.breaks(ctx, r); err != nil {
		return err
	}
	return s.details(ctx, &r)
}

// details reads out, where it is asked for, what each item's cut-off and each customer's
// prepayments come to.
func (s *session) details(ctx context.Context, r *reconcile.Report) error {
	if len(r.CutOff) > 0 {
		yes, err := s.confirm(ctx, "Hear the cut-off of "+widget.Many(len(r.CutOff), "item")+"?")
		if err != nil {
			return err
		}
		for i := 0; yes && i < len(r.CutOff); i++ {
			s.say("Item %s: %s", cmp.Or(r.CutOff[i].Item, "none"), month.CutOffWords(r, &r.CutOff[i]))
		}
	}
	switch {
	case r.NoHoldings != "":
		s.say("Prepayments are not compared: %s.", strings.TrimSuffix(r.NoHoldings, "."))
		return nil
	case len(r.PrepaidCustomers) == 0:
		return nil
	}
	yes, err := s.confirm(ctx, "Hear the prepayments of "+widget.Many(len(r.PrepaidCustomers), "customer")+"?")
	for i := 0; yes && i < len(r.PrepaidCustomers); i++ {
		p := &r.PrepaidCustomers[i]
		s.say("%s: %s", month.PrepaidName(p), month.PrepaidWords(r, p))
	}
	return err
}

func (s *session) report(r reconcile.Report) {
	for _, p := range r.Periods {
		s.say("Accounting period %s is %s.", p.Name, p.State)
	}
	for _, st := range r.Steps {
		s.say("%s: %s.", st.Name, widget.Many(st.Bills, "Bill"))
	}
	for _, c := range r.Currencies() {
		s.say("%s.", r.Equation(c, func(d decimal.D) string { return widget.Amount(d, c) }))
	}
	for _, g := range r.InTheWay() {
		s.say("In the way: %s, %s. What to do: %s.", g.Title, widget.Many(g.Breaks, "Bill"), strings.TrimSuffix(g.Advice, "."))
	}
	for _, b := range r.Breaks {
		if b.Open() {
			s.say("  %s of %s, %s %s: %s", b.Ref+b.Number, b.Account, widget.Money(b.Amount, b.Currency), b.Currency, b.Text)
		}
	}
	for _, d := range r.Doubts {
		s.say("Not seen: %s.", d)
	}
	s.say("Verdict: %s.", r.Verdict)
}

// retryAll tries all failed runs of an integration again, after saying how many.
func (s *session) retryAll(ctx context.Context) error {
	in, err := s.pick(ctx)
	if err != nil {
		return err
	}
	f := integration.RunFilter{IntegrationID: in.ID}
	f.OnlyFailed()
	return s.retryThose(ctx, f)
}

// retryThose tries the failed runs of a filter again, after saying how many and what
// would become of them.
func (s *session) retryThose(ctx context.Context, f integration.RunFilter) error {
	got, err := s.svc.Retry(ctx, service.RetryRequest{Filter: &f, DryRun: true, Map: true, Most: runs.Tried})
	if err != nil {
		return err
	}
	if got.Eligible == 0 {
		s.say("There is nothing to retry.")
		return nil
	}
	if head := got.Mapped(); head != "" {
		s.say("%s", head)
	}
	for _, d := range got.DryRun {
		s.say("%s.", widget.Clean(d.Words()))
		if d.Advice != "" {
			s.say("What to do: %s.", widget.Clean(strings.TrimSuffix(d.Advice, ".")))
		}
	}
	yes, err := s.confirm(ctx, "Retry "+widget.Many(got.Eligible, "run")+"?")
	if err != nil || !yes {
		return err
	}
	if got, err = s.svc.Retry(ctx, service.RetryRequest{Filter: &f}); err != nil {
		return err
	}
	s.say("%s queued again.", widget.Many(got.Eligible, "run"))
	return nil
}
