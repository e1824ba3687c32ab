// Package month is the page of a month's end: how far the Bills have come, what
// stands in the way of closing the period, and both sides of each break.
package month

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/runfilter"
	"billferry/internal/service"
	"billferry/ui/listing"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

const quiet = 300 * time.Millisecond

// Screen is the month's end of one integration.
type Screen struct {
	listing.List[row]
	env    screen.Env
	id     string // of the integration
	period string // 2026-10
	name   string // of the integration
	report *reconcile.Report
	left   int    // runs of the month that are not settled
	group  string // whose breaks are listed; "": the groups are

	work  listing.Work[reconcile.Progress] // a reconciliation under way
	began time.Time

	width, height int
}

// row is a group of breaks, one of them, an item of the cut-off, or a customer with
// prepayments.
type row struct {
	group *reconcile.Group
	brk   *reconcile.Break
	cut   *reconcile.CutOff
	paid  *reconcile.PrepaidCustomer
}

func (r row) id() string {
	switch {
	case r.group != nil:
		return r.group.Key()
	case r.cut != nil:
		return strings.Join([]string{r.cut.Item, r.cut.Currency, r.cut.Subsidiary}, " ")
	case r.paid != nil:
		return strings.Join(append([]string{r.paid.Currency, r.paid.Customer, r.paid.Name}, r.paid.Accounts...), " ")
	}
	return r.brk.ID
}

func (r row) text() string {
	switch {
	case r.group != nil:
		return r.group.Title
	case r.cut != nil, r.paid != nil:
		return r.id()
	}
	b := r.brk
	return strings.Join([]string{b.ID, b.Ref, b.Account, b.Number, b.Text, b.Title}, "\n")
}

// resolved is the key of the group of what people have resolved; cutOff and prepaid are
// those of the items and customers that are shown in place of breaks.
const (
	resolved = "resolved"
	cutOff   = "cut-off"
	prepaid  = "prepaid"
)

var _ screen.Screen = (*Screen)(nil)

// Ended is the month that ended last before a time.
func Ended(now time.Time) string { return integration.LastMonth(now.UTC()).Format("2006-01") }

// New returns the month's end of an integration; without a period it is that of
// the month that has just ended.
func New(env screen.Env, integrationID, period string) screen.Screen {
	if period == "" {
		period = Ended(env.Now())
	}
	s := &Screen{env: env, id: integrationID, period: period}
	s.List = listing.List[row]{Env: env, What: "the month", Load: s.load, ID: row.id, Text: row.text, Draw: s.draw, Key: s.key,
		Concerns: func(m screen.ChangedMsg) bool { return m.Of("reconciliation") || m.Of("run") }, Quiet: quiet,
		Filter: widget.NewFilter("", "Bill, account, break")}
	return s
}

func (s *Screen) span() reconcile.Span {
	span, _ := reconcile.ParseSpan(s.period, "") // a month, always
	return span
}

type known struct {
	name      string
	report    *reconcile.Report
	unsettled int // runs of Bills of the month
}

// unsettledRuns is the filter of the runs of the month that are not through: one that
// failed may fall into another month on the other side, where no break tells of it.
func (s *Screen) unsettledRuns() string { return "period:" + s.period + " status:failed,open" }

func (s *Screen) load() tea.Cmd {
	svc, id, key, of := s.env.Service, s.id, s.id+"."+s.span().Key(), s.unsettledRuns()
	now := s.env.Now()
	return load.Newest(&s.Latest, &s.List, load.Deadline, func(ctx context.Context) (k known, err error) {
		in, err := svc.Integration(ctx, id)
		if err != nil && !errors.Is(err, integration.ErrNotFound) { // it may be deleted: what is known of it stays
			return k, err
		}
		k.name = in.Name
		f, err := runfilter.Parse(of, now)
		if err != nil {
			return k, err
		}
		f.IntegrationID = id
		left, err := svc.Sum(ctx, f)
		if err != nil {
			return k, err
		}
		for _, n := range left.ByStatus {
			k.unsettled += n
		}
		r, err := svc.Reconciliation(ctx, key)
		if errors.Is(err, integration.ErrNotFound) {
			return k, nil
		}
		k.report = &r
		return k, err
	}, func(k known, err error) tea.Cmd {
		if err == nil {
			s.name, s.report, s.left = k.name, k.report, k.unsettled
		}
		return s.Took(s.rows(), err)
	})
}

