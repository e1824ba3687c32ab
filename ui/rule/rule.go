// Package rule edits a rule that fills a field of a document, part by part: what each
// part is called, as text, and what a text makes of it. The form on screen and the
// prompts of accessible mode both ask for rules by it.
package rule

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"billferry/internal/spec"
	"billferry/mapping"
	"billferry/ui/widget"
)

// Rule is a rule as it stands in the settings: docs/MAPPING.md has the language.
type Rule = map[string]any

// The parts of a rule.
const (
	To     = "to"
	With   = "with"
	As     = "as"
	Lookup = "lookup"
	Else   = "else"
	Only   = "only"
)

// Order says what the order of rules is for.
const Order = "The first rule of a field that holds and says something fills it."

// Parts lists them in the order in which they are shown.
func Parts() []string { return []string{To, With, As, Lookup, Else, Only} }

var labels = map[string]string{To: "fills", With: "with", As: "type", Lookup: "looked up", Else: "otherwise", Only: "only for"}

// Label is what stands before a part.
func Label(part string) string { return labels[part] }

var help = map[string]string{
	To: "The field to fill: department, line.class, custbody_region, line.custcol_region.",
	With: "A fixed value; or a source, such as account.customFields.region; or a text with sources in braces: {bill.id} / " +
		"{account.code}. An = before it makes it a fixed value in any case.",
	As:     "The type of a field that the account defines: REFERENCE, ENUM, MULTI_SELECT, DATE, BOOLEAN, NUMBER or TEXT.",
	Lookup: "What the field gets for what the source says: EMEA=12, US=13. Empty: what the source says.",
	Else: "What the field gets when the source says nothing: a value, or LEAVE_OUT. Empty: the next rule of the field; without " +
		"one the Bill stops.",
	Only: "Where the rule holds: types=USAGE products=api accounts=acme, with commas between several. Empty: everywhere.",
}

// Help says what a part is for.
func Help(part string) string { return help[part] }

// List is the rules that a setting holds, each to be changed in place: v stays as it is.
func List(v any) []Rule {
	all, _ := spec.Values{"v": v}.Clone().Get("v").([]any)
	out := make([]Rule, 0, len(all))
	for _, x := range all {
		if r, ok := x.(Rule); ok {
			out = append(out, r)
		}
	}
	return out
}

// Value is rules as a setting holds them.
func Value(rules []Rule) []any {
	out := make([]any, len(rules))
	for i := range rules {
		out[i] = rules[i]
	}
	return out
}

// Custom tells that a rule fills a field which the account defines.
func Custom(r Rule) bool {
	return strings.HasPrefix(strings.TrimPrefix(Text(r, To), "line."), "cust")
}

// Words are a rule in one line; names are what its fixed values are called, by their ids.
func Words(r Rule, names map[string]string) string {
	var out []string
	for _, part := range Parts() {
		text := Text(r, part)
		if text == "" {
			continue
		}
		if name := names[text]; name != "" && Filling(part) {
			text += ", which is " + name
		}
		out = append(out, Label(part)+" "+text)
	}
	return strings.Join(out, ", ")
}

// Filling tells the parts that a field is filled with, by ids where the account has such.
func Filling(part string) bool { return part == With || part == Else }

// Fixed are the fixed values that a rule fills its field with.
func Fixed(r Rule) (out []string) {
	for _, key := range []string{"value", "default"} {
		if text := plain(r[key]); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// Place is the number of a rule, from 0, and the part of it that the key of a problem
// names: "billferry.fields[2].from". ok is false where it names no rule.
func Place(key string) (n int, part string, ok bool) {
	_, rest, _ := strings.Cut(key, "[")
	number, of, _ := strings.Cut(rest, "]")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0, "", false
	}
	part = map[string]string{".to": To, ".as": As, ".lookup": Lookup, ".default": Else, ".missing": Else, ".when": Only}[of]
	if part == "" {
		part = With
	}
	return n, part, true
}

// Text is a part of a rule as text to edit.
func Text(r Rule, part string) string {
	text := func(key string) string { return plain(r[key]) }
	switch part {
	case To, As:
		return text(part)
	case With:
		if r["value"] == nil {
			return text("from") + text("template")
		}
		if v := text("value"); Source(v) == "value" {
			return v
		}
		return "=" + text("value")
	case Else:
		if r["default"] == nil && r["missing"] == "LEAVE_OUT" {
			return "LEAVE_OUT"
		}
		return text("default")
	case Lookup:
		m, _ := r["lookup"].(map[string]any)
		return joined(m, ", ")
	case Only:
		m, _ := r["when"].(map[string]any)
		return joined(m, " ")
	}
	return ""
}

// plain is a value as it is typed.
func plain(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case []any:
		s := make([]string, len(x))
		for i := range x {
			s[i] = fmt.Sprint(x[i])
		}
		return strings.Join(s, ",")
	}
	return fmt.Sprint(v)
}

func joined(m map[string]any, between string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if list, ok := m[k].([]any); ok && len(list) == 0 {
			continue
		}
		out = append(out, k+"="+plain(m[k]))
	}
	return strings.Join(out, between)
}

// Source tells what a text that fills a field is: value, from or template.
func Source(text string) string {
	entity, _, dotted := strings.Cut(text, ".")
	switch {
	case strings.Contains(text, "{"):
		return "template"
	case dotted && slices.ContainsFunc(mapping.Sources(true), func(o spec.Option) bool { return strings.HasPrefix(o.Value, entity+".") }):
		return "from"
	}
	return "value"
}

// Put makes a typed text a part of a rule; an empty one takes the part out. What is no
// pair stays in the rule as one that validation refuses: a condition that was dropped
// would let the rule hold everywhere.
func Put(r Rule, part, text string) {
	set := func(key string, v any, empty bool) {
		delete(r, key)
		if !empty {
			r[key] = v
		}
	}
	switch part {
	case To:
		r["to"] = text
	case As:
		set("as", strings.ToUpper(text), text == "")
	case With:
		delete(r, "value")
		delete(r, "from")
		delete(r, "template")
		if fixed, ok := strings.CutPrefix(text, "="); ok {
			r["value"] = fixed
		} else {
			set(Source(text), text, text == "")
		}
	case Else:
		delete(r, "missing")
		set("default", text, text == "" || text == "LEAVE_OUT")
		if text == "LEAVE_OUT" {
			r["missing"] = text
		}
	case Lookup:
		m := map[string]any{}
		for _, pair := range strings.Split(text, ",") {
			k, v, _ := strings.Cut(pair, "=")
			if k = strings.TrimSpace(k); k != "" {
				m[k] = strings.TrimSpace(v)
			}
		}
		set("lookup", m, len(m) == 0)
	case Only:
		m := map[string]any{}
		for _, pair := range strings.Fields(text) {
			k, v, ok := strings.Cut(pair, "=")
			if !ok {
				v = k
			}
			if m[k] = widget.Split(v); v == "" {
				m[k] = []any{""}
			}
		}
		set("when", m, len(m) == 0)
	}
}
