package form

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"billferry/internal/spec"
	"billferry/mapping"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// The parts of a rule, each a row. Those after the second are only shown for the
// rule in focus, or where they say something.
const (
	partTo     = "to"
	partWith   = "with"
	partAs     = "as"
	partLookup = "lookup"
	partElse   = "else"
	partOnly   = "only"
	addRule    = "add"
)

var partLabels = map[string]string{partTo: "fills", partWith: "with", partAs: "type", partLookup: "looked up", partElse: "otherwise",
	partOnly: "only for", addRule: "+ a rule"}

var partHelp = map[string]string{
	partTo: "The field to fill: department, line.class, custbody_region, line.custcol_region. Empty it to take the rule out.",
	partWith: "A fixed value; or a source, such as account.customFields.region; or a text with sources in braces: {bill.id} / " +
		"{account.code}. An = before it makes it a fixed value in any case.",
	partAs:     "The type of a field that the account defines: REFERENCE, ENUM, MULTI_SELECT, DATE, BOOLEAN, NUMBER or TEXT.",
	partLookup: "What the field gets for what the source says: EMEA=12, US=13. Empty: what the source says.",
	partElse: "What the field gets when the source says nothing: a value, or LEAVE_OUT. Empty: the next rule of the field; without " +
		"one the Bill stops.",
	partOnly: "Where the rule holds: types=USAGE products=api accounts=acme, with commas between several. Empty: everywhere.",
	addRule:  "enter adds a rule. The first rule of a field that holds and says something fills it.",
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

// list is the rules of a setting, each to be changed in place after setRules.
func (f *Form) list(key string) []map[string]any {
	all, _ := f.values.Clone().Get(key).([]any)
	out := make([]map[string]any, 0, len(all))
	for _, x := range all {
		if r, ok := x.(map[string]any); ok {
			out = append(out, r)
		}
	}
	return out
}

func (f *Form) setRules(key string, rules []map[string]any) {
	out := make([]any, len(rules))
	for i := range rules {
		out[i] = rules[i]
	}
	f.put(key, out)
}

// ruleRows are the rows of the rules of a setting.
func (f *Form) ruleRows(x *spec.Field) []row {
	var out []row
	focused := -1
	if rest, ok := strings.CutPrefix(f.focus, x.Key+"/"); ok {
		focused, _ = ruleAt(rest)
	}
	for i, r := range f.list(x.Key) {
		for _, part := range []string{partTo, partWith, partAs, partLookup, partElse, partOnly} {
			short := part == partTo || part == partWith
			if !short && ruleText(r, part) == "" && (i != focused || part == partAs && !custom(r)) {
				continue
			}
			option := fmt.Sprintf("%d/%s", i, part)
			out = append(out, row{id: cellID(x.Key, option), panel: x.Panel, field: x, option: option})
		}
	}
	return append(out, row{id: cellID(x.Key, addRule), panel: x.Panel, field: x, option: addRule})
}

// custom tells that a rule fills a field which the account defines.
func custom(r map[string]any) bool {
	to, _ := r["to"].(string)
	return strings.HasPrefix(strings.TrimPrefix(to, "line."), "cust")
}

// newRule adds a rule and takes the focus to it.
func (f *Form) newRule(x *spec.Field) {
	rules := append(f.list(x.Key), map[string]any{"to": ""})
	f.setRules(x.Key, rules)
	f.moveTo(cellID(x.Key, fmt.Sprintf("%d/%s", len(rules)-1, partTo)))
}

// dropRules takes out the rules that fill nothing.
func (f *Form) dropRules(key string) {
	rules := f.list(key)
	left := slices.DeleteFunc(slices.Clone(rules), func(r map[string]any) bool { return r["to"] == "" })
	if len(left) < len(rules) {
		f.setRules(key, left)
	}
}

// ruleLabel is what stands before a part; the first part has the rule's number.
func ruleLabel(option string) string {
	n, part := ruleAt(option)
	if part == partTo {
		return fmt.Sprintf("rule %d fills", n+1)
	}
	if part == addRule {
		return partLabels[part]
	}
	return "  " + partLabels[part]
}

// ruleCell is a part of a rule as it stands beside its label.
func (f *Form) ruleCell(r row, room int) string {
	n, part := ruleAt(r.option)
	rules := f.list(r.field.Key)
	if n < 0 || n >= len(rules) {
		return ""
	}
	text := ruleText(rules[n], part)
	if text == "" {
		return theme.Dim.Render("–")
	}
	if name := f.names[ValueName(ruleText(rules[n], partTo), text)]; name != "" && (part == partWith || part == partElse) {
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
		for _, r := range f.list(f.fields[i].Key) {
			to := ruleText(r, partTo)
			for _, key := range []string{"value", "default"} {
				if id, _ := r[key].(string); id != "" && f.names[ValueName(to, id)] == "" {
					out[to] = append(out[to], id)
				}
			}
		}
	}
	return out
}

// ruleText is a part of a rule as text to edit.
func ruleText(r map[string]any, part string) string {
	text := func(key string) string {
		switch x := r[key].(type) {
		case nil:
			return ""
		case []any:
			var s []string
			for _, v := range x {
				s = append(s, fmt.Sprint(v))
			}
			return strings.Join(s, ",")
		default:
			return fmt.Sprint(x)
		}
	}
	switch part {
	case partTo, partAs:
		return text(part)
	case partWith:
		if r["value"] == nil {
			return text("from") + text("template")
		}
		if v := text("value"); sourceKey(v) == "value" {
			return v
		}
		return "=" + text("value")
	case partElse:
		if r["default"] == nil && r["missing"] == "LEAVE_OUT" {
			return "LEAVE_OUT"
		}
		return text("default")
	case partLookup:
		m, _ := r["lookup"].(map[string]any)
		return joined(m, "=", ", ")
	case partOnly:
		m, _ := r["when"].(map[string]any)
		return joined(m, "=", " ")
	}
	return ""
}

func joined(m map[string]any, is, between string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v := m[k]
		if list, ok := v.([]any); ok {
			var s []string
			for _, x := range list {
				s = append(s, fmt.Sprint(x))
			}
			if len(s) == 0 {
				continue
			}
			v = strings.Join(s, ",")
		}
		out = append(out, k+is+fmt.Sprint(v))
	}
	return strings.Join(out, between)
}

