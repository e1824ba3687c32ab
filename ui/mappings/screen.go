package mappings

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

const (
	timeout      = 20 * time.Second // bounds every request
	refreshAfter = 300 * time.Millisecond
)

// The words of the NetSuite integration in an external mapping.
const (
	netsuite = "Netsuite"
	customer = "Customer"
	item     = "Item"
	account  = "Account"
)

// Screen is the list of external mappings.
type Screen struct {
	env           screen.Env
	integration   string // id; "" is all
	mapFirst      string // m3ter account id to map once loaded; ""
	width, height int

	all          []integration.ExternalMapping
	shown        []integration.ExternalMapping
	integrations []service.Summary
	loaded       bool
	failed       error
	gen          int
	busy         widget.Busy
	refreshing   bool
	filter       *widget.Filter
	list         widget.List
	table        widget.Table
	unmapped     *unmapped // nil: the mappings are shown
	importing    *importing
}

var (
	_ screen.Screen = (*Screen)(nil)
	_ screen.Copier = (*Screen)(nil)
)

// New returns the external mappings that take effect for an integration, or
// all when its id is empty. With an account it opens the form for that account.
func New(env screen.Env, integrationID, accountID string) screen.Screen {
	return &Screen{env: env, integration: integrationID, mapFirst: accountID, filter: widget.NewFilter("", "any id, table or system")}
}

type (
	loadedMsg struct {
		to           *Screen
		gen          int
		mappings     []integration.ExternalMapping
		integrations []service.Summary
		err          error
	}
	changedMsg struct { // this screen changed something
		to   *Screen
		text string
		err  error
	}
	refreshDueMsg struct{ to *Screen }
)

// Init implements screen.Screen.
func (s *Screen) Init() tea.Cmd { return tea.Batch(s.busy.Start(s.env.Now()), s.load()) }

func (s *Screen) load() tea.Cmd {
	s.gen++
	svc, gen := s.env.Service, s.gen
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		m, err := svc.Mappings(ctx, service.MappingFilter{})
		if err != nil {
			return loadedMsg{to: s, gen: gen, err: err}
		}
		in, err := svc.Integrations(ctx)
		return loadedMsg{s, gen, m, in, err}
	}
}

func (s *Screen) took(m loadedMsg) tea.Cmd {
	if m.gen != s.gen {
		return nil
	}
	s.busy.Stop()
	if s.failed = m.err; m.err != nil {
		return screen.Fail(fmt.Errorf("read the mappings: %w", m.err))
	}
	s.all, s.integrations, s.loaded = m.mappings, m.integrations, true
	s.choose()
	if s.unmapped != nil {
		s.unmapped.without(s.all)
	}
	if id := s.mapFirst; id != "" {
		s.mapFirst = ""
		return s.mapAccount(id)
	}
	return nil
}

// mapAccount opens the form for an account: the mapping that it has, else a
// new one.
func (s *Screen) mapAccount(id string) tea.Cmd {
	for _, m := range s.all {
		if isCustomer(m) && m.M3terID == id && s.concerns(m) {
			return s.edit(m)
		}
	}
	m := s.blank()
	m.M3terID = id
	return s.edit(m)
}

// blank is a new mapping of an account, linked to the integration in view:
// another integration may well lead to another NetSuite.
func (s *Screen) blank() integration.ExternalMapping {
	return integration.ExternalMapping{M3terEntity: account, ExternalSystem: netsuite, ExternalTable: customer, IntegrationID: s.integration}
}

func isCustomer(m integration.ExternalMapping) bool {
	return strings.EqualFold(m.M3terEntity, account) && strings.EqualFold(m.ExternalTable, customer) && strings.EqualFold(m.ExternalSystem, netsuite)
}

// concerns tells whether a mapping takes effect for the integration in view.
func (s *Screen) concerns(m integration.ExternalMapping) bool {
	return s.integration == "" || m.IntegrationID == "" || m.IntegrationID == s.integration
}

// choose shows the mappings that take effect and that the typed line is found in.
func (s *Screen) choose() {
	var shown []integration.ExternalMapping
	text := strings.ToLower(strings.TrimSpace(s.filter.Value()))
	for _, m := range s.all {
		all := strings.ToLower(strings.Join([]string{m.ExternalSystem, m.ExternalTable, m.ExternalID, m.M3terEntity, m.M3terID, s.nameOf(m.IntegrationID), m.ID}, "\n"))
		if s.concerns(m) && strings.Contains(all, text) {
			shown = append(shown, m)
		}
	}
	s.shown = shown
	s.list.SetRows(len(shown), func(i int) string { return shown[i].ID })
}

// nameOf is what an integration is called.
func (s *Screen) nameOf(id string) string {
	if i := slices.IndexFunc(s.integrations, func(x service.Summary) bool { return x.ID == id }); i >= 0 {
		return s.integrations[i].Name
	}
	return id
}

// asks is the integration whose NetSuite is searched for customers and items:
// the one in view, else the first that is connected. "" when there is none.
func (s *Screen) asks() string {
	if s.integration != "" {
		return s.integration
	}
	if i := slices.IndexFunc(s.integrations, func(x service.Summary) bool { return x.Authorized }); i >= 0 {
		return s.integrations[i].ID
	}
	return ""
}

// selected is the mapping under the cursor.
func (s *Screen) selected() (integration.ExternalMapping, bool) {
	if i := s.list.Cursor(); i < len(s.shown) {
		return s.shown[i], true
	}
	return integration.ExternalMapping{}, false
}

// Title implements screen.Screen.
func (s *Screen) Title() string { return "mappings" }

// Typing implements screen.Screen.
func (s *Screen) Typing() bool {
	return s.filter.Typing() || s.unmapped != nil && s.unmapped.filter.Typing()
}

// Back implements screen.Screen: it stops an import, leaves the unmapped
// accounts, or clears the filter.
func (s *Screen) Back() (bool, tea.Cmd) {
	switch {
	case s.importing != nil:
		s.importing.stopped = true
	case s.unmapped != nil && s.unmapped.filter.Back():
		s.unmapped.without(s.all)
	case s.unmapped != nil:
		s.unmapped = nil
	case s.filter.Back():
		s.choose()
	default:
		return false, nil
	}
	return true, nil
}

// CopyText implements screen.Copier.
func (s *Screen) CopyText() string {
	if s.unmapped != nil {
		return s.unmapped.list.CursorID()
	}
	if m, ok := s.selected(); ok {
		return m.M3terID
	}
	return ""
}
