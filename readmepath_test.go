package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The way without a screen is copied out of README whole, ends with the Bill of the
// closed period delivered, can be gone twice, and leaves nothing.
func TestReadmeWithoutAScreen(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "## The same without a screen\n")
	_, rest, _ = strings.Cut(rest, "```sh\n")
	block, rest, found := strings.Cut(rest, "```")
	_, rest, _ = strings.Cut(rest, "```sh\n")
	end, _, ends := strings.Cut(rest, "```")
	build, block, _ := strings.Cut(block, "\n")
	if !found || !ends || !strings.HasPrefix(build, "go build -o billferry .") {
		t.Fatalf("README has no such blocks: %q", build)
	}
	dir := t.TempDir()
	cmd := exec.Command("bash", "-c", block+block+end) // the last send's status is not the shell's: some Bills stay open
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"),
		"TMPDIR="+dir, "BILLFERRY_NO_KEYRING=true")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	all := string(out)
	for _, want := range []string{"Integration connected successfully", "37 created", "ACCOUNTING_PERIOD_CLOSED",
		"1 run queued", "38 created"} {
		if strings.Count(all, want) < 2 {
			t.Errorf("it does not say %q each time", want)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("%d files or folders stay: %v", len(left), err)
	}
	if t.Failed() {
		t.Log(all)
	}
}
