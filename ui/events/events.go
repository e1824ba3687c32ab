// Package events lists the integration events, each with the button that m3ter
// has for its kind.
package events

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/runfilter"
	"billferry/internal/service"
	"billferry/ui/listing"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

const (
	limit = 1000 // events that are read; older ones are found by acting on newer ones
	quiet = 300 * time.Millisecond
)

// Screen is the list of integration events.
type Screen struct {
	listing.List[integration.Event]
	env           screen.Env
	integration   string            // id; "" is all
	actioned      bool              // show those too
	names         map[string]string // of integrations, by id
	width, height int
}

var (
	_ screen.Screen = (*Screen)(nil)
	_ screen.Copier = (*Screen)(nil)
)

// New returns the events of one integration, or of all when the id is empty.
func New(env screen.Env, integrationID string) screen.Screen {
	s := &Screen{env: env, integration: integrationID}
	s.List = listing.List[integration.Event]{Env: env, What: "the events", Load: s.load, Draw: s.draw, Key: s.key,
		ID: func(e integration.Event) string { return e.ID },
		Text: func(e integration.Event) string {
			return strings.Join([]string{e.Name, Words(e), s.names[e.IntegrationID], e.Message, e.ID, e.BillID, e.AccountID}, "\n")
		},
		Concerns: func(m screen.ChangedMsg) bool { return m.Of("event") }, Quiet: quiet,
		Filter: widget.NewFilter("", "name, message, id")}
	return s
}

func (s *Screen) load() tea.Cmd {
	svc, f := s.env.Service, service.EventFilter{IntegrationID: s.integration, IncludeActioned: s.actioned, Limit: limit}
	return load.Newest(&s.Latest, &s.List, load.Deadline, func(ctx context.Context) (k known, err error) {
		if k.events, err = svc.Events(ctx, f); err != nil {
			return k, err
		}
		k.integrations, err = svc.Integrations(ctx)
		return k, err
	}, s.onLoaded)
}

// known is what one load brings.
type known struct {
	events       []integration.Event
	integrations []service.Summary
}

func (s *Screen) onLoaded(k known, err error) tea.Cmd {
	s.names = map[string]string{}
	for _, in := range k.integrations {
		s.names[in.ID] = in.Name
	}
	return s.Took(k.events, err)
}

// Title implements screen.Screen.
func (s *Screen) Title() string { return "events" }

// keys is the screen's key map, and its help.
var keys = struct{ button, action, include, run, integration key.Binding }{
	button:      key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "its button")),
	action:      key.NewBinding(key.WithKeys("a"), key.WithHelp("a", "actioned or not")),
	include:     key.NewBinding(key.WithKeys("i"), key.WithHelp("i", "include actioned")),
	run:         key.NewBinding(key.WithKeys("r"), key.WithHelp("r", "its run")),
	integration: key.NewBinding(key.WithKeys("o"), key.WithHelp("o", "its integration")),
}

// Keys implements screen.Screen.
func (s *Screen) Keys() []screen.Key {
	e, ok := s.Selected()
	button := keys.button
	if ok {
		button.SetHelp("enter", buttonOf(e).label)
	}
	return s.List.Keys(
		screen.Key{Binding: button, Footer: true, Disabled: s.Unless(buttonOf(e).to.Name == "", "this event leads nowhere")},
		screen.Key{Binding: keys.action, Footer: true, Disabled: s.Act(false, "")},
		screen.Key{Binding: keys.include, Footer: true},
		screen.Key{Binding: keys.run, Disabled: s.Unless(e.RunID == "", "this event is not about a run")},
		screen.Key{Binding: keys.integration, Disabled: s.Unless(e.IntegrationID == "", "this event is not about an integration")},
	)
}

