package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"billferry/internal/integration"
)

// Version is set when a release is built (-ldflags -X).
var Version = "dev"

// The exit codes of billferry.
const (
	exitOK           = 0
	exitFailed       = 1
	exitUsage        = 2
	exitNotDelivered = 3 // done, but some Bills were not delivered
	exitNotConnected = 4 // not connected or not authorised
)

// errNotDelivered ends a command that worked while some Bills did not arrive.
var errNotDelivered = errors.New("some bills were not delivered")

// usageError is a call that cannot be understood.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// Main runs one command and returns its exit code.
func Main(args []string, in io.Reader, out, errw io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	e := &env{in: in, out: out, err: errw}
	root := newRoot(e)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errw)
	cmd, err := root.ExecuteContextC(ctx)
	err = errors.Join(err, e.close())
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errNotDelivered) {
		_, _ = fmt.Fprintln(errw, "billferry: "+explain(err))
	}
	code := exitCode(e, err)
	if code == exitUsage {
		_, _ = fmt.Fprintf(errw, "see '%s --help'\n", cmd.CommandPath())
	}
	return code
}

// explain is the error with what to do about it.
func explain(err error) string {
	var f *integration.Failure
	if errors.As(err, &f) && f.Advice != "" {
		return err.Error() + "\n  " + f.Advice
	}
	return err.Error()
}

func exitCode(e *env, err error) int {
	var f *integration.Failure
	var u usageError
	switch {
	case errors.Is(err, errNotDelivered):
		return exitNotDelivered
	case errors.As(err, &u) || !e.started:
		return exitUsage
	case errors.As(err, &f) && f.Class == integration.ClassAuth:
		return exitNotConnected
	}
	return exitFailed
}

func newRoot(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:   "billferry",
		Short: "Carry m3ter Bills to NetSuite as invoices",
		Long: `billferry carries m3ter Bills to NetSuite as invoices, each exactly once.

Without a command it opens the terminal UI. 'billferry demo' does so against
local look-alikes of NetSuite and m3ter: nothing to install, nothing to pay.`,
		Example:       "  billferry demo\n  billferry integration create --file netsuite.yaml\n  billferry send --integration ID --from bills.ndjson",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(c *cobra.Command, _ []string) error { return e.ui(c.Context()) },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err := fromEnvironment(c.Flags()); err != nil {
				return err
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
	f.BoolVar(&e.accessible, "accessible", false, "plain prompts instead of screens")
	f.BoolVar(&e.noKeyring, "no-keyring", false, "seal secrets with a key file even if an OS keyring answers")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		demoCommand(e), sandboxCommand(e), integrationCommand(e), sourceCommand(e), sendCommand(e), serveCommand(e),
		runsCommand(e), eventsCommand(e), mappingCommand(e), keygenCommand(e), storeCommand(e), auditCommand(e), apikeyCommand(e), versionCommand(e),
	)
	return root
}

// fromEnvironment lets BILLFERRY_DATA_DIR stand for --data-dir, and so for
// every flag that was not given.
func fromEnvironment(fs *pflag.FlagSet) error {
	var err error
	fs.VisitAll(func(f *pflag.Flag) {
		name := "BILLFERRY_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if v, ok := os.LookupEnv(name); ok && !f.Changed && err == nil {
			if e := fs.Set(f.Name, v); e != nil {
				err = usagef("%s=%q: %w", name, v, e)
			}
		}
	})
	return err
}

func versionCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs, Example: "  billferry version --json",
		RunE: func(*cobra.Command, []string) error {
			return e.print(map[string]string{"version": Version}, func(w io.Writer) { _, _ = fmt.Fprintln(w, "billferry", Version) })
		},
	}
}
