package api_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"billferry/internal/api"
	"billferry/internal/service/servicetest"
)

var update = flag.Bool("update", false, "write the table of endpoints into docs/API.md")

// TestEndpointDocs holds the table in docs/API.md to the one that is served.
// Rewrite it with: go test ./internal/api -run TestEndpointDocs -update.
func TestEndpointDocs(t *testing.T) {
	t.Parallel()
	const file, begin, end = "../../docs/API.md", "<!-- endpoints: begin -->\n", "<!-- endpoints: end -->"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s lacks the marks of the table", file)
	}
	want := before + begin + api.NewServer(servicetest.New(), api.Options{}).EndpointTable() + end + after
	if want == string(b) {
		return
	}
	if !*update {
		t.Fatalf("the table of endpoints in %s is not the one that is served; run with -update", file)
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
