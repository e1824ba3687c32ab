package mappings

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/ui/confirm"
	"billferry/ui/form"
	"billferry/ui/load"
	"billferry/ui/picker"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// editor is the dialog that makes or changes a mapping.
type editor struct {
	of            *Screen
	base          integration.ExternalMapping
	form          *form.Form
	before        spec.Values
	saving        bool
	hint          string // what is known of the customer
	width, height int
}

// edit opens the form over a mapping; one without an id is new.
func (s *Screen) edit(m integration.ExternalMapping) tea.Cmd { return s.env.Open(s.editor(m)) }

func (s *Screen) editor(m integration.ExternalMapping) *editor {
	v := spec.Values{"externalSystem": m.ExternalSystem, "externalTable": m.ExternalTable, "externalId": m.ExternalID,
		"m3terEntity": m.M3terEntity, "m3terId": m.M3terID, "integrationConfigId": m.IntegrationID}
	e := &editor{of: s, base: m, form: form.New(s.fields(m), "", v, "Save")}
	for key, value := range map[string]string{"m3terId": m.M3terID, "externalId": m.ExternalID} {
		if value == "" { // what is missing gets the focus; the external id wins
			e.form.Focus(key)
		}
	}
	if m.ExternalID == "" {
		e.form.Focus("externalId")
	}
	e.before = e.form.Values()
	for id, name := range map[string]string{m.M3terID: s.names.m3ter(m), m.ExternalID: m.ExternalName} {
		if id != "" && name != "" {
			e.form.Remember(map[string]string{id: name})
		}
	}
	return e
}

// lookUp looks the account's customer up in the destination, as the list of
// unmapped accounts does. It is a help: what cannot be found is typed.
func (e *editor) lookUp() tea.Cmd {
	svc, id, in := e.of.env.Service, e.base.M3terID, e.of.asks(e.base.ExternalSystem)
	if in == "" {
		return nil
	}
	e.hint = "looking for its customer in " + e.of.words().System + " …"
	return load.Do(e, load.Deadline, func(ctx context.Context) (Candidate, error) {
		accounts, err := svc.Accounts(ctx, id, 1)
		i := slices.IndexFunc(accounts, func(a integration.Account) bool { return a.ID == id })
		if err != nil || i < 0 {
			return Candidate{}, err
		}
		return Suggest(ctx, svc, in, Candidate{Account: accounts[i]})
	}, e.found)
}

// found fills an exact match in, unless something is there already; one that is
// only similar is named. Saving is the person's, either way.
func (e *editor) found(c Candidate, err error) tea.Cmd {
	if c.ID != "" {
		e.form.Remember(map[string]string{c.ID: c.Name})
	}
	who := widget.Clean(strings.TrimSpace(c.Customer.ID + " " + c.Customer.Name))
	switch {
	case err != nil:
		e.hint = "its customer could not be looked up: " + widget.Clean(err.Error())
	case c.strength == noMatch:
		e.hint = e.of.words().System + " has no customer of that name, code or email that could be found"
	case c.strength == similar:
		e.hint = "similar, not the same: " + who
	case e.form.Value("externalId") != "":
		e.hint = "exact match: " + who
	default:
		e.hint = "exact match, filled in: " + who
		e.form.Remember(map[string]string{c.Customer.ID: c.Customer.Name})
		e.form.Set("externalId", c.Customer.ID)
		e.before["externalId"] = c.Customer.ID // nobody typed it: leaving asks nothing
	}
	return nil
}

// fields are those of m3ter's console, with its words.
func (s *Screen) fields(m integration.ExternalMapping) []spec.Field {
	const panel = spec.Panel("External mapping")
	linked := []spec.Option{{Value: "", Label: "all integrations"}}
	for _, in := range s.integrations {
		linked = append(linked, spec.Option{Value: in.ID, Label: widget.Clean(in.Name)})
	}
	var systems, tables, kinds []string
	for _, f := range s.env.Service.Catalog() {
		w := f.Words
		systems, tables = append(systems, w.Mapped), append(tables, w.CustomerTable, w.ItemTable)
		kinds = append(kinds, w.CustomerTable+" for an account, "+w.ItemTable+" for everything else")
	}
	return []spec.Field{
		{Key: "externalSystem", Label: "External system", Panel: panel, Kind: spec.Text, Required: true,
			Help: "The system that holds the record: " + strings.Join(systems, " or ") + "."},
		{Key: "externalTable", Label: "External table", Panel: panel, Kind: spec.Enum, Required: true,
			Options: options(m.ExternalTable, tables...),
			Help:    strings.Join(kinds, "; ") + "."},
		{Key: "externalId", Label: "External entity ID", Panel: panel, Kind: spec.Item, Required: true,
			Help: s.words().System + "'s internal id of the record. ctrl+l finds it by name."},
		{Key: "m3terEntity", Label: "m3ter entity type", Panel: panel, Kind: spec.Enum, Required: true,
			Options: options(m.M3terEntity, integration.MappedEntities...), Help: "What kind of thing it is in m3ter."},
		{Key: "m3terId", Label: "m3ter entity", Panel: panel, Kind: spec.Item, Required: true,
			Help: "The id of the thing in m3ter. ctrl+l finds an account by name."},
		{Key: "integrationConfigId", Label: "Linked integration", Panel: panel, Kind: spec.Enum, Options: linked,
			Help: "A linked mapping is used by that integration alone, and before one for all."},
	}
}

