// Package suiteql runs the part of SuiteQL that an invoice sender needs:
// SELECT of columns from one table, WHERE with AND, OR, NOT, comparisons, IN,
// LIKE and IS NULL, ORDER BY, TOP, and FETCH FIRST. There is no LIMIT, as in
// NetSuite.
package suiteql

import (
	"errors"
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
	sel, err := parse(src, q, params)
	if err != nil {
		return Result{}, err
	}
	return sel.run(src), nil
}

func (s *selection) run(src Source) Result {
	res := Result{}
	for _, c := range s.columns {
		res.Columns = append(res.Columns, c.name)
	}
	type keyed struct {
		keys, out []Value
	}
	var rows []keyed
	count := 0
	src.Scan(s.table, s.only, func(r Row) bool {
		if s.where != nil && !s.where(r) {
			return true
		}
		count++
		if s.counting {
			return true
		}
		k := keyed{}
		for _, c := range s.columns {
			k.out = append(k.out, c.eval(r))
		}
		for _, o := range s.order {
			k.keys = append(k.keys, o.eval(r))
		}
		rows = append(rows, k)
		return s.first == 0 || len(s.order) > 0 || len(rows) < s.first
	})
	if s.counting {
		res.Rows = [][]Value{{{Number, decimal.New(int64(count), 0).String()}}}
		return res
	}
	slices.SortStableFunc(rows, func(a, b keyed) int {
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
	})
	if s.first > 0 && len(rows) > s.first {
		rows = rows[:s.first]
	}
	for _, r := range rows {
		res.Rows = append(res.Rows, r.out)
	}
	return res
}

// compare orders numbers by value when both are, else texts by their bytes:
// SuiteQL tells letter cases apart.
func compare(a, b Value) int {
	if a.Kind == Number || b.Kind == Number {
		x, errX := decimal.Parse(a.Text)
		y, errY := decimal.Parse(b.Text)
		if errX == nil && errY == nil {
			return x.Cmp(y)
		}
	}
	return strings.Compare(a.Text, b.Text)
}

// like matches with % for any text and _ for any character.
func like(pattern, text []rune) bool {
	for len(pattern) > 0 {
		switch pattern[0] {
		case '%':
			for i := 0; i <= len(text); i++ {
				if like(pattern[1:], text[i:]) {
					return true
				}
			}
			return false
		case '_':
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
