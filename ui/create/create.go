// Package create is the wizard on screen, and the page that edits what it
// made: both draw the same panels from the same spec. What stage comes next
// and what is wrong is decided by package wizard; here it is drawn, saved as a
// draft after each change, and previewed.
package create

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"
	"github.com/charmbracelet/lipgloss"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/confirm"
	"billferry/ui/connect"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
	"billferry/wizard"
)

// Screen is the wizard.
type Screen struct {
	env     screen.Env
	draftID string // to continue; "" starts anew
	wizard  wizard.Wizard
	saver   *saver
	field   *huh.Select[string]
	choose  *huh.Form // of stage 1 and 2; nil at stage 3
	resumes bool      // the draft is being read
	editor  *editor   // of stage 3
	asks    string    // id of the draft once it is connected: its destination can be asked
	problem string    // of stage 1 or 2
	busy    widget.Busy
	width   int
	height  int
}

// New returns the wizard; draftID continues a draft.
func New(env screen.Env, draftID string) *Screen {
	s := &Screen{env: env, draftID: draftID, resumes: draftID != "", wizard: wizard.New(env.Service.Catalog()),
		saver: &saver{svc: env.Service, id: draftID}}
	s.enter()
	return s
}

// Init implements screen.Screen: it loads the draft when there is one.
func (s *Screen) Init() tea.Cmd {
	if s.draftID == "" {
		return s.start()
	}
	svc, id := s.env.Service, s.draftID
	return load.Do(s, load.Deadline, func(ctx context.Context) (integration.Draft, error) {
		all, err := svc.Drafts(ctx)
		for _, d := range all {
			if d.ID == id {
				return d, nil
			}
		}
		if err == nil {
			err = errors.New("the draft is gone: it was finished or discarded elsewhere")
		}
		return integration.Draft{}, err
	}, s.resume)
}

// enter builds what the stage shows.
func (s *Screen) enter() {
	s.choose, s.editor, s.problem = nil, nil, ""
	if s.wizard.Draft().Stage == wizard.Configure {
		form, _ := s.wizard.Form()
		d := s.wizard.Draft()
		s.editor = newEditor(s.env, form, s.asks, d.Name, d.ConfigData, "Create")
	} else {
		s.choose = s.selection()
	}
	s.SetSize(s.width, s.height)
}

// selection is the select of stage 1 or 2. It is new for each visit: a huh
// form that was completed cannot be used again. It holds the choices alone: a
// description that wraps would push them out of the height that huh fixed.
func (s *Screen) selection() *huh.Form {
	choice := s.wizard.Chosen()
	s.field = huh.NewSelect[string]().Options(huh.NewOptions(s.wizard.Options()...)...).Value(&choice)
	keys := huh.NewDefaultKeyMap()
	keys.Select.Filter.SetEnabled(false) // a handful of choices; and q would be typed into it
	theme := huh.ThemeBase16()
	theme.Focused.Base = lipgloss.NewStyle()
	return huh.NewForm(huh.NewGroup(s.field)).WithShowHelp(false).WithKeyMap(keys).WithTheme(theme)
}

// start returns the command that starts what enter built.
func (s *Screen) start() tea.Cmd {
	if s.editor != nil {
		return s.editor.start("")
	}
	return s.choose.Init()
}

// Update implements screen.Screen.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case load.Msg:
		return tea.Batch(m.For(s), s.fromEditor(m))
	case tea.KeyMsg:
		// Not left to huh, which goes on a message later: the next key is for the
		// next stage.
		if s.editor == nil && m.String() == "enter" {
			return s.next()
		}
	}
	if s.editor != nil {
		return tea.Batch(s.busy.Update(msg), s.configure(msg))
	}
	_, cmd := s.choose.Update(msg)
	return cmd
}

func (s *Screen) fromEditor(m load.Msg) tea.Cmd {
	if s.editor == nil {
		return nil
	}
	return m.For(s.editor)
}

// Waiting implements screen.Waiter: keys are for the draft, or for the page of
// what is being created.
func (s *Screen) Waiting() bool { return s.resumes || s.busy.On() }

// draftError says what a failed save means for what was typed.
type draftError struct{ err error }

func (e *draftError) Error() string {
	return "the draft is not saved, and would be lost if you left now: " + e.err.Error()
}

func (e *draftError) Unwrap() error { return e.err }

