package store

import (
	"strings"
	"testing"

	"billferry/internal/integration"
)

func TestIntegrationIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	made, err := b.CreateIntegration(t.Context(), integration.Integration{
		Name: "x", Enabled: true, ConfigData: map[string]any{"list": []any{map[string]any{"k": "v"}}, "nothing": nil},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	read := func() integration.Integration {
		t.Helper()
		in, err := b.Integration(t.Context(), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		all, err := b.Integrations(t.Context())
		if err != nil || len(all) != 1 || all[0].Name != in.Name || all[0].Enabled != in.Enabled {
			t.Fatalf("the list has %+v, %v; want %+v", all, err, in)
		}
		return in
	}
	for range 3 { // the first is read, the others remembered
		line := read().ConfigData["list"].([]any)[0].(map[string]any)
		if line["k"] != "v" {
			t.Fatal("what one caller changed the next got")
		}
		line["k"] = "changed"
	}
	if _, err := b.SetEnabled(t.Context(), made.ID, false, "why"); err != nil {
		t.Fatal(err)
	}
	if in := read(); in.Enabled || in.DisabledWhy != "why" {
		t.Errorf("after SetEnabled it is still %+v", in)
	}
	err = b.behind(func(x *tx) error {
		was := x.Get(bIntegrations, []byte(made.ID))
		return x.Put(bIntegrations, []byte(made.ID), []byte(strings.Replace(string(was), `"name":"x"`, `"name":"y"`, 1)))
	})
	if err != nil {
		t.Fatal(err)
	}
	if in := read(); in.Name != "y" {
		t.Errorf("the record says y, the store %q", in.Name)
	}
}

// BenchmarkIntegration reads what the engine reads at each attempt.
func BenchmarkIntegration(b *testing.B) {
	s := benchStore(b)
	values := map[string]any{}
	for _, k := range strings.Fields(
		"netsuiteDefaultItemId accountFilter billferry.maxConcurrency memo dueDate lineOrder taxCode subsidiary") {
		values[k] = map[string]any{"value": strings.Repeat(k, 3), "rules": []any{k, k, k}}
	}
	in, err := s.CreateIntegration(b.Context(), integration.Integration{Name: "x", ConfigData: values}, "")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Integration(b.Context(), in.ID); err != nil {
			b.Fatal(err)
		}
	}
}
