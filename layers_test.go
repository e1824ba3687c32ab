package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"billferry/internal/pattern"

	"github.com/charmbracelet/x/ansi"
)

// allowed says who may import whom inside the module (docs/ARCHITECTURE.md). A
// package below a listed one follows its rule.
var allowed = map[string]string{
	"internal/decimal":             "",
	"internal/secret":              "readfile",
	"internal/earlyterm":           "",
	"internal/memory":              "",
	"internal/flight":              "",
	"internal/nearest":             "",
	"internal/pattern":             "",
	"internal/readfile":            "",
	"internal/termshot":            "",
	"internal/e2e":                 "",
	"internal/testkit":             "",
	"internal/spec":                "nearest",
	"internal/currency":            "decimal",
	"internal/rsapss":              "rsapss",
	"internal/outbound":            "secret outbound",
	"internal/integration":         "spec secret decimal",
	"internal/jsonread":            "decimal",
	"internal/bill":                "decimal jsonread",
	"internal/service/servicetest": "mapping plan reconcile service spec secret decimal integration",
	"internal/service":             "mapping plan spec secret decimal integration reconcile runfilter",
	"internal/runfilter":           "integration decimal nearest",
	"internal/mappingcsv":          "integration",
	"internal/notify":              "readfile integration secret outbound",
	"mapping":                      "integration spec decimal bill currency nearest",
	"wizard":                       "integration spec decimal",
	"internal/reconcile":           "decimal currency pattern",
	"internal/evidence":            "",
	"internal/plan":                "mapping spec decimal integration",
	"internal/delivery":            "mapping integration bill spec decimal flight delivery",
	"internal/destination":         "delivery destination mapping integration reconcile spec secret decimal",
	"netsuite": "destination reconcile mapping integration spec secret bill decimal delivery jsonread rsapss " +
		"outbound flight pattern netsuite",
	"internal/m3ter":   "integration bill secret decimal outbound flight pattern m3ter",
	"store/kv":         "readfile",
	"store":            "readfile integration reconcile secret spec decimal delivery store",
	"internal/api":     "readfile service spec integration plan reconcile secret decimal outbound api",
	"internal/sandbox": "readfile decimal integration secret spec rsapss pattern sandbox",
	"ui": "mapping readfile wizard spec integration plan reconcile secret service decimal runfilter mappingcsv currency bill " +
		"pattern ui",
	"internal/app": "plan reconcile notify store netsuite destination mapping m3ter delivery api sandbox wizard service spec integration " +
		"secret decimal bill outbound evidence",
	"internal/app/storetest": "app store delivery integration reconcile spec secret decimal",
	"internal/cli": "readfile plan reconcile app destination api ui service spec integration secret decimal bill runfilter " +
		"mappingcsv sandbox store nearest evidence pattern",
	"": "cli earlyterm memory",
}

// only says which packages alone may use a library.
var only = map[string]string{
	"github.com/charmbracelet/": "ui internal/earlyterm",
	"go.etcd.io/bbolt":          "store/kv",
	"github.com/golang-jwt/jwt": "netsuite internal/sandbox",
	"github.com/spf13/cobra":    "internal/cli",
	"filippo.io/age":            "internal/secret",
	"github.com/prometheus/":    "internal/app",
	"go.opentelemetry.io/":      "internal/app",
	"github.com/wneessen/":      "internal/notify",
	"github.com/jackc/":         "store/postgres",
	"regexp":                    "internal/pattern", // which compiles none at the start of the program
}

func TestLayers(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		pkg := strings.TrimPrefix(strings.TrimPrefix(words[0], "billferry"), "/")
		rule, ok := ruleFor(pkg)
		if !ok {
			t.Errorf("%s has no rule: add it to allowed, and to docs/ARCHITECTURE.md", pkg)
		}
		for _, imp := range words[1:] {
			if in, ours := strings.CutPrefix(imp, "billferry/"); ours {
				seen++
				if room := roomOf(in); !contains(rule, room) && !below(in, pkg) {
					t.Errorf("%s must not import %s", pkg, in)
				}
			}
			for lib, users := range only {
				if strings.HasPrefix(imp, lib) && !user(users, pkg) {
					t.Errorf("%s must not import %s: only %s may", pkg, imp, users)
				}
			}
			if imp == "net/http" && below(pkg, "ui") {
				t.Errorf("%s must not import net/http: it has service.Service", pkg)
			}
		}
	}
	if seen < 50 {
		t.Fatalf("go list told of %d imports: the test sees nothing", seen)
	}
}

func ruleFor(pkg string) (string, bool) {
	best, rule, ok := -1, "", false
	for p, r := range allowed {
		if (p == pkg || (p != "" && below(pkg, p))) && len(p) > best {
			best, rule, ok = len(p), r, true
		}
	}
	return rule, ok
}

