package mapping

import (
	"fmt"
	"slices"
	"strings"

	"billferry/internal/bill"
	"billferry/internal/integration"
)

// Rules are the settings that fill fields of documents, by what they fill.
type Rules struct {
	Header []FieldRules
	Lines  []FieldRules
	Told   []FieldValue // values that are told by name or external id, to be looked up
}

// FieldRules are the rules of one field, in their order: the first that holds and
// says something fills it.
type FieldRules struct {
	Target
	Rules []FieldRule
}

// Target is a field of the destination that a rule may fill.
type Target struct {
	Name  string // as the destination knows it
	As    Shape
	Own   Own    // it has a place of its own in the document
	Max   int    // characters of a text; 0: nobody knows
	Fixed string // it takes a fixed value only: why
	Only  Kind   // the one kind of document that has it; "": both
	// NumericIDs says that the ids of what it refers to are numbers.
	NumericIDs bool
	Note       string // what a person should know, such as "changes the ledger account"
}

// FieldRule fills a field from a value, a source or a template.
type FieldRule struct {
	N        int // its number among all rules, from 1
	Value    string
	Parts    []piece // of a source or a template; none: Value
	Lookup   map[string]string
	Default  string
	Types    []string // of the line; none: all
	Products []string // ids or codes
	Accounts []string // ids or codes
	LeaveOut bool     // leave the field out rather than stop
}

// piece is a part of a template: words, or a source. A single source is a
// template of one piece.
type piece struct {
	words  string
	source source
}

// holds tells whether a rule is meant for a line, or for the header (nil).
func (r *FieldRule) holds(h *bill.Head, l *bill.Line) bool {
	anyOf := func(list []string, values ...string) bool {
		return len(list) == 0 || slices.ContainsFunc(values, func(v string) bool { return v != "" && slices.Contains(list, v) })
	}
	return anyOf(r.Accounts, h.AccountID, h.AccountCode) &&
		(l == nil || anyOf(r.Types, l.Type) && anyOf(r.Products, l.ProductID, l.ProductCode))
}

// always tells that a rule fills its field whenever it holds.
func (r *FieldRule) always() bool {
	sure := len(r.Lookup) == 0
	for _, p := range r.Parts {
		sure = sure && p.source.sure()
	}
	return sure || r.Default != ""
}

// covers tells that a rule holds wherever another does.
func (r *FieldRule) covers(other *FieldRule) bool {
	wider := func(a, b []string) bool {
		return len(a) == 0 || len(b) > 0 && !slices.ContainsFunc(b, func(x string) bool { return !slices.Contains(a, x) })
	}
	return wider(r.Types, other.Types) && wider(r.Products, other.Products) && wider(r.Accounts, other.Accounts)
}

// said is what a rule makes of its source.
type said struct {
	value string
	why   string
	lack  string // why there is no value; "" when there is
}

// ask evaluates a rule that holds.
func (r *FieldRule) ask(at *place) said {
	if len(r.Parts) == 0 {
		return said{value: r.Value, why: fmt.Sprintf("rule %d: fixed value", r.N)}
	}
	var value, names strings.Builder
	lack := ""
	for _, p := range r.Parts {
		value.WriteString(p.words)
		if p.source.name == "" {
			continue
		}
		if names.Len() > 0 {
			names.WriteString(", ")
		}
		names.WriteString(p.source.name)
		v := strings.TrimSpace(clean(p.source.read(at)))
		if v == "" && lack == "" {
			lack = at.where(p.source) + " is empty"
		}
		value.WriteString(v)
	}
	s := said{value: value.String(), lack: lack, why: fmt.Sprintf("rule %d: %s", r.N, names.String())}
	if lack == "" && len(r.Lookup) > 0 {
		to, ok := r.Lookup[s.value]
		if !ok {
			s.lack = fmt.Sprintf("%s is %q, which the rule's lookup has no entry for", names.String(), s.value)
		} else {
			s.why += fmt.Sprintf(" %q, looked up", s.value)
			s.value = to
		}
	}
	if s.lack != "" && r.Default != "" {
		return said{value: r.Default, why: fmt.Sprintf("rule %d: default, as %s", r.N, s.lack)}
	}
	return s
}

