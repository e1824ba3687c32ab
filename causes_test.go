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

	"billferry/internal/app"
	"billferry/internal/destination"
	"billferry/netsuite"
	runscreen "billferry/ui/run"
)

// causeless are the packages that are not looked at for causes of runs: they show them,
// or are there for tests and simulators. Every other package may give one, a new one too.
var causeless = regexp.MustCompile(`^(docs|ui|internal/(api|cli|e2e|sandbox|testkit)|.*test)(/|$)`)

// causeRooms are the packages that may give causes to runs.
func causeRooms(t *testing.T) (rooms []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || !d.IsDir():
			return err
		case path != "." && strings.HasPrefix(d.Name(), "."), causeless.MatchString(filepath.ToSlash(path)):
			return fs.SkipDir
		}
		rooms = append(rooms, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rooms
}

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
	for _, dir := range causeRooms(t) {
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

// "billferry causes" tells of every cause that there is, and of no other; nor does a
// table of docs.
func TestEveryCauseIsDocumented(t *testing.T) {
	t.Parallel()
	found := causesFound(t)
	told := map[string]bool{}
	for _, m := range app.Causes() {
		told[m.Cause] = true
		if m.Is+m.Do == "" || m.Then == "" || m.Then != destination.ByItself && m.Then != destination.Settled && m.Do == "" {
			t.Errorf("of cause %q it is not told what it is and what to do", m.Cause)
		}
		if found[m.Cause] == "" {
			t.Errorf("cause %q is told of, and nothing gives it", m.Cause)
		}
	}
	for cause, at := range found {
		if !told[cause] {
			t.Errorf("%s: cause %q is in no table of internal/app/causes.go or netsuite", at, cause)
		}
	}
	rows := 0
	err := filepath.WalkDir("docs", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Base(path) != "ERRORS.md" && filepath.Base(path) != "MAPPING.md" {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile("(?m)^\\|.*`([a-z][a-z0-9]*_[a-z0-9_]+)` \\|").FindAllStringSubmatch(string(b), -1) {
			if rows++; found[m[1]] == "" {
				t.Errorf("%s tells of cause %q, which nothing gives", path, m[1])
			}
		}
		return err
	})
	if err != nil || rows < 50 {
		t.Errorf("%d causes in tables of docs, %v", rows, err)
	}
}