// roomOf is the first folder of a path that names a room: internal/x/y is x.
func roomOf(path string) string {
	path = strings.TrimPrefix(path, "internal/")
	room, _, _ := strings.Cut(path, "/")
	return room
}

func below(pkg, top string) bool { return strings.HasPrefix(pkg, top+"/") }

func contains(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}

func user(users, pkg string) bool {
	for u := range strings.FieldsSeq(users) {
		if u == pkg || below(pkg, u) {
			return true
		}
	}
	return false
}

// nameless are the rooms that know no destination by its name: what they say of
// one comes from its adapter's words. Below each stand the files that may, and why.
var nameless = map[string]map[string]string{
	"wizard":  {},
	"mapping": {},
	"store":   {"dict.go": "bytes that attempts of today begin with, which compression refers to"},
	"internal/delivery": {
		"ledgertest/figures.go": "the name of a story about money",
		"ledgertest/suite.go":   "the destination of made-up runs",
	},
	"internal/service": {
		"servicetest/acts.go": "a made-up destination", "servicetest/catalog.go": "a made-up destination",
		"servicetest/connect.go": "a made-up destination",
		"servicetest/fake.go":    "a made-up destination", "servicetest/integrations.go": "a made-up destination",
		"servicetest/records.go": "a made-up destination", "servicetest/reconcile.go": "a made-up destination",
		"servicetest/runs.go": "a made-up destination",
	},
	"internal/api":         {},
	"internal/destination": {},
	"internal/reconcile":   {},
	"internal/spec":        {"spec.go": "examples of what the words are"},
	"internal/m3ter":       {},
	"internal/notify":      {},
	"internal/runfilter":   {},
	"internal/mappingcsv":  {},
	"internal/integration": {},
	"ui":                   {},
	"internal/cli": {"quickstart.go": "it walks NetSuite's simulator",
		"serve.go": "demo and sandbox run NetSuite's simulator, and keygen makes keys that NetSuite takes"},
}

// What a screen asks for has its deadline from ui/load, whose answer comes back to
// the one who asked. Prompts (ui/accessible) ask one thing after the other.
func TestScreensAskThroughLoad(t *testing.T) {
	t.Parallel()
	read := 0
	err := filepath.WalkDir("ui", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			slices.Contains([]string{"load", "accessible"}, filepath.Base(filepath.Dir(path))) {
			return err
		}
		read++
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "context.WithTimeout(") || strings.Contains(string(b), "context.WithDeadline(") {
			t.Errorf("%s has a deadline of its own: use load.Do, Act, Newest or Tell", path)
		}
		return err
	})
	if err != nil || read < 50 {
		t.Errorf("%d files read, %v", read, err)
	}
}

// mostWide is how many cells of a terminal a line has at most, in source and docs; a tab
// counts as one.
const mostWide = 140

// Lines can be read on half a screen, beside another file. A row of a table cannot
// be wrapped in Markdown, and what stands in a fence is as a program printed it.
func TestLinesAreNotTooLong(t *testing.T) {
	t.Parallel()
	read := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch ext := filepath.Ext(path); {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != "."):
			return fs.SkipDir
		case d.IsDir() || ext != ".go" && ext != ".md":
			return nil
		}
		read++
		b, err := os.ReadFile(path)
		markdown, fence, n := filepath.Ext(path) == ".md", false, 0
		for line := range strings.Lines(string(b)) {
			n++
			if line = strings.TrimRight(line, "\r\n"); strings.HasPrefix(line, "```") {
				fence = !fence
			}
			w := ansi.StringWidth(line) + strings.Count(line, "\t")
			if w > mostWide && !(markdown && (fence || strings.HasPrefix(line, "|"))) {
				t.Errorf("%s:%d has %d cells, and %d are the most", path, n, w, mostWide)
			}
		}
		return err
	})
	if err != nil || read < 500 {
		t.Errorf("%d files read, %v", read, err)
	}
}

func TestRoomsKnowNoDestinationByName(t *testing.T) {
	t.Parallel()
	for room, exempt := range nameless {
		read := 0
		err := filepath.WalkDir(room, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			read++
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name, _ := filepath.Rel(room, path)
			n := 0
			for line := range strings.Lines(string(b)) {
				n++
				if _, ok := exempt[filepath.ToSlash(name)]; !ok && strings.Contains(strings.ToLower(line), "netsuite") {
					t.Errorf("%s:%d names NetSuite: take the word from the adapter (spec.Words): %s", path, n, strings.TrimSpace(line))
				}
			}
			return nil
		})
		if err != nil || read == 0 {
			t.Errorf("%s: %d files read, %v", room, read, err)
		}
	}
}

// Expressions are compiled when they are needed: a bad one would be found by a person.
func TestExpressionsCompile(t *testing.T) {
	t.Parallel()
	for _, e := range pattern.All() {
		e()
	}
	if n := len(pattern.All()); n < 20 {
		t.Errorf("%d expressions are made through internal/pattern, and the program has more", n)
	}
}