// rows are the groups in the way, or the breaks of one of them.
func (s *Screen) rows() (out []row) {
	if s.report == nil {
		return nil
	}
	if s.group == cutOff {
		for i := range s.report.CutOff {
			out = append(out, row{cut: &s.report.CutOff[i]})
		}
		return out
	}
	if s.group == prepaid {
		for i := range s.report.PrepaidCustomers {
			out = append(out, row{paid: &s.report.PrepaidCustomers[i]})
		}
		return out
	}
	groups := s.groups()
	at := slices.IndexFunc(groups, func(g reconcile.Group) bool { return g.Key() == s.group })
	if s.group != "" && at < 0 {
		s.group = "" // it is empty now
	}
	if s.group == "" {
		for i := range groups {
			out = append(out, row{group: &groups[i]})
		}
		return out
	}
	for i := range s.report.Breaks {
		b := &s.report.Breaks[i]
		if groups[at].Of(*b) || groups[at].Code == resolved && !b.Open() {
			out = append(out, row{brk: b})
		}
	}
	return out
}

func (s *Screen) groups() []reconcile.Group {
	groups := s.report.InTheWay()
	done := reconcile.Group{Code: resolved, Title: "Resolved by a person", Money: map[string]decimal.D{}, Advice: "x takes a resolution back"}
	for _, b := range s.report.Breaks {
		if !b.Open() {
			done.Breaks++
			done.Money[b.Currency] = done.Money[b.Currency].Add(b.Stake())
		}
	}
	if done.Breaks > 0 {
		groups = append(groups, done)
	}
	return groups
}

// again shows other rows of the same report.
func (s *Screen) again() {
	s.All = s.rows()
	s.Filter.Back()
	s.Choose()
	s.fit()
}

// Title implements screen.Screen.
func (s *Screen) Title() string { return "month end" }

func bind(help, text string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, text))
}

var keys = struct{ look, run, reconcile, menu, before, after, runs, cut, paid key.Binding }{
	runs: bind("r", "runs", "r"), cut: bind("C", "cut-off", "C"), paid: bind("B", "prepayments", "B"),
	look: bind("enter", "look", "enter"), run: bind("enter", "its run", "enter"), reconcile: bind("enter", "reconcile", "enter"),
	menu: bind("x", "more actions", "x"), before: bind("←", "month before", "left"), after: bind("→", "month after", "right"),
}

// Keys implements screen.Screen.
func (s *Screen) Keys() []screen.Key {
	enter := screen.Key{Binding: keys.look, Footer: true, Disabled: s.Unless(false, "")}
	switch at, ok := s.Selected(); {
	case s.group == cutOff:
		enter.Disabled = "an item has nothing behind it; esc goes back"
	case s.group == prepaid:
		enter.Disabled = "a customer has nothing behind it here; esc goes back"
	case s.report == nil || s.report.Verdict != reconcile.Breaks && len(s.All) == 0:
		enter = screen.Key{Binding: keys.reconcile, Footer: true, Disabled: s.work.Why()}
	case ok && at.brk != nil:
		enter = screen.Key{Binding: keys.run, Footer: true, Disabled: s.Unless(at.brk.Run == "", "no run is about this document")}
	}
	return s.List.Keys(enter, screen.Key{Binding: keys.runs, Footer: true},
		screen.Key{Binding: keys.menu, Footer: true},
		screen.Key{Binding: keys.cut, Footer: true, Disabled: s.noCutOff()},
		screen.Key{Binding: keys.paid, Footer: true, Disabled: s.noPrepaid()},
		screen.Key{Binding: keys.before, Footer: true}, screen.Key{Binding: keys.after})
}

