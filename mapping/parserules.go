package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"billferry/internal/spec"
)

// Targets says what a field of the destination is; as is what the rule says of
// it, "" when it says nothing. The error tells why no rule can fill it.
type Targets func(name string, line bool, as Shape) (Target, error)

// mostRules bounds a list that each line of each Bill is asked about.
const mostRules = 200

// rulePlace is where in the settings a rule stands.
type rulePlace struct {
	key string // of the list
	n   int    // from 1
	to  string
}

func (p rulePlace) problem(part, format string, args ...any) spec.Problem {
	key := fmt.Sprintf("%s[%d]", p.key, p.n-1)
	if part != "" {
		key += "." + part
	}
	name := fmt.Sprintf("rule %d", p.n)
	if p.to != "" {
		name += " (" + p.to + ")"
	}
	return spec.Problem{Key: key, Label: "Fields", Message: name + " " + fmt.Sprintf(format, args...)}
}

// ParseRules reads the rules at a key of the settings. Each fault is one sentence
// with the rule's number, under the key of the part that is wrong.
func ParseRules(key string, v any, targets Targets) (Rules, spec.Problems) {
	list, ok := v.([]any)
	switch {
	case v == nil:
		return Rules{}, nil
	case !ok:
		return Rules{}, spec.Problems{{Key: key, Label: "Fields", Message: "must be a list of rules"}}
	case len(list) > mostRules:
		return Rules{}, spec.Problems{{Key: key, Label: "Fields", Message: fmt.Sprintf("has %d rules; at most %d are taken", len(list),
			mostRules)}}
	}
	var rules Rules
	var problems spec.Problems
	for i, x := range list {
		p := ruleParser{rulePlace: rulePlace{key: key, n: i + 1}, targets: targets}
		p.read(x)
		if problems = append(problems, p.problems...); len(p.problems) > 0 {
			continue
		}
		into := &rules.Header
		if p.line {
			into = &rules.Lines
		}
		if b := add(into, p.target, p.rule); b > 0 {
			problems = append(problems, p.problem("to",
				"is never reached: rule %d fills %s whenever this one would; give rule %d a when, or remove one", b, p.to, b))
		}
		field := p.target.Name
		if p.line {
			field = "line." + field
		}
		rules.refer(field, p.target.As, &p.rule)
	}
	if len(problems) > 0 {
		return Rules{}, problems
	}
	return rules, nil
}

// add puts a rule to those of its field, or tells which of them leaves it nothing.
func add(into *[]FieldRules, t Target, r FieldRule) (before int) {
	i := slices.IndexFunc(*into, func(f FieldRules) bool { return f.Name == t.Name })
	if i < 0 {
		*into = append(*into, FieldRules{Target: t, Rules: []FieldRule{r}})
		return 0
	}
	f := &(*into)[i]
	for j := range f.Rules {
		if b := &f.Rules[j]; b.always() && b.covers(&r) {
			return b.N
		}
	}
	f.Rules = append(f.Rules, r)
	return 0
}

// ruleParser reads one rule.
type ruleParser struct {
	rulePlace
	targets  Targets
	problems spec.Problems
	line     bool
	target   Target
	rule     FieldRule
}

func (p *ruleParser) fault(part, format string, args ...any) {
	p.problems = append(p.problems, p.problem(part, format, args...))
}

func (p *ruleParser) read(x any) {
	m, ok := x.(map[string]any)
	if !ok {
		p.fault("", "must be an object with to, and one of value, from, template")
		return
	}
	p.to, _ = m["to"].(string)
	p.to = strings.TrimSpace(p.to)
	p.rule.N = p.n
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if !slices.Contains(ruleKeys, k) {
			p.fault(k, "has %q, which no rule has; use %s", k, strings.Join(ruleKeys, ", "))
		}
	}
	if p.to == "" {
		p.fault("to", "has no target; say with to which field it fills")
		return
	}
	as := p.as(m["as"])
	name, line := strings.CutPrefix(p.to, "line.")
	p.line = line
	t, err := p.targets(name, line, as)
	if err != nil {
		p.fault("to", "%s", err)
		return
	}
	p.target = t
	p.source(m)
	p.when(m["when"])
	p.lack(m)
}

// ruleKeys are what a rule may have.
var ruleKeys = []string{"to", "value", "from", "template", "lookup", "default", "when", "missing", "as"}

func (p *ruleParser) as(v any) Shape {
	if v == nil {
		return ""
	}
	s, _ := v.(string)
	as := Shape(strings.ToUpper(strings.TrimSpace(s)))
	if !slices.Contains(Shapes(), as) {
		var known []string
		for _, x := range Shapes() {
			known = append(known, string(x))
		}
		p.fault("as", "has as: %v, which is not known; use one of %s", v, strings.Join(known, ", "))
		return ""
	}
	return as
}

// source reads the one of value, from and template that there is.
func (p *ruleParser) source(m map[string]any) {
	var given []string
	for _, k := range []string{"value", "from", "template"} {
		if m[k] != nil {
			given = append(given, k)
		}
	}
	switch {
	case len(given) == 0:
		p.fault("", "needs one of value, from, template")
		return
	case len(given) > 1:
		p.fault(given[1], "has %s; a rule has exactly one of value, from, template", strings.Join(given, " and "))
		return
	case given[0] != "value" && p.target.Fixed != "":
		p.fault(given[0], "takes a fixed value only: %s", p.target.Fixed)
		return
	}
	switch given[0] {
	case "value":
		p.rule.Value = p.fixed("value", m["value"])
	case "from":
		s, _ := m["from"].(string)
		src, err := parseSource(s, p.line)
		if err != nil {
			p.fault("from", "cannot be read: %s", err)
		}
		p.rule.Parts = []piece{{source: src}}
	case "template":
		s, _ := m["template"].(string)
		parts, err := parseTemplate(s, p.line)
		if err != nil {
			p.fault("template", "has a template that cannot be read: %s", err)
		}
		p.rule.Parts = parts
	}
	p.lookup(m["lookup"], given[0])
}

