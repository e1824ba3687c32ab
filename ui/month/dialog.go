package month

import (
	"cmp"
	"context"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/reconcile"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/ask"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// Ways are what can become of a break.
func Ways() []spec.Option {
	return []spec.Option{
		{Value: reconcile.AsAccepted, Label: "Accepted: it stays as it is"},
		{Value: reconcile.AsSettled, Label: "Settled by hand: the reference tells with what"},
		{Value: reconcile.AsExplained, Label: "Explained: it is right, and the reason says why"},
	}
}

var fields = []spec.Field{
	{Key: "as", Label: "As", Panel: ask.Panel, Kind: spec.Enum, Default: reconcile.AsAccepted, Help: "What became of it.",
		Options: Ways()},
	{Key: "reason", Label: "Reason", Panel: ask.Panel, Kind: spec.Text, Required: true,
		Help: "Kept in the audit trail, for whoever reviews the month."},
	{Key: "reference", Label: "Reference", Panel: ask.Panel, Kind: spec.Text, Help: "What settles it, such as JE-1042."},
}

// resolve asks what became of a break.
func (s *Screen) resolve(b reconcile.Break) tea.Cmd {
	svc, of := s.env.Service, widget.Clean(cmp.Or(b.Ref, b.Number))
	as := func(v spec.Values) string { return cmp.Or(v.Text("as"), reconcile.AsAccepted) }
	return s.env.Open(ask.New(s.env, ask.Act{
		Title: "Resolve: " + of, Verb: "Resolve", Text: b.Text + ". It counts as accepted then, until its figures change.",
		Fields: fields, Values: spec.Values{"as": reconcile.AsAccepted},
		Do: func(v spec.Values) func(context.Context) error {
			q := service.ResolveRequest{Break: b.ID, As: as(v), Reason: v.Text("reason"), Reference: v.Text("reference")}
			return func(ctx context.Context) error {
				_, err := svc.ResolveBreak(ctx, q)
				return err
			}
		},
		Done: func(v spec.Values) tea.Cmd { return screen.Toast(of + " is " + as(v)) },
	}))
}
