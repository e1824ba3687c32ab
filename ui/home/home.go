// Package home is the first screen: the integrations with their state, the
// drafts that wait to be finished, and what needs a person.
package home

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/confirm"
	"billferry/ui/glance"
	"billferry/ui/listing"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// quiet is between two loads while runs stream in.
const quiet = 150 * time.Millisecond

// Screen is the list of integrations.
type Screen struct {
	listing.List[entry]
	env    screen.Env
	info   service.Info
	upper  upper
	pause  load.Latest // before what goes on is read again
	width  int
	height int
}

// again is how often what goes on without changing anything is read again.
const again = time.Second

// entry is a row: a draft or an integration.
type entry struct {
	draft   *integration.Draft
	summary service.Summary
}

func (e entry) id() string {
	if e.draft != nil {
		return "draft:" + e.draft.ID
	}
	return e.summary.ID
}

func (e entry) text() string {
	if e.draft != nil {
		return e.draft.Title + " draft"
	}
	in := e.summary.Integration
	return strings.Join([]string{in.Name, in.ID, in.EntityType, in.Destination, in.State()}, " ")
}

// New returns the screen; Init loads it.
func New(env screen.Env) *Screen {
	s := &Screen{env: env, upper: upper{at: -1}}
	s.List = listing.List[entry]{Env: env, What: "the integrations", Load: s.load, ID: entry.id, Text: entry.text, Draw: s.draw, Key: s.key,
		Quiet: quiet, Filter: widget.NewFilter("", "name, status")}
	return s
}

func (s *Screen) load() tea.Cmd {
	s.pause.Drop() // what a change has read need not be read again at once
	svc := s.env.Service
	type reading struct {
		all  []entry
		info service.Info
		now  glance.State
		fail error // of the upper part, without which the list can be
	}
	now := s.env.Now()
	return load.Newest(&s.Latest, &s.List, load.Deadline, func(ctx context.Context) (r reading, err error) {
		drafts, err := svc.Drafts(ctx)
		if err != nil {
			return r, err
		}
		if r.info, err = svc.Info(ctx); err != nil {
			return r, err
		}
		summaries, err := svc.Integrations(ctx)
		all := r.all
		for i := range drafts {
			all = append(all, entry{draft: &drafts[i]})
		}
		for _, x := range summaries {
			all = append(all, entry{summary: x})
		}
		r.all = all
		if err == nil && len(summaries) > 0 {
			r.now, r.fail = glance.Read(ctx, svc, summaries, now)
		}
		return r, err
	}, func(r reading, err error) tea.Cmd {
		var month tea.Cmd
		if err == nil {
			s.info = r.info
			month = s.took(r.now, r.fail)
		}
		cmd := tea.Batch(s.Took(r.all, err), month)
		s.layout()
		if s.requeuing() != "" || s.upper.state.Busy() {
			cmd = tea.Batch(cmd, s.pause.After(&s.List, again, s.load))
		}
		return cmd
	})
}

func (s *Screen) requeuing() string { return widget.Requeuing(s.info.Requeueing, s.info.RequeueingOf) }

func bind(help, text string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, text))
}

var keys = struct{ create, open, tour, runs, events, mappings, month, plans, discard, needs, retry, connect, span, fold key.Binding }{
	retry: bind("R", "retry", "R"), connect: bind("c", "Connect", "c"),
	create: bind("n", "create", "n"), open: bind("enter", "open", "enter"), tour: bind("enter", "the tour", "enter"),
	runs:   bind("r", "runs", "r"),
	events: bind("v", "events", "v"), mappings: bind("m", "mappings", "m"), month: bind("M", "month end", "M"),
	plans:   bind("P", "plans", "P"),
	discard: bind("d", "discard the draft", "d"),
	needs:   bind("1 to 4", "what needs you", "1", "2", "3", "4"), span: bind("T", "24 hours or 30 days", "T"),
	fold: bind("z", "fold the upper part", "z"),
}