func (s *Screen) key(m tea.KeyMsg) tea.Cmd {
	e, ok := s.Selected()
	switch {
	case key.Matches(m, keys.include):
		s.actioned = !s.actioned
		return s.load()
	case !ok:
	case key.Matches(m, keys.button):
		return s.open(buttonOf(e).to)
	case key.Matches(m, keys.run):
		return s.open(to(screen.Run, e.RunID, ""))
	case key.Matches(m, keys.integration):
		return s.open(to(screen.Details, e.IntegrationID, ""))
	case key.Matches(m, keys.action):
		return s.mark(e)
	}
	return nil
}

func (s *Screen) open(r screen.Route) tea.Cmd {
	if r.Name == "" {
		return nil
	}
	return s.env.Push(r)
}

// mark says that somebody saw to an event, or that nobody did after all. The
// list is read again: an actioned event leaves it.
func (s *Screen) mark(e integration.Event) tea.Cmd {
	svc, id, actioned := s.env.Service, e.ID, e.Actioned.IsZero()
	return load.Do(&s.List, load.Deadline, func(ctx context.Context) (integration.Event, error) { return svc.ActionEvent(ctx, id, actioned) },
		func(got integration.Event, err error) tea.Cmd {
			if err != nil {
				return screen.Fail(fmt.Errorf("mark the event: %w", err))
			}
			text := "marked as ACTIONED"
			if got.Actioned.IsZero() {
				text = "marked as NOT ACTIONED"
			} else if !s.actioned {
				text += ": i shows it again"
			}
			return tea.Batch(screen.Toast(text), s.load())
		})
}

// button is what m3ter's events page has at the end of an event's row.
type button struct {
	label string
	to    screen.Route
}

// to is a route, or none when it would lead to nothing.
func to(name screen.RouteName, id, arg string) screen.Route {
	if id == "" {
		return screen.Route{}
	}
	return screen.Route{Name: name, ID: id, Arg: arg}
}

// buttonOf gives an event its button, with m3ter's words for it.
func buttonOf(e integration.Event) button {
	switch e.Name {
	case integration.EventMissingMapping:
		return button{"Create external mapping", screen.Route{Name: screen.Mappings, ID: e.IntegrationID, Arg: e.AccountID}}
	case integration.EventAuthentication, integration.EventDisabled:
		return button{"Go to integration", to(screen.Details, e.IntegrationID, "")}
	}
	if e.RunID == "" {
		return button{"Go to integration", to(screen.Details, e.IntegrationID, "")}
	}
	if e.Times() > 1 && e.Cause != "" {
		f := e.Runs()
		f.IntegrationID = "" // the screen shows those of one already
		return button{"Go to integration runs", to(screen.Runs, e.IntegrationID, runfilter.Format(f))}
	}
	return button{"Go to integration run", to(screen.Run, e.RunID, "")}
}

const (
	headLines   = 2 // the filter with the count, and the titles
	detailLines = 4 // of the event under the cursor, at least
)

// detailHeight is how many lines the event under the cursor has. Its message ends
// with what to do, and stands whole: a long one takes room from the list, but for
// the row that it belongs to.
func (s *Screen) detailHeight() int {
	room := max(detailLines, min(s.height/2+1, 8))
	if e, ok := s.Selected(); ok {
		room = max(room, 2+len(widget.Wrap(widget.Clean(e.Message), s.width)))
	}
	return max(detailLines, min(room, s.height-headLines-1))
}

// eventWords are what the events are called where people read.
var eventWords = map[string]string{
	integration.EventValidation:     "Bill not valid",
	integration.EventMissingMapping: "customer not mapped",
	integration.EventAuthentication: "login refused",
	integration.EventPerform:        "not delivered",
	integration.EventDisabled:       "integration disabled",
	integration.EventSource:         "m3ter does not answer",
	integration.EventDocument:       "document not as sent",
	integration.EventPayment:        "payment changed",
	integration.EventPlan:           "plan to approve",
}

// Words is what an event is called where people read.
func Words(e integration.Event) string {
	switch cause := integration.CauseTitle(e.Cause); {
	case e.Group == integration.GroupCertificate:
		return "certificate ends"
	case e.Name == integration.EventDocument && cause != "":
		return strings.ToLower(cause[:1]) + cause[1:]
	}
	return cmp.Or(eventWords[e.Name], e.Name)
}

