// Package screen is the contract between the root of the terminal program and
// its screens: what a screen is, and the messages that cross between the two.
package screen

import (
	"errors"
	"fmt"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// Screen is one page. Update is pure: IO happens in the commands it returns.
// A screen is a pointer that changes itself; the root owns it.
type Screen interface {
	// Init returns the commands that load the screen.
	Init() tea.Cmd
	// Update handles a message that the routing table gave it.
	Update(msg tea.Msg) tea.Cmd
	// View draws exactly into the size that SetSize gave last.
	View() string
	// SetSize is called before the first View and after each resize.
	SetSize(width, height int)
	// Title is the screen's part of the breadcrumb.
	Title() string
	// Keys is the screen's key map: the footer and the help are drawn from it.
	Keys() []Key
	// Typing tells that keys belong to a text field, a form or a menu with
	// letters, so that q and ? are no commands.
	Typing() bool
	// Back handles esc: true when the screen closed something of its own
	// (a filter, a panel), false when the root shall leave the screen.
	Back() (bool, tea.Cmd)
}

// Key is a key binding with the reason why it does not work now, if so.
type Key struct {
	key.Binding
	Disabled string // "" when it works; else why not
	Footer   bool   // one of the four to six that the footer shows
}

// Env is what every screen gets: the service, the clock and the settings of
// the session. It does not change while the program runs.
type Env struct {
	Service service.Service
	Now     func() time.Time
	Info    service.Info
	Nav     *Nav // nil: navigation goes by messages, as in a test of one screen
	// History is what was filtered by in this session; nil: nothing is kept.
	History *History
	// Undo is what u takes back; nil: nothing is kept.
	Undo *Undo
}

// Words are the names that a destination has for things.
func (e Env) Words(entityType, destination string) spec.Words {
	return e.Service.Catalog().Words(entityType, destination)
}

// System is what texts call the destination of a run.
func (e Env) System(r integration.Run) string { return e.Words(r.EntityType, r.Destination).System }

// Nav keeps what a screen asked of the root in an Update. The root does it as
// soon as that Update is over, so that the next key finds the screen that the
// one before it opened.
type Nav struct {
	asked []tea.Msg
	// Touring tells that the tour of demo says what to do.
	Touring bool
}

// Next takes the first thing that was asked for; nil when there is none.
func (n *Nav) Next() tea.Msg {
	if n == nil || len(n.asked) == 0 {
		return nil
	}
	m := n.asked[0]
	n.asked = n.asked[1:]
	return m
}

// ask is for an Update only: a command runs beside it and returns messages.
func (e Env) ask(m tea.Msg) tea.Cmd {
	if e.Nav == nil {
		return func() tea.Msg { return m }
	}
	e.Nav.asked = append(e.Nav.asked, m)
	return nil
}

// Push opens a screen over the current one. Like all navigation it is asked
// for in an Update, never in a command.
func (e Env) Push(r Route) tea.Cmd { return e.ask(PushMsg{r}) }

// Replace opens a screen in place of the current one.
func (e Env) Replace(r Route) tea.Cmd { return e.ask(ReplaceMsg{r}) }

// Pop leaves the current screen.
func (e Env) Pop() tea.Cmd { return e.ask(PopMsg{}) }

// Open opens a dialog.
func (e Env) Open(d Screen) tea.Cmd { return e.ask(OpenMsg{d}) }

// Tour begins the tour of demo.
func (e Env) Tour() tea.Cmd { return e.ask(TourMsg{}) }

// Touring tells that it says what to do.
func (e Env) Touring() bool { return e.Nav != nil && e.Nav.Touring }

// Close closes a dialog with what is open over it. It names the dialog: while its work
// went on, another may have been opened over it.
func (e Env) Close(dialog Screen) tea.Cmd { return e.ask(CloseMsg{dialog}) }

// PushMsg opens a screen over the current one.
type PushMsg struct{ To Route }

// ReplaceMsg opens a screen in place of the current one: esc skips the current.
type ReplaceMsg struct{ To Route }

// PopMsg leaves the current screen.
type PopMsg struct{}

// OpenMsg opens a dialog, which gets every key until it closes.
type OpenMsg struct{ Dialog Screen }

// CloseMsg closes a dialog and those over it.
type CloseMsg struct{ Dialog Screen }

// TourMsg begins the tour of demo.
type TourMsg struct{}

// ToastMsg shows a message: a success for 4 s, or what worked and found something
// to do; an error until a key, and what is to be read and kept as well.
type ToastMsg struct {
	Text  string
	Stays bool // until a key
	ToDo  bool
	Error bool
}

// ChangedMsg tells every live screen that something changed.
type ChangedMsg struct{ service.Change }

// Route names a screen and what it shows.
type Route struct {
	Name RouteName
	ID   string // of the integration, run or draft; "" when there is none
	Arg  string // a filter to start with; "" when there is none
	Then string // what it does first: ThenRetry; "" when nothing
	Run  string // whose Bill is previewed first; "" when the settings choose one
}

// ThenRetry makes the runs ask at once whether those of the filter are retried.
const ThenRetry = "retry"

// RouteName is the name of a screen.
type RouteName string

// The screens.
const (
	Home     RouteName = "home"
	Create   RouteName = "create"   // ID: draft to continue
	Edit     RouteName = "edit"     // ID: integration; Arg: key of the setting to begin at
	Details  RouteName = "details"  // ID: integration; Arg: ToConnect or ToTest
	Runs     RouteName = "runs"     // ID: integration or "" for all; Arg: filter
	Run      RouteName = "run"      // ID: run
	Events   RouteName = "events"   // ID: integration or ""
	Month    RouteName = "month"    // ID: integration; Arg: month, 2026-10
	Plans    RouteName = "plans"    // ID: integration; Arg: plan
	Mappings RouteName = "mappings" // ID: integration or ""; Arg: m3ter account id to map
)

// What the details page opens when it is there.
const (
	ToConnect = "connect" // the form of the credentials
	ToTest    = "test"    // the test of the connection
)

// Toast returns the command that shows a message.
func Toast(text string) tea.Cmd { return func() tea.Msg { return ToastMsg{Text: text} } }

// Stay returns the command that shows what worked until a key.
func Stay(text string) tea.Cmd { return func() tea.Msg { return ToastMsg{Text: text, Stays: true} } }

// Fail returns the command that shows an error until a key.
func Fail(err error) tea.Cmd {
	return func() tea.Msg { return ToastMsg{Text: Advised(err).Error(), Error: true} }
}

// Advised is an error with what to do about it, where that is known.
func Advised(err error) error {
	if f := new(integration.Failure); errors.As(err, &f) && f.Advice != "" {
		return fmt.Errorf("%w; %s", err, f.Advice)
	}
	return err
}

// Copier is a screen with something under the cursor that y copies.
type Copier interface {
	// CopyText is the id under the cursor; "" when there is none.
	CopyText() string
}

// Filtered is a screen whose list is filtered by lines that can be kept.
type Filtered interface {
	// FilterList is the list, one of service.FilterLists.
	FilterList() string
	// UseFilter filters by a line in place of the one that is there.
	UseFilter(line string) tea.Cmd
}

// CopyMsg puts text on the clipboard and says what was copied.
type CopyMsg struct {
	Text string
	What string // "the request as curl"
}

// Copy returns the command that puts text on the clipboard.
func Copy(text, what string) tea.Cmd {
	return func() tea.Msg { return CopyMsg{Text: text, What: what} }
}

// Waiter is a screen that keys wait for: it is read for the first time, or the
// answer to its last key opens another.
type Waiter interface {
	Waiting() bool
}

// Guarded is a dialog that no key may answer that was pressed before it could
// be seen.
type Guarded interface {
	Guarded()
}

// KeyTaker is a form that may have a place for a private key. One that is pasted
// anywhere else is kept from the screens.
type KeyTaker interface {
	TakesKey() bool
}

// Leaver is a screen that holds typed work.
type Leaver interface {
	// Leave says what quitting now would lose, as a question, or "" when
	// nothing; save is run before the program ends and may be nil.
	Leave() (ask string, save tea.Cmd)
}