func (s *Screen) resume(d integration.Draft, err error) tea.Cmd {
	s.resumes = false
	if err != nil {
		return tea.Batch(screen.Fail(err), s.start())
	}
	if d.CredentialsID != "" {
		s.asks = d.ID
	}
	w, err := wizard.Resume(s.env.Service.Catalog(), d.Data)
	s.wizard = w
	s.enter()
	if err != nil {
		return tea.Batch(screen.Fail(err), s.start())
	}
	return s.start()
}

// next is Continue: the wizard says whether there is a next stage.
func (s *Screen) next() tea.Cmd {
	choice, _ := s.field.Hovered()
	w, problems := s.wizard.Choose(choice).Next()
	if err := problems.Err(); err != nil {
		s.enter()
		s.problem = err.Error()
		return s.start()
	}
	s.wizard = w
	s.enter()
	return tea.Batch(s.start(), s.saver.save(s, w))
}

var connectKey = key.NewBinding(key.WithKeys("ctrl+k"), key.WithHelp("ctrl+k", "connect first"))

// connect opens the Connect form for the draft, so that what pickers offer has
// names before anything is created.
func (s *Screen) connect() tea.Cmd {
	w := s.wizard
	return load.Do(s, load.Deadline, func(ctx context.Context) (string, error) { return s.saver.keep(ctx, w) },
		func(id string, err error) tea.Cmd {
			if err != nil {
				return screen.Fail(&draftError{err})
			}
			f, _ := w.Form()
			d := w.Draft()
			in := integration.Integration{ID: id, Name: d.Name, EntityType: d.EntityType, Destination: d.Destination}
			return s.env.Open(connect.New(s.env, in, f, integration.Credentials{}, func(integration.Credentials) tea.Cmd {
				s.asks = id
				if s.editor != nil {
					s.editor.integrationID = id
				}
				return s.start()
			}))
		})
}

// configure is Update at stage 3.
func (s *Screen) configure(msg tea.Msg) tea.Cmd {
	if m, ok := msg.(tea.KeyMsg); ok && key.Matches(m, connectKey) && !s.editor.full && !s.busy.On() {
		return s.connect()
	}
	result, cmd := s.editor.update(msg)
	if result.Changed {
		s.wizard = s.wizard.SetValues(s.editor.form.Name(), s.editor.form.Values())
		cmd = tea.Batch(cmd, s.saver.save(s, s.wizard))
	}
	if result.Submit && !s.busy.On() {
		return tea.Batch(cmd, s.create())
	}
	return cmd
}

// create is the last step; the service validates once more.
func (s *Screen) create() tea.Cmd {
	if _, problems := s.wizard.Next(); problems.Err() != nil {
		s.editor.form.SetProblems(problems)
		return screen.Fail(problems.Err())
	}
	d := s.wizard.Draft()
	svc, request := s.env.Service, service.PreviewRequest{EntityType: d.EntityType, Destination: d.Destination, ConfigData: d.ConfigData}
	return tea.Batch(s.busy.Start(), load.Do(s, load.Deadline,
		func(ctx context.Context) (service.Preview, error) { return svc.Preview(ctx, request) },
		func(p service.Preview, err error) tea.Cmd {
			if err == nil && len(p.Overlaps) > 0 { // what could not be asked keeps nobody from creating it
				s.busy.Stop()
				return s.askOverlap(p.Overlaps)
			}
			return s.save()
		}))
}

// askOverlap asks before something is created that would invoice Bills twice.
func (s *Screen) askOverlap(overlaps []service.Overlap) tea.Cmd {
	var texts []string
	for _, o := range overlaps {
		text := widget.Clean(o.String())
		texts = append(texts, strings.ToUpper(text[:1])+text[1:]+".")
	}
	return s.env.Open(confirm.New(s.env, "Create it beside the other?", strings.Join(texts, "\n"), "Create", func() tea.Cmd {
		return tea.Batch(s.busy.Start(), s.save())
	}))
}

func (s *Screen) save() tea.Cmd {
	d := s.wizard.Draft()
	return load.Do(s, load.Deadline,
		func(ctx context.Context) (integration.Integration, error) { return s.saver.create(ctx, d) }, s.created)
}

func (s *Screen) created(in integration.Integration, err error) tea.Cmd {
	s.busy.Stop()
	if err != nil {
		return refused(s.editor, err)
	}
	return s.env.Replace(screen.Route{Name: screen.Details, ID: in.ID})
}

// refused shows why the service did not take a configuration, beside the
// field where it can be told.
func refused(e *editor, err error) tea.Cmd {
	var problems spec.Problems
	switch {
	case errors.As(err, &problems):
		e.form.SetProblems(problems)
	case errors.Is(err, integration.ErrExists):
		e.form.SetProblems(spec.Problems{
			{Key: "name", Label: "Name", Message: "this name is taken by another integration; choose a different one"}})
	}
	return screen.Fail(err)
}

