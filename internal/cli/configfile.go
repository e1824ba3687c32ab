package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"billferry/internal/integration"
	"billferry/internal/nearest"
	"billferry/internal/readfile"
	"billferry/internal/spec"
)

// body is an integration as a file has it: the shape of the API's body.
type body struct {
	EntityType  string      `yaml:"entityType"`
	Destination string      `yaml:"destination"`
	Name        string      `yaml:"name"`
	Version     int64       `yaml:"version,omitempty"` // 0: any; else it must be the stored one
	Enabled     *bool       `yaml:"enabled,omitempty"` // nil leaves it as it is
	ConfigData  spec.Values `yaml:"configData"`
}

// document is one integration with its place in a file.
type document struct {
	body
	file string
	node ast.Node
}

// readDocuments reads a file of YAML, of which JSON is a part: one integration
// a document. A key that does not exist at the top is refused, because a typo
// there would be lost in silence.
func (e *env) readDocuments(file string) ([]document, error) {
	b, err := e.readFile(file, readfile.Config)
	if err != nil {
		return nil, err
	}
	file = source(file)
	if err := boundedText(b); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	parsed, err := parser.ParseBytes(b, 0)
	if err != nil {
		return nil, yamlFault(file, err)
	}
	if err := boundedAliases(len(b), parsed.Docs); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var out []document
	for _, d := range parsed.Docs {
		if d.Body == nil || d.Body.Type() == ast.NullType {
			if line, more := followed(d.Start); more {
				// goccy/go-yaml v1.19 drops what follows an empty document.
				return nil, fmt.Errorf("%s:%d: this document is empty: take it out", file, line)
			}
			continue
		}
		nodes := []ast.Node{d.Body}
		if list, ok := d.Body.(*ast.SequenceNode); ok { // what export --json prints
			nodes = list.Values
		}
		for _, n := range nodes {
			doc := document{file: file, node: n}
			keepDigits(n)
			if err := yaml.NodeToValue(n, &doc.body, yaml.DisallowUnknownField()); err != nil {
				return nil, yamlFault(file, err)
			}
			if doc.ConfigData == nil {
				doc.ConfigData = spec.Values{}
			}
			out = append(out, doc)
		}
	}
	return out, nil
}

// keepDigits makes numbers in configData those that a person wrote: goccy/go-yaml
// reads 1.10 as a float64 and 010 as 8. What JSON cannot write so stays text.
func keepDigits(doc ast.Node) {
	m, ok := doc.(*ast.MappingNode)
	if !ok {
		return
	}
	for _, v := range m.Values {
		if v.Key.GetToken().Value == "configData" {
			ast.Walk(digits{}, v)
		}
	}
}

type digits struct{}

// Visit implements ast.Visitor.
func (d digits) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.MappingValueNode:
		n.Value = written(n.Value)
	case *ast.AnchorNode:
		n.Value = written(n.Value)
	case *ast.SequenceNode:
		for i := range n.Values {
			n.Values[i] = written(n.Values[i])
		}
	}
	return d
}

// written is a node that keeps the digits of a number.
func written(n ast.Node) ast.Node {
	if n.Type() != ast.IntegerType && n.Type() != ast.FloatType {
		return n
	}
	t := n.GetToken()
	if !json.Valid([]byte(t.Value)) {
		return ast.String(t)
	}
	out := ast.Integer(t)
	out.Value = json.Number(t.Value)
	return out
}

// readDocument is readDocuments for a file that must hold just one.
func (e *env) readDocument(file string) (document, error) {
	docs, err := e.readDocuments(file)
	switch {
	case err != nil:
		return document{}, err
	case len(docs) == 0:
		return document{}, fmt.Errorf("%s: there is no integration in it", source(file))
	case len(docs) > 1:
		return document{}, fmt.Errorf("%s: there is a second integration in it: use 'billferry integration apply'", docs[1].at(""))
	}
	return docs[0], nil
}