// options lists values; one that a mapping has already is kept, as it is written.
func options(has string, values ...string) []spec.Option {
	var out []spec.Option
	for _, v := range values {
		if strings.EqualFold(v, has) {
			v, has = has, ""
		}
		out = append(out, spec.Option{Value: v, Label: v})
	}
	if has != "" {
		out = append(out, spec.Option{Value: has, Label: has})
	}
	return out
}

// mapping is what the form holds.
func (e *editor) mapping() integration.ExternalMapping {
	v, m := e.form.Values(), e.base
	m.ExternalSystem, m.ExternalTable, m.ExternalID = v.Text("externalSystem"), v.Text("externalTable"),
		strings.TrimSpace(v.Text("externalId"))
	m.M3terEntity, m.M3terID, m.IntegrationID = v.Text("m3terEntity"), strings.TrimSpace(v.Text("m3terId")), v.Text("integrationConfigId")
	return m
}

// Init implements screen.Screen.
func (e *editor) Init() tea.Cmd { return nil }

// Update implements screen.Screen.
func (e *editor) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		switch r := e.form.Update(m); {
		case r.Submit:
			return e.save()
		case r.Ask:
			return e.find()
		default:
			return r.Said()
		}
	case picker.DoneMsg:
		if m.Tag == e.tag() {
			e.form.Pick(m.IDs, m.Names)
		}
	case load.Msg:
		return m.For(e)
	}
	return nil
}

// tag marks the answers of this dialog's pickers.
func (e *editor) tag() string { return fmt.Sprintf("mapping %p", e) }

// save checks what can be checked here, then hands it to the service.
func (e *editor) save() tea.Cmd {
	f := spec.Form{Fields: e.of.fields(e.base)}
	p := f.Validate("", e.form.Values())
	if m := e.mapping(); p.Err() == nil {
		p = append(p, e.of.refused(m)...)
	}
	if p.Err() != nil {
		e.form.SetProblems(p)
		return nil
	}
	if e.saving {
		return nil
	}
	e.saving = true
	svc, mapping := e.of.env.Service, e.mapping()
	return load.Do(e, load.Deadline, func(ctx context.Context) (integration.ExternalMapping, error) { return svc.PutMapping(ctx, mapping) },
		e.saved)
}

func (e *editor) saved(m integration.ExternalMapping, err error) tea.Cmd {
	e.saving = false
	var faults spec.Problems
	switch {
	case errors.As(err, &faults):
		e.form.SetProblems(faults)
		return nil
	case errors.Is(err, integration.ErrConflict):
		return screen.Fail(fmt.Errorf("%w: close the form (esc) and open the mapping again", err))
	case err != nil:
		return screen.Fail(fmt.Errorf("save the mapping: %w", err))
	}
	if m.Unchecked != "" {
		return tea.Batch(e.of.env.Close(e), e.of.changed("mapping saved, not checked: "+widget.Clean(m.Unchecked), nil))
	}
	said := "mapping saved"
	if m.ExternalName != "" {
		said = "mapped to " + widget.Clean(m.ExternalID+" "+m.ExternalName)
	}
	return tea.Batch(e.of.env.Close(e), e.of.mapped(said, "runs that waited for it go on", m))
}

// find opens a picker for the id in focus.
func (e *editor) find() tea.Cmd {
	field, _, ok := e.form.Focused()
	if !ok {
		return nil
	}
	m := e.mapping()
	o := picker.Options{Title: field.Label, Tag: e.tag(), Free: true, Env: e.of.env}
	switch {
	case field.Key == "externalId":
		o.Valid = func(id string) bool { return e.of.checkID(m.ExternalSystem, id) == nil }
		o.Search = e.of.records(m)
	case strings.EqualFold(m.M3terEntity, account):
		o.Search = e.of.accounts
	default:
		return screen.Fail(fmt.Errorf("m3ter's %ss cannot be searched from here: paste the id", m.M3terEntity))
	}
	return e.of.env.Open(picker.New(o))
}

