package suiteql

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"billferry/internal/decimal"
)

func (p *parser) or() (condition, error) {
	binds, joins := len(p.binds), len(p.joins)
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
		left = func(e *env) bool { return l(e) || right(e) }
		p.unbind(binds, joins)
	}
	return left, nil
}

func (p *parser) and() (condition, error) {
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
		left = func(e *env) bool { return l(e) && right(e) }
	}
	return left, nil
}

func (p *parser) condition() (condition, error) {
	if p.accept("not") {
		binds, joins := len(p.binds), len(p.joins)
		c, err := p.condition()
		p.unbind(binds, joins)
		return func(e *env) bool { return !c(e) }, err
	}
	if p.accept("(") {
		c, err := p.or()
		if err != nil {
			return nil, err
		}
		return c, p.expect(")")
	}
	left, err := p.value()
	if err != nil {
		return nil, err
	}
	return p.comparison(left, p.last)
}

// comparison reads what a value is held against; at is the column that the
// value is, nil when it is more than a column.
func (p *parser) comparison(left expr, at *place) (condition, error) {
	binds, joins := len(p.binds), len(p.joins)
	negate := p.accept("not")
	op := p.next()
	var c condition
	var err error
	switch op.text {
	case "is":
		negate = p.accept("not")
		c, err = func(e *env) bool { return left(e).Kind == Null }, p.expect("null")
	case "in":
		c, err = p.in(left, at)
	case "between":
		c, err = p.between(left)
	case "like":
		c, err = p.like(left)
	default:
		c, err = p.compared(op, left, at)
	}
	if err != nil || !negate {
		return c, err
	}
	p.unbind(binds, joins)
	return func(e *env) bool { return !c(e) }, nil
}

func (p *parser) in(left expr, at *place) (condition, error) {
	list, err := p.list()
	if err != nil {
		return nil, err
	}
	texts := p.bind(at, list)
	return func(e *env) bool {
		v := left(e)
		if v.Kind == Null || slices.Contains(texts, v.Text) { // the same text is the same number, too
			return v.Kind != Null
		}
		return slices.ContainsFunc(list, func(o expr) bool { return compare(v, o(e)) == 0 })
	}, nil
}

func (p *parser) between(left expr) (condition, error) {
	low, err := p.value()
	if err != nil {
		return nil, err
	}
	if err := p.expect("and"); err != nil {
		return nil, err
	}
	high, err := p.value()
	if err != nil {
		return nil, err
	}
	return func(e *env) bool {
		v := left(e)
		return v.Kind != Null && compare(v, low(e)) >= 0 && compare(v, high(e)) <= 0
	}, nil
}

func (p *parser) like(left expr) (condition, error) {
	pattern, err := p.value()
	if err != nil {
		return nil, err
	}
	var escape rune
	if p.accept("escape") {
		t := p.next()
		if t.kind != text || len([]rune(t.text)) != 1 {
			return nil, fmt.Errorf("%w: ESCAPE needs one character in quotes at %d", ErrQuery, t.at)
		}
		escape = []rune(t.text)[0]
	}
	return func(e *env) bool {
		a, b := left(e), pattern(e)
		return a.Kind != Null && b.Kind != Null && like([]rune(b.Text), []rune(a.Text), escape)
	}, nil
}

func (p *parser) compared(op token, left expr, at *place) (condition, error) {
	test, ok := operators[op.text]
	if !ok {
		return nil, p.unexpected(op)
	}
	right, err := p.value()
	if err != nil {
		return nil, err
	}
	if op.text == "=" && at != nil {
		if other := p.last; other == nil {
			p.bind(at, []expr{right})
		} else if other.table != at.table {
			p.joins = append(p.joins, [2]place{*at, *other})
		}
	}
	return func(e *env) bool {
		a, b := left(e), right(e)
		return a.Kind != Null && b.Kind != Null && test(compare(a, b))
	}, nil
}

var operators = map[string]func(order int) bool{
	"=":  func(c int) bool { return c == 0 },
	"<>": func(c int) bool { return c != 0 },
	"!=": func(c int) bool { return c != 0 },
	"<":  func(c int) bool { return c < 0 },
	"<=": func(c int) bool { return c <= 0 },
	">":  func(c int) bool { return c > 0 },
	">=": func(c int) bool { return c >= 0 },
}

// bind remembers that the query can only match rows with one of these texts,
// and returns them; what depends on a row binds nothing.
func (p *parser) bind(at *place, list []expr) []string {
	fixed := true
	rowless := p.rowless(func() { fixed = false })
	texts := make([]string, 0, len(list))
	for _, f := range list {
		texts = append(texts, f(rowless).Text)
	}
	if !fixed {
		return nil
	}
	if at != nil {
		p.binds = append(p.binds, bound{*at, texts})
	}
	return texts
}

