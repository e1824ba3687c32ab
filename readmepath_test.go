package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The way without a screen is copied out of README whole, and ends with the Bill
// of the closed period delivered.
func TestReadmeWithoutAScreen(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "## The same without a screen\n")
	_, rest, _ = strings.Cut(rest, "```sh\n")
	block, _, found := strings.Cut(rest, "```")
	build, block, _ := strings.Cut(block, "\n")
	if !found || !strings.HasPrefix(build, "go build -o billferry .") {
		t.Fatalf("README has no such block: %q", build)
	}
	dir := t.TempDir()
	cmd := exec.Command("bash", "-c", block+"\nkill %1\n") // the last send's status is not the shell's: some Bills stay open
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"),
		"BILLFERRY_DATA_DIR="+filepath.Join(dir, "data"), "BILLFERRY_NO_KEYRING=true")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	all := string(out)
	for _, want := range []string{"Integration connected successfully", "37 created", "ACCOUNTING_PERIOD_CLOSED",
		"1 runs are queued", "38 created"} {
		if !strings.Contains(all, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if t.Failed() {
		t.Log(all)
	}
}
