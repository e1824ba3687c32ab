package form

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"billferry/internal/spec"
	"billferry/ui/rule"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// addRule is the row below the rules. Each part of a rule is a row; those after the
// second are only shown for the rule in focus, or where they say something.
const addRule = "add"

func partHelp(part string) string {
	switch part {
	case addRule:
		return "enter adds a rule. " + rule.Order
	case rule.To:
		return rule.Help(part) + " Empty it to take the rule out; shift+↑ and shift+↓ move it."
	}
	return rule.Help(part)
}

// ruleAt is the number of a rule, from 0, and the part of it that a row shows.
func ruleAt(option string) (n int, part string) {
	number, part, ok := strings.Cut(option, "/")
	if !ok {
		return -1, option
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return -1, ""
	}
	return n, part
}

// ruleOf is the rule of a row, nil where there is none, and the part that it shows.
func (f *Form) ruleOf(r row) (x rule.Rule, part string) {
	n, part := ruleAt(r.option)
	if rules := rule.List(f.get(r.field.Key)); n >= 0 && n < len(rules) {
		x = rules[n]
	}
	return x, part
}

// ruleRows are the rows of the rules of a setting.
func (f *Form) ruleRows(x *spec.Field) []row {
	var out []row
	focused := -1
	if rest, ok := strings.CutPrefix(f.focus, x.Key+"/"); ok {
		focused, _ = ruleAt(rest)
	}
	for i, r := range rule.List(f.get(x.Key)) {
		for _, part := range rule.Parts() {
			short := part == rule.To || part == rule.With
			if !short && rule.Text(r, part) == "" && (i != focused || part == rule.As && !rule.Custom(r)) {
				continue
			}
			option := fmt.Sprintf("%d/%s", i, part)
			out = append(out, row{id: cellID(x.Key, option), panel: x.Panel, field: x, option: option})
		}
	}
	return append(out, row{id: cellID(x.Key, addRule), panel: x.Panel, field: x, option: addRule})
}

// newRule adds a rule and takes the focus to it.
func (f *Form) newRule(x *spec.Field) {
	rules := append(rule.List(f.get(x.Key)), rule.Rule{rule.To: ""})
	f.put(x.Key, rule.Value(rules))
	f.moveTo(cellID(x.Key, fmt.Sprintf("%d/%s", len(rules)-1, rule.To)))
}

// unmoved is why the rule in focus cannot be moved by so many; "" when it can.
func (f *Form) unmoved(by int) string {
	r := f.current()
	if r.field == nil || r.field.Kind != spec.Rules || r.option == "" || r.option == addRule {
		return "only on a rule"
	}
	switch n, _ := ruleAt(r.option); {
	case n+by < 0:
		return "it is the first already"
	case n+by >= len(rule.List(f.get(r.field.Key))):
		return "it is the last already"
	}
	return ""
}

// moveRule moves the rule in focus among the others. The focus goes with it.
func (f *Form) moveRule(by int) Result {
	if why := f.unmoved(by); why != "" {
		return Result{Nothing: "no rule is moved: " + why}
	}
	r := f.current()
	rules := rule.List(f.get(r.field.Key))
	n, part := ruleAt(r.option)
	rules[n], rules[n+by] = rules[n+by], rules[n]
	f.rearranged(r.field.Key, rules)
	f.moveTo(cellID(r.field.Key, fmt.Sprintf("%d/%s", n+by, part)))
	return Result{Changed: true}
}

// rearranged puts rules in other places. What was wrong with one is told when all is
// submitted again: it stood at a place, and may be about the order.
func (f *Form) rearranged(key string, rules []rule.Rule) {
	f.put(key, rule.Value(rules))
	maps.DeleteFunc(f.errs, func(id, _ string) bool { return strings.HasPrefix(id, cellID(key, "")) })
}

// dropRules takes out the rules that fill nothing.
func (f *Form) dropRules(key string) {
	rules := rule.List(f.get(key))
	left := slices.DeleteFunc(slices.Clone(rules), func(r rule.Rule) bool { return r[rule.To] == "" })
	if len(left) < len(rules) {
		f.rearranged(key, left)
	}
}

// ruleLabel is what stands before a part; the first part has the rule's number.
func ruleLabel(option string) string {
	n, part := ruleAt(option)
	switch part {
	case rule.To:
		return fmt.Sprintf("rule %d %s", n+1, rule.Label(part))
	case addRule:
		return "+ a rule"
	}
	return "  " + rule.Label(part)
}

// ruleCell is a part of a rule as it stands beside its label.
func (f *Form) ruleCell(r row, room int) string {
	x, part := f.ruleOf(r)
	if x == nil {
		return ""
	}
	text := rule.Text(x, part)
	if text == "" {
		return theme.Dim.Render("–")
	}
	if name := f.names[ValueName(rule.Text(x, rule.To), text)]; name != "" && rule.Filling(part) {
		text += " " + name
	}
	return widget.Clip(widget.Clean(text), room)
}

// ValueName is under what Remember keeps what a value of a field is called: one
// id is another thing in another field.
func ValueName(to, id string) string { return to + "=" + id }

// Unnamed are the fixed values of rules whose names are not known, by the field.
func (f *Form) Unnamed() map[string][]string {
	out := map[string][]string{}
	for i := range f.fields {
		if f.fields[i].Kind != spec.Rules {
			continue
		}
		for _, r := range rule.List(f.get(f.fields[i].Key)) {
			to := rule.Text(r, rule.To)
			for _, id := range rule.Fixed(r) {
				if f.names[ValueName(to, id)] == "" {
					out[to] = append(out[to], id)
				}
			}
		}
	}
	return out
}

// storeRule puts typed text into a part of a rule.
func (f *Form) storeRule(r row, text string) {
	n, part := ruleAt(r.option)
	rules := rule.List(f.get(r.field.Key))
	if n < 0 || n >= len(rules) {
		return
	}
	rule.Put(rules[n], part, text)
	f.put(r.field.Key, rule.Value(rules))
}

// Rule is the rule in focus: the field that it fills, and the part that the focus
// is on ("to", "with" ...). ok is false on any other row.
func (f *Form) Rule() (to, part string, ok bool) {
	r := f.current()
	if r.field == nil || r.field.Kind != spec.Rules {
		return "", "", false
	}
	x, part := f.ruleOf(r)
	if x == nil {
		return "", "", false
	}
	return rule.Text(x, rule.To), part, true
}

// ruleRow is the row of a part of the rules that a problem names:
// "billferry.fields[2].from".
func ruleRow(x *spec.Field, key string) string {
	n, part, ok := rule.Place(key)
	if !ok {
		return x.Key
	}
	return cellID(x.Key, fmt.Sprintf("%d/%s", n, part))
}
