package spec

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func form() Form {
	types := []Option{{Value: "USAGE", Label: "Usage"}, {Value: "AD_HOC", Label: "Ad-hoc"}}
	return Form{
		EntityType: "Bill", Destination: "Netsuite",
		Fields: []Field{
			{Key: "name", Label: "Name", Panel: Global, Kind: Text, Required: true},
			{Key: "ids", Label: "Account Ids", Panel: Global, Kind: Accounts},
			{Key: "gate", Label: "Gate", Panel: Entity, Kind: Bool},
			{Key: "split", Label: "Split", Panel: Destination, Kind: Enum, Options: types, Default: "USAGE"},
			{Key: "excluded", Label: "Excluded", Panel: Entity, Kind: Multi, Options: types},
			{Key: "items", Label: "Items", Panel: Destination, Kind: ItemMap, Options: types},
			{Key: "ours.max", Label: "Max", Panel: Control, Kind: Int, Default: 5, Ours: true, Check: func(v any) error {
				if n, _ := asInt(v); n < 1 {
					return errors.New("must be 1 or more")
				}
				return nil
			}},
		},
		Cross: func(v Values) []Problem {
			if v.Bool("gate") && len(v.Strings("ids")) > 0 {
				return []Problem{{Key: "gate", Message: "not with ids", Warning: true}}
			}
			return nil
		},
	}
}

func TestValidateSaysWhatAndWhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, json, key, message string }{
		{"wrong type", `{"gate":"yes"}`, "gate", "must be true or false, not a string"},
		{"unknown option", `{"split":"USAGES"}`, "split", `"USAGES" is not known; use one of AD_HOC, USAGE`},
		{"unknown in list", `{"excluded":["USAGE","X"]}`, "excluded", `"X" is not known`},
		{"not a list", `{"ids":"a"}`, "ids", "must be a list of strings"},
		{"list of numbers", `{"ids":[1]}`, "ids", "must be a list of strings"},
		{"unknown map key", `{"items":{"X":"1"}}`, "items", `"X" is not known`},
		{"map of numbers", `{"items":{"USAGE":1}}`, "items", "must be an object of strings"},
		{"nested, checked", `{"ours":{"max":0}}`, "ours.max", "must be 1 or more"},
		{"nested, not whole", `{"ours":{"max":1.5}}`, "ours.max", "must be a whole number"},
	} {
		var v Values
		if err := json.Unmarshal([]byte(c.json), &v); err != nil {
			t.Fatal(err)
		}
		p := form().Validate("n", v)
		if len(p) != 1 || p[0].Key != c.key || !strings.Contains(p[0].Message, c.message) {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
	var whole Values
	if err := json.Unmarshal([]byte(`{"ours":{"max":5.0}}`), &whole); err != nil || len(form().Validate("n", whole)) > 0 ||
		whole.Int("ours.max") != 5 {
		t.Errorf("5.0 is whole: %v, %v", whole, err)
	}
	if p := form().Validate("  ", Values{}); len(p) != 1 || p[0].Key != "name" || p.Err() == nil {
		t.Errorf("a blank name passed: %+v", p)
	}
	if p := form().Validate("n", Values{}); p.Err() != nil {
		t.Errorf("nothing set is good, but: %v", p)
	}
	p := form().Validate("n", Values{"gate": true, "ids": []string{"a"}})
	if len(p) != 1 || p.Err() != nil {
		t.Errorf("a warning must be told and must not forbid: %+v", p)
	}
}

func TestFillKeepsWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	in := Values{"future": map[string]any{"x": "y"}, "split": "AD_HOC", "ours": map[string]any{"other": true}}
	out := form().Fill(in)
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"excluded":[],"future":{"x":"y"},"gate":false,"ids":[],"items":{},"ours":{"max":5,"other":true},"split":"AD_HOC"}`
	if string(b) != want {
		t.Fatalf("got  %s\nwant %s", b, want)
	}
	out.Set("ours.max", 7)
	if in.Get("ours.max") != nil {
		t.Fatal("the values that were filled changed")
	}
	if out.Int("ours.max") != 7 || !out.Get("ours").(map[string]any)["other"].(bool) {
		t.Fatalf("set: %v", out)
	}
}

func TestCatalogFindsInAnyCase(t *testing.T) {
	t.Parallel()
	c := Catalog{form()}
	if f, ok := c.Form("bill", "NETSUITE"); !ok || f.Destination != "Netsuite" {
		t.Fatal("not found")
	}
	if _, ok := c.Form("Bill", "Xero"); ok {
		t.Fatal("found what is not there")
	}
	if d := c.Destinations("BILL"); len(d) != 1 || d[0] != "Netsuite" {
		t.Fatal(d)
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	f := form()
	for key, c := range map[string]struct {
		v    any
		want string
	}{
		"gate": {true, "yes"}, "split": {"USAGE", "Usage"}, "excluded": {[]any{"USAGE", "AD_HOC"}, "Usage, Ad-hoc"},
		"items": {map[string]any{"USAGE": "101", "AD_HOC": ""}, "Usage → 101"}, "ids": {nil, "–"}, "ours.max": {5, "5"},
	} {
		x, _ := f.Field(key)
		if got := x.Show(c.v); got != c.want {
			t.Errorf("%s: %q, want %q", key, got, c.want)
		}
	}
}
