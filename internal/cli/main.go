package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"billferry/internal/api"
	"billferry/internal/app"
	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/nearest"
)

// Version is set when a release is built (-ldflags -X).
var Version = "dev"

// The exit codes of billferry.
const (
	exitOK           = 0
	exitFailed       = 1
	exitUsage        = 2
	exitNotDelivered = 3 // done, but some Bills were not delivered, or something is to do
	exitNotConnected = 4 // not connected or not authorised
)

// errNotDelivered ends a command that worked while some Bills did not arrive.
var errNotDelivered = errors.New("some bills were not delivered")

// errToDo ends a command that worked and found something for a person to do.
var errToDo = errors.New("something is to do")

// told is an error that the command has told with all there is to it.
type told struct{ error }

func (t told) Unwrap() error { return t.error }

// undone is the error of work that was stopped and of which nothing stays.
type undone struct {
	what string // what was not done
	error
}

func (u undone) Error() string { return u.what + ", and nothing of it is kept" }

func (u undone) Unwrap() error { return u.error }

// unlessStopped is err, which says what was not done when the work was stopped.
func unlessStopped(err error, what string) error {
	if errors.Is(err, context.Canceled) {
		return undone{what, err}
	}
	return err
}

// usageError is a call that cannot be understood.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// atLeast refuses the value of a flag that is too small.
func atLeast[T int | time.Duration](least T, flag string, value T) error {
	if value < least {
		return usagef("--%s %v: use %v or more", flag, value, least)
	}
	return nil
}

// Main runs one command and returns its exit code. The destinations are those
// of app, and more if there are.
func Main(args []string, in io.Reader, out, errw io.Writer, more ...destination.Adapter) int {
	// net/http writes what a peer sends on an idle connection to the standard
	// logger: text of a stranger's choice, on the operator's screen.
	log.SetOutput(io.Discard)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // the first signal ends cleanly, a second one at once
	// Else the first line into a pipe that nobody reads any more would end the
	// process on the spot, with calls under way and the store open.
	signal.Ignore(syscall.SIGPIPE)
	stdout := &output{w: out}
	out = stdout
	e := &env{in: in, out: out, err: errw, destinations: append(app.Destinations(), more...)}
	root := newRoot(e)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errw)
	cmd, err := root.ExecuteContextC(ctx)
	err = errors.Join(err, e.close())
	if lost := stdout.err; lost != nil {
		if brokenPipe(lost) && (err == nil || errors.Is(err, lost)) {
			return exitFailed
		}
		if !errors.Is(err, lost) {
			err = errors.Join(err, lost)
		}
		_, _ = fmt.Fprintln(errw, safeText("billferry: "+explain(err)))
		return exitFailed
	}
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errNotDelivered) && !errors.Is(err, errToDo) && !errors.As(err, new(told)) {
		_, _ = fmt.Fprintln(errw, safeText("billferry: "+explain(err)))
	}
	code := exitCode(e, err)
	if code == exitUsage {
		_, _ = fmt.Fprintf(errw, "see '%s --help'\n", cmd.CommandPath())
	}
	return code
}

// explain is the error with what to do about it.
func explain(err error) string {
	if errors.As(err, new(undone)) {
		return "stopped: " + err.Error()
	}
	if errors.Is(err, context.Canceled) {
		return "stopped; what was done by then stays so (" + err.Error() + ")"
	}
	var f *integration.Failure
	if errors.As(err, &f) && f.Advice != "" {
		return err.Error() + "\n  " + f.Advice
	}
	return err.Error()
}

func exitCode(e *env, err error) int {
	var f *integration.Failure
	var refused *api.Error
	var u usageError
	switch {
	case errors.Is(err, errNotDelivered), errors.Is(err, errToDo):
		return exitNotDelivered
	case errors.As(err, &u) || !e.started:
		return exitUsage
	case errors.As(err, &f) && f.Class == integration.ClassAuth:
		return exitNotConnected
	case errors.As(err, &refused) && refused.Status == http.StatusForbidden: // our own server, over TCP
		return exitNotConnected
	}
	return exitFailed
}