// followed tells whether more than comments comes after the start of a document.
func followed(start *token.Token) (line int, more bool) {
	if start == nil {
		return 0, false
	}
	for t := start.Next; t != nil; t = t.Next {
		if t.Type != token.CommentType {
			return start.Position.Line, true
		}
	}
	return 0, false
}

// yamlFault says where a file is wrong, without printing the file: there may be
// more in it than is good for a log.
func yamlFault(file string, err error) error {
	var f yaml.Error
	if errors.As(err, &f) && f.GetToken() != nil {
		p, hint := f.GetToken().Position, ""
		if u := new(yaml.UnknownFieldError); errors.As(err, &u) {
			hint = nearest.Hint(f.GetToken().Value, "entityType", "destination", "name", "version", "enabled", "configData")
		}
		return fmt.Errorf("%s:%d:%d: %s%s", file, p.Line, p.Column, f.GetMessage(), hint)
	}
	return fmt.Errorf("%s: %w", file, err)
}

// at is FILE:LINE of a key ("name", "configData.accountIds"), of what holds it
// when it is not there itself, or of the document's beginning.
func (d document) at(key string) string {
	for key != "" {
		if p, err := yaml.PathString("$." + key); err == nil {
			if n, err := p.FilterNode(d.node); err == nil && n != nil {
				return fmt.Sprintf("%s:%d", d.file, n.GetToken().Position.Line)
			}
		}
		key = key[:max(0, strings.LastIndexByte(key, '.'))]
	}
	return fmt.Sprintf("%s:%d", d.file, d.node.GetToken().Position.Line)
}

// blame says where in the file the problems of a configuration stand.
func (d document) blame(err error) error {
	var p spec.Problems
	if !errors.As(err, &p) {
		return fmt.Errorf("%s: %w", d.at("name"), err)
	}
	lines := make([]string, 0, len(p))
	for _, x := range p.Errors() {
		key := x.Key
		switch key {
		case "", "name", "entityType", "destination", "enabled", "version":
		default:
			key = "configData." + key
		}
		lines = append(lines, fmt.Sprintf("%s: %s: %s", d.at(key), x.Key, x.Message))
	}
	return errors.New(strings.Join(lines, "\n"))
}

// validate checks a document as the service will, so that all faults of all
// files are told before anything is changed.
func (d document) validate(cat spec.Catalog) error {
	f, ok := cat.Form(d.EntityType, d.Destination)
	if !ok {
		key, known := "entityType", cat.Entities()
		if in := cat.Destinations(d.EntityType); len(in) > 0 {
			key, known = "destination", in
		}
		value := map[string]string{"entityType": d.EntityType, "destination": d.Destination}[key]
		return d.blame(spec.Problems{{Key: key, Message: fmt.Sprintf("%q is not known; use one of %s", value, strings.Join(known, ", "))}})
	}
	if err := append(f.Validate(d.Name, d.ConfigData), f.Misspelt(d.ConfigData)...).Err(); err != nil {
		return d.blame(err)
	}
	return nil
}

// spelling refuses settings that do not exist although one was meant.
func (d document) spelling(cat spec.Catalog, entityType, destination string) error {
	if f, ok := cat.Form(entityType, destination); ok {
		if err := f.Misspelt(d.ConfigData).Err(); err != nil {
			return d.blame(err)
		}
	}
	return nil
}

// sameKind refuses to turn an integration into one of another kind. update
// may leave both out.
func (d document) sameKind(old integration.Integration) error {
	for _, x := range []struct{ key, have, want string }{
		{"entityType", old.EntityType, d.EntityType}, {"destination", old.Destination, d.Destination},
	} {
		if x.want != "" && !strings.EqualFold(x.want, x.have) {
			return d.blame(spec.Problems{{Key: x.key, Message: fmt.Sprintf("%s has %q, which cannot be changed: create another integration",
				old.Name, x.have)}})
		}
	}
	return nil
}
