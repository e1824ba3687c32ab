// Package settle holds the acts on a run that need a person's word: it is there
// already, it shall not be sent, it shall wait, it may go. The list of
// runs and the page of one offer the same.
package settle

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/ask"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// act is one of the acts: its words, and what it does with what was typed.
type act struct {
	title  string
	text   string
	fields []spec.Field
	done   string
	do     func(ctx context.Context, svc service.Service, runID string, v spec.Values) error
	never  string   // why it cannot be taken back; "": undo does
	undone string   // what was done when it is
	ids    []string // of the runs, where they are many
	undo   func(ctx context.Context, svc service.Service, runIDs []string, reason string) error
}

// keep makes the act the one that u takes back. reason is that of the hold that was
// made or released, or "".
func (a act) keep(env screen.Env, r integration.Run, ids []string, reason string) {
	svc, done := env.Service, a.undo
	env.Undo.Keep(screen.Act{Said: a.said(r), Back: widget.Clean(r.BillRef) + " " + a.undone, Never: a.never,
		Do: func(ctx context.Context) error { return done(ctx, svc, ids, reason) }})
}

const settled = "it is on the record and is not taken back; R sends the Bill after all, if it has to be"

var reason = spec.Field{Key: "reason", Label: "Reason", Panel: ask.Panel, Kind: spec.Text, Required: true,
	Help: "Kept with the run, for whoever reviews it."}

// markSent asks for the document that a person has put into the destination.
func markSent(w spec.Words) act {
	help := "The internal id of the " + cmp.Or(w.Document, "document")
	if w.FindID != "" {
		help += ": " + w.FindID
	}
	return act{
		title: "Mark as sent", done: "marked as sent", never: settled,
		text: "Its Bill is in " + w.System + " already, put there by a person. The run is settled and nothing is sent.",
		fields: []spec.Field{{Key: "externalId", Label: w.System + "'s internal id", Panel: ask.Panel, Kind: spec.Text, Required: true,
			Help: help + "."}, reason},
		do: func(ctx context.Context, svc service.Service, id string, v spec.Values) error {
			_, err := svc.MarkSent(ctx, id, v.Text("externalId"), v.Text("reason"), v.Bool(sameKey))
			return err
		},
	}
}

var (
	skip = act{
		title: "Skip", done: "skipped", never: settled,
		text:   "Its Bill shall not be sent. The run is settled; a later version of the Bill makes a new one.",
		fields: []spec.Field{reason},
		do: func(ctx context.Context, svc service.Service, id string, v spec.Values) error {
			_, err := svc.SkipRun(ctx, id, v.Text("reason"))
			return err
		},
	}
	accept = act{
		title: "Accept", done: "accepted as it stands", never: "it is on the record and is not taken back; R sends the document as it was",
		text: "Its document is meant to be as it stands, or to be gone: what is not there counts as excluded. It is told again once it changes " +
			"otherwise.",
		fields: []spec.Field{reason}, do: skip.do,
	}
	hold = act{
		title: "Hold", done: "held", undone: "released", undo: undoHold,
		text:   "It waits, and so does any later version of its Bill, until it is released.",
		fields: []spec.Field{reason},
		do: func(ctx context.Context, svc service.Service, id string, v spec.Values) error {
			return refused(svc.HoldRuns(ctx, []string{id}, v.Text("reason")))
		},
	}
	release = act{
		title: "Release", done: "released", undone: "held again", undo: undoRelease,
		do: func(ctx context.Context, svc service.Service, id string, _ spec.Values) error {
			return refused(svc.ReleaseRuns(ctx, []string{id}))
		},
	}
)

// refused turns an act that did nothing into its reason.
func refused(r service.ActResult, err error) error {
	if err != nil || r.Done > 0 {
		return err
	}
	for why := range r.Not {
		return errors.New("nothing was done: the run is " + why)
	}
	return errors.New("nothing was done")
}

// Actions lists the acts on a run for a menu, each with why it cannot be done
// now. known is false while there is no run under the cursor.
func Actions(env screen.Env, r integration.Run, known bool) []widget.Action {
	unless := func(possible bool, why string) string {
		switch {
		case !known:
			return "no run under the cursor"
		case !possible:
			return why
		}
		return ""
	}
	stopped := r.Status.Failed() || r.HeldByHand()
	open := func(a act) func() tea.Cmd { return func() tea.Cmd { return start(env, a, r) } }
	end := widget.Action{Key: "p", Text: "skip …", Disabled: unless(stopped, "it has not failed and is not held"), Do: open(skip)}
	if r.Status == integration.Complete && r.Proof == integration.Drift {
		end = widget.Action{Key: "p", Text: "accept as it stands …", Disabled: unless(true, ""), Do: open(accept)}
	}
	return []widget.Action{
		{Key: "s", Text: "mark as sent …", Disabled: unless(stopped, "it has not failed and is not held"),
			Do: open(markSent(env.Words(r.EntityType, r.Destination)))},
		end,
		{Key: "h", Text: "hold …", Disabled: unless(r.Due() || r.WaitsForPlan(), "it does not wait to be sent"), Do: open(hold)},
		{Key: "l", Text: "release", Disabled: unless(r.HeldByHand() && !r.WaitsForPlan(), "nobody holds it"), Do: open(release)},
	}
}

// MarkSent asks for the document that a person has put into the destination.
func MarkSent(env screen.Env, r integration.Run) tea.Cmd {
	return start(env, markSent(env.Words(r.EntityType, r.Destination)), r)
}

// Skip asks why the Bill of a run shall not be sent.
func Skip(env screen.Env, r integration.Run) tea.Cmd { return start(env, skip, r) }

// Release lets a run go that a person holds.
func Release(env screen.Env, r integration.Run) tea.Cmd { return start(env, release, r) }

// start opens the dialog of an act, or does one that asks nothing.
func start(env screen.Env, a act, r integration.Run) tea.Cmd {
	if len(a.fields) > 0 {
		return env.Open(newDialog(env, a, r))
	}
	if a.ids == nil {
		a.ids = []string{r.ID}
	}
	a.keep(env, r, a.ids, r.Error) // of a run that is held that is why; one that is not released is not held again
	return load.Tell(a.of(env, r, nil), a.said(r))
}

// of is the act on a run with what was typed.
func (a act) of(env screen.Env, r integration.Run, v spec.Values) func(context.Context) error {
	return func(ctx context.Context) error { return a.do(ctx, env.Service, r.ID, v) }
}

// said tells what was done to which Bill.
func (a act) said(r integration.Run) string {
	return fmt.Sprintf("%s %s", widget.Clean(r.BillRef), a.done)
}
