package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Values is configData: JSON as decoded by encoding/json, any keys. Keys that
// no field knows are kept and returned as they came.
type Values map[string]any

// UnmarshalJSON keeps the digits of numbers (json.Number).
func (v *Values) UnmarshalJSON(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	return dec.Decode((*map[string]any)(v))
}

// Clone copies v so that changes to one are not seen in the other.
func (v Values) Clone() Values {
	b, err := json.Marshal(v)
	if err != nil {
		return maps.Clone(v)
	}
	var out Values
	if json.Unmarshal(b, &out) != nil || out == nil {
		return Values{}
	}
	return out
}

// Get returns what stands at a dotted key, or nil.
func (v Values) Get(key string) any {
	head, rest, nested := strings.Cut(key, ".")
	if !nested {
		return v[head]
	}
	sub, _ := v[head].(map[string]any)
	return Values(sub).Get(rest)
}

// Set puts x at a dotted key and makes the objects on the way.
func (v Values) Set(key string, x any) {
	head, rest, nested := strings.Cut(key, ".")
	if !nested {
		v[head] = x
		return
	}
	sub, ok := v[head].(map[string]any)
	if !ok {
		sub = map[string]any{}
		v[head] = sub
	}
	Values(sub).Set(rest, x)
}

// Text returns the string at key, or "".
func (v Values) Text(key string) string { s, _ := v.Get(key).(string); return s }

// Bool returns the boolean at key, or false.
func (v Values) Bool(key string) bool { b, _ := v.Get(key).(bool); return b }

// Int returns the whole number at key, or 0.
func (v Values) Int(key string) int { n, _ := asInt(v.Get(key)); return n }

// Strings returns the list at key; it is never shared with v.
func (v Values) Strings(key string) []string { s, _ := asStrings(v.Get(key)); return s }

// Map returns the object of strings at key; it is never shared with v.
func (v Values) Map(key string) map[string]string { m, _ := asMap(v.Get(key)); return m }

func asInt(x any) (int, bool) {
	switch n := x.(type) {
	case int:
		return n, true
	case json.Number:
		if i, err := n.Int64(); err == nil {
			return int(i), true
		}
		f, err := n.Float64() // 5.0 is whole
		return int(f), err == nil && f == float64(int(f))
	}
	return 0, false
}

func asStrings(x any) ([]string, bool) {
	switch s := x.(type) {
	case []string:
		return slices.Clone(s), true
	case []any:
		out := make([]string, len(s))
		for i, e := range s {
			t, ok := e.(string)
			if !ok {
				return nil, false
			}
			out[i] = t
		}
		return out, true
	}
	return nil, false
}

func asMap(x any) (map[string]string, bool) {
	switch m := x.(type) {
	case map[string]string:
		return maps.Clone(m), true
	case map[string]any:
		out := make(map[string]string, len(m))
		for k, e := range m {
			t, ok := e.(string)
			if !ok {
				return nil, false
			}
			out[k] = t
		}
		return out, true
	}
	return nil, false
}

func jsonType(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case string:
		return "a string"
	case []any, []string:
		return "a list"
	case map[string]any, map[string]string:
		return "an object"
	default:
		return fmt.Sprintf("the number %v", v)
	}
}
