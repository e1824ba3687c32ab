package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Defaults returns the values of an integration that nobody has touched.
func (f Form) Defaults() Values {
	v := Values{}
	for _, x := range f.Fields {
		if x.Key != "name" {
			v.Set(x.Key, x.zero())
		}
	}
	return v.Clone()
}

func (f Field) zero() any {
	if f.Default != nil {
		return f.Default
	}
	switch f.Kind {
	case Bool:
		return false
	case Int:
		return 0
	case Multi, Accounts, List, Rules:
		return []any{}
	case ItemMap, FieldMap:
		return map[string]any{}
	default:
		return ""
	}
}

// Fill returns v with a default wherever a field has no value at all.
func (f Form) Fill(v Values) Values {
	out := v.Clone()
	for _, x := range f.Fields {
		if x.Key != "name" && out.Get(x.Key) == nil {
			out.Set(x.Key, x.zero())
		}
	}
	return out.Clone()
}

// Validate checks a name and its configData: the same words for wizard, file
// and API. Absent values are good where the field is not required.
func (f Form) Validate(name string, v Values) Problems {
	var out Problems
	for _, x := range f.Fields {
		val := v.Get(x.Key)
		if x.Key == "name" {
			val = name
		}
		var parts Problems
		if err := x.Validate(val); errors.As(err, &parts) {
			out = append(out, parts...)
		} else if err != nil {
			out = append(out, Problem{Key: x.Key, Label: x.Label, Message: err.Error()})
		}
	}
	if f.Cross != nil && out.Err() == nil {
		out = append(out, f.Cross(v)...)
	}
	return out
}

// Validate checks one value: its type, its options, then Check.
func (f Field) Validate(v any) error {
	if empty(v) {
		if f.Required {
			return fmt.Errorf("%s is required", f.Label)
		}
		if v == nil {
			return nil
		}
	}
	if err := f.types(v); err != nil {
		return err
	}
	if f.Check != nil && !empty(v) {
		return f.Check(v)
	}
	return nil
}

func (f Field) types(v any) error {
	switch f.Kind {
	case Bool:
		if _, ok := v.(bool); !ok {
			return typeError(f.Kind, v)
		}
	case Int:
		if _, ok := asInt(v); !ok {
			return typeError(f.Kind, v)
		}
	case Multi, Accounts, List:
		s, ok := asStrings(v)
		if !ok {
			return typeError(f.Kind, v)
		}
		if f.Kind == Multi {
			return f.known(s...)
		}
	case Rules:
		if _, ok := v.([]any); !ok {
			return typeError(f.Kind, v)
		}
	case ItemMap, FieldMap:
		m, ok := asMap(v)
		if !ok {
			return typeError(f.Kind, v)
		}
		for k := range m {
			if err := f.known(k); err != nil {
				return err
			}
		}
	default:
		s, ok := v.(string)
		if !ok {
			return typeError(f.Kind, v)
		}
		if f.Kind == Enum && s != "" {
			return f.known(s)
		}
	}
	return nil
}

func (f Field) known(values ...string) error {
	for _, s := range values {
		if _, ok := f.Option(s); !ok {
			names := make([]string, len(f.Options))
			for i, o := range f.Options {
				names[i] = o.Value
			}
			slices.Sort(names)
			return fmt.Errorf("%q is not known; use one of %s", s, strings.Join(names, ", "))
		}
	}
	return nil
}

func empty(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(x) == ""
	case []any:
		return len(x) == 0
	case []string:
		return len(x) == 0
	case map[string]any:
		return len(x) == 0
	case map[string]string:
		return len(x) == 0
	}
	return false
}