// fixed reads a value that stands in the rule, as its field takes it.
func (p *ruleParser) fixed(part string, v any) string {
	s, err := scalarText(v)
	if err == nil && s == "" {
		err = errors.New("is empty")
	}
	if by, what, told := ToldBy(s); err == nil && told && p.target.As == AsReference {
		return by + ":" + what
	}
	if err == nil {
		s, err = p.target.shape(s, nil)
	}
	if err != nil {
		p.fault(part, "has the %s %v, which %s", part, show(v), err)
	}
	if n := p.target.Max; n > 0 && units(s) > n {
		p.fault(part, "has a %s of %d characters; %s takes %d", part, units(s), p.to, n)
	}
	return s
}

func show(v any) string {
	if s, ok := v.(string); ok {
		return strconv.Quote(s)
	}
	return fmt.Sprint(v)
}

func (p *ruleParser) lookup(v any, given string) {
	if v == nil {
		return
	}
	m, ok := v.(map[string]any)
	switch {
	case !ok:
		p.fault("lookup", "has a lookup that is no object; write it as lookup: {EMEA: \"12\"}")
		return
	case len(m) == 0:
		return
	case given == "value":
		p.fault("lookup", "has a lookup, and a fixed value needs none")
		return
	}
	p.rule.Lookup = make(map[string]string, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		p.rule.Lookup[strings.TrimSpace(k)] = p.fixed("lookup", m[k])
	}
}

func (p *ruleParser) when(v any) {
	if v == nil {
		return
	}
	m, ok := v.(map[string]any)
	if !ok {
		p.fault("when", "has a when that is no object; it may have types, products, accounts")
		return
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list, ok := textList(m[k])
		switch {
		case !ok:
			p.fault("when", "has a when whose %s is no list of texts", k)
		case len(list) == 0:
		case k == "accounts":
			p.rule.Accounts = list
		case (k == "types" || k == "products") && !p.line:
			p.fault("when", "is of the header, which %s do not tell apart; use accounts", k)
		case k == "products":
			p.rule.Products = list
		case k == "types":
			p.rule.Types = list
			for _, t := range list {
				if classOf(t) == unknownClass {
					p.fault("when", "has a when with the line item type %q, which there is not", t)
				}
			}
		default:
			p.fault("when", "has a when with %q; it may have types, products, accounts", k)
		}
	}
}

// lack reads what becomes of a rule whose source says nothing.
func (p *ruleParser) lack(m map[string]any) {
	if v := m["default"]; v != nil {
		if m["value"] != nil {
			p.fault("default", "has a default, and a fixed value needs none")
		}
		p.rule.Default = p.fixed("default", v)
	}
	if m["missing"] == nil {
		return
	}
	s, _ := m["missing"].(string)
	switch {
	case m["value"] != nil || p.rule.Default != "":
		p.fault("missing", "has missing, and with a value or a default nothing can be missing")
	case s == "LEAVE_OUT":
		p.rule.LeaveOut = true
	case s != "STOP":
		p.fault("missing", "has missing: %v; use STOP or LEAVE_OUT", m["missing"])
	}
}

// parseTemplate reads words with sources in braces; a brace itself is written twice.
func parseTemplate(s string, line bool) ([]piece, error) {
	var out []piece
	var words strings.Builder
	sources := 0
	for i := 0; i < len(s); i++ {
		double := i+1 < len(s) && s[i+1] == s[i]
		switch c := s[i]; {
		case (c == '{' || c == '}') && double:
			words.WriteByte(c)
			i++
		case c == '}':
			return nil, fmt.Errorf("unexpected '}' at character %d; write }} for a brace", i+1)
		case c == '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				return nil, fmt.Errorf("expected '}' after character %d", i+1)
			}
			src, err := parseSource(s[i+1:i+end], line)
			if err != nil {
				return nil, err
			}
			out = append(out, piece{words: words.String(), source: src})
			words.Reset()
			sources++
			i += end
		default:
			words.WriteByte(c)
		}
	}
	if sources == 0 {
		return nil, errors.New("it names no source; use value for a fixed text")
	}
	if words.Len() > 0 {
		out = append(out, piece{words: words.String()})
	}
	return out, nil
}

// scalarText is a value as text: people write numbers and true without quotes.
func scalarText(v any) (string, error) {
	switch x := v.(type) {
	case string:
		return strings.TrimSpace(x), nil
	case bool:
		return strconv.FormatBool(x), nil
	case json.Number:
		return x.String(), nil
	case int:
		return strconv.Itoa(x), nil
	case []any: // of a field that takes several
		ids := make([]string, len(x))
		for i := range x {
			s, err := scalarText(x[i])
			if err != nil {
				return "", err
			}
			ids[i] = s
		}
		return strings.Join(ids, ","), nil
	}
	return "", errors.New("is no text")
}

func textList(v any) ([]string, bool) {
	list, ok := v.([]any)
	if !ok {
		if s, ok := v.([]string); ok {
			return slices.Clone(s), true
		}
		return nil, v == nil
	}
	out := make([]string, len(list))
	for i, x := range list {
		s, err := scalarText(x)
		if err != nil || s == "" {
			return nil, false
		}
		out[i] = s
	}
	return out, true
}
