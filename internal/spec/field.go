package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Show writes a value of the field for a person: labels for options, "yes" and
// "no", "–" for nothing.
func (f Field) Show(v any) string {
	if empty(v) {
		if f.Kind == Bool {
			return "no"
		}
		return "–"
	}
	switch x := v.(type) {
	case bool:
		if x {
			return "yes"
		}
		return "no"
	case string:
		return f.label(x)
	}
	if f.Kind == Rules {
		return showRules(v)
	}
	if s, ok := asStrings(v); ok {
		for i := range s {
			s[i] = f.label(s[i])
		}
		return strings.Join(s, ", ")
	}
	if m, ok := asMap(v); ok {
		var s []string
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if m[k] != "" {
				s = append(s, f.label(k)+" → "+m[k])
			}
		}
		return strings.Join(s, ", ")
	}
	return fmt.Sprint(v)
}

// showRules names the fields that rules fill.
func showRules(v any) string {
	list, _ := v.([]any)
	var to []string
	for _, x := range list {
		r, _ := x.(map[string]any)
		if name, ok := r["to"].(string); ok && !slices.Contains(to, name) {
			to = append(to, name)
		}
	}
	return strings.Join(to, ", ")
}

func (f Field) label(value string) string {
	if o, ok := f.Option(value); ok && o.Label != "" {
		return o.Label
	}
	return value
}
