package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"billferry/internal/app"
	"billferry/internal/decimal"
)

// leafCommands walks to the commands that do something.
func leafCommands(c *cobra.Command) []*cobra.Command {
	if !c.HasSubCommands() {
		return []*cobra.Command{c}
	}
	var out []*cobra.Command
	for _, sub := range c.Commands() {
		out = append(out, leafCommands(sub)...)
	}
	return out
}

// Every command of the design is there, says what it does and shows an example
// that its own flags allow.
func TestEveryCommandShowsAnExample(t *testing.T) {
	t.Parallel()
	root := newRoot(&env{destinations: app.Destinations()})
	have := map[string]bool{}
	for _, c := range leafCommands(root) {
		path := c.CommandPath()
		have[strings.TrimPrefix(path, "billferry ")] = true
		if c.Short == "" || !strings.HasPrefix(strings.TrimSpace(c.Example), path) {
			t.Errorf("%s: short %q, example %q", path, c.Short, c.Example)
		}
		for line := range strings.Lines(c.Long) {
			if len(line) > 101 {
				t.Errorf("%s: a line of its help is too wide: %s", path, line)
			}
		}
		for word := range strings.FieldsSeq(c.Example + " " + c.Use) {
			if name, ok := strings.CutPrefix(strings.Trim(word, "[]"), "--"); ok && c.Flag(name) == nil {
				t.Errorf("%s has no flag %s", path, word)
			}
		}
	}
	for _, want := range strings.Fields(`demo sandbox integration_create integration_list integration_show integration_update
		integration_enable integration_disable integration_delete integration_connect integration_test integration_fields ` +
		`integration_coverage integration_export
		integration_apply source_connect source_status send serve runs_list runs_show runs_retry runs_totals runs_mark-sent runs_skip
		runs_hold runs_release runs_retries runs_stop events_list events_action mapping_list mapping_add mapping_delete mapping_import
		mapping_export mapping_pull keygen apikey_create apikey_list apikey_revoke store_check store_backup store_new-key
		audit_list audit_verify filters_list filters_save filters_rename filters_delete version`) {
		if !have[strings.ReplaceAll(want, "_", " ")] {
			t.Errorf("there is no command %s", want)
		}
	}
}

// command runs billferry in this process.
func command(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = Main(args, strings.NewReader(""), &o, &e)
	if code != 0 {
		t.Logf("%s: %s", strings.Join(args, " "), e.String())
	}
	return o.String(), code
}

func TestManPages(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "man1")
	if out, code := command(t, "man", "--out", dir); code != 0 || !strings.Contains(out, "man pages in") {
		t.Fatalf("exit %d: %s", code, out)
	}
	for page, want := range map[string]string{
		"billferry.1":                   "carries m3ter Bills",
		"billferry-integration-apply.1": "--prune",
		"billferry-runs-list.1":         "status:error",
	} {
		b, err := os.ReadFile(filepath.Join(dir, page))
		if err != nil || !strings.Contains(string(b), want) || !strings.HasPrefix(string(b), ".nh\n.TH") {
			t.Errorf("%s: %v\n%.300s", page, err, b)
		}
	}
}

// Completion offers what the store holds, and makes no store where there is none.
func TestCompletion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "all.yaml")
	text := "{entityType: Bill, destination: Netsuite, name: NetSuite US}\n---\n{entityType: Bill, destination: Netsuite, name: Europe}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	data := "--data-dir=" + filepath.Join(dir, "data")
	for _, args := range [][]string{
		{"integration", "apply", "-f", file, "--yes", "--no-keyring", data},
		{"mapping", "add", "--m3ter-id", "acc-1", "--external-id", "614", "--no-keyring", data},
	} {
		if _, code := command(t, args...); code != 0 {
			t.Fatalf("%q: exit %d", args, code)
		}
	}
	for _, c := range []struct {
		args, want string
	}{
		{"integration|show|", "NetSuite US\tNOT CONNECTED"},
		{"integration|show|eu", "Europe\t"},
		{"integration|show|Europe|", ""},
		{"send|--integration|net", "NetSuite US\t"},
		{"runs|list|--filter|", "status:\n"},
		{"runs|list|--filter|status:com", "status:complete\n"},
		{"runs|list|--filter|status:error cau", "status:error cause:\n"},
		{"runs|show|", ""},
		{"mapping|delete|", "Account acc-1 = Customer 614"},
		{"apikey|create|--scope|", "admin\n"},
		{"keygen|--algorithm|", "ES384\n"},
		{"integration|", "apply\t"},
	} {
		args := append([]string{"__complete", "--no-keyring", data}, strings.Split(c.args, "|")...)
		out, code := command(t, args...)
		words, _, _ := strings.Cut(out, ":"+"4\n")
		if code != 0 || c.want != "" && !strings.Contains(out, c.want) || c.want == "" && words != "" {
			t.Errorf("%s: exit %d, offered %q, want %q", c.args, code, out, c.want)
		}
	}
	empty := filepath.Join(dir, "none")
	if out, code := command(t, "__complete", "--data-dir", empty, "integration", "show", ""); code != 0 || !strings.HasPrefix(out, ":4") {
		t.Errorf("without a store: exit %d, %q", code, out)
	}
	if _, err := os.Stat(empty); err == nil {
		t.Error("pressing tab made a store")
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"0": "0", "1.50": "1.50", "999": "999", "1000": "1,000", "-1234567.890": "-1,234,567.890", "-999.5": "-999.5",
		"123456": "123,456", "12345678901234567890.01": "12,345,678,901,234,567,890.01", "0.0001": "0.0001",
	} {
		if got := money(decimal.MustParse(in)); got != want {
			t.Errorf("money(%s) = %s, want %s", in, got, want)
		}
	}
}

// Numbers stand on the right, wide characters count two cells, and nothing from
// outside reaches the terminal as a control sequence.
func TestTable(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	table(&b, "NAME|>AMOUNT|WHY", [][]string{{"日本", "1,000.00", "a\x1b[31mb\nc"}, {"acme", "7.00", ""}})
	want := "NAME    AMOUNT  WHY\n日本  1,000.00  a [31mb c\nacme      7.00  –\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	b.Reset()
	table(&b, "STEP|", [][]string{{"sent", "██"}})
	if want := "STEP\nsent  ██\n"; b.String() != want {
		t.Errorf("a column without a name: got %q, want %q", b.String(), want)
	}
	b.Reset()
	facts(&b, "A", "1", "Long", "", "Bcd", "\x1b]0;t\a")
	if want := "A    1\nBcd   ]0;t \n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

// A list that is empty is [] for a script, never null.
func TestEmptyListsInJSON(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	for _, args := range []string{"integration list", "integration export", "runs list", "events list", "mapping list",
		"mapping export", "apikey list"} {
		out, code := command(t, append(strings.Fields(args), "--json", "--no-keyring", "--data-dir", data)...)
		var v []any
		if err := json.Unmarshal([]byte(out), &v); code != 0 || err != nil || v == nil {
			t.Errorf("%s: exit %d, %q", args, code, out)
		}
	}
}

func TestSuggestions(t *testing.T) {
	t.Parallel()
	var e bytes.Buffer
	code := Main([]string{"integration", "aply"}, strings.NewReader(""), new(bytes.Buffer), &e)
	if code != exitUsage || !strings.Contains(e.String(), "did you mean apply?") {
		t.Errorf("exit %d: %s", code, e.String())
	}
	if i := slices.Index([]int{exitOK, exitFailed, exitUsage, exitNotDelivered, exitNotConnected}, 3); i != 3 {
		t.Error("the exit codes are not those of the design")
	}
}
