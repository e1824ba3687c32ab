package accessible

import (
	"context"
	"fmt"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/learn"
	"billferry/ui/widget"
)

// learn takes a value for each field that a refusal named, saves them as rules, and so
// sends again what was refused for them.
func (s *session) learn(ctx context.Context, r service.RunDetail) error {
	fields, err := s.svc.Proposed(ctx, r.ID)
	if err != nil {
		return err
	}
	if len(fields) == 0 {
		s.say("Rules fill each of these fields already, or the account's fields are called otherwise.")
		return nil
	}
	values, labels := map[string]string{}, map[string]string{}
	for _, f := range fields {
		what := f.Label + ", " + f.Key
		if strings.HasPrefix(f.Key, "line.") {
			what = f.Label + " of each line, " + f.Key
			if same := labels[f.Label]; same != "" { // what the header gets the lines get
				values[f.Key] = same
				s.say("%s: %s as well.", what, same)
				continue
			}
		}
		id, err := s.find(ctx, s.ask, what+": a value by name or id", func(q string) ([]integration.Named, error) {
			return s.svc.FieldOptions(ctx, r.IntegrationID, f.Key, q, pageOf)
		})
		if err != nil {
			return err
		}
		if id != "" {
			values[f.Key], labels[f.Label] = id, id
		}
	}
	if len(values) == 0 {
		return nil
	}
	yes, err := s.confirm(ctx, fmt.Sprintf("Save %s and send again what was refused for them?", widget.Many(len(values), "rule")))
	if err != nil || !yes {
		return err
	}
	if err = learn.Save(ctx, s.svc, r.IntegrationID, values); err == nil {
		s.say("%s saved: what was refused for them is sent again.", widget.Many(len(values), "rule"))
	}
	return err
}
