package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"billferry/internal/app"
	"billferry/internal/integration"
	"billferry/internal/spec"
)

// What export writes, apply reads as the same, whatever the values are: text
// that looks like another type of YAML, other scripts, line breaks.
func TestExportReadsBackTheSame(t *testing.T) {
	t.Parallel()
	form := app.Catalog()[0]
	dir := t.TempDir()
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"yes", "no", "null", "~", "1e3", "0x10", "010", "1_000", "2026-11-22", "- a", "a: b", "#", "'", "\"", "{}", "[", "*a", "&a",
		"!t", "%", "@", "`",
		"a\nb", "a\n\nb\n", " a", "a ", "\t", "a\t#b", "é", "日本語", "---", "...", "?", "|", ">", "=", "<<", "on", "12:30:45", ".inf", ".nan",
		"\u2028", "\u00a0",
	}))
	rapid.Check(t, func(rt *rapid.T) {
		in := integration.Integration{EntityType: "Bill", Destination: "Netsuite", Name: "x" + text.Draw(rt, "name"),
			Enabled: rapid.Bool().Draw(rt, "enabled")}
		in.ConfigData = form.Fill(spec.Values{
			"accountFilter":       text.Draw(rt, "text"),
			"accountIds":          rapid.SliceOfN(text, 0, 3).Draw(rt, "list"),
			"netsuiteItemMapping": rapid.MapOfN(text, text, 0, 3).Draw(rt, "map"),
			"future": map[string]any{"n": rapid.Int32().Draw(rt, "n"), "b": true,
				"deep": []any{map[string]any{"k": text.Draw(rt, "k")}}},
		})
		var out bytes.Buffer
		e := &env{out: &out}
		if err := e.export(app.Catalog(), []integration.Integration{in}); err != nil {
			rt.Fatal(err)
		}
		file := filepath.Join(dir, "x.yaml")
		if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
			rt.Fatal(err)
		}
		docs, err := e.readDocuments(file)
		if err != nil || len(docs) != 1 {
			rt.Fatalf("%v\n%s", err, out.String())
		}
		c, err := compare(app.Catalog(), in, docs[0])
		if err != nil || docs[0].Name != in.Name {
			rt.Fatalf("name %q, want %q: %v\n%s", docs[0].Name, in.Name, err, out.String())
		}
		for _, f := range c.Fields {
			if f.Key != "name" { // apply trims it, as creating does
				rt.Fatalf("%s: %s -> %s\n%s", f.Key, f.From, f.To, out.String())
			}
		}
	})
}

// Any bytes are read or refused with the file's name; nothing panics.
func FuzzReadDocuments(f *testing.F) {
	for _, s := range []string{"", "a", "- a\n- {name: b}", "name: A\nconfigData:\n  x: [1]\n", "---\n---\n", "{",
		"name: &a b\nconfigData: {y: *a}", "name: [\n", "? a\n: b", "!!binary x", "\ufeffname: A", "<<: {name: A}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e := &env{in: bytes.NewReader(b)}
		docs, err := e.readDocuments("-")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "standard input:") {
				t.Errorf("the error does not say where: %v", err)
			}
			return
		}
		for _, d := range docs {
			for _, key := range []string{"", "name", "configData.x", "configData.billferry.maxConcurrency", "configData.netsuiteItemMapping"} {
				var line int
				if _, err := fmt.Sscanf(d.at(key), "standard input:%d", &line); err != nil || line < 1 ||
					line > bytes.Count(b, []byte("\n"))+bytes.Count(b, []byte("\r"))+1 {
					t.Errorf("%s is at %q", key, d.at(key))
				}
			}
			_ = d.validate(app.Catalog())
		}
	})
}
