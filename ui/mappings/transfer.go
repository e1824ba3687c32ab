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
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// batch is how many mappings are written between two reports.
const batch = 25

// importing is an import under way: it is written a batch at a time, so that
// its progress shows and esc stops it.
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
		return s.changed(fmt.Sprintf("%s mappings written to %s", widget.Count(len(rows)), path), err)
	})
}

// readFile reads a file and compares it with the mappings that exist.
func (s *Screen) readFile(path string) tea.Cmd {
	existing, start := slices.Clone(s.All), s.env.Now()
	return load.Do(&s.List, load.Deadline, func(context.Context) (*importing, error) {
		f, err := readfile.Open(path)
		if err != nil {
			return nil, fmt.Errorf("import mappings: %w", err)
		}
		defer f.Close() // it is only read
		rows, refused, err := mappingcsv.Read(f)
		if err != nil {
			return nil, fmt.Errorf("import mappings: %s: %w", path, err)
		}
		put, unchanged := mappingcsv.Plan(existing, rows)
		return &importing{path: path, total: len(put), rest: put, unchanged: unchanged, refused: refused, start: start}, nil
	}, s.imported)
}

// imported goes on with the next batch, or reports.
func (s *Screen) imported(state *importing, err error) tea.Cmd {
	if err != nil {
		return screen.Fail(err)
	}
	if s.importing != nil {
		state.stopped = s.importing.stopped
	}
	s.importing = state
	if len(state.rest) == 0 || state.stopped {
		s.importing = nil
		return tea.Batch(s.load(), s.env.Open(newReport(s.env, state)))
	}
	next := *state
	next.refused = slices.Clone(next.refused)
	svc := s.env.Service
	return load.Do(&s.List, batch*load.Deadline, func(ctx context.Context) (*importing, error) {
		now := next.rest[:min(batch, len(next.rest))]
		next.rest = next.rest[len(now):]
		for _, r := range now {
			switch _, err := svc.PutMapping(ctx, r.ExternalMapping); {
			case err != nil:
				next.refused = append(next.refused, mappingcsv.Refused{Line: r.Line, Reason: err.Error()})
			case r.ID == "":
				next.created++
			default:
				next.changed++
			}
		}
		return &next, nil
	}, s.imported)
}

// progress says how far it is, and how long it will take.
func (i *importing) progress(now time.Time) string {
	return widget.Progress(i.total-len(i.rest), i.total, i.start, now) + " · esc stops"
}

// report is the dialog that says what an import did, and which lines it
// refused and why.
type report struct {
	env     screen.Env
	summary []string
	refused []mappingcsv.Refused
	list    widget.List
	width   int
}

var reportKeys = struct{ close key.Binding }{close: key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "close"))}

func newReport(env screen.Env, i *importing) *report {
	text := fmt.Sprintf("%s created, %s changed, %s unchanged, %s refused", widget.Count(i.created), widget.Count(i.changed), widget.Count(i.unchanged), widget.Count(len(i.refused)))
	r := &report{env: env, summary: []string{widget.Clean(i.path), text}, refused: i.refused}
	if i.stopped {
		r.summary = append(r.summary, fmt.Sprintf("Stopped: %s lines were not looked at. Import the file again to go on.", widget.Count(len(i.rest))))
	}
	slices.SortFunc(r.refused, func(a, b mappingcsv.Refused) int { return a.Line - b.Line })
	r.list.SetRows(len(r.refused), func(i int) string { return fmt.Sprint(r.refused[i].Line) })
	return r
}

// Guarded implements screen.Guarded: it opens by itself, after an import.
func (r *report) Guarded() {}

// Init implements screen.Screen.
func (r *report) Init() tea.Cmd { return nil }

// Update implements screen.Screen.
func (r *report) Update(msg tea.Msg) tea.Cmd {
	m, ok := msg.(tea.KeyMsg)
	if !ok {
		return nil
	}
	if key.Matches(m, reportKeys.close) {
		return r.env.Close()
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
func (r *report) Title() string { return "Import" }

// Typing implements screen.Screen.
func (r *report) Typing() bool { return false }

// Back implements screen.Screen.
func (r *report) Back() (bool, tea.Cmd) { return false, nil }

// Keys implements screen.Screen.
func (r *report) Keys() []screen.Key {
	return append([]screen.Key{{Binding: reportKeys.close, Footer: true}}, widget.ListKeys()...)
}