// fill works out the fields of a line, or of the header (l is nil).
func (m *mapper) fill(l *bill.Line) ([]Field, error) {
	all := m.cfg.Rules.Header
	if l != nil {
		all = m.cfg.Rules.Lines
	}
	if len(all) == 0 {
		return nil, nil
	}
	at := &place{bill: m.bill, line: l, lookups: &m.lookups, m: m}
	var out []Field
	for i := range all {
		f, ok, err := m.fillOne(&all[i], at)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, f)
		}
	}
	return out, nil
}

// fillOne asks the rules of one field. The first that stops is told when none
// after it fills the field.
func (m *mapper) fillOne(t *FieldRules, at *place) (Field, bool, error) {
	var stop error
	asked := false
	for i := range t.Rules {
		r := &t.Rules[i]
		if !r.holds(at.bill, at.line) {
			continue
		}
		asked = true
		s := r.ask(at)
		if at.err != nil {
			return Field{}, false, at.err
		}
		if s.lack != "" {
			if !r.LeaveOut && stop == nil {
				stop = m.sourceMissing(t, r, at, s)
			}
			continue
		}
		id, told, err := m.told(t, r, at, s)
		if err != nil {
			return Field{}, false, err
		}
		if told {
			return Field{Name: t.Name, As: t.As, Value: id, Own: t.Own, Why: s.why + ", " + s.value}, true, nil
		}
		value, err := t.shape(s.value, at)
		if err != nil {
			return Field{}, false, fail(integration.ClassData, "field_value_refused",
				fmt.Sprintf("%s: %s (rule %d) would get %q, which %s", at.what(), t.Name, r.N, s.value, err),
				"correct the source in m3ter, or give the rule a lookup that says what "+t.Name+" gets for it, then retry")
		}
		if t.Max > 0 && t.As == AsText {
			value = m.short(t.Name, value, t.Max)
		}
		return Field{Name: t.Name, As: t.As, Value: value, Own: t.Own, Why: s.why}, true, nil
	}
	if stop != nil {
		return Field{}, false, stop
	}
	if asked {
		m.leftOut(t.Name, at.line != nil)
	}
	return Field{}, false, nil
}

func (m *mapper) sourceMissing(t *FieldRules, r *FieldRule, at *place, s said) error {
	return fail(integration.ClassData, "field_source_missing",
		fmt.Sprintf("%s has no %s: rule %d of Fields: %s", at.what(), t.Name, r.N, s.lack),
		fmt.Sprintf("fill it in m3ter; or give rule %d a default, add a later rule for %s, or set missing: LEAVE_OUT, then retry", r.N, t.Name))
}

// leftOut counts the fields that no rule filled and that need not be.
func (m *mapper) leftOut(name string, line bool) {
	for i := range m.tally.leftOut {
		if x := &m.tally.leftOut[i]; x.name == name && x.line == line {
			x.n++
			return
		}
	}
	m.tally.leftOut = append(m.tally.leftOut, left{name, line, 1})
}

// left is a field that was left out, and how often.
type left struct {
	name string
	line bool
	n    int
}

// dropOthers takes out the fields that a document of this kind does not have.
func (m *mapper) dropOthers() {
	m.doc.Fields = slices.DeleteFunc(m.doc.Fields, func(f Field) bool {
		i := slices.IndexFunc(m.cfg.Rules.Header, func(r FieldRules) bool { return r.Name == f.Name })
		return i >= 0 && m.cfg.Rules.Header[i].Only != "" && m.cfg.Rules.Header[i].Only != m.doc.Kind
	})
}

// own takes the fields of the document's own out of what rules gave the header.
func (m *mapper) own(fields []Field) {
	for _, f := range fields {
		switch f.Own {
		case OwnMemo:
			m.doc.Memo = f.Value
		case OwnReference:
			m.doc.OtherRefNum = f.Value
		case OwnNumber:
			m.doc.Number = f.Value
		}
	}
	m.doc.Fields = fields
}
