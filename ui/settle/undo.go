package settle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/widget"
)

// undoHold releases what is still held for that reason.
func undoHold(ctx context.Context, svc service.Service, ids []string, reason string) error {
	return takeBack(ctx, svc, ids, func(r integration.Run) bool { return r.HeldByHand() && r.Error == reason },
		func(ids []string) (service.ActResult, error) { return svc.ReleaseRuns(ctx, ids) })
}

// undoRelease holds again what still waits, for the reason that it was held for.
func undoRelease(ctx context.Context, svc service.Service, ids []string, reason string) error {
	return takeBack(ctx, svc, ids, integration.Run.Due,
		func(ids []string) (service.ActResult, error) {
			return svc.HoldRuns(ctx, ids, cmp.Or(reason, "held again"))
		})
}

// takeBack undoes an act on the runs that are as it left them. The others are left as
// they are, and named: what somebody made of them since counts.
func takeBack(ctx context.Context, svc service.Service, ids []string, untouched func(integration.Run) bool,
	undo func(ids []string) (service.ActResult, error),
) error {
	var as, others []string
	for _, id := range ids {
		r, err := svc.Run(ctx, id)
		if err != nil {
			return err
		}
		if untouched(r.Run) {
			as = append(as, id)
			continue
		}
		now := widget.Clean(r.BillRef) + " is " + r.Standing()
		if r.HeldByHand() && r.Error != "" {
			now += " (" + widget.Clean(r.Error) + ")"
		}
		others = append(others, now)
	}
	if len(as) > 0 {
		if err := refused(undo(as)); err != nil {
			return err
		}
	}
	if len(others) == 0 {
		return nil
	}
	const named = 5
	text := strings.Join(others[:min(len(others), named)], ", ")
	if more := len(others) - named; more > 0 {
		text += fmt.Sprintf(" and %s more", widget.Count(more))
	}
	if len(as) == 0 {
		return errors.New("nothing is taken back: by now " + text)
	}
	return fmt.Errorf("%s of %s taken back: by now %s", widget.Count(len(as)), widget.Many(len(ids), "run"), text)
}
