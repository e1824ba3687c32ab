package spec

import (
	"encoding/json"
	"slices"
)

// Texts is v with a text in place of each number that stands where a field
// wants text: people and programs write the item id 199 without quotes.
func (f Form) Texts(v Values) Values {
	out := v.Clone()
	for _, x := range f.Fields {
		if slices.Contains([]Kind{Bool, Int}, x.Kind) {
			continue
		}
		switch got := out.Get(x.Key).(type) {
		case json.Number:
			out.Set(x.Key, got.String())
		case []any:
			for i := range got {
				got[i] = text(got[i])
			}
		case map[string]any:
			for k := range got {
				got[k] = text(got[k])
			}
		}
	}
	return out
}

func text(v any) any {
	if n, ok := v.(json.Number); ok {
		return n.String()
	}
	return v
}
