package cli

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/goccy/go-yaml/ast"
)

// A configuration file may come from a pull request. These bounds keep a small
// file from using up the memory of the machine that reads it.
const (
	maxNested   = 500      // brackets within brackets, or dashes on one line
	maxExpanded = 64 << 20 // bytes of a file times its aliases
)

// boundedText refuses what the parser would need too much for. It counts
// without regard to quotes, which only ever counts too many.
func boundedText(b []byte) error {
	depth := 0
	for _, c := range b {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		if depth > maxNested {
			return fmt.Errorf("it is nested more than %d deep", maxNested)
		}
	}
	for line := range bytes.Lines(b) {
		if bytes.Count(line, []byte("- "))+bytes.Count(line, []byte("? ")) > maxNested {
			return fmt.Errorf("it is nested more than %d deep", maxNested)
		}
	}
	return nil
}

// boundedAliases refuses aliases that would unpack into far more than the file.
func boundedAliases(size int, docs []*ast.DocumentNode) error {
	w := &aliasCount{}
	for _, d := range docs {
		if d.Body != nil {
			ast.Walk(w, d.Body)
		}
	}
	switch {
	case w.nested:
		return errors.New("an anchor (&name) holds an alias (*name): write that part out")
	case w.n*size > maxExpanded:
		return fmt.Errorf("its %d aliases (*name) would unpack into too much: write some of them out", w.n)
	}
	return nil
}

// aliasCount counts aliases and finds one inside an anchor.
type aliasCount struct {
	n      int
	nested bool
}

// Visit implements ast.Visitor.
func (w *aliasCount) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.AliasNode:
		w.n++
	case *ast.AnchorNode:
		in := &aliasCount{}
		ast.Walk(in, n.Value)
		w.nested = w.nested || in.nested || in.n > 0
		return nil // seen
	}
	return w
}