// Title implements screen.Screen.
func (s *Screen) Title() string { return "Create integration" }

// Typing implements screen.Screen: the wizard takes every letter, also where
// the row in focus takes no text, so that q never ends a half typed one.
func (s *Screen) Typing() bool { return true }

// Back implements screen.Screen: the stage before, with everything kept.
func (s *Screen) Back() (bool, tea.Cmd) {
	if s.editor != nil && s.editor.back() {
		return true, nil
	}
	w, ok := s.wizard.Back()
	if !ok {
		return false, nil
	}
	s.wizard = w
	s.enter()
	return true, tea.Batch(s.start(), s.saver.save(s, w))
}

// Leave implements screen.Leaver: everything is in the draft already, or will
// be when save returns.
func (s *Screen) Leave() (string, tea.Cmd) {
	if s.saver.seq == 0 {
		return "", nil
	}
	return "", s.saver.save(s, s.wizard)
}

// Keys implements screen.Screen.
func (s *Screen) Keys() []screen.Key {
	if s.editor != nil && s.editor.full {
		return s.editor.keys("create")
	}
	if s.editor != nil {
		return append(s.editor.keys("create"), screen.Key{Binding: connectKey})
	}
	bind := func(help, text string, keys ...string) screen.Key {
		return screen.Key{Binding: key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, text)), Footer: true}
	}
	return []screen.Key{bind("↑/↓", "choose", "up", "down", "k", "j"), bind("enter", "Continue", "enter"), bind("esc", "back", "esc")}
}

// The lines above a stage: the stepper, and what was chosen before.
const headLines = 3

// SetSize implements screen.Screen.
func (s *Screen) SetSize(width, height int) {
	s.width, s.height = width, height
	if s.editor != nil {
		s.editor.resize(width, height-headLines)
		return
	}
	s.choose.WithWidth(max(20, min(width-4, 90)))
}

// View implements screen.Screen.
func (s *Screen) View() string {
	head := " " + stepper(s.wizard.Steps(), s.width-2) + "\n " + theme.Dim.Render(widget.Clip(s.chosen(), s.width-2)) + "\n\n"
	body := ""
	if s.editor != nil {
		body = s.editor.view()
	} else {
		body = widget.Indent(s.question() + "\n\n" + strings.TrimRight(s.choose.View(), "\n"))
		if s.problem != "" {
			body += "\n\n" + widget.Indent(theme.Bad.Render(strings.Join(widget.Wrap("✗ "+s.problem, s.width-2), "\n")))
		}
		body += "\n\n " + theme.Dim.Render("enter: Continue")
	}
	return widget.Block(head+body, s.width, s.height)
}

// question is what stage 1 or 2 asks.
func (s *Screen) question() string {
	step := s.wizard.Step()
	title := map[wizard.Stage]string{wizard.Entity: "Entity Type", wizard.Destination: "Destination"}[step.Stage]
	return theme.Label.Render(title) + "\n" + strings.Join(widget.Wrap(step.Task+".", s.width-2), "\n")
}

// chosen is the line under the stepper.
func (s *Screen) chosen() string {
	d := s.wizard.Draft()
	switch d.Stage {
	case wizard.Destination:
		return "Entity type " + d.EntityType
	case wizard.Configure:
		line := fmt.Sprintf("Entity type %s · Integration destination %s", d.EntityType, d.Destination)
		if state := s.busy.View("creating"); state != "" {
			line += " · " + state
		}
		return line
	}
	return ""
}

// stepper draws the stages in one line; where it is too long, by numbers with
// the name of the one that is on.
func stepper(steps []wizard.Step, width int) string {
	long, short := make([]string, len(steps)), make([]string, len(steps))
	for i, s := range steps {
		glyph, style := "○", theme.Dim
		switch s.State {
		case wizard.Done:
			glyph, style = "✓", theme.Good
		case wizard.Current:
			glyph, style = "●", theme.Focus
		}
		long[i] = style.Render(fmt.Sprintf("%s %d %s", glyph, s.Stage, s.Name))
		short[i] = long[i]
		if s.State != wizard.Current {
			short[i] = style.Render(fmt.Sprintf("%s %d", glyph, s.Stage))
		}
	}
	line := strings.Join(long, " ─── ")
	if widget.Cells(line) > width {
		line = strings.Join(short, " ─── ")
	}
	return widget.Clip(line, width)
}
