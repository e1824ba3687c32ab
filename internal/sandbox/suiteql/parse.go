package suiteql

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

type selection struct {
	columns  []column
	distinct bool
	tables   []*table
	joins    [][2]place    // equalities of columns of two tables
	where    [][]condition // of WHERE and of every ON, by the last table that each reads
	group    []expr
	aggs     []aggregate
	order    []order
	first    int
}

// table is one of FROM, with the texts that the query binds its columns to.
type table struct {
	name, alias string
	known       []string
	only        map[string][]string
}

// place is a column of one of the tables.
type place struct {
	table int
	name  string
}

type column struct {
	name string
	eval expr
}

type aggregate struct {
	name string
	of   expr // nil: COUNT(*)
}

type order struct {
	eval expr
	desc bool
}

type parser struct {
	selection
	src    Source
	toks   []token
	pos    int
	params []string
	used   int
	binds  []bound // texts that columns must have, but for those under an OR or a NOT
	high   int     // the last of the tables that were read lately
	last   *place  // the column that the last value was, when it was just one
}

// bound is a column that can only have some texts.
type bound struct {
	at    place
	texts []string
}

// unbind takes back what was bound since: it holds in a part of the query only.
func (p *parser) unbind(binds, joins int) { p.binds, p.joins = p.binds[:binds], p.joins[:joins] }

// parse reads the FROM first, because the columns before it are checked
// against its tables.
func parse(src Source, q string, params []string) (*selection, error) {
	toks, err := lex(q)
	if err != nil {
		return nil, err
	}
	p := &parser{src: src, toks: toks, params: params}
	if err := p.findTables(); err != nil {
		return nil, err
	}
	if err := p.parse(); err != nil {
		return nil, err
	}
	for _, b := range p.binds {
		p.tables[b.at.table].only[b.at.name] = b.texts
	}
	if p.used != len(params) {
		return nil, fmt.Errorf("%w: %d question marks, %d params", ErrQuery, p.used, len(params))
	}
	return &p.selection, nil
}

// clauses begin what follows a table and its alias.
var clauses = []string{"where", "order", "fetch", "group", "inner", "join", "on", "left", "as"}

func (p *parser) findTables() error {
	for i, t := range p.toks[:len(p.toks)-1] {
		if t.kind != word || (t.text != "from" && t.text != "join") || p.toks[i+1].kind != word {
			continue
		}
		tab := &table{name: p.toks[i+1].text, only: map[string][]string{}}
		var ok bool
		if tab.known, ok = p.src.Columns(tab.name); !ok {
			return fmt.Errorf("%w: Record '%s' was not found", ErrQuery, tab.name)
		}
		if a := p.toks[i+2]; a.kind == word && !slices.Contains(clauses, a.text) {
			tab.alias = a.text
		}
		p.tables = append(p.tables, tab)
	}
	if len(p.tables) == 0 {
		return fmt.Errorf("%w: no FROM", ErrQuery)
	}
	p.where = make([][]condition, len(p.tables))
	return nil
}

func (p *parser) parse() error {
	if err := p.expect("select"); err != nil {
		return err
	}
	if p.accept("top") {
		p.first, _ = strconv.Atoi(p.next().text)
	}
	p.distinct = p.accept("distinct")
	if err := p.selectList(); err != nil {
		return err
	}
	if err := p.expect("from"); err != nil {
		return err
	}
	if err := p.from(); err != nil {
		return err
	}
	if p.accept("where") {
		if err := p.restrict(); err != nil {
			return err
		}
	}
	if err := p.tail(); err != nil {
		return err
	}
	if t := p.peek(); t.kind != end {
		return p.unexpected(t)
	}
	return nil
}

