// Package mappings lists, edits, imports and exports external mappings, and
// suggests them for accounts that have none.
package mappings

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/confirm"
	"billferry/ui/listing"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// quiet is between two loads while mappings change.
const quiet = 300 * time.Millisecond

// account is m3ter's entity that has a customer.
const account = "Account"

// Screen is the list of external mappings.
type Screen struct {
	listing.List[integration.ExternalMapping]
	env           screen.Env
	integration   string // id; "" is all
	mapFirst      string // m3ter account id to map once loaded; ""
	width, height int

	integrations []service.Summary
	names        names
	named        bool      // they were asked for
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
	s := &Screen{env: env, integration: integrationID, mapFirst: accountID}
	s.List = listing.List[integration.ExternalMapping]{Env: env, What: "the mappings", Load: s.load, Draw: s.draw, Key: s.key,
		ID: func(m integration.ExternalMapping) string { return m.ID }, Text: s.text,
		Concerns: func(m screen.ChangedMsg) bool { return m.Of("mapping") && s.importing == nil }, Quiet: quiet,
		Filter: widget.NewFilter("", "any name, id, table or system")}
	return s
}

// known is what one load brings.
type known struct {
	mappings     []integration.ExternalMapping
	integrations []service.Summary
}

func (s *Screen) load() tea.Cmd {
	svc := s.env.Service
	return load.Newest(&s.Latest, &s.List, load.Deadline, func(ctx context.Context) (k known, err error) {
		if k.mappings, err = svc.Mappings(ctx, service.MappingFilter{}); err == nil {
			k.integrations, err = svc.Integrations(ctx)
		}
		return k, err
	}, s.onLoaded)
}

func (s *Screen) onLoaded(k known, err error) tea.Cmd {
	if err != nil {
		return s.Took(nil, err)
	}
	s.integrations = k.integrations
	k.mappings = slices.DeleteFunc(k.mappings, func(m integration.ExternalMapping) bool { return !s.concerns(m) })
	s.names.sort(k.mappings)
	cmd := tea.Batch(s.Took(k.mappings, nil), s.askNames())
	s.layout()
	if s.unmapped != nil {
		s.unmapped.without(s.All)
	}
	if id := s.mapFirst; id != "" {
		s.mapFirst = ""
		return tea.Batch(cmd, s.mapAccount(id))
	}
	return cmd
}

// mapAccount opens the form for an account: the mapping that it has, else a
// new one, with the customer that the destination has of exactly its
// name.
func (s *Screen) mapAccount(id string) tea.Cmd {
	w := s.words()
	for _, m := range s.All {
		if isCustomer(w, m) && m.M3terID == id {
			return s.edit(m)
		}
	}
	m := s.blank()
	m.M3terID = id
	e := s.editor(m)
	return tea.Batch(s.env.Open(e), e.lookUp())
}

// blank is a new mapping of an account, linked to the integration in view:
// another integration may well lead to another account.
func (s *Screen) blank() integration.ExternalMapping {
	w := s.words()
	return integration.ExternalMapping{M3terEntity: account, ExternalSystem: w.Mapped, ExternalTable: w.CustomerTable,
		IntegrationID: s.integration}
}

// isCustomer tells a mapping of an account to its customer in a destination.
func isCustomer(w spec.Words, m integration.ExternalMapping) bool {
	return strings.EqualFold(m.M3terEntity, account) && strings.EqualFold(m.ExternalTable, w.CustomerTable) &&
		strings.EqualFold(m.ExternalSystem, w.Mapped)
}

// words are the names of the destination that new mappings lead to: that of the
// integration in view, else of the first that is connected, else the first there
// is.
func (s *Screen) words() spec.Words {
	catalog := s.env.Service.Catalog()
	if in := s.asks(""); in != "" {
		if i := slices.IndexFunc(s.integrations, func(x service.Summary) bool { return x.ID == in }); i >= 0 {
			return catalog.Words(s.integrations[i].EntityType, s.integrations[i].Destination)
		}
	}
	return catalog[0].Words
}

// concerns tells whether a mapping takes effect for the integration in view.
func (s *Screen) concerns(m integration.ExternalMapping) bool {
	return s.integration == "" || m.IntegrationID == "" || m.IntegrationID == s.integration
}

// text is what a typed line is looked for in.
func (s *Screen) text(m integration.ExternalMapping) string {
	return strings.Join([]string{m.ExternalSystem, m.ExternalTable, m.ExternalID, m.M3terEntity, m.M3terID, s.names.m3ter(m),
		s.names.external(m),
		s.nameOf(m.IntegrationID), m.ID}, "\n")
}

// nameOf is what an integration is called.
func (s *Screen) nameOf(id string) string {
	if i := slices.IndexFunc(s.integrations, func(x service.Summary) bool { return x.ID == id }); i >= 0 {
		return s.integrations[i].Name
	}
	return id
}

// asks is the integration whose destination is searched for customers and items:
// the one in view, else the first that is connected to a system, or to any. ""
// when there is none.
func (s *Screen) asks(system string) string {
	if s.integration != "" {
		return s.integration
	}
	if i := slices.IndexFunc(s.integrations, func(x service.Summary) bool {
		return x.Authorized && (system == "" || strings.EqualFold(s.env.Words(x.EntityType, x.Destination).Mapped, system))
	}); i >= 0 {
		return s.integrations[i].ID
	}
	return ""
}

