package home

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/glance"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// The month reads every run that was made in it. While runs stream in it waits for
// many times what the last reading took.
const (
	monthAfter = time.Second
	monthTimes = 20
)

// upper is the part above the list that tells the state at a glance.
type upper struct {
	state  glance.State
	failed error
	known  bool
	folded bool // by a person
	days   bool // 30 days in place of 24 hours
	at     int  // the need under the cursor; -1: the cursor is in the list
	id     string

	latest load.Latest
	under  bool // the month is being read, or is about to be
	due    bool // something changed meanwhile
	began  time.Time
	took   time.Duration

	drawn []string // as drawn; nil: to be drawn again
	high  int      // lines it takes; they only become more, so that the list stays where it is
}

// took keeps what was read and asks for the month again if that is due.
func (s *Screen) took(state glance.State, err error) tea.Cmd {
	u := &s.upper
	if u.failed = err; err != nil {
		u.drawn = nil
		return nil
	}
	state.Month, state.Accounts = u.state.Month, u.state.Accounts
	if u.known && glance.MonthStart(state.Now) != glance.MonthStart(u.state.Now) {
		state.Month = nil
	}
	u.state, u.known, u.drawn = state, true, nil
	s.follow()
	return tea.Batch(s.askMonth(), s.askNames())
}

// askNames asks what the accounts of what needs a person are called, each once. m3ter
// is asked: the codes stand there until it has answered.
func (s *Screen) askNames() tea.Cmd {
	u, svc := &s.upper, s.env.Service
	var q service.NamesRequest
	for _, n := range u.state.Needs {
		for _, id := range n.IDs {
			if _, asked := u.state.Accounts[id]; !asked && id != "" && !slices.Contains(q.Accounts, id) {
				q.Accounts = append(q.Accounts, id)
			}
		}
	}
	if len(q.Accounts) == 0 {
		return nil
	}
	all := maps.Clone(u.state.Accounts)
	if all == nil {
		all = map[string]string{}
	}
	for _, id := range q.Accounts {
		all[id] = ""
	}
	u.state.Accounts = all
	return load.Do(&s.List, load.Deadline, func(ctx context.Context) (map[string]string, error) { return svc.Names(ctx, q) },
		func(names map[string]string, _ error) tea.Cmd { // without them there are the codes
			u.state.Accounts = maps.Clone(u.state.Accounts)
			maps.Copy(u.state.Accounts, names)
			u.drawn = nil
			return nil
		})
}

// follow keeps the cursor on the need that it was on.
func (s *Screen) follow() {
	u := &s.upper
	room, fits := s.room()
	if u.at < 0 || !fits {
		return
	}
	shown := u.state.Shown(room)
	for i := range shown {
		if u.state.Needs[i].ID == u.id {
			s.focus(i)
			return
		}
	}
	s.focus(min(u.at, shown-1))
}

// focus puts the cursor on a need, or back into the list.
func (s *Screen) focus(at int) {
	u := &s.upper
	u.at, u.id, u.drawn = at, "", nil
	if at >= 0 {
		u.id = u.state.Needs[at].ID
	}
	s.Rows.Blur(s.inNeeds())
}

// inNeeds tells that the cursor is on what needs a person.
func (s *Screen) inNeeds() bool { return s.upper.at >= 0 && s.open() }

func (s *Screen) askMonth() tea.Cmd {
	u := &s.upper
	if u.under {
		u.due = true
		return nil
	}
	u.under, u.due = true, false
	wait := max(monthAfter, monthTimes*u.took) - time.Since(u.began)
	if u.state.Month != nil && wait > 0 {
		return load.After(&s.List, wait, s.readMonth)
	}
	return s.readMonth()
}

func (s *Screen) readMonth() tea.Cmd {
	u, svc, now := &s.upper, s.env.Service, s.env.Now()
	u.began = time.Now()
	return load.Newest(&u.latest, &s.List, load.Deadline, func(ctx context.Context) (integration.Totals, error) {
		return glance.ReadMonth(ctx, svc, now)
	},
		func(t integration.Totals, err error) tea.Cmd {
			u.under, u.took = false, time.Since(u.began)
			if err != nil {
				u.failed, u.drawn = fmt.Errorf("sum up the month: %w", err), nil
				return nil
			}
			u.state.Month, u.drawn = &t, nil
			if u.due {
				return s.askMonth()
			}
			return nil
		})
}

func (s *Screen) room() (glance.Room, bool) { return glance.Fit(s.width-2, s.height) }

// open tells that the upper part is shown.
func (s *Screen) open() bool {
	_, fits := s.room()
	return fits && !s.upper.folded && (s.upper.known || s.upper.failed != nil)
}

