package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"billferry/internal/nearest"
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

// Misspelt are the keys that no field has although one was meant: below an object
// of ours, or close to a name. They are faults in a file that a person wrote.
func (f Form) Misspelt(v Values) (out Problems) {
	for _, p := range f.Unknown(v) {
		near := f.nearest(p.Key)
		group, _, nested := strings.Cut(p.Key, ".")
		ours := nested && f.has(func(k string) bool { return strings.HasPrefix(k, group+".") })
		if near == "" && !ours {
			continue
		}
		p.Warning, p.Message = false, "there is no such setting"
		switch group, name, nested := strings.Cut(near, "."); {
		case near == p.Key && nested:
			p.Message = fmt.Sprintf("write %s inside an object %s", name, group)
		case near != "":
			p.Message += "; did you mean " + near + "?"
		}
		out = append(out, p)
	}
	return out
}

// nearest is the field whose key is a slip or two away from key, or would be in the
// object that it stands in, or outside it; "" when none is.
func (f Form) nearest(key string) string {
	keys, names := make([]string, len(f.Fields)), make([]string, len(f.Fields))
	for i, x := range f.Fields {
		keys[i], names[i] = x.Key, leaf(x.Key)
	}
	if w := nearest.Word(key, keys...); w != "" {
		return w
	}
	if i := slices.Index(names, nearest.Word(leaf(key), names...)); i >= 0 {
		return keys[i]
	}
	return ""
}

// leaf is the last part of a dotted key.
func leaf(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

func (f Form) has(match func(key string) bool) bool {
	return slices.ContainsFunc(f.Fields, func(x Field) bool { return match(x.Key) })
}
