package mappings

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/mappingcsv"
	"billferry/internal/readfile"
	"billferry/internal/service"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// batch is how many mappings are written between two reports.
const batch = 500

// importing is an import: first what it would do, then under way. It is written
// a batch at a time, so that its progress shows and esc stops it.
type importing struct {
	path      string
	total     int
	rest      []mappingcsv.Row
	created   int
	changed   int
	unchanged int
	refused   []mappingcsv.Refused
	start     time.Time
	stopped   bool
}

// step hands the next rows to the service, which only tells what it would do
// when dry.
func (i *importing) step(ctx context.Context, svc service.Service, dry bool) error {
	now := i.rest[:min(batch, len(i.rest))]
	i.rest = i.rest[len(now):]
	q := service.MappingImport{DryRun: dry, Source: i.path, More: len(i.rest) > 0}
	for _, r := range now {
		q.Mappings = append(q.Mappings, r.ExternalMapping)
	}
	got, err := svc.ImportMappings(ctx, q)
	if err != nil {
		return fmt.Errorf("import mappings: %w", err)
	}
	i.created, i.changed, i.unchanged = i.created+got.Added, i.changed+got.Changed, i.unchanged+got.Unchanged
	for _, r := range got.Refused {
		i.refused = append(i.refused, mappingcsv.Refused{Line: now[r.Index].Line, Reason: r.Reason})
	}
	return nil
}

func (s *Screen) fileNamed(m fileMsg) tea.Cmd {
	if m.use == toExport {
		return s.export(m.path)
	}
	if s.importing != nil {
		return screen.Fail(fmt.Errorf("an import is under way: wait for it, or stop it with esc"))
	}
	return s.readFile(m.path)
}

// export writes what the list shows. A file that exists is left alone.
func (s *Screen) export(path string) tea.Cmd {
	rows := slices.Clone(s.Shown)
	return load.Act(&s.List, load.Deadline, func(context.Context) error {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		err = mappingcsv.Write(f, rows)
		return errors.Join(err, f.Close())
	}, func(err error) tea.Cmd {
		if err != nil {
			err = fmt.Errorf("export the mappings: %w", err)
		}
		return s.changed(fmt.Sprintf("%s written to %s", widget.Many(len(rows), "mapping"), path), err)
	})
}

// readFile reads a file and shows what its import would do.
func (s *Screen) readFile(path string) tea.Cmd {
	svc := s.env.Service
	type read struct{ would, ready importing }
	return tea.Batch(s.Busy.Start(), load.Do(&s.List, lookFor, func(ctx context.Context) (r read, err error) {
		f, err := readfile.Open(path)
		if err != nil {
			return r, fmt.Errorf("import mappings: %w", err)
		}
		defer f.Close() // it is only read
		rows, refused, err := mappingcsv.Read(f)
		if err != nil {
			return r, fmt.Errorf("import mappings: %s: %w", path, err)
		}
		r.ready = importing{path: path, total: len(rows), rest: rows, refused: refused}
		for r.would = r.ready; len(r.would.rest) > 0 && err == nil; {
			err = r.would.step(ctx, svc, true)
		}
		return r, err
	}, func(r read, err error) tea.Cmd {
		s.Busy.Stop()
		if err != nil {
			return screen.Fail(err)
		}
		return s.env.Open(newReport(s.env, r.would, func() tea.Cmd {
			r.ready.start = s.env.Now()
			return s.imported(r.ready, nil)
		}))
	}))
}

// imported goes on with the next batch, or reports.
func (s *Screen) imported(state importing, err error) tea.Cmd {
	if err != nil {
		s.importing = nil
		return tea.Batch(s.load(), screen.Fail(err))
	}
	if s.importing != nil {
		state.stopped = s.importing.stopped
	}
	s.importing = &state
	if len(state.rest) == 0 || state.stopped {
		s.importing = nil
		return tea.Batch(s.load(), s.env.Open(newReport(s.env, state, nil)))
	}
	svc, next := s.env.Service, state
	next.refused = slices.Clone(next.refused)
	return load.Do(&s.List, lookFor, func(ctx context.Context) (importing, error) {
		err := next.step(ctx, svc, false)
		return next, err
	}, s.imported)
}

