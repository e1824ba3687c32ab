package cli

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"billferry/internal/pattern"
)

// yamlWriter writes JSON's types as YAML in block style. It is here because
// goccy/go-yaml v1.19 writes some keys so that it cannot read them back; what
// this one writes is read back as the same, which a property test holds.
type yamlWriter struct {
	b    strings.Builder
	keys []string // dotted, in the order they are to stand in
}

// entry writes "key: value" at an indent.
func (w *yamlWriter) entry(indent, key string, v any) {
	w.b.WriteString(indent + scalar(key) + ":")
	w.value(indent, key+".", v)
}

// value writes what stands behind "key:" or "-", down to the end of the line.
// prefix is the dotted key of v with a dot.
func (w *yamlWriter) value(indent, prefix string, v any) {
	switch x := v.(type) {
	case map[string]any:
		if len(x) == 0 {
			w.b.WriteString(" {}\n")
			return
		}
		w.b.WriteByte('\n')
		for _, k := range w.sorted(prefix, x) {
			w.b.WriteString(indent + "  " + scalar(k) + ":")
			w.value(indent+"  ", prefix+k+".", x[k])
		}
	case []any:
		if len(x) == 0 {
			w.b.WriteString(" []\n")
			return
		}
		w.b.WriteByte('\n')
		for _, e := range x {
			w.b.WriteString(indent + "  -")
			w.value(indent+"  ", prefix, e)
		}
	default:
		w.b.WriteString(" " + scalar(x) + "\n")
	}
}

func (w *yamlWriter) sorted(prefix string, m map[string]any) []string {
	rank := func(key string) int {
		i := slices.IndexFunc(w.keys, func(k string) bool { return k == prefix+key || strings.HasPrefix(k, prefix+key+".") })
		return cmp.Or(i+1, len(w.keys)+1) // what is not in keys comes last
	}
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b))
	})
}

var (
	// plainWord is text that is the same text in YAML without quotes, unless it
	// is one of reserved.
	plainWord = pattern.New(`^[A-Za-z_]([A-Za-z0-9_ .=<>()/-]*[A-Za-z0-9_)])?$`)
	reserved  = pattern.New(`(?i)^(true|false|yes|no|on|off|null|y|n)$`)
)

// scalar writes a value without parts. JSON is YAML, so what is not plainly text
// is written as JSON.
func scalar(v any) string {
	if s, ok := v.(string); ok && plainWord().MatchString(s) && !reserved().MatchString(s) {
		return s
	}
	return quoted(v)
}
