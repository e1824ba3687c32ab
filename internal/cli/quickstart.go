package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/integration"
	"billferry/internal/pattern"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/suitetalk"
)

func quickstartCommand(e *env) *cobra.Command {
	var o sandbox.Options
	var dir, account string
	var stay bool
	c := &cobra.Command{
		Use: "quickstart", Short: "Walk through the whole job without a screen, command by command",
		Long: `Quickstart runs the whole job against simulators on this machine: it creates an
integration, connects it, sends Bills, shows which did not go through, mends what
stopped one, and retries it. It prints each command as it runs it, so that you can
repeat any of them. All that it makes is in one new folder.`,
		Example: "  billferry quickstart\n  billferry quickstart --dir tour --stay",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := cmp.Or(atLeast(0, "bills", o.Bills), e.localOnly("quickstart")); err != nil {
				return err
			}
			if e.json {
				return usagef("quickstart is for reading; the commands that it prints take --json")
			}
			if err := openAccount(&o, account); err != nil {
				return err
			}
			q := quickstart{e: e, dir: dir}
			return q.walk(c.Context(), o, stay)
		},
	}
	f := c.Flags()
	f.StringVar(&dir, "dir", "billferry-quickstart", "new folder for all that it makes")
	f.IntVar(&o.Bills, "bills", 40, "seed Bills")
	f.BoolVar(&stay, "stay", false, "keep the simulators running at the end, until Ctrl-C")
	accountFlag(c, &account)
	return c
}

// quickstart is one walk.
type quickstart struct {
	e   *env
	dir string
	sb  *sandbox.Sandbox
}

// quickstartName is what the integration is called.
const quickstartName = "NetSuite US"

// quickstartFile is the integration as its file has it. The default item takes
// whatever has none of its own.
const quickstartFile = `entityType: Bill
destination: Netsuite
name: ` + quickstartName + `
configData:
  netsuiteDefaultItemId: "` + sandbox.ItemDefault + `"
`

func (q *quickstart) walk(ctx context.Context, o sandbox.Options, stay bool) (err error) {
	if err := os.Mkdir(q.dir, 0o700); errors.Is(err, os.ErrExist) {
		return usagef("%s is there already: remove it, or name another folder with --dir", q.dir)
	} else if err != nil {
		return fmt.Errorf("make the folder of quickstart: %w", err)
	}
	if q.sb, err = sandbox.Start(context.WithoutCancel(ctx), o); err != nil {
		return err
	}
	defer q.sb.Close()
	creds, config := filepath.Join(q.dir, "creds"), filepath.Join(q.dir, "integration.yaml")
	if _, err := q.sb.WriteCredentials(creds); err != nil {
		return err
	}
	bills, err := writeBills(q.sb, creds)
	if err != nil {
		return err
	}
	if err := os.WriteFile(config, []byte(quickstartFile), 0o600); err != nil {
		return fmt.Errorf("write the file of the integration: %w", err)
	}

	q.tell("Simulators of NetSuite and m3ter; they run as long as this command")
	q.print("billferry", "sandbox", "--write-credentials", creds, "&")
	q.print("export", "BILLFERRY_DATA_DIR="+q.data())
	q.tell("An integration: what is sent where, and how")
	q.print("cat", config)
	q.line(strings.TrimSuffix(quickstartFile, "\n"))
	send := []string{"send", "--integration", quickstartName, "--from", bills}
	for _, s := range []struct {
		told string
		args []string
	}{
		{"", []string{"integration", "create", "--file", config}},
		{"Connect it: the checks run against the simulator", []string{"integration", "connect", quickstartName, "--credentials",
			filepath.Join(creds, "credentials.json")}},
		{"Send the Bills. Exit code 3 says that some need a person", send},
		{"Those, by what stopped them and what to do", []string{"runs", "list", "--filter", "status:failed"}},
	} {
		if s.told != "" {
			q.tell(s.told)
		}
		if err := q.run(ctx, q.e.out, s.args...); err != nil {
			return err
		}
	}
	if err := q.mend(ctx); err != nil {
		return err
	}
	q.tell("Send again: what waits is delivered, and nothing twice")
	if err := q.run(ctx, q.e.out, send...); err != nil {
		return err
	}
	q.tell("All of it stays in " + q.dir + " until you remove it. The screens on it: " + startedAs() + " --data-dir " + shellWord(q.data()))
	if !stay {
		return nil
	}
	q.tell("The simulators run until Ctrl-C: NetSuite at " + q.sb.NetSuiteURL() + ", m3ter at " + q.sb.M3terURL())
	<-ctx.Done()
	return nil
}

