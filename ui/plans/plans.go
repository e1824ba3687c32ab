// Package plans is the page of the plans of an integration: what each would send,
// with its money, who approves it, and what became of it.
package plans

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/service"
	"billferry/ui/confirm"
	"billferry/ui/listing"
	"billferry/ui/load"
	"billferry/ui/names"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

const quiet = 300 * time.Millisecond

// Screen is the plans of one integration, or the Bills of one of them, or its sums.
type Screen struct {
	listing.List[row]
	env  screen.Env
	id   string // of the integration
	name string // of the integration
	open string // the plan whose Bills are listed; "": the plans are
	sums bool   // its sums are, in place of its Bills
	plan *plan.Plan
	work listing.Work[service.Step] // a plan that is being made or applied

	names names.Names // of the items in its sums

	width, height int
}

// row is a plan, or a Bill of one, or a part of its money.
type row struct {
	plan *plan.Plan
	bill *plan.Bill
	part *plan.Part
}

func (r row) id() string {
	switch {
	case r.plan != nil:
		return r.plan.ID
	case r.part != nil:
		return strings.Join([]string{r.part.By, r.part.Name, r.part.Currency}, " ")
	}
	return r.bill.Run
}

func (r row) text() string {
	if p := r.plan; p != nil {
		return strings.Join([]string{p.ID, string(p.State), p.Author.Name, p.Period, p.Filter}, "\n")
	}
	if r.part != nil {
		return r.id()
	}
	b := r.bill
	return strings.Join([]string{b.Ref, b.Code, b.Account, string(b.Action), b.Kind, b.Currency, b.Told()}, "\n")
}

var _ screen.Screen = (*Screen)(nil)

// New returns the plans of an integration, or one of them where it is named.
func New(env screen.Env, integrationID, planID string) screen.Screen {
	s := &Screen{env: env, id: integrationID, open: planID}
	s.List = listing.List[row]{Env: env, What: "the plans", Load: s.load, ID: row.id, Text: row.text, Draw: s.draw, Key: s.key,
		Concerns: func(m screen.ChangedMsg) bool { return m.Of("plan") || m.Of("run") && s.open != "" }, Quiet: quiet,
		Filter: widget.NewFilter("", "Bill, account, state")}
	return s
}

type known struct {
	name  string
	plans []plan.Plan
	plan  *plan.Plan
}

func (s *Screen) load() tea.Cmd {
	svc, id, open := s.env.Service, s.id, s.open
	return load.Newest(&s.Latest, &s.List, load.Deadline, func(ctx context.Context) (k known, err error) {
		in, err := svc.Integration(ctx, id)
		if err != nil && !errors.Is(err, integration.ErrNotFound) { // it may be deleted: what is known of it stays
			return k, err
		}
		k.name = in.Name
		if open == "" {
			k.plans, err = svc.Plans(ctx, id)
			return k, err
		}
		p, err := svc.Plan(ctx, open)
		k.plan = &p
		return k, err
	}, func(k known, err error) tea.Cmd {
		if err != nil {
			return s.Took(nil, err)
		}
		s.name, s.plan = k.name, k.plan
		return tea.Batch(s.Took(s.rows(k), nil), s.askNames())
	})
}

// askNames asks what the items of the sums are called, each once.
func (s *Screen) askNames() tea.Cmd {
	if s.plan == nil {
		return nil
	}
	q := service.NamesRequest{IntegrationID: s.id}
	for _, x := range s.plan.Parts {
		if x.By == plan.ByItem {
			q.Items = append(q.Items, x.Name)
		}
	}
	return s.names.Ask(s.env.Service, &s.List, q, func() {})
}

func (s *Screen) rows(k known) (out []row) {
	for i := range k.plans {
		out = append(out, row{plan: &k.plans[i]})
	}
	switch {
	case k.plan == nil:
	case s.sums:
		for i := range k.plan.Parts {
			out = append(out, row{part: &k.plan.Parts[i]})
		}
	default:
		for i := range k.plan.Bills {
			out = append(out, row{bill: &k.plan.Bills[i]})
		}
	}
	return out
}

// turn shows the sums of the open plan in place of its Bills, or those again.
func (s *Screen) turn() {
	s.sums = !s.sums
	s.All = s.rows(known{plan: s.plan})
	s.Filter.Back()
	s.Choose()
	s.fit()
}

// noSums is why there are no sums to look at.
func (s *Screen) noSums() string {
	switch {
	case s.plan == nil:
		return "open a plan first"
	case len(s.plan.Parts) == 0:
		return "this plan sends nothing"
	}
	return s.work.Why()
}

// show leads to a plan, or with "" back to all.
func (s *Screen) show(id string) tea.Cmd {
	s.open, s.sums, s.plan, s.Loaded, s.All = id, false, nil, false, nil
	s.Filter.Back()
	s.Choose()
	s.fit()
	return s.Init()
}

// at is the plan that acts are about: the one that is open, or under the cursor.
func (s *Screen) at() *plan.Plan {
	if s.plan != nil {
		return s.plan
	}
	if r, ok := s.Selected(); ok {
		return r.plan
	}
	return nil
}

// Title implements screen.Screen.
func (s *Screen) Title() string { return "plans" }

func bind(help, text string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, text))
}

var keys = struct{ look, run, create, menu, sums, bills key.Binding }{
	sums: bind("b", "group the money", "b"), bills: bind("b", "back to the Bills", "b"),
	look: bind("enter", "look", "enter"), run: bind("enter", "its run", "enter"), create: bind("n", "new", "n"),
	menu: bind("x", "more actions", "x"),
}

