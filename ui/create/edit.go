package create

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/confirm"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/whatif"
	"billferry/ui/widget"
)

// Edit is the page that changes an integration: the panels of stage 3.
type Edit struct {
	env    screen.Env
	id     string
	at     string                  // key of the setting that gets the focus; "" is the first
	run    string                  // whose Bill is previewed first; "" when the settings choose one
	base   integration.Integration // as it was read: its version goes with the update
	editor *editor                 // nil until it is read
	err    error
	busy   widget.Busy
	width  int
	height int
}

// NewEdit returns the page of an integration, at the setting that is the route's Arg
// or, where that is empty, at the first; Init reads it.
func NewEdit(env screen.Env, to screen.Route) *Edit {
	return &Edit{env: env, id: to.ID, at: to.Arg, run: to.Run}
}

// Init implements screen.Screen.
func (s *Edit) Init() tea.Cmd {
	svc, id := s.env.Service, s.id
	return tea.Batch(s.busy.Start(), load.Do(s, load.Deadline,
		func(ctx context.Context) (service.Detail, error) { return svc.Integration(ctx, id) }, s.read))
}

// Waiting implements screen.Waiter.
func (s *Edit) Waiting() bool { return s.busy.On() }

// Update implements screen.Screen.
func (s *Edit) Update(msg tea.Msg) tea.Cmd {
	if m, ok := msg.(load.Msg); ok {
		cmd := m.For(s)
		if s.editor != nil {
			cmd = tea.Batch(cmd, m.For(s.editor))
		}
		return cmd
	}
	cmd := s.busy.Update(msg)
	if s.editor == nil {
		return cmd
	}
	result, more := s.editor.update(msg)
	if result.Submit && !s.busy.On() {
		return tea.Batch(cmd, more, s.save())
	}
	return tea.Batch(cmd, more)
}

func (s *Edit) read(got service.Detail, err error) tea.Cmd {
	s.busy.Stop()
	if s.err = err; err != nil {
		return nil
	}
	f, ok := s.env.Service.Catalog().Form(got.EntityType, got.Destination)
	if !ok {
		s.err = fmt.Errorf("this version has no settings for %s with %s; use the one that made the integration", got.EntityType, got.Destination)
		return nil
	}
	s.base = got.Integration
	s.base.ConfigData = f.Fill(s.base.ConfigData)
	s.editor = newEditor(s.env, f, s.id, s.base.Name, s.base.ConfigData, "Save")
	s.SetSize(s.width, s.height)
	if slices.ContainsFunc(f.Fields, func(x spec.Field) bool { return x.Key == s.at }) {
		s.editor.form.Focus(s.at)
	}
	return s.editor.start(s.run)
}

// edited is the integration with what the form holds.
func (s *Edit) edited() integration.Integration {
	in := s.base
	in.Name, in.ConfigData = s.editor.form.Name(), s.editor.form.Values()
	return in
}

// save shows first what other settings change on the Bills that are kept.
func (s *Edit) save() tea.Cmd {
	in := s.edited()
	if p := s.editor.spec.Validate(in.Name, in.ConfigData); p.Err() != nil {
		s.editor.form.SetProblems(p)
		return screen.Fail(p.Err())
	}
	if reflect.DeepEqual(in.ConfigData, s.base.ConfigData.Clone()) {
		return s.write()
	}
	return s.env.Open(whatif.New(s.env, in, s.write, func(err error) tea.Cmd { return refused(s.editor, err) }))
}

// write sends the update with the version that was read.
func (s *Edit) write() tea.Cmd {
	svc, in := s.env.Service, s.edited()
	return tea.Batch(s.busy.Start(), load.Do(s, load.Deadline, func(ctx context.Context) (stored integration.Integration, err error) {
		if _, err = svc.Update(ctx, in); !errors.Is(err, integration.ErrConflict) {
			return stored, err
		}
		now, readErr := svc.Integration(ctx, in.ID)
		if readErr != nil {
			err = readErr
		}
		return now.Integration, err
	}, s.updated))
}