// refused are the faults of a mapping that its destination's form shows.
func (s *Screen) refused(m integration.ExternalMapping) (p spec.Problems) {
	if f, ok := s.env.Service.Catalog().Mapped(m.ExternalSystem); ok {
		if w := f.Words; !strings.EqualFold(m.ExternalTable, w.CustomerTable) && !strings.EqualFold(m.ExternalTable, w.ItemTable) {
			p = append(p, spec.Problem{Key: "externalTable", Label: "External table",
				Message: fmt.Sprintf("%s has no %s: it is %s or %s", w.System, m.ExternalTable, w.CustomerTable, w.ItemTable)})
		}
	}
	if err := s.checkID(m.ExternalSystem, m.ExternalID); err != nil {
		p = append(p, spec.Problem{Key: "externalId", Label: "External entity ID",
			Message: err.Error() + "; ctrl+l finds it by name, and ext: or name: in front looks it up"})
	}
	return p
}

// checkID refuses what names no record of a system: no internal id, and nothing
// that the service turns into one on save.
func (s *Screen) checkID(system, id string) error {
	f, ok := s.env.Service.Catalog().Mapped(system)
	if !ok || f.CheckID == nil || strings.HasPrefix(id, "ext:") || strings.HasPrefix(id, "name:") {
		return nil
	}
	return f.CheckID(id)
}

func (s *Screen) accounts(ctx context.Context, query string, limit int) ([]picker.Choice, error) {
	found, err := s.env.Service.Accounts(ctx, query, limit)
	out := make([]picker.Choice, len(found))
	for i, a := range found {
		out[i] = picker.Choice{ID: a.ID, Name: a.Name, Note: a.Code}
	}
	return out, err
}

// records searches what a mapping may lead to: the customers or items of its
// system.
func (s *Screen) records(m integration.ExternalMapping) picker.Search {
	linked, system := cmp.Or(m.IntegrationID, s.asks(m.ExternalSystem)), m.ExternalSystem
	search := s.env.Service.Items
	if f, ok := s.env.Service.Catalog().Mapped(m.ExternalSystem); ok {
		system = f.Words.System
		if strings.EqualFold(m.ExternalTable, f.Words.CustomerTable) {
			search = s.env.Service.Customers
		}
	}
	return func(ctx context.Context, query string, limit int) ([]picker.Choice, error) {
		if linked == "" {
			return nil, fmt.Errorf("no integration is connected to %s: connect one, or paste the id", system)
		}
		found, err := search(ctx, linked, query, limit)
		out := make([]picker.Choice, len(found))
		for i, n := range found {
			out[i] = picker.Choice{ID: n.ID, Name: n.Name}
		}
		return out, err
	}
}

// SetSize implements screen.Screen.
func (e *editor) SetSize(width, height int) {
	e.width, e.height = min(width, 84), height
	e.form.SetSize(e.width-4, max(3, min(9, height-5)))
}

// View implements screen.Screen.
func (e *editor) View() string {
	help := e.form.Help(e.width - 4)
	body := e.form.View() + "\n" + theme.Dim.Render(widget.Clip(e.hint, e.width-4)) + "\n" + strings.Join(help[:min(len(help), 2)], "\n")
	return widget.Block(widget.Frame(e.Title(), body, e.width), e.width, e.height)
}

// Title implements screen.Screen.
func (e *editor) Title() string {
	if e.base.ID == "" {
		return "Create external mapping"
	}
	return "Edit external mapping"
}

// Typing implements screen.Screen.
func (e *editor) Typing() bool { return e.form.Typing() }

// Keys implements screen.Screen.
func (e *editor) Keys() []screen.Key {
	return append(e.form.Keys("save"),
		screen.Key{Binding: key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "cancel")), Footer: true})
}

// Back implements screen.Screen: what was typed is thrown away only after a yes.
func (e *editor) Back() (bool, tea.Cmd) {
	if reflect.DeepEqual(e.form.Values(), e.before) {
		return false, nil
	}
	return true, e.of.env.Open(confirm.New(e.of.env, "Discard the changes?", "The mapping is not saved.", "Discard",
		func() tea.Cmd { return e.of.env.Close(e) }))
}
