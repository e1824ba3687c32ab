// Package runs is the run review pane: a windowed list of runs with a filter
// language, groups by cause, and retries that say first what they would do.
package runs

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/runfilter"
	"billferry/internal/service"
	"billferry/ui/load"
	"billferry/ui/names"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// Screen is the run review pane.
type Screen struct {
	env           screen.Env
	integration   string // id; "" is all
	name          string // of the integration, once known
	width, height int

	filter  *widget.Filter        // the line that is typed
	applied integration.RunFilter // what the rows are selected by
	wrong   error                 // why the typed line is not applied
	offers  []string              // completions of the typed line
	words   runfilter.Known       // to complete with
	late    bool                  // the line changed while rows were on their way
	pause   load.Latest           // before a typed line is applied

	list    widget.List
	table   layout
	want    *wants
	pages   *pages
	coming  *pages // takes the place of pages with its first page; nil: none
	latest  load.Latest
	loading int  // page on its way; -1: none
	aged    bool // something changed since it was asked for
	failed  error
	seek    string // run to put the cursor on when it comes
	first   bool   // the first of the rows that come gets the cursor
	sought  int    // pages that it was not in
	line    int    // of the window that it was on
	follow  bool   // the newest runs are in view while the cursor's run is, too
	busy    widget.Busy
	steady  widget.Steady
	totals  integration.Totals
	total   load.Renewed                 // asks for them
	sums    map[string]integration.Money // of all rows that match, once all are read
	sum     sum                          // of the same, before all are read
	drawn   map[string]drawn             // rows as drawn, by run id
	called  names.Names                  // of accounts that have no code

	refreshing bool   // a refresh is on its way
	ticking    bool   // a countdown is in view
	asking     bool   // the answer opens a question
	then       string // what is done first, as Route.Then

	marks  marks
	bulk   *bulk   // a retry of many that is under way; nil: none
	groups *groups // nil: the list is shown
	menu   widget.Popup
}

var (
	_ screen.Screen = (*Screen)(nil)
	_ screen.Copier = (*Screen)(nil)
)

// New returns the runs of one integration, or of all when the route has no id,
// that its filter selects. A filter that does not parse is shown with its fault.
func New(env screen.Env, to screen.Route) screen.Screen {
	s := &Screen{env: env, integration: to.ID, loading: -1, follow: true, drawn: map[string]drawn{}, then: to.Then}
	s.filter = widget.NewFilter(to.Arg, "status:failed since:7d acct:acme …")
	s.filter.Remember(env.History, service.FilterRuns)
	s.list.Marks(func(id string) bool { return s.marks.has(id) })
	s.pages = newPages(false)
	s.parse()
	return s
}

// Init implements screen.Screen.
func (s *Screen) Init() tea.Cmd {
	var first tea.Cmd
	if s.then == screen.ThenRetry && s.wrong == nil {
		first = s.retryMatching()
	}
	return tea.Batch(s.reload(false), s.loadTotals(), s.loadName(), first)
}

// Waiting implements screen.Waiter: the rows that the person asked for are on their
// way, or the count that a question is asked with. What stands meanwhile are other
// rows: a key for the new ones must not hit one of those.
func (s *Screen) Waiting() bool {
	switch {
	case s.asking:
		return true
	case s.filter.Typing():
		return false
	case s.groups != nil:
		return s.groups.Waiting() || s.groups.others
	}
	return s.coming != nil && s.failed == nil
}

// Title implements screen.Screen.
func (s *Screen) Title() string {
	if s.name == "" {
		return "runs"
	}
	return s.name + " · runs"
}

// Typing implements screen.Screen: the filter and the menu take every key.
func (s *Screen) Typing() bool { return s.filter.Typing() || s.menu.On() }

// Back implements screen.Screen.
func (s *Screen) Back() (bool, tea.Cmd) {
	switch {
	case s.menu.Close():
	case s.filter.Typing():
		s.filter.Back()
		return true, s.apply()
	case s.bulk != nil:
		return true, s.stopBulk()
	case s.groups != nil:
		s.groups = nil
		return true, s.reload(false) // the filter may be another by now
	case len(s.marks.ids) > 0:
		s.marks = marks{}
	case s.filter.Back():
		return true, s.apply()
	default:
		return false, nil
	}
	return true, nil
}

// CopyText implements screen.Copier.
func (s *Screen) CopyText() string {
	if s.groups != nil {
		return s.groups.CopyText()
	}
	return s.list.CursorID()
}

// SetSize implements screen.Screen.
func (s *Screen) SetSize(width, height int) {
	width-- // of the left margin
	s.width, s.height = width, height
	s.list.SetSize(width, max(1, height-headLines))
	s.fit(nil)
	s.drawn = map[string]drawn{}
	if s.groups != nil {
		s.groups.setSize(width, height-headLines)
	}
}

// parse reads the typed line into applied; a faulty one leaves it as it is.
func (s *Screen) parse() (changed bool) {
	f, err := runfilter.Parse(s.filter.Value(), s.env.Now())
	if s.wrong = err; err != nil {
		return false
	}
	if s.integration != "" {
		f.IntegrationID = s.integration
	}
	changed = runfilter.Format(f) != runfilter.Format(s.applied)
	s.applied = f
	if changed {
		s.sum.forget()
		s.sums = nil
		s.marks = marks{}
	}
	return changed
}

// apply ends typing, and takes the typed line as it is.
func (s *Screen) apply() tea.Cmd {
	s.offers, s.late = nil, false
	return s.take()
}

// take reads the typed line and, when it selects something else, the rows.
func (s *Screen) take() tea.Cmd {
	if !s.parse() {
		return nil
	}
	return s.afresh()
}

// afresh asks for what the filter selects by now.
func (s *Screen) afresh() tea.Cmd {
	if s.groups != nil {
		s.groups.others = true
		return s.loadGroups()
	}
	return s.reload(false)
}

// filterBy puts a line in place of the typed one and applies it.
func (s *Screen) filterBy(f integration.RunFilter) tea.Cmd {
	if f.IntegrationID == s.integration {
		f.IntegrationID = ""
	}
	s.filter.SetValue(runfilter.Format(f))
	return s.apply()
}

// FilterList implements screen.Filtered.
func (s *Screen) FilterList() string { return s.filter.Kind() }

// UseFilter implements screen.Filtered.
func (s *Screen) UseFilter(line string) tea.Cmd {
	s.filter.Use(line)
	return s.apply()
}

// selected is the run under the cursor; false when there is none or it is
// still on its way.
func (s *Screen) selected() (integration.Run, bool) { return s.pages.at(s.list.Cursor()) }

// refreshAfter gathers changes: while bills are being delivered there are
// hundreds in a second, and nobody reads that fast.
const refreshAfter = 300 * time.Millisecond

// typedAfter is a pause between letters.
const typedAfter = 120 * time.Millisecond
