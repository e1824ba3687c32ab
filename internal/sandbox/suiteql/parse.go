package suiteql

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

type selection struct {
	columns  []column
	counting bool
	table    string
	where    func(Row) bool
	only     map[string][]string
	order    []order
	first    int
}

type column struct {
	name string
	eval func(Row) Value
}

type order struct {
	eval func(Row) Value
	desc bool
}

type parser struct {
	src    Source
	toks   []token
	pos    int
	params []string
	used   int
	table  string
	alias  string
	known  []string
	only   map[string][]string
	loose  bool // with an OR or a NOT, an equality does not bind the whole query
}

// parse reads the FROM first, because the columns before it are checked
// against the table.
func parse(src Source, q string, params []string) (*selection, error) {
	toks, err := lex(q)
	if err != nil {
		return nil, err
	}
	p := &parser{src: src, toks: toks, params: params, only: map[string][]string{}}
	p.loose = slices.ContainsFunc(toks, func(t token) bool { return t.kind == word && (t.text == "or" || t.text == "not") })
	if err := p.findTable(); err != nil {
		return nil, err
	}
	sel, err := p.selection()
	if err != nil {
		return nil, err
	}
	if p.used != len(params) {
		return nil, fmt.Errorf("%w: %d question marks, %d params", ErrQuery, p.used, len(params))
	}
	return sel, nil
}

func (p *parser) findTable() error {
	for i, t := range p.toks {
		if t.kind == word && t.text == "from" && p.toks[i+1].kind == word {
			p.table = p.toks[i+1].text
			var ok bool
			if p.known, ok = p.src.Columns(p.table); !ok {
				return fmt.Errorf("%w: Record '%s' was not found", ErrQuery, p.table)
			}
			if a := p.toks[i+2]; a.kind == word && !slices.Contains([]string{"where", "order", "fetch"}, a.text) {
				p.alias = a.text
			}
			return nil
		}
	}
	return fmt.Errorf("%w: no FROM", ErrQuery)
}

func (p *parser) selection() (*selection, error) {
	if err := p.expect("select"); err != nil {
		return nil, err
	}
	sel := &selection{table: p.table, only: p.only}
	if p.accept("top") {
		sel.first, _ = strconv.Atoi(p.next().text)
	}
	p.accept("distinct")
	if err := p.columns(sel); err != nil {
		return nil, err
	}
	if err := p.expect("from"); err != nil {
		return nil, err
	}
	p.pos++ // the table, known already
	if p.alias != "" {
		p.pos++
	}
	if p.accept("where") {
		cond, err := p.or()
		if err != nil {
			return nil, err
		}
		sel.where = cond
	}
	if err := p.tail(sel); err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != end {
		return nil, p.unexpected(t)
	}
	return sel, nil
}

func (p *parser) columns(sel *selection) error {
	if p.accept("*") {
		for _, c := range p.known {
			sel.columns = append(sel.columns, column{c, func(r Row) Value { return r(c) }})
		}
		return nil
	}
	for {
		t := p.peek()
		if t.text == "count" && p.toks[p.pos+1].text == "(" {
			p.pos += 4 // count ( * )
			sel.counting = true
			sel.columns = append(sel.columns, column{name: "expr1"})
		} else {
			eval, err := p.value()
			if err != nil {
				return err
			}
			name := t.text
			if t.kind != word || name == "builtin.df" || p.toks[p.pos-1].text == ")" {
				name = "expr" + strconv.Itoa(len(sel.columns)+1)
			}
			sel.columns = append(sel.columns, column{p.bare(name), eval})
		}
		if p.accept("as") {
			sel.columns[len(sel.columns)-1].name = p.next().text
		}
		if !p.accept(",") {
			return nil
		}
	}
}

func (p *parser) tail(sel *selection) error {
	if p.accept("order") {
		if err := p.expect("by"); err != nil {
			return err
		}
		for {
			eval, err := p.value()
			if err != nil {
				return err
			}
			o := order{eval: eval, desc: p.accept("desc")}
			p.accept("asc")
			sel.order = append(sel.order, o)
			if !p.accept(",") {
				break
			}
		}
	}
	if p.accept("fetch") {
		p.accept("first")
		p.accept("next")
		n, err := strconv.Atoi(p.next().text)
		if err != nil || n < 1 {
			return fmt.Errorf("%w: FETCH FIRST needs a number of rows", ErrQuery)
		}
		sel.first = n
		p.accept("rows")
		p.accept("row")
		return p.expect("only")
	}
	return nil
}

func (p *parser) peek() token { return p.toks[p.pos] }

func (p *parser) next() token {
	t := p.toks[p.pos]
	if t.kind != end {
		p.pos++
	}
	return t
}

// accept takes a word or mark when it comes next.
func (p *parser) accept(what string) bool {
	if t := p.peek(); (t.kind == word || t.kind == mark) && t.text == what {
		p.pos++
		return true
	}
	return false
}

func (p *parser) expect(what string) error {
	if !p.accept(what) {
		t := p.peek()
		return fmt.Errorf("%w: %s expected at %d, found %s", ErrQuery, strings.ToUpper(what), t.at, t.text)
	}
	return nil
}

func (p *parser) unexpected(t token) error {
	return fmt.Errorf("%w: unexpected %s at %d", ErrQuery, t.text, t.at)
}

// bare takes the table or its alias off a column.
func (p *parser) bare(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 && (name[:i] == p.table || name[:i] == p.alias) {
		return name[i+1:]
	}
	return name
}
