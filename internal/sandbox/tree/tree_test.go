package tree_test

import (
	"testing"

	"pgregory.net/rapid"

	"billferry/internal/sandbox/tree"
)

func TestDigitsAndOrderAreKept(t *testing.T) {
	t.Parallel()
	const text = `{"b":0.10,"a":[1e3,-0.00,true,null,"é\n"],"c":{"d":12345678901234567890.123456789}}`
	v, err := tree.Parse([]byte(text))
	if err != nil || string(v.JSON()) != text {
		t.Fatalf("%s %v", v.JSON(), err)
	}
	if v.TextOf("B") != "0.10" || v.Get("c").TextOf("D") == "" || v.Get("a").Get("x") != nil || v.Get("none").TextOf("x") != "" {
		t.Error("names are found without regard to letter case, and what is absent is empty")
	}
	c := v.Clone()
	c.Get("c").Set("d", tree.Str("x"))
	c.Delete("A")
	if string(v.JSON()) != text || string(c.JSON()) != `{"b":0.10,"c":{"d":"x"}}` {
		t.Errorf("a clone shares with its original: %s and %s", v.JSON(), c.JSON())
	}
	for _, bad := range []string{"", "{", `{"a":1}{}`, `{"a":1,"a":2}`, "[1,]", "nul", `{"a" 1}`} {
		if _, err := tree.Parse([]byte(bad)); err == nil {
			t.Errorf("%q was taken for JSON", bad)
		}
	}
}

func TestStringsSurvive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		v, err := tree.Parse(tree.AppendString(nil, s))
		if err != nil || v.Text != s {
			t.Fatalf("%q became %q, %v", s, v.Text, err)
		}
	})
	if got := string(tree.AppendString(nil, "a\xffb")); got != "\"a\uFFFDb\"" {
		t.Errorf("broken UTF-8: %s", got)
	}
}