// from passes over the tables, known already, and reads what joins them.
func (p *parser) from() error {
	for i, t := range p.tables {
		if i > 0 {
			p.accept("inner")
			if err := p.expect("join"); err != nil {
				return err
			}
		}
		p.pos++
		if t.alias != "" {
			p.pos++
		}
		if i > 0 {
			if err := p.expect("on"); err != nil {
				return err
			}
			if err := p.restrict(); err != nil {
				return err
			}
		}
	}
	return nil
}

// restrict adds conditions to those that rows must meet. Each of those that AND
// joins is asked as soon as the tables that it reads have a row.
func (p *parser) restrict() error {
	binds, joins := len(p.binds), len(p.joins)
	var all []condition
	var high []int
	for {
		p.high = 0
		c, err := p.condition()
		if err != nil {
			return err
		}
		all, high = append(all, c), append(high, p.high)
		if !p.accept("and") {
			break
		}
	}
	if p.peek().text == "or" && p.peek().kind == word {
		p.unbind(binds, joins)
		first := all
		either := func(e *env) bool { return holds(first, e) }
		for p.accept("or") {
			right, err := p.and()
			if err != nil {
				return err
			}
			left := either
			either = func(e *env) bool { return left(e) || right(e) }
		}
		p.unbind(binds, joins)
		all, high = []condition{either}, []int{len(p.tables) - 1}
	}
	for i, c := range all {
		p.where[high[i]] = append(p.where[high[i]], c)
	}
	return nil
}

func holds(all []condition, e *env) bool {
	for _, c := range all {
		if !c(e) {
			return false
		}
	}
	return true
}

func (p *parser) selectList() error {
	if p.accept("*") {
		for i, t := range p.tables {
			for _, c := range t.known {
				p.columns = append(p.columns, column{c, func(e *env) Value { return e.rows[i](c) }})
			}
		}
		return nil
	}
	for {
		eval, err := p.value()
		if err != nil {
			return err
		}
		name := "expr" + strconv.Itoa(len(p.columns)+1)
		if p.last != nil {
			name = p.last.name
		}
		if p.accept("as") {
			name = p.next().text
		}
		p.columns = append(p.columns, column{name, eval})
		if !p.accept(",") {
			return nil
		}
	}
}

func (p *parser) tail() error {
	if p.accept("group") {
		if err := p.expect("by"); err != nil {
			return err
		}
		for {
			eval, err := p.value()
			if err != nil {
				return err
			}
			p.group = append(p.group, eval)
			if !p.accept(",") {
				break
			}
		}
	}
	if p.accept("order") {
		if err := p.orderBy(); err != nil {
			return err
		}
	}
	if p.accept("fetch") {
		p.accept("first")
		p.accept("next")
		n, err := strconv.Atoi(p.next().text)
		if err != nil || n < 1 {
			return fmt.Errorf("%w: FETCH FIRST needs a number of rows", ErrQuery)
		}
		p.first = n
		p.accept("rows")
		p.accept("row")
		return p.expect("only")
	}
	return nil
}

func (p *parser) orderBy() error {
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
		p.selection.order = append(p.selection.order, o)
		if !p.accept(",") {
			return nil
		}
	}
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

// find resolves a column, with or without its table or alias before it.
func (p *parser) find(name string) (place, error) {
	prefix, bare := "", name
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		prefix, bare = name[:i], name[i+1:]
	}
	var found []place
	for i, t := range p.tables {
		if prefix != "" && prefix != t.name && prefix != t.alias {
			continue
		}
		if slices.Contains(t.known, bare) || p.src.Custom(t.name, bare) {
			found = append(found, place{i, bare})
		}
	}
	switch {
	case len(found) == 1:
		p.high = max(p.high, found[0].table)
		return found[0], nil
	case len(found) > 1:
		return place{}, fmt.Errorf("%w: Search error occurred: Field '%s' is ambiguous", ErrQuery, bare)
	}
	return place{}, fmt.Errorf("%w: Search error occurred: Field '%s' for record '%s' was not found", ErrQuery, bare, p.tables[0].name)
}