func newRoot(e *env) *cobra.Command {
	systems := e.catalog().Systems()
	root := &cobra.Command{
		Use:   "billferry",
		Short: "Carry m3ter Bills to " + systems + " as invoices",
		Long: "billferry carries m3ter Bills to " + systems + ` as invoices, each exactly once.

Without a command it opens the terminal UI. 'billferry demo' does so against
local simulators of both sides: nothing to install, nothing to pay.

Every flag has an environment twin: --data-dir is BILLFERRY_DATA_DIR. Exit codes:
0 done, 1 failed, 2 usage, 3 done but some Bills were not delivered or something
needs a person, 4 not connected or not authorised.

Commands work on the store in the data folder, through the process that has it
if there is one, or with --server on a 'billferry serve --listen' elsewhere.`,
		Example:       "  billferry demo\n  billferry integration create --file us.yaml\n  billferry send --integration ID --from bills.ndjson",
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(c *cobra.Command, _ []string) error { return e.ui(c.Context()) },
		PersistentPreRunE: func(c *cobra.Command, args []string) error {
			if err := cmp.Or(fromEnvironment(c.Flags()), c.ValidateRequiredFlags(), notEmpty(c, args), e.knownTheme()); err != nil {
				return usageError{err}
			}
			e.started = true
			return nil
		},
	}
	f := root.PersistentFlags()
	f.StringVar(&e.dataDir, "data-dir", "", "folder of the store (default: the platform's user data folder)")
	f.BoolVar(&e.json, "json", false, "print JSON on standard output")
	f.BoolVar(&e.noInput, "no-input", false, "never ask; fail instead")
	f.StringVar(&e.theme, "theme", "auto", "auto, light, dark or none")
	f.BoolVar(&e.ascii, "ascii", false, "draw screens with ASCII alone, for a terminal that has no other signs")
	f.BoolVar(&e.noMouse, "no-mouse", false, "leave the mouse to the terminal, which selects text with it (ctrl+t turns it on)")
	f.BoolVar(&e.accessible, "accessible", false, "plain prompts instead of screens")
	f.BoolVar(&e.noKeyring, "no-keyring", false, "seal secrets with a key file even if an OS keyring answers")
	f.StringVar(&e.server, "server", "", "URL of a 'billferry serve --listen' to work on, instead of the data folder")
	f.StringVar(&e.serverKey, "server-access-key-id", "", "API key for --server (billferry apikey create)")
	f.StringVar(&e.serverSecretFile, "server-api-secret-file", "", "file with its API secret")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usageError{unknownFlag(c, err)} })
	root.AddCommand(
		demoCommand(e), quickstartCommand(e), sandboxCommand(e), integrationCommand(e), sourceCommand(e), sendCommand(e), serveCommand(e),
		runsCommand(e), planCommand(e), sendPlanCommand(e), reconcileCommand(e), closeCommand(e), evidenceCommand(e),
		explainCommand(e), causesCommand(e), settingsCommand(e), filtersCommand(e), eventsCommand(e),
		mappingCommand(e), keygenCommand(e), storeCommand(e), auditCommand(e),
		apikeyCommand(e), versionCommand(e),
		manCommand(e),
	)
	takeNamed(root)
	completeWords(root, "theme", themes...)
	root.InitDefaultHelpCmd() // now, so that they can be given what all others have
	root.InitDefaultCompletionCmd()
	if c, _, err := root.Find([]string{"help"}); err == nil {
		c.Example = "  billferry help runs list"
		c.PreRunE = func(_ *cobra.Command, args []string) error {
			if _, left, err := root.Find(args); err != nil || len(left) > 0 {
				return usagef("there is no command %q", strings.Join(args, " "))
			}
			return nil
		}
	}
	if c, _, err := root.Find([]string{"completion"}); err == nil {
		c.RunE, c.Args = onlyCommands, nil
		c.Example = "  source <(billferry completion bash)"
		for _, shell := range c.Commands() {
			shell.Example = "  billferry completion " + shell.Name()
		}
	}
	return root
}

