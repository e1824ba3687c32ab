package api_test

import (
	"os"
	"strings"
	"testing"

	"billferry/internal/api"
	"billferry/internal/service/servicetest"
)

// TestEveryResourceIsDocumented looks for each in docs/API.md, which tells what it is
// for; what one call does is told by /openapi.json.
func TestEveryResourceIsDocumented(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../docs/API.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(b), "| to | there are |\n")
	table, _, ok2 := strings.Cut(table, "\n\n")
	if !ok || !ok2 {
		t.Fatal("docs/API.md lacks the table of what there is")
	}
	for name := range api.NewServer(servicetest.New(), api.Options{}).Resources() {
		if !strings.Contains(table, "`"+name+"`") && !strings.Contains(table, "`"+name+"/") {
			t.Errorf("the table of docs/API.md does not tell what %s is for", name)
		}
	}
}
