package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/service"
	"billferry/ui/paint"
	"billferry/ui/screen"
	"billferry/ui/theme"
)

// Options are the settings of a session. The zero value is a session on the
// process's own terminal.
type Options struct {
	In    io.Reader        // nil: standard input
	Out   io.Writer        // nil: standard output
	Theme string           // auto (also ""), light, dark, none
	Start screen.Route     // zero: the list of integrations
	Now   func() time.Time // nil: the clock
	FPS   int              // the most frames a second; 0: 120
	// NoMouse leaves the mouse to the terminal, until ctrl+t takes it.
	NoMouse bool
	ASCII   bool // the terminal has no signs but those of ASCII
}

func (o Options) filled() Options {
	if o.In == nil {
		o.In = os.Stdin
	}
	if o.Out == nil {
		o.Out = os.Stdout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.FPS == 0 {
		o.FPS = 120
	}
	if o.Start.Name == "" {
		o.Start.Name = screen.Home
	}
	return o
}

// Run shows the terminal program until the operator leaves it or ctx ends.
func Run(ctx context.Context, svc service.Service, o Options) error {
	o = o.filled()
	if err := theme.Use(o.Theme); err != nil {
		return err
	}
	info, err := svc.Info(ctx)
	if err != nil {
		return fmt.Errorf("ask whose data this is: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	changes, err := svc.Changes(ctx) // before the first screen loads: nothing is missed
	if err != nil {
		return fmt.Errorf("listen for changes: %w", err)
	}
	root := newRoot(screen.Env{Service: svc, Now: o.Now, Info: info}, o.Start)
	painted, out := paint.New(o.Out)
	root.out, root.ascii, root.hasMouse = out, o.ASCII, !o.NoMouse
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithInput(o.In), tea.WithOutput(out), tea.WithAltScreen(),
		tea.WithFPS(paint.LeastFPS)}
	if root.hasMouse {
		options = append(options, tea.WithMouseCellMotion())
	}
	p := tea.NewProgram(paint.Wrap(root, painted, o.FPS), options...)
	crashed := make(chan error, 1)
	go guarded(func() { relay(ctx, svc, changes, p.Send) }, func(err error) { crashed <- err; p.Kill() })
	_, err = p.Run()
	select {
	case why := <-crashed:
		return why
	default:
	}
	if ctx.Err() != nil && errors.Is(err, tea.ErrProgramKilled) {
		return context.Cause(ctx)
	}
	return err
}

// guarded runs work and hands a panic of it to failed. Bubble Tea recovers from
// what panics in its own goroutines; one of ours would take the process down
// with the terminal still raw.
func guarded(work func(), failed func(error)) {
	defer func() {
		if p := recover(); p != nil {
			failed(fmt.Errorf("this is a fault in billferry, please report it: %v\n%s", p, debug.Stack()))
		}
	}()
	work()
}
