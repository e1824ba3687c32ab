package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"billferry/netsuite"
	runscreen "billferry/ui/run"
)

// causeRooms are the packages that give causes to runs.
var causeRooms = []string{"internal/delivery", "internal/integration", "internal/m3ter", "internal/app", "mapping", "netsuite", "store"}

// causesIn collects the causes that the source of a package can give: literals
// that a field Cause is set to, and those handed to a parameter named cause.
func causesIn(t *testing.T, dir string, found map[string]string) {
	t.Helper()
	var files []*ast.File
	set := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	takes := map[string]int{} // function -> which parameter is a cause
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			at := 0
			for _, p := range fn.Type.Params.List {
				for _, n := range p.Names {
					if n.Name == "cause" {
						takes[fn.Name.Name] = at
					}
					at++
				}
			}
		}
	}
	keep := func(e ast.Expr) {
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if s, err := strconv.Unquote(l.Value); err == nil && s != "" {
				found[s] = set.Position(l.Pos()).String()
			}
		}
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Cause" {
					keep(n.Value)
				}
			case *ast.AssignStmt:
				for i, l := range n.Lhs {
					if s, ok := l.(*ast.SelectorExpr); ok && s.Sel.Name == "Cause" && len(n.Rhs) == len(n.Lhs) {
						keep(n.Rhs[i])
					}
				}
			case *ast.ValueSpec:
				for i, name := range n.Names {
					if strings.HasPrefix(strings.ToLower(name.Name), "cause") && i < len(n.Values) {
						keep(n.Values[i])
					}
				}
			case *ast.CallExpr:
				name := ""
				switch f := n.Fun.(type) {
				case *ast.Ident:
					name = f.Name
				case *ast.SelectorExpr:
					name = f.Sel.Name
				}
				if at, ok := takes[name]; ok && at < len(n.Args) {
					keep(n.Args[at])
				}
			}
			return true
		})
	}
}

// causesFound are all causes that the source can give, with where.
func causesFound(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, dir := range causeRooms {
		causesIn(t, dir, found)
	}
	if len(found) < 60 {
		t.Fatalf("only %d causes were found: the collector does not see them any more", len(found))
	}
	return found
}

// Enter does something about every cause, or a reason says why there is nothing
// to press; what it opens is a setting that there is.
func TestEveryCauseHasItsRemedy(t *testing.T) {
	t.Parallel()
	found, known := causesFound(t), runscreen.Remedies(netsuite.Form())
	settings := map[string]bool{"": true}
	for _, x := range netsuite.Form().Fields {
		settings[x.Key] = true
	}
	for cause, at := range found {
		if m, ok := known[cause]; !ok || (m.Does == "") == (m.Why == "") {
			t.Errorf("%s: cause %q has neither a key that does what is advised nor a reason why there is none: ui/run/remedy.go, or Mends "+
				"of the form", at, cause)
		}
	}
	for cause, m := range known {
		if found[cause] == "" {
			t.Errorf("ui/run/remedy.go knows cause %q, which nothing gives", cause)
		}
		if !settings[m.Setting] {
			t.Errorf("the remedy of %s opens the setting %q, which there is not", cause, m.Setting)
		}
	}
}

// Every cause that a run can have is in a table of docs, with what to do, and
// no table names one that the program does not know.
func TestEveryCauseIsDocumented(t *testing.T) {
	t.Parallel()
	found := causesFound(t)
	told := map[string]string{}
	row := regexp.MustCompile("(?m)^\\|.*`([a-z][a-z0-9_]+)` \\|.*$")
	err := filepath.WalkDir("docs", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".md" {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range row.FindAllStringSubmatch(string(b), -1) {
			told[m[1]] = m[0]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for cause, at := range found {
		line := told[cause]
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if line == "" || strings.TrimSpace(cells[len(cells)-1]) == "" {
			t.Errorf("%s: cause %q stands in no table of docs with what to do", at, cause)
		}
	}
	b, err := os.ReadFile("docs/STATES.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(b), "\n## Causes\n")
	if !ok {
		t.Fatal("docs/STATES.md has no section of causes")
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\|").FindAllStringSubmatch(table, -1) {
		if found[m[1]] == "" {
			t.Errorf("docs/STATES.md tells of cause %q, which nothing gives", m[1])
		}
	}
}