// SetSize implements screen.Screen.
func (s *Screen) SetSize(width, height int) {
	width-- // of the left margin
	s.width, s.height = width, height
	s.fit()
	s.Table = widget.NewTable(width-2,
		widget.Column{Title: "NAME", Width: 17, Flex: 2},
		widget.Column{Title: "DATE", Width: 8},
		widget.Column{Title: "MESSAGE", Width: 16, Flex: 3},
		widget.Column{Title: "", Width: 14, Drop: 1},
		widget.Column{Title: "", Width: 25, Drop: 2},
	)
}

// fit gives the list what the event under the cursor leaves.
func (s *Screen) fit() { s.Rows.SetSize(s.width, max(1, s.height-headLines-s.detailHeight())) }

// Update implements screen.Screen: another event may be under the cursor.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	cmd := s.List.Update(msg)
	s.fit()
	return cmd
}

// View implements screen.Screen.
func (s *Screen) View() string {
	lines := append([]string{s.topLine()}, s.Lines(s.width, "  "+s.emptyText())...)
	if len(s.Shown) > 0 {
		lines = append(lines, s.detail())
	}
	return widget.Indent(widget.Block(strings.Join(lines, "\n"), s.width, s.height))
}

func (s *Screen) topLine() string {
	if s.Filter.Active() {
		return s.Filter.View(s.width, len(s.Shown), len(s.All))
	}
	left := "events that nobody has seen to yet"
	if s.actioned {
		left = "all events"
	}
	count := widget.Count(len(s.All))
	if len(s.All) == limit {
		count += "+"
	}
	return widget.Spread(theme.Dim.Render(left), theme.Dim.Render(count), s.width)
}

func (s *Screen) emptyText() string {
	switch {
	case s.Filter.Value() != "":
		return "No event matches this filter. esc clears it."
	case s.actioned:
		return "No events: nothing has gone wrong so far."
	}
	return "Nothing needs you. i shows the events that were actioned or resolved."
}

func (s *Screen) draw(e integration.Event, _ bool) []string {
	name := Words(e)
	if e.Times() > 1 {
		name = fmt.Sprintf("%s ×%s", name, widget.Count(e.Times()))
	}
	return []string{widget.Clean(name), theme.Dim.Render(widget.Ago(s.env.Now(), e.Time)), widget.Clean(e.Message), mark(e),
		"[ " + buttonOf(e).label + " ]"}
}

// mark is a word and a glyph.
func mark(e integration.Event) string {
	switch {
	case e.Actioned.IsZero():
		return theme.Warn.Render("○ NOT ACTIONED")
	case e.Resolved:
		return theme.Good.Render("✓ RESOLVED")
	}
	return theme.Good.Render("✓ ACTIONED")
}

// detail is the event under the cursor with its full name, date and message.
func (s *Screen) detail() string {
	e, ok := s.Selected()
	if !ok {
		return ""
	}
	often := ""
	if e.Times() > 1 {
		often = fmt.Sprintf("%s times, last %s  ", widget.Count(e.Times()), e.Last.Format("2006-01-02 15:04:05 MST"))
	}
	who := cmp.Or(s.names[e.IntegrationID], Words(e))
	lines := []string{"", widget.Clip(mark(e)+"  "+theme.Label.Render(widget.Clean(who))+
		theme.Dim.Render("  "+e.Time.Format("2006-01-02 15:04:05 MST")+"  "+often+widget.Clean(e.Name)), s.width)}
	lines = append(lines, widget.Wrap(widget.Clean(e.Message), s.width)...)
	if room := s.detailHeight(); len(lines) > room {
		lines = append(lines[:room-1], widget.Clip(strings.Join(lines[room-1:], " "), s.width))
	}
	return strings.Join(lines, "\n")
}
