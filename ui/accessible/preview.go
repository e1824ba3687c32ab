package accessible

import (
	"context"
	"strings"
	"time"

	"billferry/internal/service"
	"billferry/ui/create"
	"billferry/ui/widget"
)

// preview says what a Bill would become with settings: the latest of their accounts,
// then any other that is asked for, in full where that is wanted.
func (s *session) preview(ctx context.Context, q service.PreviewRequest) error {
	for {
		p, err := create.Previewed(ctx, s.svc, q)
		if err != nil { // it keeps nobody from going on
			s.fault(err)
		}
		if err == nil && p.Verdict != "" {
			s.say("Preview of %s: %s, %s %s in all.", p.Source, p.Verdict, widget.Amount(p.Total, p.Currency), p.Currency)
		}
		for _, o := range p.Overlaps {
			s.say("Warning: %s.", o)
		}
		next := 2
		for next == 2 {
			if next, err = s.choose(ctx, "What next?", []string{"Go on", "Preview another Bill", "Hear the preview in full"}, 0); err != nil {
				return err
			}
			if next == 2 {
				s.full(p)
			}
		}
		if next == 0 {
			return nil
		}
		if q.Bill, err = s.anotherBill(ctx); err != nil {
			return err
		}
	}
}

// full reads a preview out line by line, with the reason of each.
func (s *session) full(p service.Preview) {
	for l := range strings.Lines(p.Text) {
		s.say("%s", strings.TrimRight(l, "\n"))
	}
	for _, w := range p.Warnings {
		s.say("Warning: %s.", strings.TrimSuffix(w, "."))
	}
	if p.Text == "" {
		s.say("There is no document to hear.")
	}
}

// anotherBill asks for a Bill as the screens do; nil is the latest of the accounts.
func (s *session) anotherBill(ctx context.Context) ([]byte, error) {
	query := ""
	for {
		var err error
		if query == "" {
			query, err = s.ask(ctx, "Which Bill: words, a filter of runs, or the path of a file; empty is the latest of its accounts", "")
			if err != nil || query == "" {
				return nil, err
			}
		}
		found, err := create.Bills(ctx, s.svc, query, pageOf, time.Now())
		if err != nil || len(found) == 0 {
			if s.say("No Bill is found for %q.", query); err != nil {
				s.fault(err)
			}
			query = ""
			continue
		}
		options := make([]string, len(found), len(found)+1)
		for i, c := range found {
			options[i] = strings.TrimSuffix(c.Name+", "+c.Note, ", ")
		}
		i, err := s.choose(ctx, "Which of these?", append(options, "None of them"), 0)
		switch {
		case err != nil:
			return nil, err
		case i == len(found):
			query = ""
		case create.IsPath(found[i].ID):
			query = found[i].ID
		default:
			raw, err := create.Bill(ctx, s.svc, found[i].ID)
			if err == nil {
				return raw, nil
			}
			s.fault(err)
			query = ""
		}
	}
}
