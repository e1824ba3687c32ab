package cli

import (
	"fmt"
	"strings"
	"testing"

	"billferry/internal/readfile"
)

// Files that would take gigabytes are refused at once; an anchor that is used
// in the ordinary way is not.
func TestConfigurationFilesAreBounded(t *testing.T) {
	t.Parallel()
	bomb := "entityType: Bill\nname: N\nconfigData:\n  a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 10; i++ {
		bomb += fmt.Sprintf("  a%d: &a%d [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10))
	}
	wide := "a: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.Repeat("*a,", 1000) + "]\n"
	for _, c := range []struct{ name, text, want string }{
		{"alias bomb", bomb, "holds an alias"},
		{"itself", "configData: &a {x: *a}\n", "holds an alias"},
		{"many of a long one", wide, "too much"},
		{"brackets", "configData: " + strings.Repeat("[", 1<<20), "nested"},
		{"braces", strings.Repeat("{a: ", 1<<20), "nested"},
		{"dashes", strings.Repeat("- ", 1<<20), "nested"},
		{"long", strings.Repeat("#", readfile.Config+1), "longer"},
	} {
		_, err := (&env{in: strings.NewReader(c.text)}).readDocuments("-")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %.200v", c.name, err)
		}
	}
	good := "name: A\nentityType: Bill\ndestination: Netsuite\nconfigData: &c {netsuiteDefaultItemId: \"1\"}\n---\nname: B\nconfigData: " +
		"{accountIds: [a, b]}\n"
	docs, err := (&env{in: strings.NewReader(good)}).readDocuments("-")
	if err != nil || len(docs) != 2 {
		t.Errorf("%d documents, %v", len(docs), err)
	}
}
