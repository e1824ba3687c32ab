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
		if o, ok := f.Option(""); ok && o.Label != "" { // nothing is one of the choices
			return o.Label
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

// ShowNamed is Show with the names of ids beside them, where they are known.
func (f Field) ShowNamed(v any, names map[string]string) string {
	with := func(id string) string {
		if n := names[id]; n != "" && n != id {
			return id + " " + n
		}
		return id
	}
	switch f.Kind {
	case Item:
		if id, ok := v.(string); ok && id != "" {
			return with(id)
		}
	case Accounts:
		if ids, ok := asStrings(v); ok && len(ids) > 0 {
			for i := range ids {
				ids[i] = with(ids[i])
			}
			return strings.Join(ids, ", ")
		}
	case ItemMap:
		if m, ok := asMap(v); ok && len(m) > 0 {
			named := map[string]any{}
			for k, id := range m {
				named[k] = with(id)
			}
			return f.Show(named)
		}
	}
	return f.Show(v)
}

// Ids are the ids in settings that have names elsewhere: those of items and those
// of accounts, each once.
func (f Form) Ids(v Values) (items, accounts []string) {
	for _, x := range f.Fields {
		switch x.Kind {
		case Item:
			items = append(items, v.Text(x.Key))
		case ItemMap:
			items = slices.AppendSeq(items, maps.Values(v.Map(x.Key)))
		case Accounts:
			accounts = append(accounts, v.Strings(x.Key)...)
		}
	}
	once := func(ids []string) []string {
		slices.Sort(ids)
		return slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
	}
	return once(items), once(accounts)
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
