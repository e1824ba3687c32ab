package mapping

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"billferry/internal/integration"
)

// FieldValue is a value of a field that a rule tells by a name or an external id
// of the destination: name:Sales, ext:DEPT-7.
type FieldValue struct {
	Field string // as rules name it
	Ref   string
}

// maxTold is more than any name or external id has.
const maxTold = 250

// ToldBy reads a value that is told by another thing than the internal id: by
// "name" or "ext", and what that is; ok is false for any other value.
func ToldBy(v string) (by, what string, ok bool) {
	by, what, _ = strings.Cut(strings.TrimSpace(v), ":")
	by, what = strings.ToLower(strings.TrimSpace(by)), strings.TrimSpace(what)
	return by, what, (by == "name" || by == "ext") && what != "" && len(what) <= maxTold && what == clean(what)
}

// refer notes the values of a rule that are told otherwise than by an id.
func (rules *Rules) refer(field string, as Shape, r *FieldRule) {
	if as != AsReference {
		return
	}
	add := func(v string) {
		if _, _, ok := ToldBy(v); ok {
			rules.Told = append(rules.Told, FieldValue{field, v})
		}
	}
	add(r.Value)
	add(r.Default)
	for _, k := range slices.Sorted(maps.Keys(r.Lookup)) {
		add(r.Lookup[k])
	}
}

// tells whether a value is one that stands in the rule itself.
func (r *FieldRule) tells(v string) bool {
	if v == r.Value || v == r.Default {
		return true
	}
	for _, x := range r.Lookup {
		if v == x {
			return true
		}
	}
	return false
}

// told gives the internal id of a value of a rule that is told otherwise. Without
// a connection nobody knows it, and a preview shows the value as it is.
func (m *mapper) told(t *FieldRules, r *FieldRule, at *place, s said) (id string, ok bool, err error) {
	if _, _, is := ToldBy(s.value); !is || t.As != AsReference || !r.tells(s.value) {
		return "", false, nil
	}
	if m.lookups.Values == nil {
		return s.value, true, nil
	}
	field := t.Name
	if at.line != nil {
		field = "line." + field
	}
	if id, known := m.lookups.Values[FieldValue{field, s.value}]; known {
		return id, true, nil
	}
	return "", false, fail(integration.ClassData, "field_value_unknown",
		at.what()+": "+t.Name+" ("+ruleNumber(r)+") is "+s.value+", which "+m.terms.System+" has not, or does not show to the role",
		"give the record that external id or name in "+m.terms.System+", or correct "+ruleNumber(r)+" of Fields; then retry")
}

func ruleNumber(r *FieldRule) string { return "rule " + strconv.Itoa(r.N) }