// Keys implements screen.Screen.
func (s *Screen) Keys() []screen.Key {
	at, _ := s.selected()
	opens := s.Unless(false, "")
	if s.inNeeds() {
		opens = ""
	}
	enter := screen.Key{Binding: keys.open, Footer: true, Disabled: opens}
	if s.offersTour() {
		enter = screen.Key{Binding: keys.tour, Footer: true}
	}
	return s.List.Keys(
		screen.Key{Binding: keys.create, Footer: true}, enter,
		screen.Key{Binding: keys.runs, Footer: true},
		screen.Key{Binding: keys.month, Footer: true, Disabled: s.Unless(at.summary.CredentialsID == "",
			"only an integration that is connected has a month to close")},
		screen.Key{Binding: keys.plans, Disabled: s.Unless(!at.summary.ByPlan(), "its setting Approval asks for no plan")},
		screen.Key{Binding: keys.events, Footer: true}, screen.Key{Binding: keys.mappings, Footer: true},
		screen.Key{Binding: keys.needs, Disabled: s.noNeed()}, screen.Key{Binding: keys.retry, Disabled: s.noRetry()},
		screen.Key{Binding: keys.connect, Disabled: s.noConnect()},
		screen.Key{Binding: keys.span, Disabled: s.noUpper()},
		screen.Key{Binding: keys.fold, Disabled: s.noRoom()},
		screen.Key{Binding: keys.discard,
			Disabled: s.Act(at.draft == nil, "only a draft can be discarded; integrations are deleted on their page")},
	)
}

func (s *Screen) key(m tea.KeyMsg) tea.Cmd {
	at, ok := s.selected()
	switch {
	case key.Matches(m, keys.create):
		return s.env.Push(screen.Route{Name: screen.Create})
	case key.Matches(m, keys.runs):
		return s.env.Push(screen.Route{Name: screen.Runs, ID: at.summary.ID})
	case key.Matches(m, keys.events):
		return s.env.Push(screen.Route{Name: screen.Events, ID: at.summary.ID})
	case key.Matches(m, keys.mappings):
		return s.env.Push(screen.Route{Name: screen.Mappings, ID: at.summary.ID})
	case key.Matches(m, keys.tour) && s.offersTour():
		return s.env.Tour()
	case !ok:
	case key.Matches(m, keys.month) && at.summary.CredentialsID != "":
		return s.env.Push(screen.Route{Name: screen.Month, ID: at.summary.ID})
	case key.Matches(m, keys.plans) && at.summary.ByPlan():
		return s.env.Push(screen.Route{Name: screen.Plans, ID: at.summary.ID})
	case key.Matches(m, keys.open) && at.draft != nil:
		return s.env.Push(screen.Route{Name: screen.Create, ID: at.draft.ID})
	case key.Matches(m, keys.open):
		return s.env.Push(screen.Route{Name: screen.Details, ID: at.summary.ID})
	case key.Matches(m, keys.discard) && at.draft != nil:
		return s.askDiscard(*at.draft)
	}
	return nil
}

func (s *Screen) askDiscard(d integration.Draft) tea.Cmd {
	svc := s.env.Service
	return s.env.Open(confirm.New(s.env, "Discard the draft?", "“"+widget.Clean(d.Title)+"” and what was typed into it will be gone.",
		"Discard", func() tea.Cmd {
			return load.Tell(func(ctx context.Context) error { return svc.DeleteDraft(ctx, d.ID) }, "Draft discarded")
		}))
}

// Title implements screen.Screen.
func (s *Screen) Title() string { return "Integrations" }

// CopyText implements screen.Copier.
func (s *Screen) CopyText() string {
	if at, _ := s.selected(); at.draft == nil {
		return at.summary.ID
	}
	return ""
}

// SetSize implements screen.Screen.
func (s *Screen) SetSize(width, height int) {
	s.width, s.height = width, height
	s.upper.reset()
	s.follow()
	s.layout()
}

func (s *Screen) layout() {
	rows := s.height - 1 - s.upperHeight()
	if s.Filter.Active() {
		rows--
	}
	if s.requeuing() != "" {
		rows -= 2
	}
	s.Rows.SetSize(s.width-1, rows)
	s.Rows.Blur(s.inNeeds())
	name, last := 13, 17
	for _, e := range s.All {
		name = max(name, widget.Cells(widget.Clean(e.summary.Name)))
		if r := e.summary.LastRun; r != nil {
			short, _ := widget.ShortStanding(*r)
			last = max(last, widget.Cells(short)+len(" 59m ago"))
		}
	}
	s.Table = widget.NewTable(s.Rows.Width()-2,
		widget.Column{Title: "NAME", Width: 13, Want: name, Flex: 3}, widget.Column{Title: "ENTITY", Width: 6, Drop: 4},
		widget.Column{Title: "DESTINATION", Width: 11, Drop: 3}, widget.Column{Title: "STATUS", Width: 15},
		widget.Column{Title: "LAST RUN", Width: 17, Want: last, Flex: 1, Whole: true, Drop: 1},
		widget.Column{Title: "24 H", Width: 7, Right: true, Drop: 2},
		widget.Column{Title: "NEEDS YOU", Width: 9, Right: true})
}

