package app

import (
	"bytes"
	"strings"
	"testing"

	"billferry/internal/sandbox"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/mapping"
)

// A preview shows a Bill that the settings would send: of a chosen account where
// one has a Bill, else the sample as if it were of one.
func TestThePreviewTakesABillOfAChosenAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	ctx := t.Context()
	in := w.create(t, "US", spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault})
	for i, account := range []string{"acct-a", "acct-b"} {
		raw := bytes.Replace(mapping.SampleOf(account), []byte("00000000b111"), []byte("00000000b11"+string(rune('2'+i))), 1)
		raw = bytes.Replace(raw, []byte("INVOICE-1042"), []byte("INVOICE-"+account), 1)
		if _, err := w.app.Submit(ctx, in.ID, raw, "test"); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name               string
		chosen, restricted []any
		source             string
	}{
		{"the latest of all", nil, nil, "INVOICE-acct-b"},
		{"of the chosen one", []any{"acct-a"}, nil, "INVOICE-acct-a"},
		{"of the second chosen one", []any{"acct-new", "acct-a"}, nil, "INVOICE-acct-a"},
		{"none of the chosen has a Bill", []any{"acct-new"}, nil, "built-in sample, as if of account acct-new"},
		{"the latest is restricted", nil, []any{"acct-b"}, "built-in sample"},
		{"restricted wins", []any{"acct-b"}, []any{"acct-b"}, "built-in sample"},
	} {
		v := spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault, "accountIds": c.chosen, "restrictedAccountIds": c.restricted}
		got, err := w.app.Preview(ctx, service.PreviewRequest{EntityType: "Bill", Destination: "Netsuite", ConfigData: v})
		if err != nil {
			t.Fatal(err)
		}
		sends := got.Verdict == "would be sent" || c.name == "restricted wins"
		if got.Source != c.source || !sends {
			t.Errorf("%s: %s, which %s; want %s", c.name, got.Source, got.Verdict, c.source)
		}
		if strings.Contains(got.Verdict, "not in Account Ids") && c.name != "restricted wins" {
			t.Errorf("%s: %s", c.name, got.Verdict)
		}
	}
}
