package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/service"
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
	FPS   int              // 0: 120, which halves the wait for a key's frame
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
	root.out = o.Out
	p := tea.NewProgram(root, tea.WithContext(ctx), tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithAltScreen(), tea.WithFPS(o.FPS))
	go relay(ctx, svc, changes, p.Send)
	_, err = p.Run()
	if ctx.Err() != nil && errors.Is(err, tea.ErrProgramKilled) {
		return context.Cause(ctx)
	}
	return err
}
