package whatif

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// Dialog compares, and asks before settings are saved that change documents.
type Dialog struct {
	env           screen.Env
	in            integration.Integration // as it would be saved
	save          func() tea.Cmd
	refused       func(error) tea.Cmd
	asking        load.Latest
	busy          widget.Busy
	far           string // how far the comparison is
	done          bool
	got           service.Coverage
	err           error
	body          widget.Pane
	width, height int
}

// New compares the settings of in with those that are stored. When nothing
// differs it saves without a question. save and refused run after the dialog
// closed; refused gets what makes the settings no valid ones.
func New(env screen.Env, in integration.Integration, save func() tea.Cmd, refused func(error) tea.Cmd) *Dialog {
	return &Dialog{env: env, in: in, save: save, refused: refused}
}

// farMsg tells how far a comparison is.
type farMsg struct {
	owner *Dialog
	far   string
	more  chan string
}

// Init implements screen.Screen: it begins to compare.
func (d *Dialog) Init() tea.Cmd {
	svc, q := d.env.Service, service.CoverageRequest{IntegrationID: d.in.ID, ConfigData: d.in.ConfigData, Limit: Bills}
	far := make(chan string, 1)
	return tea.Batch(d.busy.Start(), d.hear(far), load.Newest(&d.asking, d, load.Deadline,
		func(ctx context.Context) (service.Coverage, error) {
			defer close(far)
			return svc.Coverage(ctx, q, func(s service.Step) {
				select {
				case far <- s.Detail:
				default: // the one before is not drawn yet
				}
			})
		}, d.compared))
}

func (d *Dialog) hear(far chan string) tea.Cmd {
	return func() tea.Msg {
		if s, ok := <-far; ok {
			return farMsg{d, s, far}
		}
		return nil
	}
}

func (d *Dialog) compared(got service.Coverage, err error) tea.Cmd {
	d.busy.Stop()
	var problems spec.Problems
	switch {
	case errors.As(err, &problems):
		return tea.Batch(d.env.Close(d), d.refused(err))
	case err == nil && !Differs(got):
		return tea.Batch(d.env.Close(d), d.save())
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("comparing took more than %s", load.Deadline)
	}
	d.done, d.got, d.err = true, got, err
	d.layout()
	return nil
}

// Update implements screen.Screen. Keys pressed before the answer is there are
// no answer to it.
func (d *Dialog) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		switch {
		case !d.done || m.Paste:
		case m.String() == "y", m.String() == "Y":
			return tea.Batch(d.env.Close(d), d.save())
		case m.String() == "n", m.String() == "N":
			return d.env.Close(d)
		default:
			d.body.Key(m)
		}
		return nil
	case load.Msg:
		return m.For(d)
	case farMsg:
		if m.owner != d {
			return nil
		}
		d.far = m.far
		return d.hear(m.more)
	}
	return d.busy.Update(msg)
}

// Guarded implements screen.Guarded: what it tells must have been read.
func (d *Dialog) Guarded() {}

// SetSize implements screen.Screen.
func (d *Dialog) SetSize(width, height int) {
	d.width, d.height = min(width, 100), height
	if d.done {
		d.layout()
	}
}

// layout fits what differs into the room.
func (d *Dialog) layout() {
	lines, width := []widget.Line{}, d.width-4
	add := func(text string) {
		for _, l := range widget.Wrap(widget.Clean(text), width) {
			lines = append(lines, widget.Line{Text: l})
		}
	}
	if d.err != nil {
		add("What the change does to kept Bills is not known: " + d.err.Error() + ".")
		add("It can be saved all the same.")
	} else {
		d.differences(&lines, add, width)
	}
	d.body.Set(lines)
	d.body.SetSize(width, max(1, min(len(lines), d.height-4)))
}

func (d *Dialog) differences(lines *[]widget.Line, add func(string), width int) {
	for _, s := range counts(d.got) {
		add(s)
	}
	*lines = append(*lines, widget.Line{})
	changed, same := Items(d.got)
	if len(changed) > 0 {
		amount := widget.Column{Width: 14, Min: 12, Right: true}
		before, after, difference := amount, amount, amount
		before.Title, after.Title, difference.Title = "BEFORE", "AFTER", "DIFFERENCE"
		difference.Drop = 1
		t := widget.NewTable(width, widget.Column{Title: "ITEM", Width: 10, Flex: 1}, widget.Column{Width: 3},
			before, after, difference)
		*lines = append(*lines, widget.Line{Text: t.Row("ITEM", "", "BEFORE", "AFTER", "DIFFERENCE"), Style: &theme.Dim})
		for _, x := range changed {
			*lines = append(*lines, widget.Line{Text: t.Row(widget.Clean(x.Name), x.Currency, widget.Amount(x.Before, x.Currency),
				widget.Amount(x.After, x.Currency), widget.Amount(x.After.Sub(x.Before), x.Currency))})
		}
	}
	if s := unchanged(len(changed), same); s != "" {
		add(s)
	}
	*lines = append(*lines, widget.Line{})
	first, more := listed(d.got)
	for _, b := range first {
		add(document(b))
	}
	if more != "" {
		add(more)
	}
}

// View implements screen.Screen.
func (d *Dialog) View() string {
	if !d.done {
		text := "comparing with kept Bills"
		if d.far != "" {
			text += ", " + d.far
		}
		return widget.Frame(d.Title(), d.busy.View(widget.Clean(text)+"; esc stops and does not save"), d.width)
	}
	end := "Save? y yes · n, esc back to the settings"
	if place := d.body.Place(); place != "" {
		end += " · " + place
	}
	return widget.Frame(d.Title(), strings.Join([]string{d.body.View(), "", theme.Dim.Render(widget.Clip(end, d.width-4))}, "\n"), d.width)
}

// Title implements screen.Screen.
func (d *Dialog) Title() string { return "What saving changes" }

// Typing implements screen.Screen.
func (d *Dialog) Typing() bool { return false }

// Back implements screen.Screen: leaving stops the comparison and saves nothing.
func (d *Dialog) Back() (bool, tea.Cmd) {
	d.asking.Drop()
	d.busy.Stop()
	return false, nil
}

// Keys implements screen.Screen.
func (d *Dialog) Keys() []screen.Key {
	bind := func(help, text string, keys ...string) screen.Key {
		return screen.Key{Binding: key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, text)), Footer: true}
	}
	if !d.done {
		return []screen.Key{bind("esc", "stop and close", "esc")}
	}
	return append([]screen.Key{bind("y", "yes", "y"), bind("n", "no", "n"), bind("esc", "back to the settings", "esc")}, widget.ListKeys()...)
}
