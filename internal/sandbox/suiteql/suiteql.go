// Package suiteql runs the part of SuiteQL that an invoice sender and a
// reconciliation need: SELECT over one table or several with INNER JOIN, WHERE
// with AND, OR, NOT, comparisons, BETWEEN, IN, LIKE and IS NULL, GROUP BY with
// COUNT, SUM, MIN and MAX, ORDER BY, TOP, and FETCH FIRST. There is no LIMIT,
// as in NetSuite.
package suiteql

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strings"

	"billferry/internal/decimal"
)

// ErrQuery is wrapped by every refusal of a query.
var ErrQuery = errors.New("invalid search query")

// Kind is the type of a Value.
type Kind byte

// The types a column can have.
const (
	Null Kind = iota
	Text
	Number
	Date // Text holds it as YYYY-MM-DD
)

// Value is what a row has in a column.
type Value struct {
	Kind Kind
	Text string
}

// Row reads a column by its lower-case name.
type Row func(column string) Value

// Source has the tables. All names are lower-case.
type Source interface {
	// Columns lists the columns of a table; ok is false when there is none.
	Columns(table string) (columns []string, ok bool)
	// Custom tells whether a table has a column that Columns does not list: a
	// custom field.
	Custom(table, column string) bool
	// Scan goes through the rows. Where the query can only match rows that
	// have one of some texts in a column, only says so; a Source may use it
	// or leave it.
	Scan(table string, only map[string][]string, yield func(Row) bool)
	// Display is what BUILTIN.DF shows of a reference.
	Display(table, column string, v Value) Value
}

// Result is the answer.
type Result struct {
	Columns []string // lower-case
	Rows    [][]Value
}

// Run parses and runs a query; params stand for its question marks.
func Run(src Source, q string, params []string) (Result, error) {
	res, _, err := RunPage(src, q, params, 0, math.MaxInt)
	return res, err
}

// RunPage is Run of the rows from an offset on, up to a limit. total is how many
// there are in all.
func RunPage(src Source, q string, params []string, offset, limit int) (res Result, total int, err error) {
	sel, err := parse(src, q, params)
	if err != nil {
		return Result{}, 0, err
	}
	res, total = sel.run(src, offset, limit)
	return res, total, nil
}

// env is what an expression is worked out in: a row of each table and, after
// GROUP BY, what its aggregates came to.
type env struct {
	rows []Row
	aggs []Value
}

type (
	expr      func(*env) Value
	condition func(*env) bool
)

// line is a row of the result with what it is ordered by. What is not worked out
// yet has the rows that it is made of.
type line struct {
	keys, out []Value
	rows      []Row
}

