package accessible

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/learn"
	"billferry/ui/run"
	"billferry/ui/widget"
)

const pageOf = 10 // runs read out before asking whether to go on

// act is something that can be done, in words.
type act struct {
	words string
	do    func() error
}

func actWords(acts []act) []string {
	out := make([]string, len(acts))
	for i, a := range acts {
		out[i] = a.words
	}
	return out
}

// runs reads out the runs of an integration, or of all, newest first.
func (s *session) runs(ctx context.Context) error {
	id, err := s.pickOrAll(ctx)
	if err != nil {
		return err
	}
	f, err := s.whichRuns(ctx)
	if err != nil {
		return err
	}
	f.IntegrationID = id
	return s.hear(ctx, f)
}

// hear reads out the runs of a filter, and the one that is chosen in full.
func (s *session) hear(ctx context.Context, f integration.RunFilter) error {
	token := ""
	for {
		page, err := s.svc.Runs(ctx, f, token, pageOf)
		if err != nil {
			return err
		}
		if len(page.Runs) == 0 {
			s.say("There are none.")
			return nil
		}
		options := make([]string, 0, len(page.Runs)+3)
		for _, r := range page.Runs {
			options = append(options, summary(r))
		}
		order := "The oldest first"
		if f.Oldest {
			order = "The newest first"
		}
		options = append(options, "All of these at once", order)
		if page.Next != "" {
			options = append(options, "More runs")
		}
		i, err := s.choose(ctx, "Which run do you want to hear?", options, -1)
		switch n := len(page.Runs); {
		case err != nil:
			return err
		case i == n:
			if err := s.showError(s.onAll(ctx, f)); err != nil {
				return err
			}
		case i == n+1:
			f.Oldest, token = !f.Oldest, ""
		case i == n+2:
			token = page.Next
		default:
			if err := s.run(ctx, page.Runs[i].ID); err != nil && !errors.Is(err, errBack) {
				return err
			}
		}
	}
}

func summary(r integration.Run) string {
	text := fmt.Sprintf("%s, %s, account %s, %s %s", r.Standing(), r.BillRef, r.AccountRef(),
		widget.Amount(r.AmountIn, r.Currency), r.Currency)
	if r.Cause != "" {
		text += ", " + widget.Cause(r.Cause)
	}
	return text
}

// run reads out one run, then what of it one asks for. It is read anew after each
// act, which may have changed what can be done.
func (s *session) run(ctx context.Context, id string) error {
	r, err := s.svc.Run(ctx, id)
	if err != nil {
		return err
	}
	s.facts(r)
	for {
		acts := s.runActs(ctx, r)
		i, err := s.choose(ctx, "What next?", append(actWords(acts), "Go back to the list"), len(acts))
		if err != nil || i == len(acts) {
			return err
		}
		if err := acts[i].do(); err != nil {
			return err
		}
		if r, err = s.svc.Run(ctx, id); err != nil {
			return err
		}
	}
}

