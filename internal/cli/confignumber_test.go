package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"billferry/internal/service"
	"billferry/internal/spec"
)

// A number of a rule is the number that a person wrote, in a file and in a body
// of the API: 1.10 is a version, and 1234567890.123456789 must not be rounded
// before it is refused for its digits.
func TestNumbersKeepTheirDigits(t *testing.T) {
	t.Parallel()
	const numbers = `[1.10, 1234567890.123456789, 9007199254740993, 0.30000000000000001, -1.50, 7]`
	want := `{"billferry":{"fields":[` +
		`{"value":[1.10,1234567890.123456789,9007199254740993,0.30000000000000001,-1.50,7]}]}}`
	check := func(from string, v spec.Values) {
		for what, x := range map[string]spec.Values{from: v, from + ", copied": v.Clone()} {
			if b, err := json.Marshal(x); string(b) != want || err != nil {
				t.Errorf("%s: %s, %v; want %s", what, b, err, want)
			}
		}
	}
	var n service.NewIntegration
	if err := json.Unmarshal([]byte(`{"configData":{"billferry":{"fields":[{"value":`+numbers+`}]}}}`), &n); err != nil {
		t.Fatal(err)
	}
	check("a body", n.ConfigData)

	for name, text := range map[string]string{
		"flow":  "configData: {billferry: {fields: [{value: " + numbers + "}]}}",
		"block": "configData:\n  billferry:\n    fields:\n    - value: &v " + numbers + "\n",
		"JSON":  `[{"configData": {"billferry": {"fields": [{"value": ` + numbers + `}]}}}]`,
	} {
		check(name, readConfig(t, text))
	}
	v := readConfig(t, "configData: {a: &x 1.10, b: *x, c: 010, d: 0x1f, e: '1.10', f: 5, g: 123456789012345678901, h: 1e3}")
	want = `{"a":1.10,"b":1.10,"c":"010","d":"0x1f","e":"1.10","f":5,"g":"123456789012345678901","h":"1e3"}`
	if b, err := json.Marshal(v); string(b) != want || err != nil {
		t.Errorf("%s, %v; want %s", b, err, want)
	}
	if v.Int("f") != 5 {
		t.Errorf("a whole number is read as %d", v.Int("f"))
	}
}

func readConfig(t *testing.T, text string) spec.Values {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	docs, err := (&env{}).readDocuments(file)
	if err != nil || len(docs) != 1 {
		t.Fatal(len(docs), err)
	}
	return docs[0].ConfigData
}
