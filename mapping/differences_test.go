package mapping_test

import (
	"encoding/json"
	"slices"
	"testing"

	"billferry/mapping"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	of := func(body string) mapping.Encoded { return mapping.Encoded{Body: json.RawMessage(body)} }
	const was = `{"memo":"a","item":{"items":[{"item":{"id":"199"},"amount":1.10},{"item":{"id":"199"},"amount":2}]}}`
	for _, c := range []struct {
		before, after string
		want          []string
	}{
		{was, was, nil},
		{was, `{"memo":"a","item":{"items":[{"item":{"id":"104"},"amount":1.10},{"item":{"id":"199"},"amount":2}]}}`,
			[]string{"item.items 1.item.id: 199 → 104"}},
		{was, `{"memo":"a","item":{"items":[{"item":{"id":"104"},"amount":1.10},{"item":{"id":"104"},"amount":2}]}}`,
			[]string{"item.items.item.id: 199 → 104 (2 times)"}},
		{was, `{"class":{"id":"5"},"item":{"items":[{"item":{"id":"199"},"amount":1.10}]}}`,
			[]string{"class.id: – → 5", "item.items 2.amount: 2 → –", "item.items 2.item.id: 199 → –", "memo: a → –"}},
		{`{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0}`, `{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8}`,
			[]string{"a: 0 → 1", "b: 0 → 2", "c: 0 → 3", "d: 0 → 4", "e: 0 → 5", "f: 0 → 6", "and 2 more"}},
		{"", `{"memo":"a"}`, []string{"memo: – → a"}},
	} {
		if got := mapping.Differences(of(c.before), of(c.after)); !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
