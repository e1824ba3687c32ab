package accessible

import (
	"context"
	"fmt"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/widget"
)

const pageOf = 10 // runs read out before asking whether to go on

// runs reads out the runs of an integration, newest first.
func (s *session) runs(ctx context.Context) error {
	in, err := s.pick(ctx)
	if err != nil {
		return err
	}
	token := ""
	for {
		page, err := s.svc.Runs(ctx, integration.RunFilter{IntegrationID: in.ID}, token, pageOf)
		if err != nil {
			return err
		}
		if len(page.Runs) == 0 {
			s.say("There are no runs yet.")
			return nil
		}
		options := make([]string, 0, len(page.Runs)+1)
		for _, r := range page.Runs {
			options = append(options, summary(r))
		}
		if page.Next != "" {
			options = append(options, "Older runs")
		}
		i, err := s.choose(ctx, "Which run do you want to hear?", options, -1)
		switch {
		case err != nil:
			return err
		case i == len(page.Runs):
			token = page.Next
		default:
			if err := s.run(ctx, page.Runs[i].ID); err != nil {
				return err
			}
		}
	}
}

func summary(r integration.Run) string {
	text := fmt.Sprintf("%s, %s, account %s, %s %s", r.Status, r.BillRef, r.AccountCode, widget.Amount(r.AmountIn), r.Currency)
	if r.Cause != "" {
		text += ", " + r.Cause
	}
	return text
}

// run reads out one run and offers to retry it.
func (s *session) run(ctx context.Context, id string) error {
	r, err := s.svc.Run(ctx, id)
	if err != nil {
		return err
	}
	s.say("Run %s. Status %s. Outcome %s.", r.ID, r.Status, r.Outcome)
	s.say("In %s, out %s %s. Tries: %d.", widget.Amount(r.AmountIn), widget.Amount(r.AmountOut), r.Currency, r.Tries)
	if r.Error != "" {
		s.say("What happened: %s", r.Error)
	}
	if r.Advice != "" {
		s.say("What to do: %s", r.Advice)
	}
	if r.URL != "" {
		s.say("The record: %s", r.URL)
	}
	for _, a := range r.Attempts {
		s.say("Attempt %d at %s: %s %s", a.N, a.Start.UTC().Format("2006-01-02 15:04:05 UTC"), a.Status, a.Error)
		for _, x := range a.Exchanges {
			s.say("  %s: %s %s, answer %d", x.Purpose, x.Method, x.URL, x.Status)
			if len(x.ReqBody) > 0 {
				s.say("  request: %s", x.ReqBody)
			}
			if len(x.RespBody) > 0 {
				s.say("  response: %s", x.RespBody)
			}
		}
	}
	if !r.Status.Failed() {
		return nil
	}
	again, err := s.confirm(ctx, "Retry it?")
	if err != nil || !again {
		return err
	}
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