// Keys implements screen.Screen.
func (s *Screen) Keys() []screen.Key {
	enter, turn := keys.look, keys.sums
	if s.open != "" {
		enter = keys.run
	}
	if s.sums {
		turn = keys.bills
	}
	return s.List.Keys(
		screen.Key{Binding: enter, Footer: !s.sums, Disabled: s.Unless(s.sums, "a sum has nothing behind it; b shows the Bills")},
		screen.Key{Binding: turn, Footer: s.open != "", Disabled: s.noSums()},
		screen.Key{Binding: keys.menu, Footer: true}, screen.Key{Binding: keys.create, Footer: true, Disabled: s.work.Why()})
}

// Back implements screen.Screen: it closes the menu, stops the making of a plan, of
// which nothing is kept, and then leaves the plan.
func (s *Screen) Back() (bool, tea.Cmd) {
	if !s.Menu.On() && s.work.Stop() {
		s.fit()
		return true, screen.Toast("stopped")
	}
	if closed, cmd := s.List.Back(); closed {
		return true, cmd
	}
	switch {
	case s.sums:
		s.turn()
		return true, nil
	case s.open != "":
		return true, s.show("")
	}
	return false, nil
}

// Update implements screen.Screen.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	cmd := tea.Batch(s.List.Update(msg), s.work.Update(msg))
	s.fit()
	return cmd
}

func (s *Screen) key(m tea.KeyMsg) tea.Cmd {
	at, ok := s.Selected()
	switch {
	case key.Matches(m, keys.menu):
		s.openMenu()
	case key.Matches(m, keys.create) && s.work.Doing == "":
		return s.make()
	case key.Matches(m, keys.sums) && s.noSums() == "":
		s.turn()
	case !key.Matches(m, keys.look) || !ok:
	case at.plan != nil:
		return s.show(at.plan.ID)
	case at.bill != nil:
		return s.env.Push(screen.Route{Name: screen.Run, ID: at.bill.Run})
	}
	return nil
}

// make works a plan out and leads to it.
func (s *Screen) make() tea.Cmd {
	svc, q := s.env.Service, service.PlanRequest{IntegrationID: s.id}
	return s.long("making a plan", func(ctx context.Context, step func(service.Step)) (plan.Plan, error) {
		return svc.MakePlan(ctx, q, step)
	}, func(p plan.Plan) string { return "plan " + p.ID + " waits for " + p.Need })
}

func (s *Screen) apply(p *plan.Plan) tea.Cmd {
	svc, q := s.env.Service, service.PlanAct{PlanID: p.ID, Digest: p.Digest}
	return s.long("comparing", func(ctx context.Context, step func(service.Step)) (plan.Plan, error) {
		return svc.ApplyPlan(ctx, q, step)
	}, func(p plan.Plan) string {
		if p.Refused > 0 {
			return widget.Many(p.Refused, "Bill") + " changed since and are not sent; the rest is on its way"
		}
		return "on its way"
	})
}

// long does what may take minutes, and leads to the plan.
func (s *Screen) long(what string, do func(context.Context, func(service.Step)) (plan.Plan, error), said func(plan.Plan) string) tea.Cmd {
	return listing.Begin(&s.work, &s.List, what, service.Step{}, do, func(p plan.Plan, err error) tea.Cmd {
		if err != nil {
			return screen.Fail(err)
		}
		return tea.Batch(screen.Toast(said(p)), s.show(p.ID))
	})
}

func (s *Screen) openMenu() {
	p := s.at()
	unless := func(why string, states ...plan.State) string {
		switch {
		case p == nil:
			return "there is no plan under the cursor"
		case !slices.Contains(states, p.State):
			return why
		}
		return s.work.Why()
	}
	title := "More actions"
	if p != nil {
		title += ": plan " + p.ID
	}
	svc := s.env.Service
	s.Menu.Open(title, []widget.Action{
		{Key: "a", Text: "approve this plan …", Disabled: unless("it waits for no approval", plan.Proposed),
			Do: func() tea.Cmd { return s.ask(p, "Approve", "approved", false, svc.ApprovePlan) }},
		{Key: "r", Text: "reject this plan …", Disabled: unless("it is decided, or over", plan.Proposed, plan.Approved),
			Do: func() tea.Cmd { return s.ask(p, "Reject", "rejected", true, svc.RejectPlan) }},
		{Key: "p", Text: "apply this plan …", Disabled: unless("only an approved plan can be applied", plan.Approved),
			Do: func() tea.Cmd {
				return s.env.Open(confirm.New(s.env, "Apply plan "+p.ID+"?", "Sends "+widget.Many(sends(p), "document")+" to "+
					widget.Clean(p.System)+": "+change(p, math.MaxInt)+". What has changed since the plan was made is named and not sent.", "Apply",
					func() tea.Cmd { return s.apply(p) }))
			}},
		{Key: "s", Text: "stop this plan …", Disabled: unless("it is not being applied", plan.Applying),
			Do: func() tea.Cmd { return s.ask(p, "Stop", "stopped", false, svc.StopPlan) }},
		{Key: "n", Text: "make a new plan of what waits", Disabled: s.work.Why(), Do: s.make},
		{Key: "d", Text: "copy the plan's digest", Disabled: unless("there is none", plan.Proposed, plan.Approved, plan.Rejected, plan.Applying,
			plan.Applied, plan.Stopping, plan.Stopped, plan.Expired), Do: func() tea.Cmd { return screen.Copy(p.Digest, "the plan's digest") }},
	})
}

// sends is how many documents a plan changes.
func sends(p *plan.Plan) int { return p.Counts[plan.Create] + p.Counts[plan.Update] }

// change is the money that a plan changes, by currency, in so many cells.
func change(p *plan.Plan, width int) string {
	money := map[string]decimal.D{}
	for _, t := range p.Totals {
		money[t.Currency] = t.Change
	}
	return widget.Sums(money, width)
}