// keys is the screen's key map, and its help.
var keys = struct{ create, edit, remove, unmapped, pull, read, write key.Binding }{
	create:   key.NewBinding(key.WithKeys("n"), key.WithHelp("n", "new")),
	edit:     key.NewBinding(key.WithKeys("enter", "e"), key.WithHelp("enter", "edit")),
	remove:   key.NewBinding(key.WithKeys("d", "delete"), key.WithHelp("d", "delete")),
	unmapped: key.NewBinding(key.WithKeys("U"), key.WithHelp("U", "unmapped accounts")),
	pull:     key.NewBinding(key.WithKeys("p"), key.WithHelp("p", "copy from m3ter")),
	read:     key.NewBinding(key.WithKeys("I"), key.WithHelp("I", "import CSV")),
	write:    key.NewBinding(key.WithKeys("E"), key.WithHelp("E", "export CSV")),
}

// Keys implements screen.Screen.
func (s *Screen) Keys() []screen.Key {
	if s.unmapped != nil {
		return s.unmappedKeys()
	}
	nothing := ""
	if len(s.Shown) == 0 {
		nothing = "there is no mapping to export"
	}
	return s.List.Keys(
		screen.Key{Binding: keys.create, Footer: true},
		screen.Key{Binding: keys.edit, Footer: true, Disabled: s.Unless(false, "")},
		screen.Key{Binding: keys.remove, Footer: true, Disabled: s.Act(false, "")},
		screen.Key{Binding: keys.unmapped, Footer: true},
		screen.Key{Binding: keys.pull},
		screen.Key{Binding: keys.read},
		screen.Key{Binding: keys.write, Disabled: nothing},
	)
}

// Update implements screen.Screen.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	u := s.unmapped
	if m, ok := msg.(fileMsg); ok && m.to == s {
		return s.fileNamed(m)
	}
	if _, ok := msg.(tea.KeyMsg); ok && u != nil {
		return tea.Batch(u.Update(msg), s.suggestNext()) // other accounts may be in view
	}
	cmd := s.List.Update(msg)
	if _, changed := msg.(screen.ChangedMsg); u != nil && !changed {
		cmd = tea.Batch(cmd, u.Update(msg))
	}
	return cmd
}

// changed says what this screen did, and reads the list again.
func (s *Screen) changed(text string, err error) tea.Cmd {
	if err != nil {
		return tea.Batch(screen.Fail(err), s.load())
	}
	return tea.Batch(screen.Toast(text), s.load())
}

// mapped says that mappings were saved, and what becomes of the runs that waited. That
// there is a setting to turn on first stays until it was read.
func (s *Screen) mapped(said, goOn string, saved ...integration.ExternalMapping) tea.Cmd {
	freed, off := Freed(s.env.Service.Catalog(), s.integrations, goOn, saved...)
	told := screen.ToastMsg{Text: said + ": " + widget.Clean(freed), ToDo: off, Stays: off}
	return tea.Batch(func() tea.Msg { return told }, s.load())
}

func (s *Screen) key(m tea.KeyMsg) tea.Cmd {
	selected, ok := s.Selected()
	switch {
	case key.Matches(m, keys.create):
		return s.edit(s.blank())
	case key.Matches(m, keys.unmapped):
		return s.openUnmapped()
	case key.Matches(m, keys.pull):
		return s.pull()
	case key.Matches(m, keys.read):
		return s.askFile(toImport)
	case key.Matches(m, keys.write):
		return s.askFile(toExport)
	case !ok:
	case key.Matches(m, keys.edit):
		return s.edit(selected)
	case key.Matches(m, keys.remove):
		return s.env.Open(confirm.New(s.env, "Delete this external mapping?",
			fmt.Sprintf("%s %s of %s will lead to no record of %s any more: the next Bill that needs it stops.",
				selected.M3terEntity, widget.Clean(cmp.Or(s.names.m3ter(selected), selected.M3terID)), s.scope(selected),
				widget.Clean(selected.ExternalSystem)),
			"Delete", func() tea.Cmd { return s.remove(selected.ID) }))
	}
	return nil
}

func (s *Screen) remove(id string) tea.Cmd {
	svc := s.env.Service
	return load.Act(&s.List, load.Deadline, func(ctx context.Context) error { return svc.DeleteMapping(ctx, id) }, func(err error) tea.Cmd {
		if err != nil {
			err = fmt.Errorf("delete the mapping: %w", err)
		}
		return s.changed("mapping deleted", err)
	})
}

// pullMost bounds the copy of m3ter's mappings: it gives 200 at a time.
const pullMost = 5 * time.Minute

func (s *Screen) pull() tea.Cmd {
	return tea.Batch(s.Busy.Start(), load.Do(&s.List, pullMost, s.env.Service.PullMappings, func(n int, err error) tea.Cmd {
		if err != nil {
			err = fmt.Errorf("copy the mappings from m3ter: %w", err)
		}
		return s.changed("new or changed: "+widget.Many(n, "mapping")+" of m3ter", err)
	}))
}

// Title implements screen.Screen.
func (s *Screen) Title() string { return "mappings" }

// Typing implements screen.Screen.
func (s *Screen) Typing() bool { return s.List.Typing() || s.unmapped != nil && s.unmapped.Typing() }

// Back implements screen.Screen: it stops an import, leaves the unmapped
// accounts, or clears the filter.
func (s *Screen) Back() (bool, tea.Cmd) {
	switch {
	case s.importing != nil:
		s.importing.stopped = true
	case s.unmapped != nil:
		if cleared, _ := s.unmapped.Back(); !cleared {
			s.unmapped = nil
		}
	default:
		return s.List.Back()
	}
	return true, nil
}

// CopyText implements screen.Copier.
func (s *Screen) CopyText() string {
	if s.unmapped != nil {
		return s.unmapped.CopyText()
	}
	m, _ := s.Selected()
	return m.M3terID
}
