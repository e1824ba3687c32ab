package app

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of settings into README.md")

// The README's table of settings is printed from the settings themselves.
func TestReadmeSettings(t *testing.T) {
	t.Parallel()
	const file, begin, end = "../../README.md", "<!-- settings -->\n", "<!-- /settings -->"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(b), begin)
	if !ok {
		t.Fatal("README.md has no settings mark")
	}
	old, tail, ok := strings.Cut(rest, end)
	if !ok {
		t.Fatal("README.md has no end of settings mark")
	}
	want := "\n" + Catalog()[0].Markdown()
	if old == want {
		return
	}
	if !*update {
		t.Fatal("the table of settings in README.md is not what the settings say: go test ./internal/app -run Readme -update")
	}
	if err := os.WriteFile(file, []byte(head+begin+want+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}
