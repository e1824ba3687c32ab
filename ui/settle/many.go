package settle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// ManyActions are the acts on many runs at once, for a menu. Those that an act does
// not fit are left as they are, and said.
func ManyActions(env screen.Env, ids []string) []widget.Action {
	of := integration.Run{BillRef: widget.Many(len(ids), "run")} // names them in titles
	open := func(a act, do func(context.Context, service.Service, spec.Values) (service.ActResult, error)) func() tea.Cmd {
		a.ids = ids
		a.do = func(ctx context.Context, svc service.Service, _ string, v spec.Values) error {
			r, err := do(ctx, svc, v)
			return partly(a.done, len(ids), r, err)
		}
		return func() tea.Cmd { return start(env, a, of) }
	}
	return []widget.Action{
		{Key: "h", Text: "hold …", Do: open(hold, func(ctx context.Context, svc service.Service, v spec.Values) (service.ActResult, error) {
			return svc.HoldRuns(ctx, ids, v.Text("reason"))
		})},
		{Key: "l", Text: "release", Do: open(release, func(ctx context.Context, svc service.Service, _ spec.Values) (service.ActResult, error) {
			return svc.ReleaseRuns(ctx, ids)
		})},
		{Key: "p", Text: "skip or accept …", Do: open(skip, func(
			ctx context.Context, svc service.Service, v spec.Values,
		) (service.ActResult, error) {
			return SkipMany(ctx, svc, ids, v.Text("reason"))
		})},
	}
}

// SkipMany skips one after the other and goes on after one that cannot be skipped.
func SkipMany(ctx context.Context, svc service.Service, ids []string, reason string) (service.ActResult, error) {
	r := service.ActResult{Not: map[string]int{}}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return r, fmt.Errorf("%d of %d are skipped: %w", r.Done, len(ids), err)
		}
		if _, err := svc.SkipRun(ctx, id, reason); err != nil {
			r.Not[err.Error()]++
			continue
		}
		r.Done++
	}
	return r, nil
}

// partly is nil when all was done, and else says of how many it was not, and why.
func partly(done string, of int, r service.ActResult, err error) error {
	if err != nil || len(r.Not) == 0 {
		return err
	}
	var why []string
	for _, text := range slices.Sorted(maps.Keys(r.Not)) {
		why = append(why, fmt.Sprintf("%s: %s", widget.Count(r.Not[text]), text))
	}
	return fmt.Errorf("%s of %s %s; not %s", widget.Count(r.Done), widget.Count(of), done, strings.Join(why, "; "))
}
