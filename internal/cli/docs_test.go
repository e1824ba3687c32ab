package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"billferry/internal/app"
)

// documented finds a command line of billferry in code: from the program's name to
// where the shell, a comment or the code ends.
var documented = regexp.MustCompile("(?m)(?:^|[`$( ])billferry ((?:[a-z]|--)[^`#&|>\n)]*)")

// codeOf is the code of a page: its blocks, and what stands in backquotes.
func codeOf(page string) string {
	var out strings.Builder
	block := regexp.MustCompile("(?ms)^```.*?^```")
	for _, b := range block.FindAllString(page, -1) {
		out.WriteString(b + "\n")
	}
	for _, b := range regexp.MustCompile("`[^`]+`").FindAllString(block.ReplaceAllString(page, ""), -1) {
		out.WriteString(strings.ReplaceAll(b, "\n", " ") + "\n")
	}
	return out.String()
}

// Every command line of README and docs is one that billferry takes: the command is
// there, with its flags and no more arguments than it has.
func TestDocumentedCommandsAreTaken(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal(err)
	}
	seen := 0
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range documented.FindAllStringSubmatch(codeOf(string(text)), -1) {
			seen++
			tryDocumented(t, filepath.Base(page), m[1])
		}
	}
	if seen < 50 {
		t.Errorf("only %d commands were found", seen)
	}
}

func tryDocumented(t *testing.T, page, line string) {
	t.Helper()
	words := shellWords(line)
	c, rest, err := newRoot(&env{destinations: app.Destinations()}).Find(words)
	if err != nil {
		t.Errorf("%s: billferry %s: %v", page, line, err)
		return
	}
	var args []string
	for i := 0; i < len(rest); i++ {
		name, isFlag := strings.CutPrefix(rest[i], "-")
		if !isFlag || name == "" {
			args = append(args, rest[i])
			continue
		}
		name, _, hasValue := strings.Cut(strings.TrimPrefix(name, "-"), "=")
		var f *pflag.Flag
		if f = c.Flag(name); f == nil && len(name) == 1 {
			f = c.Flags().ShorthandLookup(name)
		}
		if f == nil {
			t.Errorf("%s: billferry %s: no flag %s", page, line, rest[i])
			return
		}
		if f.NoOptDefVal == "" && !hasValue {
			i++ // its value, which a sentence may leave out
		}
	}
	if c.Args != nil && len(args) > 0 {
		if err := c.Args(c, args); err != nil {
			t.Errorf("%s: billferry %s: %v", page, line, err)
		}
	}
}

// shellWords parts a line as a shell would, without what is optional in it: [x].
func shellWords(line string) []string {
	line = regexp.MustCompile(`\[[^\]]*\]`).ReplaceAllString(line, "")
	var out []string
	for _, w := range regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`).FindAllString(line, -1) {
		if w == `\` || w == "<" || w == "..." && len(out) > 0 && !strings.HasPrefix(out[len(out)-1], "-") {
			continue
		}
		out = append(out, strings.Trim(w, `'",;`))
	}
	return out
}
