package suiteql

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func (p *parser) or() (func(Row) bool, error) {
	left, err := p.and()
	if err != nil {
		return nil, err
	}
	for p.accept("or") {
		right, err := p.and()
		if err != nil {
			return nil, err
		}
		l := left
		left = func(r Row) bool { return l(r) || right(r) }
	}
	return left, nil
}

func (p *parser) and() (func(Row) bool, error) {
	left, err := p.condition()
	if err != nil {
		return nil, err
	}
	for p.accept("and") {
		right, err := p.condition()
		if err != nil {
			return nil, err
		}
		l := left
		left = func(r Row) bool { return l(r) && right(r) }
	}
	return left, nil
}

func (p *parser) condition() (func(Row) bool, error) {
	if p.accept("not") {
		c, err := p.condition()
		return func(r Row) bool { return !c(r) }, err
	}
	if p.accept("(") {
		c, err := p.or()
		if err != nil {
			return nil, err
		}
		return c, p.expect(")")
	}
	name := p.peek()
	left, err := p.value()
	if err != nil {
		return nil, err
	}
	direct := name.kind == word && p.toks[p.pos-1].text == name.text
	return p.comparison(left, p.bare(name.text), direct)
}

func (p *parser) comparison(left func(Row) Value, name string, direct bool) (func(Row) bool, error) {
	negate := p.accept("not")
	op := p.next()
	var c func(Row) bool
	switch op.text {
	case "is":
		negate = p.accept("not")
		if err := p.expect("null"); err != nil {
			return nil, err
		}
		c = func(r Row) bool { return left(r).Kind == Null }
	case "in":
		list, err := p.list()
		if err != nil {
			return nil, err
		}
		if direct && !negate {
			p.bind(name, list)
		}
		c = func(r Row) bool {
			v := left(r)
			return v.Kind != Null && slices.ContainsFunc(list, func(o func(Row) Value) bool { return compare(v, o(r)) == 0 })
		}
	default:
		right, err := p.value()
		if err != nil {
			return nil, err
		}
		if op.text == "=" && direct {
			p.bind(name, []func(Row) Value{right})
		}
		test, ok := operators[op.text]
		if !ok {
			return nil, p.unexpected(op)
		}
		c = func(r Row) bool {
			a, b := left(r), right(r)
			return a.Kind != Null && b.Kind != Null && test(a, b)
		}
	}
	if negate {
		return func(r Row) bool { return !c(r) }, nil
	}
	return c, nil
}

var operators = map[string]func(a, b Value) bool{
	"=":    func(a, b Value) bool { return compare(a, b) == 0 },
	"<>":   func(a, b Value) bool { return compare(a, b) != 0 },
	"!=":   func(a, b Value) bool { return compare(a, b) != 0 },
	"<":    func(a, b Value) bool { return compare(a, b) < 0 },
	"<=":   func(a, b Value) bool { return compare(a, b) <= 0 },
	">":    func(a, b Value) bool { return compare(a, b) > 0 },
	">=":   func(a, b Value) bool { return compare(a, b) >= 0 },
	"like": func(a, b Value) bool { return like([]rune(b.Text), []rune(a.Text)) },
}

// bind remembers that the query can only match rows with one of these texts.
func (p *parser) bind(name string, list []func(Row) Value) {
	if p.loose {
		return
	}
	var texts []string
	for _, f := range list {
		texts = append(texts, f(func(string) Value { return Value{} }).Text)
	}
	p.only[name] = texts
}

func (p *parser) list() ([]func(Row) Value, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var list []func(Row) Value
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if !p.accept(",") {
			return list, p.expect(")")
		}
	}
}

func (p *parser) value() (func(Row) Value, error) {
	left, err := p.term()
	for err == nil && p.accept("||") {
		var right func(Row) Value
		if right, err = p.term(); err != nil {
			break
		}
		l := left
		left = func(r Row) Value { return Value{Text, l(r).Text + right(r).Text} }
	}
	return left, err
}

func (p *parser) term() (func(Row) Value, error) {
	t := p.next()
	switch {
	case t.kind == text:
		return constant(Value{Text, t.text}), nil
	case t.kind == number:
		return constant(Value{Number, t.text}), nil
	case t.kind == mark && t.text == "?":
		if p.used >= len(p.params) {
			return nil, fmt.Errorf("%w: more question marks than params", ErrQuery)
		}
		p.used++
		return constant(Value{Text, p.params[p.used-1]}), nil
	case t.kind == word && p.peek().text == "(":
		return p.call(t)
	case t.kind == word:
		name := p.bare(t.text)
		if !slices.Contains(p.known, name) {
			return nil, fmt.Errorf("%w: Search error occurred: Field '%s' for record '%s' was not found", ErrQuery, name, p.table)
		}
		return func(r Row) Value { return r(name) }, nil
	}
	return nil, p.unexpected(t)
}

func constant(v Value) func(Row) Value { return func(Row) Value { return v } }

func (p *parser) call(fn token) (func(Row) Value, error) {
	name := p.toks[p.pos+1] // a column, when the first argument is one
	args, err := p.list()
	if err != nil {
		return nil, err
	}
	first := args[0]
	change := func(f func(string) string) func(Row) Value {
		return func(r Row) Value {
			v := first(r)
			v.Text = f(v.Text)
			return v
		}
	}
	switch fn.text {
	case "upper":
		return change(strings.ToUpper), nil
	case "lower":
		return change(strings.ToLower), nil
	case "trim":
		return change(strings.TrimSpace), nil
	case "to_char": // the formats that keep a date as it is compared
		return func(r Row) Value { return Value{Text, first(r).Text} }, nil
	case "to_date":
		if v := first(func(string) Value { return Value{} }); v.Kind == Text {
			if _, err := time.Parse(time.DateOnly, v.Text); err != nil {
				return nil, fmt.Errorf("%w: TO_DATE: %q is not YYYY-MM-DD", ErrQuery, v.Text)
			}
		}
		return func(r Row) Value { return Value{Date, first(r).Text} }, nil
	case "nvl":
		if len(args) == 2 {
			return func(r Row) Value {
				if v := first(r); v.Kind != Null {
					return v
				}
				return args[1](r)
			}, nil
		}
	case "builtin.df":
		column := p.bare(name.text)
		return func(r Row) Value { return p.src.Display(p.table, column, first(r)) }, nil
	}
	return nil, fmt.Errorf("%w: unknown function %s", ErrQuery, strings.ToUpper(fn.text))
}