func (p *parser) list() ([]expr, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var list []expr
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

// value reads terms with ||, + and - between them.
func (p *parser) value() (expr, error) {
	left, err := p.term()
	for err == nil {
		op := p.peek().text
		if p.peek().kind != mark || (op != "||" && op != "+" && op != "-") {
			return left, nil
		}
		p.pos++
		l := left
		var right expr
		if right, err = p.term(); err != nil {
			break
		}
		p.last = nil
		if op == "||" {
			left = func(e *env) Value { return Value{Text, l(e).Text + right(e).Text} }
			continue
		}
		left = func(e *env) Value { return plus(l(e), right(e), op == "-") }
	}
	return left, err
}

// plus adds two numbers; anything that is none makes it null.
func plus(a, b Value, minus bool) Value {
	x, errX := decimal.Parse(a.Text)
	y, errY := decimal.Parse(b.Text)
	if a.Kind == Null || b.Kind == Null || errX != nil || errY != nil {
		return Value{}
	}
	if minus {
		y = y.Neg()
	}
	return Value{Number, x.Add(y).Trim()}
}

func (p *parser) term() (expr, error) {
	t := p.next()
	p.last = nil
	switch {
	case t.kind == text:
		return constant(Value{Text, t.text}), nil
	case t.kind == number:
		return constant(Value{Number, t.text}), nil
	case t.kind == mark && t.text == "-":
		of, err := p.term()
		p.last = nil
		return func(e *env) Value { return plus(Value{Number, "0"}, of(e), true) }, err
	case t.kind == mark && t.text == "?":
		if p.used >= len(p.params) {
			return nil, fmt.Errorf("%w: more question marks than params", ErrQuery)
		}
		p.used++
		return constant(Value{Text, p.params[p.used-1]}), nil
	case t.kind == word && p.peek().text == "(":
		return p.call(t)
	case t.kind == word:
		at, err := p.find(t.text)
		if err != nil {
			return nil, err
		}
		p.last = &at
		return func(e *env) Value { return e.rows[at.table](at.name) }, nil
	}
	return nil, p.unexpected(t)
}

func constant(v Value) expr { return func(*env) Value { return v } }

func (p *parser) call(fn token) (expr, error) {
	switch fn.text {
	case "count", "sum", "min", "max":
		return p.aggregate(fn.text)
	}
	args, err := p.list()
	if err != nil {
		return nil, err
	}
	at := p.last // a column, when the only argument is one
	p.last = nil
	first := args[0]
	change := func(f func(string) string) expr {
		return func(e *env) Value {
			v := first(e)
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
		return func(e *env) Value {
			v := first(e)
			if v.Kind == Null {
				return v
			}
			if v.Kind != Date {
				return Value{Text, v.Text}
			}
			day, of, _ := strings.Cut(v.Text, " ")
			if len(args) == 2 && args[1](e).Text == "YYYY-MM-DD HH24:MI:SS" {
				return Value{Text, day + " " + cmp.Or(of, "00:00:00")}
			}
			return Value{Text, day}
		}, nil
	case "to_date":
		if v := first(p.rowless(func() {})); v.Kind == Text {
			if _, err := time.Parse(time.DateOnly, v.Text); err != nil {
				return nil, fmt.Errorf("%w: TO_DATE: %q is not YYYY-MM-DD", ErrQuery, v.Text)
			}
		}
		return func(e *env) Value { return Value{Date, first(e).Text} }, nil
	case "nvl":
		if len(args) == 2 {
			return func(e *env) Value {
				if v := first(e); v.Kind != Null {
					return v
				}
				return args[1](e)
			}, nil
		}
	case "builtin.df":
		if at != nil {
			return func(e *env) Value { return p.src.Display(p.tables[at.table].name, at.name, first(e)) }, nil
		}
	}
	return nil, fmt.Errorf("%w: unknown function %s", ErrQuery, strings.ToUpper(fn.text))
}

// rowless is an environment for what does not depend on a row; it tells when
// something asks for one all the same.
func (p *parser) rowless(asked func()) *env {
	e := &env{rows: make([]Row, len(p.tables))}
	for i := range e.rows {
		e.rows[i] = func(string) Value { asked(); return Value{} }
	}
	return e
}

func (p *parser) aggregate(name string) (expr, error) {
	a := aggregate{name: name}
	p.pos++ // the bracket
	if name != "count" || !p.accept("*") {
		var err error
		if a.of, err = p.value(); err != nil {
			return nil, err
		}
	}
	p.last = nil
	i := len(p.aggs)
	p.aggs = append(p.aggs, a)
	return func(e *env) Value {
		if i >= len(e.aggs) {
			return Value{} // in a WHERE there is nothing to have come to
		}
		return e.aggs[i]
	}, p.expect(")")
}