// runActs are what can be done with a run as it stands. What goes over the wire is
// long, and read aloud only when it is asked for.
func (s *session) runActs(ctx context.Context, r service.RunDetail) []act {
	id := r.ID
	acts := []act{
		{"Hear the document", func() error { s.document(r); return nil }},
		{"Hear what differs from what was sent", func() error { s.apart(r); return nil }},
		{"Hear the requests and answers", func() error { s.exchanges(r); return nil }},
		{"Hear the Bill", func() error { s.bill(r); return nil }},
	}
	if r.Status.Failed() && r.Cause == learn.Cause {
		acts = append(acts, act{"Fill the fields that were missing", func() error { return s.showError(s.learn(ctx, r)) }})
	}
	if r.Status.Settled() && r.Retries() {
		acts = append(acts, act{"Retry it", func() error { return s.retry(ctx, id) }})
	}
	if r.Status.Failed() || r.HeldByHand() {
		acts = append(acts, act{"Skip it: its Bill shall not be sent", func() error { return s.settle(ctx, id, "skipped", s.skip) }},
			act{"Mark it as sent: a person has put it there", func() error { return s.settle(ctx, id, "marked as sent", s.markSent) }})
	}
	if r.Status == integration.Complete && r.Proof == integration.Drift {
		acts = append(acts, act{"Accept its document as it stands", func() error { return s.settle(ctx, id, "accepted", s.skip) }})
	}
	if r.HeldByHand() {
		acts = append(acts, act{"Release it", func() error { return s.settle(ctx, id, "released", s.release) }})
	} else if r.Due() {
		acts = append(acts, act{"Hold it", func() error { return s.settle(ctx, id, "held", s.hold) }})
	}
	acts = append(acts, act{"Hear the request as a command of curl", func() error { s.curl(r); return nil }},
		act{"Hear every run of its Bill", func() error {
			return s.showError(s.hear(ctx, integration.RunFilter{IntegrationID: r.IntegrationID, BillID: r.EntityID}))
		}})
	if r.AccountID != "" {
		acts = append(acts, act{"Map its account to a customer", func() error {
			return s.showError(s.mapAccount(ctx, r.IntegrationID, r.AccountID))
		}})
	}
	return acts
}

// facts says what became of a run, and why.
func (s *session) facts(r service.RunDetail) {
	s.say("Run %s: Bill %s of account %s, from %s to %s.", r.ID, r.BillRef, r.AccountRef(), r.PeriodStart, r.PeriodEnd)
	s.say("The Bill's id is %s.", r.EntityID)
	outcome := ""
	if r.Outcome != "" {
		outcome = ", " + string(r.Outcome)
	}
	s.say("Status %s%s. In the Bill %s, in %s %s %s. Tries: %d.", r.Standing(), outcome, widget.Amount(r.AmountIn, r.Currency),
		s.svc.Catalog().Words(r.EntityType, r.Destination).System, widget.Amount(r.AmountOut, r.Currency), r.Currency, r.Tries)
	if r.Proof != "" {
		s.say("Proof %s.", r.ProofText())
	}
	if r.Error != "" {
		s.say("What happened: %s", r.Error)
	}
	if r.Advice != "" {
		s.say("What to do: %s", r.Advice)
	}
	if r.ExternalID != "" {
		at := r.Address()
		if r.Gone() {
			at = "was deleted"
		}
		s.say("The record: id %s %s", r.ExternalID, at)
	}
	for _, a := range r.Attempts {
		text := fmt.Sprintf("%s at %s: %s", a.Title(), a.Start.UTC().Format("2006-01-02 15:04:05 UTC"), a.Status)
		if a.Error != "" {
			text += ", " + a.Error
		}
		s.say("%s.", strings.TrimSuffix(text, "."))
	}
}

// document reads out the invoice as it was mapped, line by line.
func (s *session) document(r service.RunDetail) {
	if r.Document == nil {
		s.say("There is no document: the Bill did not get as far as that.")
		return
	}
	for l := range strings.Lines(r.Document.Text) {
		s.say("%s", strings.TrimRight(l, "\n"))
	}
	if r.Document.Text == "" {
		s.say("%s", r.Document.Body)
	}
}

// apart reads out where the destination's copy differs from what was sent.
func (s *session) apart(r service.RunDetail) {
	for _, l := range run.Apart(&r, s.svc.Catalog().Words(r.EntityType, r.Destination).System) {
		s.say("%s", widget.Clean(l))
	}
}

// bill reads out the Bill as m3ter gave it.
func (s *session) bill(r service.RunDetail) {
	var out bytes.Buffer
	if json.Indent(&out, r.Bill, "", "  ") != nil {
		s.say("The Bill of this run is not kept any more.")
		return
	}
	for l := range strings.Lines(out.String()) {
		s.say("%s", strings.TrimRight(l, "\n"))
	}
}

