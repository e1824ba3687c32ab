package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/mattn/go-isatty"
)

// output is standard output. It remembers that something could not be written,
// so that no command says it is done when what it had to say is lost. After
// that nothing more is written: half of a table looks like a whole one.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(b []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(b)
	if err != nil {
		o.err = fmt.Errorf("write the output: %w", err)
	}
	return n, o.err
}

// lost is why not all of the output was written.
func (e *env) lost() error {
	if o, ok := e.out.(*output); ok {
		return o.err
	}
	return nil
}

// screen is the output for what draws on it.
func (e *env) screen() io.Writer {
	if o, ok := e.out.(*output); ok {
		return o.w
	}
	return e.out
}

// brokenPipe tells that who read the output has gone, as 'head' does; it knows.
func brokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// terminal tells whether w is one.
func terminal(w any) bool {
	if o, ok := w.(*output); ok {
		w = o.w
	}
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}
