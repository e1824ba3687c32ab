package accessible

import (
	"context"
	"fmt"

	"billferry/internal/integration"
	"billferry/ui/widget"
)

// causes reads out the failed runs of an integration, or of all, by their cause, and acts on all of
// one: it reads them out, or tries them again.
func (s *session) causes(ctx context.Context) error {
	id, err := s.pickOrAll(ctx)
	if err != nil {
		return err
	}
	for {
		groups, err := s.svc.Groups(ctx, integration.RunFilter{IntegrationID: id})
		if err != nil {
			return err
		}
		if len(groups) == 0 {
			s.say("No run has failed.")
			return nil
		}
		options := make([]string, len(groups), len(groups)+1)
		for i, g := range groups {
			options[i] = fmt.Sprintf("%s, %s, %s", groupTitle(g), widget.Many(g.Count, "run"), widget.Sums(g.Money, allSums))
		}
		i, err := s.choose(ctx, "Which cause?", append(options, "None of them"), len(groups))
		if err != nil || i == len(groups) {
			return err
		}
		if err := s.showError(s.cause(ctx, id, groups[i])); err != nil {
			return err
		}
	}
}

// allSums is room for the sums of all currencies.
const allSums = 1000

// groupTitle is what the runs of a group have in common.
func groupTitle(g integration.Group) string {
	if g.Cause == "" {
		return string(g.Status)
	}
	return widget.Cause(g.Cause)
}

func (s *session) cause(ctx context.Context, id string, g integration.Group) error {
	if g.Advice != "" {
		s.say("What to do: %s", g.Advice)
	}
	f := integration.RunFilter{IntegrationID: id, Statuses: []integration.Status{g.Status}}
	if g.Cause != "" {
		f.Causes = []string{g.Cause}
	}
	i, err := s.choose(ctx, "What next?", []string{"Hear its runs", "Retry them"}, -1)
	switch {
	case err != nil:
		return err
	case i == 0:
		return s.hear(ctx, f)
	}
	return s.retryThose(ctx, f)
}