func (s *selection) run(src Source, offset, limit int) (Result, int) {
	res := Result{}
	for _, c := range s.columns {
		res.Columns = append(res.Columns, c.name)
	}
	lines := s.lines(src)
	inOrder := func(a, b line) int {
		for i, o := range s.order {
			c := compare(a.keys[i], b.keys[i])
			if o.desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	}
	if !slices.IsSortedFunc(lines, inOrder) { // most queries ask for the order in which rows lie
		slices.SortStableFunc(lines, inOrder)
	}
	if s.first > 0 && len(lines) > s.first {
		lines = lines[:s.first]
	}
	total := len(lines)
	lines = lines[min(offset, total):]
	for _, l := range lines[:min(limit, len(lines))] {
		if l.rows != nil {
			l.out = s.values(&env{rows: l.rows})
		}
		res.Rows = append(res.Rows, l.out)
	}
	return res, total
}

func (s *selection) lines(src Source) []line {
	if len(s.aggs) > 0 || len(s.group) > 0 {
		return s.grouped(src)
	}
	var out []line
	seen := map[string]bool{}
	s.scan(src, func(e *env) bool {
		l := line{keys: s.keys(e)}
		if !s.distinct {
			l.rows = slices.Clone(e.rows)
		} else {
			l.out = s.values(e)
			k := key(l.out)
			if seen[k] {
				return true
			}
			seen[k] = true
		}
		out = append(out, l)
		return s.first == 0 || len(s.order) > 0 || len(out) < s.first
	})
	return out
}

func (s *selection) values(e *env) []Value {
	out := make([]Value, 0, len(s.columns))
	for _, c := range s.columns {
		out = append(out, c.eval(e))
	}
	return out
}

func (s *selection) keys(e *env) (keys []Value) {
	for _, o := range s.order {
		keys = append(keys, o.eval(e))
	}
	return keys
}

// grouped works the aggregates out, a row for each group in the order in which
// they were met. Without GROUP BY there is one group, even of no rows.
func (s *selection) grouped(src Source) []line {
	type bucket struct {
		rows []Row
		sums []sum
	}
	var groups []*bucket
	byKey := map[string]*bucket{}
	s.scan(src, func(e *env) bool {
		var by []Value
		for _, g := range s.group {
			by = append(by, g(e))
		}
		b := byKey[key(by)]
		if b == nil {
			b = &bucket{rows: slices.Clone(e.rows), sums: make([]sum, len(s.aggs))}
			byKey[key(by)] = b
			groups = append(groups, b)
		}
		for i, a := range s.aggs {
			b.sums[i].add(a, e)
		}
		return true
	})
	if len(groups) == 0 && len(s.group) == 0 {
		none := make([]Row, len(s.tables))
		for i := range none {
			none[i] = func(string) Value { return Value{} }
		}
		groups = append(groups, &bucket{rows: none, sums: make([]sum, len(s.aggs))})
	}
	out := make([]line, 0, len(groups))
	for _, b := range groups {
		e := &env{rows: b.rows}
		for i, a := range s.aggs {
			e.aggs = append(e.aggs, b.sums[i].result(a))
		}
		out = append(out, line{out: s.values(e), keys: s.keys(e)})
	}
	return out
}

// sum is what an aggregate has come to so far.
type sum struct {
	n     int64
	total decimal.D
	best  Value
}

func (s *sum) add(a aggregate, e *env) {
	v := Value{Kind: Number}
	if a.of != nil {
		v = a.of(e)
	}
	if v.Kind == Null {
		return // as in SQL: nulls count for nothing
	}
	s.n++
	switch a.name {
	case "sum":
		n, err := decimal.Parse(v.Text)
		if err == nil {
			s.total = s.total.Add(n)
		}
	case "min", "max":
		c := compare(v, s.best)
		if s.n == 1 || (a.name == "min" && c < 0) || (a.name == "max" && c > 0) {
			s.best = v
		}
	}
}

func (s *sum) result(a aggregate) Value {
	switch {
	case a.name == "count":
		return Value{Number, decimal.New(s.n, 0).String()}
	case s.n == 0:
		return Value{}
	case a.name == "sum":
		return Value{Number, s.total.Trim()}
	}
	return s.best
}

// scan goes through the joined rows for which the query's conditions hold. A
// join on an equality asks the inner table only for the rows that fit.
func (s *selection) scan(src Source, yield func(*env) bool) {
	e := &env{rows: make([]Row, len(s.tables))}
	var level func(i int) bool
	level = func(i int) bool {
		if i == len(s.tables) {
			return yield(e)
		}
		more := true
		src.Scan(s.tables[i].name, s.only(i, e), func(r Row) bool {
			e.rows[i] = r
			more = !holds(s.where[i], e) || level(i+1)
			return more
		})
		return more
	}
	level(0)
}

// only is what the rows of table i must have: constants of the query, and what
// the rows of the tables before it say.
func (s *selection) only(i int, e *env) map[string][]string {
	out := map[string][]string{}
	for c, texts := range s.tables[i].only {
		out[c] = texts
	}
	for _, j := range s.joins {
		a, b := j[0], j[1]
		if b.table < a.table {
			a, b = b, a
		}
		if b.table == i && a.table < i {
			out[b.name] = []string{e.rows[a.table](a.name).Text}
		}
	}
	return out
}

func key(values []Value) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteByte(byte(v.Kind))
		b.WriteString(v.Text)
		b.WriteByte(0)
	}
	return b.String()
}

// compare orders numbers by value when both are, else texts by their bytes:
// SuiteQL tells letter cases apart.
func compare(a, b Value) int {
	if a.Kind == Number || b.Kind == Number {
		if a.Text == b.Text {
			return 0
		}
		if whole(a.Text) && whole(b.Text) {
			return cmp.Or(cmp.Compare(len(a.Text), len(b.Text)), strings.Compare(a.Text, b.Text))
		}
		x, errX := decimal.Parse(a.Text)
		y, errY := decimal.Parse(b.Text)
		if errX == nil && errY == nil {
			return x.Cmp(y)
		}
	}
	return strings.Compare(a.Text, b.Text)
}

// whole tells whether a text is a whole number without a sign or leading zeros.
func whole(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && (s[0] != '0' || len(s) == 1)
}

// like matches with % for any text and _ for any character; the escape
// character, when the query names one, takes the next as it stands.
func like(pattern, text []rune, escape rune) bool {
	for len(pattern) > 0 {
		switch {
		case escape != 0 && pattern[0] == escape && len(pattern) > 1:
			pattern = pattern[1:]
			if len(text) == 0 || text[0] != pattern[0] {
				return false
			}
		case pattern[0] == '%':
			for i := 0; i <= len(text); i++ {
				if like(pattern[1:], text[i:], escape) {
					return true
				}
			}
			return false
		case pattern[0] == '_':
			if len(text) == 0 {
				return false
			}
		default:
			if len(text) == 0 || text[0] != pattern[0] {
				return false
			}
		}
		pattern, text = pattern[1:], text[1:]
	}
	return len(text) == 0
}
