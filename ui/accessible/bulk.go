package accessible

import (
	"context"
	"maps"
	"slices"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/settle"
	"billferry/ui/widget"
)

// most is how many runs one act on all of a filter takes.
const most = 1000

// onAll does to all runs of a filter what the screens do to those that are marked.
func (s *session) onAll(ctx context.Context, f integration.RunFilter) error {
	ways := []struct {
		words, verb string
		reason      bool // is asked for
		do          func(ids []string, reason string) (service.ActResult, error)
	}{
		{"Hold them", "Hold", true, func(ids []string, why string) (service.ActResult, error) { return s.svc.HoldRuns(ctx, ids, why) }},
		{"Release them", "Release", false, func(ids []string, _ string) (service.ActResult, error) { return s.svc.ReleaseRuns(ctx, ids) }},
		{"Skip or accept them", "Skip or accept", true, func(ids []string, why string) (service.ActResult, error) {
			return settle.SkipMany(ctx, s.svc, ids, why)
		}},
	}
	options := []string{"Nothing", "Retry those that failed"}
	for _, w := range ways {
		options = append(options, w.words)
	}
	i, err := s.choose(ctx, "What shall become of all of them?", options, 0)
	switch {
	case err != nil || i == 0:
		return err
	case i == 1:
		if len(f.Statuses) == 0 {
			f.OnlyFailed()
		}
		return s.retryThose(ctx, f)
	}
	ids, err := s.idsOf(ctx, f)
	if err != nil {
		return err
	}
	w, why := ways[i-2], ""
	if w.reason {
		if why, err = s.must(ctx, "Reason", ""); err != nil {
			return err
		}
	}
	yes, err := s.confirm(ctx, w.verb+" "+widget.Many(len(ids), "run")+"?")
	if err != nil || !yes {
		return err
	}
	got, err := w.do(ids, why)
	s.say("%s done.", widget.Many(got.Done, "run"))
	for _, why := range slices.Sorted(maps.Keys(got.Not)) {
		s.say("%s left as it is: %s.", widget.Many(got.Not[why], "run"), why)
	}
	return err
}

// idsOf are the runs of a filter, the newest first.
func (s *session) idsOf(ctx context.Context, f integration.RunFilter) (ids []string, err error) {
	for token := ""; len(ids) < most; {
		page, err := s.svc.Runs(ctx, f, token, min(200, most-len(ids)))
		if err != nil {
			return nil, err
		}
		for _, r := range page.Runs {
			ids = append(ids, r.ID)
		}
		if token = page.Next; token == "" {
			return ids, nil
		}
	}
	s.say("Of these the newest %s.", widget.Count(most))
	return ids, nil
}