// sourceKey tells what a text that fills a field is: value, from or template.
func sourceKey(text string) string {
	entity, _, dotted := strings.Cut(text, ".")
	switch {
	case strings.Contains(text, "{"):
		return "template"
	case dotted && slices.ContainsFunc(mapping.Sources(true), func(o spec.Option) bool { return strings.HasPrefix(o.Value, entity+".") }):
		return "from"
	}
	return "value"
}

// storeRule puts typed text into a part of a rule.
func (f *Form) storeRule(r row, text string) {
	n, part := ruleAt(r.option)
	rules := f.list(r.field.Key)
	if n < 0 || n >= len(rules) {
		return
	}
	x := rules[n]
	set := func(key string, v any, empty bool) {
		delete(x, key)
		if !empty {
			x[key] = v
		}
	}
	switch part {
	case partTo:
		x["to"] = text
	case partAs:
		set("as", strings.ToUpper(text), text == "")
	case partWith:
		delete(x, "value")
		delete(x, "from")
		delete(x, "template")
		if fixed, ok := strings.CutPrefix(text, "="); ok {
			x["value"] = fixed
		} else {
			set(sourceKey(text), text, text == "")
		}
	case partElse:
		delete(x, "missing")
		set("default", text, text == "" || text == "LEAVE_OUT")
		if text == "LEAVE_OUT" {
			x["missing"] = text
		}
	case partLookup:
		m := map[string]any{}
		for _, pair := range strings.Split(text, ",") {
			if k, v, ok := strings.Cut(pair, "="); ok {
				m[strings.TrimSpace(k)] = strings.TrimSpace(v)
			}
		}
		set("lookup", m, len(m) == 0)
	case partOnly:
		m := map[string]any{}
		for _, pair := range strings.Fields(text) {
			if k, v, ok := strings.Cut(pair, "="); ok {
				m[k] = Split(v)
			}
		}
		set("when", m, len(m) == 0)
	}
	f.setRules(r.field.Key, rules)
}

// Rule is the rule in focus: the field that it fills, and the part that the focus
// is on ("to", "with" ...). ok is false on any other row.
func (f *Form) Rule() (to, part string, ok bool) {
	r := f.current()
	if r.field == nil || r.field.Kind != spec.Rules {
		return "", "", false
	}
	n, part := ruleAt(r.option)
	rules := f.list(r.field.Key)
	if n < 0 || n >= len(rules) {
		return "", "", false
	}
	return ruleText(rules[n], partTo), part, true
}

// ruleRow is the row of a part of the rules that a problem names:
// "billferry.fields[2].from".
func ruleRow(x *spec.Field, key string) string {
	number, part, _ := strings.Cut(strings.TrimPrefix(key, x.Key+"["), "]")
	n, err := strconv.Atoi(number)
	if err != nil {
		return x.Key
	}
	at := map[string]string{".to": partTo, ".as": partAs, ".lookup": partLookup, ".default": partElse, ".missing": partElse,
		".when": partOnly}[part]
	if at == "" {
		at = partWith
	}
	return cellID(x.Key, fmt.Sprintf("%d/%s", n, at))
}