var documentDate = pattern.New(`(?m)^  date *(\d{4}-\d\d-\d\d)$`)

// mend opens the accounting period that stopped a Bill, as the accountant would,
// and retries what it stopped.
func (q *quickstart) mend(ctx context.Context) error {
	const closed = "cause:period_closed"
	var listed, shown bytes.Buffer
	var runs []integration.Run
	if err := q.quietly(ctx, &listed, "runs", "list", "--filter", closed, "--json"); err != nil {
		return err
	}
	if err := json.Unmarshal(listed.Bytes(), &runs); err != nil || len(runs) == 0 {
		return err // none of these Bills fell into a closed period
	}
	q.tell("One in full: what happened, what to do, the request and the answer")
	if err := q.run(ctx, io.MultiWriter(q.e.out, &shown), "runs", "show", runs[0].ID); err != nil {
		return err
	}
	date := documentDate().FindStringSubmatch(shown.String())
	if date == nil {
		return fmt.Errorf("run %s shows no date of its document", runs[0].ID)
	}
	q.tell("Its period is closed. Open it, as the accountant would in NetSuite, and retry")
	q.print("curl", q.sb.NetSuiteURL()+"/sandbox/periods/"+date[1], "-d", `{"state":"open"}`)
	if err := q.sb.NetSuite().SetPeriod(date[1], suitetalk.PeriodState("open")); err != nil {
		return err
	}
	return q.run(ctx, q.e.out, "runs", "retry", "--filter", closed, "--yes")
}

func (q *quickstart) data() string { return filepath.Join(q.dir, "data") }

// tell says what comes next.
func (q *quickstart) tell(text string) { q.line("\n# " + text) }

// print shows a command as it is typed in a shell.
func (q *quickstart) print(words ...string) {
	typed := make([]string, len(words))
	for i, w := range words {
		typed[i] = shellWord(w)
	}
	q.line("$ " + strings.Join(typed, " "))
}

// run prints a command and runs it, with its output to out. Bills that need a
// person are no failure of it.
func (q *quickstart) run(ctx context.Context, out io.Writer, args ...string) error {
	q.print(append([]string{"billferry"}, args...)...)
	return q.quietly(ctx, out, args...)
}

func (q *quickstart) quietly(ctx context.Context, out io.Writer, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	c := exec.CommandContext(ctx, self, args...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) } // it ends in order
	c.Env = append(os.Environ(), "BILLFERRY_DATA_DIR="+q.data())
	c.Stdout, c.Stderr = out, q.e.err
	err = c.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == exitNotDelivered {
		return nil
	}
	if err != nil {
		return fmt.Errorf("billferry %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// startedAs is how a shell starts this program again: by its name only where the
// shell finds it so.
func startedAs() string {
	const name = "billferry"
	self, err := os.Executable()
	if err != nil {
		return name
	}
	found, err := exec.LookPath(name)
	switch {
	case err == nil && sameFile(found, self):
		return name
	case strings.Contains(self, "go-build"): // of go run, which removes it
		return "go run ."
	}
	return shellWord(self)
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

var needsNoQuotes = pattern.New(`^[A-Za-z0-9_./:=@%+,&-]+$`)

// shellWord quotes a word where a shell would take it apart.
func shellWord(w string) string {
	if needsNoQuotes().MatchString(w) {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

// line writes one; what cannot be written is found at the end of every command.
func (q *quickstart) line(text string) { _, _ = fmt.Fprintln(q.e.out, text) }
