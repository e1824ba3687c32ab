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

func TestTheStoryWithoutAScreen(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "bf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	cmd := exec.CommandContext(t.Context(), program, "demo", "--latency", "5ms")
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
	stop := time.AfterFunc(screenTimeout, func() { _ = cmd.Process.Kill() })
	defer stop.Stop()
	c := &conversation{t: t, in: in, out: bufio.NewReader(out)}

	c.answer("1", "What do you want to do?", "Number")
	c.answer("", "Stage 1 of 3", "Number")
	c.answer("", "Stage 2 of 3", "Number")
	c.answer("NetSuite US", "Stage 3 of 3", "Name (enter leaves it empty)")
	for _, prompt := range []string{
		"Account Ids, with", "Restricted Account Ids, with", "notification users, with", "Number", "Account filter (", "Number",
		"Excluded Line Item Types, with",
		"Number", "Number", "Commitment Item Id (", "Minimum Spend Id (", `Default Item Id (enter keeps "199"`, "Item Mapping: type",
		"Custom Field Mapping: type",
		"billferry's own settings",
	} {
		c.answer("", prompt)
	}
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
	c.answer("", "What next?", "Hear the document", "Number")
	c.hear("Which run do you want to hear?")
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