// updated leaves the page; stored is what is there now, on a conflict.
func (s *Edit) updated(stored integration.Integration, err error) tea.Cmd {
	s.busy.Stop()
	switch {
	case err == nil:
		return tea.Batch(s.env.Pop(), screen.Toast("Saved"))
	case errors.Is(err, integration.ErrConflict):
		return s.conflict(stored)
	}
	return refused(s.editor, err)
}

// conflict asks whether to save over what somebody else saved meanwhile.
func (s *Edit) conflict(stored integration.Integration) tea.Cmd {
	changed := "nothing that is shown here"
	if labels := differing(s.editor.spec, s.base, stored); len(labels) > 0 {
		changed = strings.Join(labels, ", ")
	}
	text := fmt.Sprintf("Somebody else saved it meanwhile and changed %s. Save your values over theirs?", changed)
	again := func() tea.Cmd {
		s.base.Version = stored.Version
		return s.write()
	}
	return s.env.Open(confirm.New(s.env, "Changed by somebody else", text, "Save mine", again))
}

// differing names the settings in which two states of an integration differ.
func differing(f spec.Form, a, b integration.Integration) []string {
	var out []string
	va, vb := f.Fill(a.ConfigData), f.Fill(b.ConfigData)
	for _, x := range f.Fields {
		same := reflect.DeepEqual(va.Get(x.Key), vb.Get(x.Key))
		if x.Key == "name" {
			same = a.Name == b.Name
		}
		if !same {
			out = append(out, x.Label)
		}
	}
	return out
}

// dirty tells whether something was typed that is not saved.
func (s *Edit) dirty() bool {
	return s.editor != nil && (s.editor.form.Name() != s.base.Name || !reflect.DeepEqual(s.editor.form.Values(), s.base.ConfigData.Clone()))
}

// SetSize implements screen.Screen.
func (s *Edit) SetSize(width, height int) {
	s.width, s.height = width, height
	if s.editor != nil {
		s.editor.resize(width, height-2)
	}
}

// View implements screen.Screen.
func (s *Edit) View() string {
	switch {
	case s.err != nil:
		return widget.Block(widget.Indent(theme.Bad.Render("✗ "+widget.Clean(s.err.Error()))), s.width, s.height)
	case s.editor == nil:
		return widget.Block(widget.Indent(s.busy.View("loading")), s.width, s.height)
	}
	line := fmt.Sprintf("Entity type %s · Integration destination %s", s.base.EntityType, s.base.Destination)
	if state := s.busy.View("saving"); state != "" {
		line += " · " + state
	} else if s.dirty() {
		line += " · changed, not saved"
	}
	return widget.Block(" "+theme.Dim.Render(widget.Clip(line, s.width-2))+"\n\n"+s.editor.view(), s.width, s.height)
}

// Title implements screen.Screen.
func (s *Edit) Title() string { return "Edit" }

// Typing implements screen.Screen: as in the wizard, every letter is the form's.
func (s *Edit) Typing() bool { return s.editor != nil }

// Back implements screen.Screen: it asks before changes are lost.
func (s *Edit) Back() (bool, tea.Cmd) {
	if s.editor != nil && s.editor.back() {
		return true, nil
	}
	if !s.dirty() {
		return false, nil
	}
	return true, s.env.Open(confirm.New(s.env, "Discard the changes?", "What was changed on this page is not saved.", "Discard", s.env.Pop))
}

// Leave implements screen.Leaver.
func (s *Edit) Leave() (string, tea.Cmd) {
	if s.dirty() {
		return "The changes to " + widget.Clean(s.base.Name) + " are not saved.", nil
	}
	return "", nil
}

// Keys implements screen.Screen.
func (s *Edit) Keys() []screen.Key {
	if s.editor == nil {
		return nil
	}
	return s.editor.keys("save")
}
