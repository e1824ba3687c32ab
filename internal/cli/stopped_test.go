package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"billferry/internal/app"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
)

// Work that is stopped says either that it is kept so far, or that nothing of it is.
func TestStoppedWorkSaysWhatIsKept(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	e := &env{err: io.Discard}
	in := service.Summary{}
	in.Name = "US"
	_, err := e.reconcileOne(ctx, servicetest.New(), in, service.ReconcileRequest{Period: "2026-10"})
	for _, c := range []struct {
		err  error
		want string
	}{
		{err, "stopped: US was not reconciled, and nothing of it is kept"},
		{unlessStopped(context.Canceled, "no plan was made"), "stopped: no plan was made, and nothing of it is kept"},
		{context.Canceled, "stopped; what was done by then stays so (context canceled)"},
		{unlessStopped(errors.New("a fault"), "no plan was made"), "a fault"},
	} {
		if got := explain(c.err); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Every command names the argument that is missing, or too much.
func TestArgumentsAreNamed(t *testing.T) {
	t.Parallel()
	root := newRoot(&env{destinations: app.Destinations()})
	for _, c := range []struct{ args, want string }{
		{"close", "PERIOD is missing: 'billferry close' takes PERIOD"},
		{"close 2026-10", ""},
		{"close 2026-10 US", `"US" is too much: 'billferry close' takes PERIOD`},
		{"explain", "DOCUMENT[:LINE] is missing: 'billferry explain' takes DOCUMENT[:LINE]"},
		{"integration update", "ID is missing: 'billferry integration update' takes ID"},
		{"runs hold", "RUN is missing: 'billferry runs hold' takes RUN..."},
		{"runs hold a b c", ""},
		{"runs retry", ""},
		{"runs retry a b c", ""},
		{"integration export", ""},
		{"integration export a b", ""},
		{"demo x", `"x" is too much: 'billferry demo' takes no arguments`},
		{"send x", `"x" is too much: 'billferry send' takes no arguments`},
		{"plan", ""},
		{"plan shw", `"shw" is no command of 'billferry plan'; did you mean show?`},
		{"runs lst", `"lst" is no command of 'billferry runs'; did you mean list?`},
	} {
		cmd, args, err := root.Find(strings.Fields(c.args))
		if err == nil {
			err = cmd.ValidateArgs(args)
		}
		if got := errorText(err); got != c.want {
			t.Errorf("%s: %q, want %q", c.args, got, c.want)
		}
	}
	for _, c := range leafCommands(root) {
		if c.ValidateArgs(make([]string, 9)) == nil && !strings.Contains(c.Use, "...") && c.Name() != "help" /* cobra's own */ {
			t.Errorf("%s takes nine arguments", c.CommandPath())
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