// Update implements screen.Screen: the filter takes a line of the rows.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyMsg); ok && !s.Typing() {
		if cmd, taken := s.upperKey(k); taken {
			return cmd
		}
	}
	cmd := s.List.Update(msg)
	s.layout()
	return cmd
}

// Back implements screen.Screen.
func (s *Screen) Back() (bool, tea.Cmd) {
	if s.inNeeds() {
		s.focus(-1)
		return true, nil
	}
	closed, cmd := s.List.Back()
	s.layout()
	return closed, cmd
}

// View implements screen.Screen.
func (s *Screen) View() string {
	if s.Loaded && len(s.All) == 0 {
		return widget.Block(s.welcome(), s.width, s.height)
	}
	lines := s.upperLines()
	if s.Filter.Active() {
		lines = append(lines, s.Filter.View(s.width-2, len(s.Shown), len(s.All)))
	}
	lines = append(lines, s.Lines(s.width-2, "  Nothing matches this filter. esc clears it.")...)
	view := widget.Block(widget.Indent(strings.Join(lines, "\n")), s.width, s.height)
	if text := s.requeuing(); text != "" {
		view = widget.Block(view, s.width, s.height-1) + "\n   " + theme.Warn.Render(widget.Clip(text, s.width-3))
	}
	return view
}

func (s *Screen) draw(e entry, selected bool) []string {
	if e.draft != nil {
		return []string{widget.Clean(e.draft.Title), "", "", theme.Warn.Render("✎ DRAFT"),
			fmt.Sprintf("stage %d of 3, %s", e.draft.Stage, widget.Ago(s.env.Now(), e.draft.Modified)), "", "enter"}
	}
	in := e.summary.Integration
	name := widget.Clean(in.Name)
	if selected {
		name = theme.Focus.Render(widget.Clip(name, s.Table.Width(0)))
	}
	last, needs := "–", "–"
	if r := e.summary.LastRun; r != nil {
		ago := " " + widget.Ago(s.env.Now(), r.Modified) // a long status gives way to it
		standing, style := widget.Standing(*r)
		if widget.Cells(standing+ago) > s.Table.Width(4) {
			standing, style = widget.ShortStanding(*r)
		}
		last = style.Render(widget.Clip(standing, max(1, s.Table.Width(4)-len(ago)))) + ago
	}
	if n := e.summary.NeedsYou; n > 0 {
		needs = theme.Warn.Render(widget.Count(n))
	}
	return []string{name, in.EntityType, in.Destination, widget.State(in), last, widget.Count(e.summary.Bills24h), needs}
}

// offersTour tells that a newcomer to demo is here, whom nobody leads yet.
func (s *Screen) offersTour() bool {
	return s.env.Info.Demo != nil && s.Loaded && len(s.All) == 0 && !s.env.Touring()
}

// welcome is the page of an empty store: what this is, and the key that starts.
func (s *Screen) welcome() string {
	systems := s.env.Service.Catalog().Systems()
	text := "billferry sends the Bills that m3ter generates for your accounts to " + systems +
		", each as exactly one invoice, and shows you every run."
	lines := []string{"", " " + theme.Title.Render("There is no integration yet."), ""}
	for _, l := range widget.Wrap(text, min(72, s.width-2)) {
		lines = append(lines, " "+l)
	}
	lines = append(lines, "")
	for _, l := range widget.Wrap("Three stages create one: the entity type, the destination, its settings. Then connect it to "+systems+".",
		min(72, s.width-2)) {
		lines = append(lines, " "+l)
	}
	lines = append(lines, "", " Press "+theme.Key.Render("n")+" to create an integration.")
	if s.offersTour() {
		lines = append(lines, " Press "+theme.Key.Render("enter")+" for the tour: eight steps to a month's end.")
	}
	if s.env.Info.Demo != nil {
		text := "D is demo's menu: close a period, pay an invoice, make " + systems + " go away, and see what billferry does about it."
		for i, l := range widget.Wrap(text,
			min(72, s.width-2)) {
			if rest, ok := strings.CutPrefix(l, "D "); ok && i == 0 {
				l = theme.Key.Render("D") + " " + rest
			}
			lines = append(lines, " "+l)
		}
	}
	return strings.Join(lines, "\n")
}
