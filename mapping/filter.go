package mapping

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"billferry/internal/decimal"
	"billferry/internal/nearest"
)

// FilterError is a fault of an account filter expression, with the place.
type FilterError struct {
	Column  int // from 1, in characters
	Message string
}

// Error says where and what.
func (e *FilterError) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Message) }

// CheckFilter tells whether an account filter expression can be understood;
// the error is a *FilterError. An empty expression is good: it lets every
// account pass. docs/MAPPING.md has the grammar.
func CheckFilter(expr string) error {
	_, err := parseFilter(expr)
	return err
}

// filterFields are the account fields a filter can name, beside customFields.
var filterFields = []string{
	"id", "accountName", "accountCode", "currency",
	"address.addressLine1", "address.addressLine2", "address.addressLine3", "address.addressLine4",
	"address.locality", "address.region", "address.postCode", "address.country",
}

const customFields = "customFields."

// maxNesting bounds parentheses and NOTs, so that no expression can exhaust
// the stack.
const maxNesting = 100

// node is an expression that is true or false of an account.
type node interface {
	holds(account map[string]string) bool
}

type (
	always  struct{}
	not     struct{ x node }
	both    struct{ a, b node } // AND
	either  struct{ a, b node } // OR
	compare struct {
		field, op, value string
		null             bool // the value is the word null
	}
)

func (always) holds(map[string]string) bool     { return true }
func (n not) holds(a map[string]string) bool    { return !n.x.holds(a) }
func (n both) holds(a map[string]string) bool   { return n.a.holds(a) && n.b.holds(a) }
func (n either) holds(a map[string]string) bool { return n.a.holds(a) || n.b.holds(a) }

// holds compares numbers as numbers and all else as text, letter by letter. A
// field that the account lacks is null; null differs from every value.
func (c compare) holds(account map[string]string) bool {
	have := account[c.field]
	if c.null {
		return (have == "") == (c.op == "==")
	}
	order, comparable := 0, have != ""
	x, errX := decimal.Parse(have)
	y, errY := decimal.Parse(c.value)
	switch {
	case errX == nil && errY == nil:
		order = x.Cmp(y)
	case c.op == "==" || c.op == "!=":
		order = strings.Compare(have, c.value)
	default:
		comparable = false // an order of things that are not numbers
	}
	switch c.op {
	case "==":
		return comparable && order == 0
	case "!=":
		return !comparable || order != 0
	case "<":
		return comparable && order < 0
	case "<=":
		return comparable && order <= 0
	case ">":
		return comparable && order > 0
	default: // >=
		return comparable && order >= 0
	}
}

type filterParser struct {
	toks  []token
	i     int
	depth int
}

func parseFilter(expr string) (node, error) {
	if strings.TrimSpace(expr) == "" {
		return always{}, nil
	}
	toks, err := lexFilter(expr)
	if err != nil {
		return nil, err
	}
	p := &filterParser{toks: toks}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != endToken {
		return nil, t.errorf("expected AND, OR or the end, not %s%s", t, t.hint())
	}
	return n, nil
}

func (p *filterParser) peek() token { return p.toks[p.i] }

func (p *filterParser) next() token {
	t := p.toks[p.i]
	if t.kind != endToken {
		p.i++
	}
	return t
}

func (p *filterParser) or() (node, error) {
	n, err := p.and()
	for err == nil && p.peek().is("OR") {
		p.next()
		var m node
		m, err = p.and()
		n = either{n, m}
	}
	return n, err
}

func (p *filterParser) and() (node, error) {
	n, err := p.unary()
	for err == nil && p.peek().is("AND") {
		p.next()
		var m node
		m, err = p.unary()
		n = both{n, m}
	}
	return n, err
}

func (p *filterParser) unary() (node, error) {
	p.depth++
	defer func() { p.depth-- }()
	t := p.peek()
	if p.depth > maxNesting {
		return nil, t.errorf("nested more than %d deep", maxNesting)
	}
	switch {
	case t.is("NOT"):
		p.next()
		n, err := p.unary()
		return not{n}, err
	case t.kind == parenToken && t.text == "(":
		p.next()
		n, err := p.or()
		if err != nil {
			return nil, err
		}
		if c := p.next(); c.kind != parenToken || c.text != ")" {
			return nil, c.errorf("expected ')' for the '(' at column %d, not %s%s", t.column, c, c.hint())
		}
		return n, nil
	}
	return p.comparison()
}

func (p *filterParser) comparison() (node, error) {
	f := p.next()
	if f.kind != wordToken {
		return nil, f.errorf("expected an account field, such as address.country, not %s", f)
	}
	if err := checkField(f); err != nil {
		return nil, err
	}
	op := p.next()
	if op.kind != opToken {
		return nil, op.errorf("expected ==, !=, <, <=, > or >=, not %s", op)
	}
	v := p.next()
	c := compare{field: f.text, op: op.text, value: v.text}
	switch v.kind {
	case textToken:
	case wordToken:
		c.null = v.text == "null"
		// m3ter writes values without quotes; so several words are one value.
		for w := p.peek(); !c.null && w.kind == wordToken; w = p.peek() {
			c.value += " " + p.next().text
		}
	default:
		return nil, v.errorf("expected a value, not %s", v)
	}
	if op.text == "==" || op.text == "!=" {
		return c, nil
	}
	if _, err := decimal.Parse(c.value); err != nil || c.null {
		return nil, v.errorf("%s compares numbers, and %q is none", op.text, c.value)
	}
	return c, nil
}

func checkField(t token) error {
	if slices.Contains(filterFields, t.text) {
		return nil
	}
	if key, ok := strings.CutPrefix(t.text, customFields); ok && key != "" {
		return nil
	}
	return t.errorf("there is no account field %q; use one of %s, customFields.<key>%s", t.text, strings.Join(filterFields, ", "),
		nearest.Hint(t.text, filterFields...))
}

// columnOf counts characters, as a person does.
func columnOf(s string, offset int) int { return utf8.RuneCountInString(s[:offset]) + 1 }
