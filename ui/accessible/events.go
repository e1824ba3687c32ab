package accessible

import (
	"context"
	"fmt"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/events"
)

// events reads out what nobody has seen to yet, with the others where that is asked for,
// and does about one what the screen does.
func (s *session) events(ctx context.Context) error {
	f := service.EventFilter{Limit: pageOf + 1} // one more tells that there are more
	for {
		list, err := s.svc.Events(ctx, f)
		if err != nil {
			return err
		}
		if len(list) == 0 && f.IncludeActioned {
			s.say("There is no event.")
			return nil
		}
		if len(list) == 0 {
			s.say("There is no event that nobody has seen to.")
		}
		more := len(list) > pageOf
		list = list[:min(len(list), pageOf)]
		options := make([]string, len(list), len(list)+3)
		for i, e := range list {
			options[i] = fmt.Sprintf("%s, %s: %s", events.Words(e), e.Time.UTC().Format("2006-01-02 15:04 UTC"), e.Message)
		}
		with := "Those that were seen to as well"
		if f.IncludeActioned {
			with = "Only those that nobody has seen to"
		}
		options = append(options, "None of them", with)
		if more {
			options = append(options, "Older ones")
		}
		switch i, err := s.choose(ctx, "Which event?", options, len(list)); {
		case err != nil || i == len(list):
			return err
		case i == len(list)+1:
			f.IncludeActioned, f.Before = !f.IncludeActioned, ""
		case i > len(list):
			f.Before = list[len(list)-1].ID
		default:
			if err := s.showError(s.event(ctx, list[i])); err != nil {
				return err
			}
			f.Before = ""
		}
	}
}

// event does something about one event: what it is about is heard or mapped, and it is
// marked as seen to, or that is taken back.
func (s *session) event(ctx context.Context, e integration.Event) error {
	seen := !e.Actioned.IsZero()
	mark, said := "It has been seen to", "Marked as seen to."
	if seen {
		mark, said = "Nobody has seen to it after all", "It waits for somebody again."
	}
	acts := []act{{mark, func() error {
		_, err := s.svc.ActionEvent(ctx, e.ID, !seen)
		if err == nil {
			s.say("%s", said)
		}
		return err
	}}}
	if e.RunID != "" {
		acts = append(acts, act{"Hear its run", func() error { return s.run(ctx, e.RunID) }})
	}
	if e.RunID != "" && e.Times() > 1 && e.Cause != "" {
		acts = append(acts, act{"Hear all its runs", func() error { return s.hear(ctx, e.Runs()) }})
	}
	if e.IntegrationID != "" {
		acts = append(acts, act{"Hear about its integration", func() error { return s.aboutOne(ctx, e.IntegrationID) }})
	}
	if e.Name == integration.EventMissingMapping && e.AccountID != "" {
		acts = append(acts, act{"Map its account to a customer", func() error { return s.mapAccount(ctx, e.IntegrationID, e.AccountID) }})
	}
	i, err := s.choose(ctx, "What next?", actWords(acts), 0)
	if err != nil {
		return err
	}
	return acts[i].do()
}
