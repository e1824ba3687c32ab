package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"billferry/internal/app"
)

// everyCommand is the whole tree.
func everyCommand(c *cobra.Command) []*cobra.Command {
	out := []*cobra.Command{c}
	for _, sub := range c.Commands() {
		out = append(out, everyCommand(sub)...)
	}
	return out
}

// call is what a command wants: its name, its required flags, and how many
// arguments.
type call struct {
	path, flags []string
	args        int
}

func (c call) with(args int, more ...string) []string {
	words := slices.Concat(c.path, c.flags, more)
	for range args {
		words = append(words, "x")
	}
	return words
}

// goodCall is a call that lacks nothing but what is put behind it.
func goodCall(c *cobra.Command) call {
	g := call{path: strings.Fields(c.CommandPath())[1:]}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if isRequired(f) {
			g.flags = append(g.flags, "--"+f.Name+"=x")
		}
	})
	for c.Args != nil && g.args < 4 && c.Args(c, make([]string, g.args)) != nil {
		g.args++
	}
	return g
}

func isRequired(f *pflag.Flag) bool { return len(f.Annotations[cobra.BashCompOneRequiredFlag]) > 0 }

// badValue is no value of the flag; "" when every text is one.
func badValue(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "string", "stringArray":
		return ""
	}
	return "§"
}

// misuse is every wrong use of a command that its flags and arguments know of.
func misuse(c *cobra.Command) map[string][]string {
	good := goodCall(c)
	out := map[string][]string{
		"unknown flag":       good.with(good.args, "--no-such-flag"),
		"unknown short flag": good.with(good.args, "-Z"),
		"unknown theme":      good.with(good.args, "--theme=no-such-theme"),
	}
	c.InheritedFlags() // which cobra merges into Flags
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if bad := badValue(f); bad != "" {
			out["bad value of --"+f.Name] = good.with(good.args, "--"+f.Name+"="+bad)
		}
		if f.NoOptDefVal == "" {
			out["no value for --"+f.Name] = append(good.with(good.args), "--"+f.Name)
		}
		if isRequired(f) {
			less := good
			less.flags = slices.DeleteFunc(slices.Clone(good.flags), func(x string) bool { return x == "--"+f.Name+"=x" })
			out["without --"+f.Name] = less.with(good.args)
			out["empty --"+f.Name] = good.with(good.args, "--"+f.Name+"=")
		}
	})
	if c.HasSubCommands() {
		out["unknown command"] = good.with(0, "no-such-command")
		return out
	}
	for n := range 6 {
		if c.Args != nil && c.Args(c, make([]string, n)) != nil {
			out[fmt.Sprint(n, " arguments")] = good.with(n)
		}
	}
	if good.args > 0 {
		out["an empty argument"] = good.with(good.args-1, "")
	}
	return out
}

// Wrong use of any command exits 2 with one sentence and where help is, and
// changes nothing.
func TestWrongUseExitsTwo(t *testing.T) {
	t.Parallel()
	for _, c := range everyCommand(newRoot(&env{destinations: app.Destinations()})) {
		for what, args := range misuse(c) {
			t.Run(c.CommandPath()+" "+what, func(t *testing.T) {
				t.Parallel()
				refusedAsUsage(t, args)
			})
		}
	}
}

// Values that only the command itself knows to be wrong.
func TestWrongValuesExitTwo(t *testing.T) {
	t.Parallel()
	for _, args := range []string{
		"runs list --limit=0", "runs list --filter=statuss:x", "runs totals --filter=x:y", "runs retry --yes --filter=amount>",
		"runs retry --yes",
		"audit list --limit=-1", "apikey create --name=a --scope=root", "integration connect x", "integration connect x --account-id=1",
		"keygen --out=x --algorithm=HS256", "keygen --out=x --days=731", "serve --listen=nonsense", "serve --listen=192.0.2.1:80",
		"serve --backfill=-1h",
		"sandbox --netsuite-listen=192.0.2.1:1", "sandbox --m3ter-listen=x", "sandbox --fault=x=1", "sandbox --bills=-1", "sandbox --latency=-1s",
		"sandbox --concurrency=0", "demo", "demo --bills=-1", "demo --latency=-1s", "send --integration=x --wait=-1s",
		"send --integration=x --explain",
		"send --integration=x --concurrency=-1", "mapping add --m3ter-id=a --external-id=1 --entity=Acount",
		"mapping add --m3ter-id=a --external-id=1 --table=Vendor", "integration list --server=https://example.com",
		"serve --server=https://example.com", "help no-such-command", "help runs no-such-command", "completion no-such-shell", "no-such-command",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			refusedAsUsage(t, strings.Fields(args))
		})
	}
}

// refusedAsUsage makes a call on a data folder that is not there.
func refusedAsUsage(t *testing.T, args []string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	var o, e bytes.Buffer
	code := Main(append([]string{"--data-dir", dir, "--no-keyring"}, args...), strings.NewReader(""), &o, &e)
	lines := strings.Split(strings.TrimSuffix(e.String(), "\n"), "\n")
	if code != exitUsage || len(lines) != 2 || !strings.HasPrefix(lines[0], "billferry: ") || !strings.HasPrefix(lines[1], "see 'billferry") ||
		!strings.HasSuffix(lines[1], " --help'") || o.Len() > 0 {
		t.Errorf("%q: exit %d\nstdout %q\nstderr %q", args, code, o.String(), e.String())
	}
	if _, err := os.Stat(dir); err == nil {
		t.Errorf("%q made a data folder", args)
	}
}