// themes are the values of --theme.
var themes = []string{"auto", "light", "dark", "none"}

func (e *env) knownTheme() error {
	if !slices.Contains(themes, e.theme) {
		return fmt.Errorf("--theme %q: use one of %s", e.theme, strings.Join(themes, ", "))
	}
	return nil
}

// notEmpty refuses "" for what a command cannot do without: a variable of a
// script that is not set.
func notEmpty(c *cobra.Command, args []string) (err error) {
	for i, a := range args {
		if strings.TrimSpace(a) == "" && !c.Hidden { // the shell completes an empty word
			return fmt.Errorf("argument %d is empty", i+1)
		}
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if many, ok := f.Value.(pflag.SliceValue); ok {
			values = many.GetSlice()
		}
		if len(f.Annotations[cobra.BashCompOneRequiredFlag]) > 0 && slices.Contains(values, "") {
			err = fmt.Errorf("--%s is empty", f.Name)
		}
	})
	return err
}

// onlyCommands is what a command does that only holds others: cobra alone would
// answer an unknown one with the help and exit code 0.
func onlyCommands(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return c.Help()
	}
	var names []string
	for _, x := range c.Commands() {
		if x.IsAvailableCommand() {
			names = append(names, x.Name())
		}
	}
	return usagef("%q is no command of '%s'%s", args[0], c.CommandPath(), nearest.Hint(args[0], names...))
}

// takeNamed has a command and all under it take the arguments that their Use names.
func takeNamed(c *cobra.Command) {
	c.Args = argsOfUse
	for _, x := range c.Commands() {
		takeNamed(x)
	}
}

// argsOfUse refuses arguments that are not those of Use: names, before any flag. The
// last may be several (...), or none ([...]).
func argsOfUse(c *cobra.Command, args []string) error {
	names := strings.Fields(c.Use)[1:]
	if i := slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(strings.Trim(n, "["), "-") }); i >= 0 {
		names = names[:i]
	}
	takes := cmp.Or(strings.Join(names, " "), "no arguments")
	several := strings.HasSuffix(strings.Trim(takes, "[]"), "...")
	for _, n := range names[min(len(args), len(names)):] {
		if n[0] != '[' {
			return fmt.Errorf("%s is missing: '%s' takes %s", strings.Trim(n, "."), c.CommandPath(), takes)
		}
	}
	switch {
	case len(args) <= len(names) || several:
		return nil
	case len(names) == 0 && c.HasSubCommands():
		return onlyCommands(c, args)
	}
	return fmt.Errorf("%q is too much: '%s' takes %s", args[len(names)], c.CommandPath(), takes)
}

// unknownFlag adds the flag that was meant to the error of one that is not known.
func unknownFlag(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return fmt.Errorf("%w%s", err, nearest.Hint("--"+unknown.GetSpecifiedName(), names...))
}

// group makes a command that only holds others; its examples are the first of
// theirs.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, RunE: onlyCommands}
	var examples []string
	for _, x := range commands {
		first, _, _ := strings.Cut(x.Example, "\n")
		examples = append(examples, first)
	}
	c.Example = strings.Join(examples, "\n")
	c.AddCommand(commands...)
	return c
}

// fromEnvironment lets BILLFERRY_DATA_DIR stand for --data-dir, and so for
// every flag that was not given. An empty variable is none.
func fromEnvironment(fs *pflag.FlagSet) error {
	var err error
	fs.VisitAll(func(f *pflag.Flag) {
		name := "BILLFERRY_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if v := os.Getenv(name); v != "" && !f.Changed && err == nil {
			if e := fs.Set(f.Name, v); e != nil {
				err = fmt.Errorf("%s=%q: %w", name, v, e)
			}
		}
	})
	return err
}

func versionCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Example: "  billferry version --json",
		RunE: func(*cobra.Command, []string) error {
			return e.print(map[string]string{"version": Version}, func(w io.Writer) { _, _ = fmt.Fprintln(w, "billferry", Version) })
		},
	}
}
