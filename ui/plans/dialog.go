package plans

import (
	"context"
	"math"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/plan"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/ask"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// ask asks for the reason of an act on a plan.
func (s *Screen) ask(p *plan.Plan, verb, done string, must bool, act func(context.Context, service.PlanAct) (plan.Plan, error)) tea.Cmd {
	return s.env.Open(ask.New(s.env, ask.Act{
		Title: verb + " plan " + p.ID, Verb: verb,
		Text: widget.Many(sends(p), "document") + " of " + p.Integration + ", " + change(p, math.MaxInt) + ", made by " + p.Author.Name + ".",
		Fields: []spec.Field{{Key: "reason", Label: "Reason", Panel: ask.Panel, Kind: spec.Text, Required: must,
			Help: "Kept in the audit trail, with who did it and the plan's digest."}},
		Do: func(v spec.Values) func(context.Context) error {
			q := service.PlanAct{PlanID: p.ID, Digest: p.Digest, Reason: v.Text("reason")}
			return func(ctx context.Context) error {
				_, err := act(ctx, q)
				return err
			}
		},
		Done: func(spec.Values) tea.Cmd { return screen.Toast("plan " + p.ID + " is " + done) },
	}))
}