// Back implements screen.Screen: it closes the menu, stops a reconciliation, of which
// nothing is kept, and then leaves the group.
func (s *Screen) Back() (bool, tea.Cmd) {
	if !s.Menu.On() && s.work.Stop() {
		s.fit()
		return true, screen.Toast("stopped; nothing of it is kept")
	}
	if closed, cmd := s.List.Back(); closed {
		return true, cmd
	}
	if s.group != "" {
		s.group = ""
		s.again()
		return true, nil
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
	case key.Matches(m, keys.runs):
		arg := s.unsettledRuns()
		if s.left == 0 {
			arg = "period:" + s.period
		}
		return s.env.Push(screen.Route{Name: screen.Runs, ID: s.id, Arg: arg})
	case key.Matches(m, keys.cut):
		if s.noCutOff() == "" {
			s.instead(cutOff)
		}
	case key.Matches(m, keys.paid):
		if s.noPrepaid() == "" {
			s.instead(prepaid)
		}
	case key.Matches(m, keys.before):
		return s.turn(-1)
	case key.Matches(m, keys.after):
		return s.turn(1)
	case !key.Matches(m, keys.look):
	case s.group == cutOff, s.group == prepaid:
	case !ok && len(s.All) == 0 && s.work.Doing == "":
		return s.reconcile()
	case ok && at.group != nil:
		s.group = at.group.Key()
		s.again()
	case ok && at.brk.Run != "":
		return s.env.Push(screen.Route{Name: screen.Run, ID: at.brk.Run})
	}
	return nil
}

// instead lists something else in place of breaks, or, as b does on plans and runs, the
// breaks again.
func (s *Screen) instead(group string) {
	was := s.group
	if s.group = group; was == group {
		s.group = ""
	}
	s.again()
}

// noCutOff is why there is no cut-off to look at.
func (s *Screen) noCutOff() string {
	switch {
	case s.work.Doing != "":
		return s.work.Why()
	case s.report == nil:
		return "this month was not reconciled yet"
	case len(s.report.CutOff) == 0:
		return "no document of this month has lines"
	}
	return ""
}

// turn leads to another month. A reconciliation under way belongs to this one.
func (s *Screen) turn(by int) tea.Cmd {
	if why := s.work.Why(); why != "" {
		return screen.Toast(why + ": esc stops it")
	}
	s.period, s.group, s.report, s.Loaded = s.span().Months(by), "", nil, false
	return s.Init()
}

// reconcile begins one, and shows how far it is.
func (s *Screen) reconcile() tea.Cmd {
	svc, q := s.env.Service, service.ReconcileRequest{IntegrationID: s.id, Period: s.period}
	s.began = s.env.Now()
	return listing.Begin(&s.work, &s.List, "a reconciliation", reconcile.Progress{Step: "accounting periods"},
		func(ctx context.Context, far func(reconcile.Progress)) (reconcile.Report, error) {
			return svc.Reconcile(ctx, q, far)
		},
		func(r reconcile.Report, err error) tea.Cmd {
			if err != nil {
				return screen.Fail(err)
			}
			s.report, s.group = &r, ""
			s.again()
			told := screen.ToastMsg{Text: s.verdict(r), ToDo: r.Verdict != reconcile.Equal || s.left > 0}
			return tea.Batch(func() tea.Msg { return told }, s.load())
		})
}

// notSettled says how many runs of the month are not through; "" when all are.
func (s *Screen) notSettled() string {
	switch s.left {
	case 0:
		return ""
	case 1:
		return "1 run of this period is not settled"
	}
	return widget.Count(s.left) + " runs of this period are not settled"
}

func (s *Screen) verdict(r reconcile.Report) string {
	switch r.Verdict {
	case reconcile.Equal:
		if s.left > 0 { // the page tells how many, and one line of 80 cells is all that it leaves
			return "both sides are equal, but not all runs are settled: r shows them"
		}
		return "both sides are equal: the period may be closed"
	case reconcile.Breaks:
		open := 0
		for _, g := range r.InTheWay() {
			open += g.Breaks
		}
		return widget.Many(open, "open break")
	}
	return "it cannot be told: not all could be seen"
}
