package e2e

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"billferry/internal/api"
	"billferry/internal/integration"
)

// conversation is a program that is talked to over pipes, as a screen reader
// or a script does.
type conversation struct {
	t    *testing.T
	in   io.Writer
	out  *bufio.Reader
	said strings.Builder
}

// answer waits until a line was said that holds each text, one after another,
// and types a line.
func (c *conversation) answer(line string, after ...string) {
	c.t.Helper()
	for _, text := range after {
		c.hear(text)
	}
	if _, err := io.WriteString(c.in, line+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

func (c *conversation) hear(text string) {
	c.t.Helper()
	for {
		line, err := c.out.ReadString('\n')
		c.said.WriteString(line)
		if strings.Contains(line, text) {
			return
		}
		if err != nil {
			c.t.Fatalf("%q was not said (%v):\n%s", text, err, c.said.String())
		}
	}
}

// talk starts the program as a screen reader does, and returns what ends it once it was
// told all.
func talk(t *testing.T, dir string, args ...string) (c *conversation, end func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = []string{"ACCESSIBLE=1", "HOME=" + dir, "TMPDIR=" + dir}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(2*screenTimeout, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() { stop.Stop() })
	c = &conversation{t: t, in: in, out: bufio.NewReader(out)}
	return c, func() {
		t.Helper()
		if err := in.Close(); err != nil { // the input ends: so does the program
			t.Fatal(err)
		}
		rest, _ := io.ReadAll(c.out)
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%v\n%s", err, rest)
		}
		if strings.Contains(c.said.String()+string(rest), "\x1b") {
			t.Fatal("an escape sequence was written")
		}
	}
}

func TestTheStoryWithoutAScreen(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	c, end := talk(t, dir, "demo", "--latency", "5ms")

	c.answer("1", "What do you want to do?", "Number")
	c.answer("", "Stage 1 of 3", "Number")
	c.answer("", "Stage 2 of 3", "Number")
	c.answer("", "Stage 3 of 3", "Connect it first")
	c.answer("NetSuite US", "Name:")
	for _, prompt := range []string{
		"Account Ids, with", "Restricted Account Ids, with", "notification users, with", "Number", "Account filter (", "Number",
		"Excluded Line Item Types, with",
		"Number", "Number", "Commitment Item Id (", "Minimum Spend Id (", `Default Item Id (enter keeps "199"`, "Item Mapping: type",
		"Custom Field Mapping: type",
		"billferry's own settings",
	} {
		c.answer("", prompt)
	}
	c.answer("", "Preview of", "Preview another Bill")
	c.answer("yes", "Create “NetSuite US”?")
	c.answer("yes", "not yet authenticated", "Connect it now?")
	for _, prompt := range []string{"External Customer Id (", "Client Id (", "Key Id (", "Upload Netsuite Credentials, ",
		"REST URL (", "Token URL ("} {
		c.answer("", prompt)
	}
	c.hear("Access token: passed")
	c.hear("Integration connected successfully.")
	c.hear("NetSuite US is CONNECTED.")
	folders, err := filepath.Glob(filepath.Join(dir, "billferry-demo-*", "data"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("demo's folder: %v, %v", folders, err)
	}
	watch(t, folders[0], func(c *api.Client) bool {
		page, err := c.Runs(t.Context(), integration.RunFilter{}, "", 1)
		return err == nil && len(page.Runs) == 1
	})
	c.answer("2", "Number")
	c.answer("4", "NetSuite US: Bill to Netsuite, CONNECTED", "Number")
	c.answer("1", "Which integration?", "Number")
	c.answer("", "Which runs?", "Number")
	c.answer("1", "Which run do you want to hear?", "Number")
	c.hear("Run ")
	c.answer("2", "What next?", "Hear the document", "2. Hear what differs from what was sent", "Number")
	c.answer("", "What next?", "Number")
	c.hear("Which run do you want to hear?")
	end()
}

// Without a screen too: a draft is connected and gone on with, a refusal becomes rules,
// mappings go out to CSV and come in, and a break of the month is resolved and opened
// again.
func TestWhatScreensDoWithoutOne(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	c, end := talk(t, dir, "demo", "--latency", "0s", "--account", "strict", "--bills", "43")
	c.answer("create", "What do you want to do?", "Number")
	c.answer("", "Stage 1 of 3", "Number")
	c.answer("", "Stage 2 of 3", "Number")
	c.answer("yes", "Stage 3 of 3", "Connect it first")
	credentials := []string{"External Customer Id (", "Client Id (", "Key Id (", "Upload Netsuite Credentials, ", "REST URL (", "Token URL ("}
	for _, prompt := range credentials {
		c.answer("", prompt)
	}
	c.hear("Integration connected successfully.")
	c.answer("Strict US", "Name:")
	c.answer("back", "Account Ids, with")
	c.answer("back", "Stage 2 of 3", "Number")
	c.answer("back", "Stage 1 of 3", "Number")
	c.answer("create", "What do you want to do?", "Number")
	c.answer("Strict US", "Which one do you want to go on with?", "Strict US, a draft at stage", "Discard the draft Strict US", "Number")
	for _, prompt := range []string{
		"Name (", "Account Ids, with", "Restricted Account Ids, with", "notification users, with", "Number", "Account filter (",
		"Number", "Excluded Line Item Types, with", "Number", "Number", "Commitment Item Id (", "Minimum Spend Id (",
	} {
		c.answer("", prompt)
	}
	c.answer("services", `Default Item Id (enter keeps "199"`)
	c.answer("", "Which of these?", "Services", "Number") // by name: the draft is connected
	for _, prompt := range []string{"Item Mapping: type", "Custom Field Mapping: type", "billferry's own settings"} {
		c.answer("", prompt)
	}
	c.answer("", "Preview another Bill")
	c.answer("yes", "Create “Strict US”?")
	c.hear("It is CONNECTED.")
	folders, err := filepath.Glob(filepath.Join(dir, "billferry-demo-*", "data"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("demo's folder: %v, %v", folders, err)
	}
	refused := integration.RunFilter{Causes: []string{"field_missing"}}
	watch(t, folders[0], func(c *api.Client) bool {
		sum, err := c.Sum(t.Context(), refused)
		return err == nil && sum.ByStatus[integration.Errored] == 41
	})
	c.answer("review", "What do you want to do?", "Number")
	c.answer("1", "Which integration?", "Number")
	c.answer("those", "Which runs?", "Number")
	c.answer("cause:field_missing", "Filter")
	c.answer("1", "Which run do you want to hear?", "Number")
	c.answer("fill", "Please enter value(s) for: Department", "What next?", "Number")
	for _, value := range []string{"sales", "other", "m3ter", "direct"} {
		c.answer(value, "a value by name or id")
		c.answer("1", "Which of these?", "Number")
	}
	c.answer("yes", "Save 6 rules and send again what was refused for them?")
	c.hear("6 rules saved")
	watch(t, folders[0], func(c *api.Client) bool {
		sum, err := c.Sum(t.Context(), integration.RunFilter{Proofs: []integration.Proof{integration.Proven}})
		return err == nil && sum.ByStatus[integration.Complete] == 40
	})
	c.answer("back", "What next?", "Number") // none is left
	file, copied := filepath.Join(dir, "in.csv"), filepath.Join(dir, "out.csv")
	rows := "m3terEntity,m3terId,externalSystem,externalTable,externalId\nAccount,acc-by-csv,Netsuite,Customer,601\nAccount,,,,\n"
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	mappings := func(act string) {
		t.Helper()
		c.answer("external", "What do you want to do?", "Number")
		c.answer("1", "Which integration?", "Number")
		c.answer("", "Mappings with which text")
		c.answer(act, "What next?", "Number")
	}
	mappings("import")
	c.answer(file, "Path of the CSV file")
	c.answer("yes", "Line 3 is refused", "1 new, 0 to change", "Import them?")
	c.hear("1 created, 0 changed")
	mappings("export")
	c.answer(copied, "Path of the new CSV file")
	c.hear("11 mappings written to")
	b, err := os.ReadFile(copied)
	if err != nil || !strings.Contains(string(b), "Account,acc-by-csv,Netsuite,Customer,601") {
		t.Errorf("%v: it wrote\n%s", err, b)
	}
	c.answer("change", "What do you want to do?", "Number")
	c.answer("1", "Which integration?", "Number")
	c.answer("save", "Which setting?", "Number")
	c.answer("preview", "Preview of INVOICE-", "What next?", "Number")
	c.answer("INVOICE-103", "Which Bill: words")
	c.answer("1", "Which of these?", "INVOICE-103", "Number")
	c.answer("hear the preview", "Preview of INVOICE-103: would be", "Number")
	c.answer("", "What next?", "Number")
	c.answer("no", "Save the settings of Strict US?")
	end()
}