// progress says how far it is, and how long it will take.
func (i *importing) progress(now time.Time) string {
	return widget.Progress(i.total-len(i.rest), i.total, i.start, now) + " · esc stops"
}

// report is the dialog that says what an import would do, and then what it did:
// how many, and which lines are refused and why.
type report struct {
	env     screen.Env
	summary []string
	refused []mappingcsv.Refused
	do      func() tea.Cmd // imports; nil: it was done
	puts    int
	list    widget.List
	width   int
}

var reportKeys = struct{ close, do key.Binding }{
	close: key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "close")),
	do:    key.NewBinding(key.WithKeys("enter", "ctrl+s"), key.WithHelp("enter/ctrl+s", "import")),
}

func newReport(env screen.Env, i importing, do func() tea.Cmd) *report {
	words := [...]string{"created", "changed"}
	if do != nil {
		words = [...]string{"new", "to change"}
	}
	text := fmt.Sprintf("%s %s, %s %s, %s unchanged, %s refused", widget.Count(i.created), words[0], widget.Count(i.changed), words[1],
		widget.Count(i.unchanged), widget.Count(len(i.refused)))
	r := &report{env: env, summary: []string{widget.Clean(i.path), text}, refused: i.refused, do: do, puts: i.created + i.changed}
	switch {
	case i.stopped:
		r.summary = append(r.summary, fmt.Sprintf("Stopped, with %s not looked at. Import the file again to go on.",
			widget.Many(len(i.rest), "line")))
	case do != nil && r.puts == 0:
		r.summary = append(r.summary, "There is nothing to import.")
		r.do = nil
	case do != nil:
		r.summary = append(r.summary, "Nothing is changed yet: enter imports, esc leaves it.")
	}
	slices.SortFunc(r.refused, func(a, b mappingcsv.Refused) int { return a.Line - b.Line })
	r.list.SetRows(len(r.refused), func(i int) string { return fmt.Sprint(r.refused[i].Line) })
	return r
}

// Guarded implements screen.Guarded: it opens by itself.
func (r *report) Guarded() {}

// Init implements screen.Screen.
func (r *report) Init() tea.Cmd { return nil }

// Update implements screen.Screen.
func (r *report) Update(msg tea.Msg) tea.Cmd {
	m, ok := msg.(tea.KeyMsg)
	if !ok {
		return nil
	}
	switch {
	case r.do != nil && key.Matches(m, reportKeys.do):
		closed := r.env.Close(r)
		return tea.Batch(closed, r.do())
	case r.do == nil && key.Matches(m, reportKeys.close):
		return r.env.Close(r)
	}
	r.list.Key(m)
	return nil
}

// SetSize implements screen.Screen.
func (r *report) SetSize(width, height int) {
	r.width = min(width, 90)
	r.list.SetSize(r.width-4, max(1, min(len(r.refused), height-len(r.summary)-4)))
}

// View implements screen.Screen.
func (r *report) View() string {
	lines := slices.Clone(r.summary)
	if len(r.refused) > 0 {
		lines = append(lines, "", r.list.View(func(i int, _ bool, _ int) string {
			x := r.refused[i]
			return theme.Label.Render(fmt.Sprintf("line %d", x.Line)) + "  " + widget.Clean(x.Reason)
		}))
	}
	return widget.Frame(r.Title(), strings.Join(lines, "\n"), r.width)
}

// Title implements screen.Screen.
func (r *report) Title() string {
	if r.do != nil {
		return "Import these mappings?"
	}
	return "Import"
}

// Typing implements screen.Screen.
func (r *report) Typing() bool { return false }

// Back implements screen.Screen.
func (r *report) Back() (bool, tea.Cmd) { return false, nil }

// Keys implements screen.Screen.
func (r *report) Keys() []screen.Key {
	binding := reportKeys.close
	if r.do != nil {
		binding = reportKeys.do
	}
	return append([]screen.Key{{Binding: binding, Footer: true}}, widget.ListKeys()...)
}
