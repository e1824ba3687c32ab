package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Unknown lists the keys of v that no field of the form has, as warnings: such
// keys are kept, because m3ter may know them, but nothing here reads them, and a
// misspelt setting must not be lost in silence.
func (f Form) Unknown(v Values) Problems {
	return f.unknown("", v)
}

func (f Form) unknown(above string, v map[string]any) (out Problems) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		key := above + name
		sub, object := v[name].(map[string]any)
		switch {
		case f.has(func(k string) bool { return k == key }) && !strings.Contains(name, "."):
		case object && f.has(func(k string) bool { return strings.HasPrefix(k, key+".") }):
			out = append(out, f.unknown(key+".", sub)...)
		default:
			out = append(out, Problem{Key: key, Warning: true, Message: f.unknownText(key, name)})
		}
	}
	return out
}

func (f Form) unknownText(key, name string) string {
	text := fmt.Sprintf("%q is no setting of this integration: it is kept and has no effect", key)
	for _, x := range f.Fields {
		if !strings.EqualFold(x.Key, key) {
			continue
		}
		if group, leaf, nested := strings.Cut(x.Key, "."); nested && strings.Contains(name, ".") {
			return text + fmt.Sprintf("; write %s inside an object %s", leaf, group)
		}
		return text + "; did you mean " + x.Key + "?"
	}
	return text
}

func (f Form) has(match func(key string) bool) bool {
	return slices.ContainsFunc(f.Fields, func(x Field) bool { return match(x.Key) })
}
