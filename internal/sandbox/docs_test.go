package sandbox_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"billferry/internal/sandbox"
	"billferry/internal/sandbox/account"
)

// docs/SANDBOX.md knows every kind of fault, every call of the control surface
// and every test it names.
func TestTheDocumentIsComplete(t *testing.T) {
	t.Parallel()
	page := read(t, "../../docs/SANDBOX.md")
	_, err := sandbox.ParseFault("nonsense=1")
	if err == nil {
		t.Fatal("nonsense is a fault")
	}
	_, kinds, _ := strings.Cut(err.Error(), "known are ")
	for kind := range strings.SplitSeq(kinds, ", ") {
		if !regexp.MustCompile("`" + regexp.QuoteMeta(kind) + "[`(]").MatchString(page) {
			t.Errorf("the fault %q is not told", kind)
		}
	}
	for _, call := range regexp.MustCompile(`post\("([a-z/]+)`).FindAllStringSubmatch(read(t, "control.go"), -1) {
		if !strings.Contains(page, "POST /sandbox/"+call[1]) {
			t.Errorf("POST /sandbox/%s is not told", call[1])
		}
	}
	for _, name := range regexp.MustCompile(`"([a-z0-9]+)" +// `).FindAllStringSubmatch(read(t, "suitetalk/permission.go"), -1) {
		if !strings.Contains(page, "`"+name[1]+"`") {
			t.Errorf("%q can be denied, and that is not told", name[1])
		}
	}
	_, example, _ := strings.Cut(page, "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	if p, err := account.Parse([]byte(example)); err != nil || p.Name != "mine" {
		t.Errorf("the example of a profile: %+v, %v", p, err)
	}
	for _, name := range account.Names() {
		if !strings.Contains(page, "| `"+name+"` |") {
			t.Errorf("the account %s is not told", name)
		}
	}
	var tests strings.Builder
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), "_test.go") {
			tests.WriteString(read(t, e.Name()))
		}
	}
	for _, name := range regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(page, -1) {
		if !strings.Contains(tests.String(), "func "+name+"(") {
			t.Errorf("%s is named and does not exist", name)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