func (s *Screen) upperHeight() int {
	if !s.open() {
		return 0
	}
	return len(s.upperLines())
}

// upperLines are drawn once for what is known and how wide it is: a key in the
// list costs them nothing.
func (s *Screen) upperLines() []string {
	u := &s.upper
	if !s.open() {
		return nil
	}
	if u.drawn != nil {
		return append([]string(nil), u.drawn...)
	}
	room, _ := s.room()
	var lines []string
	if u.failed != nil {
		lines = append(lines, theme.Bad.Render(widget.Clip("✗ "+widget.Clean(u.failed.Error()), room.Width)))
	}
	if u.known {
		lines = append(lines, u.state.Head(room, u.days)...)
		lines = append(lines, "", u.state.NeedTitle(room))
		for i, l := range u.state.NeedLines(room) {
			lines = append(lines, widget.Mark(i == u.at)+l)
		}
	}
	lines = append(lines, "")
	for len(lines) < u.high {
		lines = append(lines, "")
	}
	u.high, u.drawn = len(lines), lines
	return append([]string(nil), lines...)
}

// reset draws anew for another size.
func (u *upper) reset() { u.high, u.drawn = 0, nil }

// upperKey handles the keys of the upper part, and those with which the cursor
// goes there and back.
func (s *Screen) upperKey(m tea.KeyMsg) (cmd tea.Cmd, taken bool) {
	u := &s.upper
	if key.Matches(m, keys.fold) {
		u.folded = !u.folded
		s.focus(-1)
		u.reset()
		s.layout()
		return nil, true
	}
	if !s.open() || !u.known {
		return nil, false
	}
	room, _ := s.room()
	shown := u.state.Shown(room)
	name := m.String()
	switch {
	case key.Matches(m, keys.span):
		u.days, u.drawn = !u.days, nil
	case key.Matches(m, keys.needs):
		if n := int(name[0] - '1'); n < shown {
			return s.env.Push(u.state.Needs[n].To), true
		}
	case (name == "up" || name == "k") && u.at < 0 && (s.Rows.Cursor() == 0 || len(s.Shown) == 0) && shown > 0:
		s.focus(shown - 1)
	case u.at < 0:
		return nil, false
	case name == "up" || name == "k":
		s.focus(max(0, u.at-1))
	case name == "down" || name == "j":
		if u.at+1 < shown {
			s.focus(u.at + 1)
		} else {
			s.focus(-1)
		}
	case key.Matches(m, keys.open):
		return s.env.Push(u.state.Needs[u.at].To), true
	case key.Matches(m, keys.retry) && u.state.Needs[u.at].Retry:
		to := u.state.Needs[u.at].Retries
		to.Then = screen.ThenRetry
		return s.env.Push(to), true
	case key.Matches(m, keys.connect) && u.state.Needs[u.at].Connect:
		return s.env.Push(u.state.Needs[u.at].To), true
	case key.Matches(m, keys.mappings) && u.state.Needs[u.at].Map != "":
		return s.env.Push(screen.Route{Name: screen.Mappings, ID: u.state.Needs[u.at].Integration, Arg: u.state.Needs[u.at].Map}), true
	case key.Matches(m, widget.FilterKey):
		s.focus(-1)
		return nil, false
	default:
		if s.Rows.Key(m) { // a page, the ends
			s.focus(-1)
			break
		}
		return nil, false
	}
	return nil, true
}

// selected is the row under the cursor, if it is in the list.
func (s *Screen) selected() (entry, bool) {
	if s.inNeeds() {
		return entry{}, false
	}
	return s.Selected()
}

func (s *Screen) noUpper() string {
	switch {
	case s.noRoom() != "":
		return s.noRoom()
	case !s.open():
		return "the upper part is folded: z"
	}
	return ""
}

func (s *Screen) noNeed() string {
	if why := s.noUpper(); why != "" {
		return why
	}
	if len(s.upper.state.Needs) == 0 {
		return "nothing needs you"
	}
	return ""
}

// noConnect says why c does nothing.
func (s *Screen) noConnect() string {
	if !s.inNeeds() || !s.upper.state.Needs[s.upper.at].Connect {
		return "it connects where a certificate ends: go up to it"
	}
	return ""
}

// noRetry says why R does nothing.
func (s *Screen) noRetry() string {
	switch {
	case !s.inNeeds():
		return "it retries what needs you: go up to it"
	case !s.upper.state.Needs[s.upper.at].Retry:
		return "this is no run: enter shows it"
	}
	return ""
}

func (s *Screen) noRoom() string {
	if _, fits := s.room(); !fits {
		return "the terminal has fewer than 24 rows"
	}
	return ""
}
