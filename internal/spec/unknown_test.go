package spec

import (
	"strings"
	"testing"
)

func TestUnknownKeysAreTold(t *testing.T) {
	t.Parallel()
	f := Form{Fields: []Field{{Key: "name"}, {Key: "items", Kind: ItemMap}, {Key: "own.negative", Kind: Enum}}}
	for _, c := range []struct {
		name string
		v    Values
		want []string // parts of each warning
	}{
		{"all known", Values{"items": map[string]any{"USAGE": "1"}, "own": map[string]any{"negative": "HOLD"}}, nil},
		{"other software's", Values{"theirs": map[string]any{"a": 1}}, []string{`"theirs" is no setting`}},
		{"letter case", Values{"Items": nil}, []string{"did you mean items?"}},
		{"flat instead of nested", Values{"own.negative": "HOLD"}, []string{"write negative inside an object own"}},
		{"below an object of ours", Values{"own": map[string]any{"negativ": "HOLD"}}, []string{`"own.negativ" is no setting`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := f.Unknown(c.v)
			if len(got) != len(c.want) {
				t.Fatalf("warnings %v, want %v", got, c.want)
			}
			for i, p := range got {
				if !p.Warning || !strings.Contains(p.Message, c.want[i]) {
					t.Errorf("got %+v, want %q", p, c.want[i])
				}
			}
			if err := got.Err(); err != nil {
				t.Errorf("it cannot be saved: %v", err)
			}
		})
	}
}