// curl says the request that mattered most as a command for a shell.
func (s *session) curl(r service.RunDetail) {
	for i := len(r.Attempts) - 1; i >= 0; i-- {
		if text := run.Curl(&r.Attempts[i]); text != "" {
			for l := range strings.Lines(text) {
				s.say("%s", strings.TrimRight(l, "\n"))
			}
			return
		}
	}
	s.say("Nothing was asked.")
}

// mapAccount maps an account to a customer for an integration.
func (s *session) mapAccount(ctx context.Context, integrationID, account string) error {
	d, err := s.svc.Integration(ctx, integrationID)
	if err != nil {
		return err
	}
	return s.addMapping(ctx, d.Integration, account)
}

// exchanges reads out what the destination was asked, and what it answered.
func (s *session) exchanges(r service.RunDetail) {
	for _, a := range r.Attempts {
		s.say("%s: %s.", a.Title(), widget.Many(len(a.Exchanges), "request"))
		for _, x := range a.Exchanges {
			answer := "no answer: " + x.Error
			if x.Status != 0 {
				answer = fmt.Sprintf("answer %d", x.Status)
			}
			s.say("  %s: %s %s, %s", x.Purpose, x.Method, x.URL, answer)
			if len(x.ReqBody) > 0 {
				s.say("  request: %s", x.ReqBody)
			}
			if len(x.RespBody) > 0 {
				s.say("  response: %s", x.RespBody)
			}
		}
	}
}

func (s *session) retry(ctx context.Context, id string) error {
	got, err := s.svc.Retry(ctx, service.RetryRequest{RunIDs: []string{id}})
	if err != nil {
		return err
	}
	s.say("%d queued again.", got.Eligible)
	for why, n := range got.Not {
		s.say("%d not: %s.", n, why)
	}
	return nil
}

// settle does what a person decides about a run, and says so; a refusal is said, and
// the run stays as it was.
func (s *session) settle(ctx context.Context, id, done string, do func(ctx context.Context, id string) error) error {
	err := do(ctx, id)
	if err == nil {
		s.say("It is %s.", done)
	}
	return s.showError(err)
}

func (s *session) skip(ctx context.Context, id string) error {
	why, err := s.must(ctx, "Reason", "")
	if err != nil {
		return err
	}
	_, err = s.svc.SkipRun(ctx, id, why)
	return err
}

func (s *session) hold(ctx context.Context, id string) error {
	why, err := s.must(ctx, "Reason", "")
	if err != nil {
		return err
	}
	return acted(s.svc.HoldRuns(ctx, []string{id}, why))
}

func (s *session) release(ctx context.Context, id string) error {
	return acted(s.svc.ReleaseRuns(ctx, []string{id}))
}

// acted is nil when the act was done.
func acted(r service.ActResult, err error) error {
	for why := range r.Not {
		return errors.Join(err, errors.New("nothing was done: the run is "+why))
	}
	return err
}

// markSent asks for the document, and once more where that is not evidently the Bill's.
func (s *session) markSent(ctx context.Context, id string) error {
	doc, err := s.must(ctx, "Internal id of the document", "")
	if err != nil {
		return err
	}
	why, err := s.must(ctx, "Reason", "")
	if err != nil {
		return err
	}
	_, err = s.svc.MarkSent(ctx, id, doc, why, false)
	var m *integration.Mismatch
	if !errors.As(err, &m) {
		return err
	}
	for _, row := range m.Rows() {
		s.say("%s: %s, %s.", row[0], row[1], row[2])
	}
	for _, x := range m.Why {
		s.say("It does not fit: %s.", x)
	}
	yes, err := s.confirm(ctx, "Is it this Bill's all the same?")
	if err != nil || !yes {
		return err
	}
	_, err = s.svc.MarkSent(ctx, id, doc, why, true)
	return err
}
