package accessible

import (
	"context"
	"fmt"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/settle"
	"billferry/ui/widget"
)

// most is how many runs one act on all of a filter takes.
const most = 1000

// onAll does to all runs of a filter what the screens do to those that are marked.
func (s *session) onAll(ctx context.Context, f integration.RunFilter) error {
	i, err := s.choose(ctx, "What shall become of all of them?", []string{"Nothing", "Retry those that failed", "Hold them", "Release them",
		"Skip or accept them"}, 0)
	switch {
	case err != nil || i == 0:
		return err
	case i == 1:
		return s.retryThose(ctx, failedOf(f))
	}
	ids, err := s.idsOf(ctx, f)
	if err != nil {
		return err
	}
	why := ""
	if i != 3 {
		if why, err = s.ask(ctx, "Reason", ""); err != nil {
			return err
		}
	}
	verb := map[int]string{2: "Hold", 3: "Release", 4: "Skip or accept"}[i]
	yes, err := s.confirm(ctx, fmt.Sprintf("%s %s?", verb, widget.Many(len(ids), "run")))
	if err != nil || !yes {
		return err
	}
	var got service.ActResult
	switch i {
	case 2:
		got, err = s.svc.HoldRuns(ctx, ids, why)
	case 3:
		got, err = s.svc.ReleaseRuns(ctx, ids)
	default:
		got, err = settle.SkipMany(ctx, s.svc, ids, why)
	}
	s.say("%s done.", widget.Many(got.Done, "run"))
	for why, n := range got.Not {
		s.say("%s left as it is: %s.", widget.Many(n, "run"), why)
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

// failedOf narrows a filter without a status to the runs that failed.
func failedOf(f integration.RunFilter) integration.RunFilter {
	if len(f.Statuses) > 0 {
		return f
	}
	for _, st := range integration.Statuses {
		if st.Failed() {
			f.Statuses = append(f.Statuses, st)
		}
	}
	return f
}
