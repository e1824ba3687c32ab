package delivery

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"billferry/internal/bill"
	"billferry/internal/decimal"
	"billferry/internal/sandbox"
	"billferry/mapping"
)

// same holds the kept document to what encoding/json makes of its struct.
func same(t interface{ Fatalf(string, ...any) }, d mapping.Document) []byte {
	e := d.Encode()
	want, err := json.Marshal(Explain(e))
	if err != nil {
		t.Fatalf("%v", err)
	}
	got := appendExplained([]byte("x"), e)
	if string(got[1:]) != string(want) {
		t.Fatalf("\n got %s\nwant %s", got[1:], want)
	}
	return want
}

func TestAKeptDocumentIsItsStructAsJSON(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,30}`), rapid.SampledFrom([]string{
		"", "<b>&amp;</b>", "a\u2028b\u2029", "\xff\xc0", "\xed\xa0\x80", "\ufffd", "\x7f\x00\x1f\b\f\t\r\n", `"\/`, "€ 5 … –", "Müller & Söhne", "\xe2\x80", "日本",
	}))
	texts := rapid.OneOf(rapid.Just([]string(nil)), rapid.SliceOfN(text, 0, 3))
	number := rapid.Custom(func(t *rapid.T) decimal.D {
		return decimal.MustParse(rapid.StringMatching(`-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,20})?(e-?[0-9])?`).Draw(t, "number"))
	})
	line := rapid.Custom(func(t *rapid.T) mapping.Line {
		s := func(name string) string { return text.Draw(t, name) }
		return mapping.Line{
			ItemID: s("item"), Description: s("description"), Quantity: number.Draw(t, "q"), Rate: number.Draw(t, "r"), Amount: number.Draw(t, "a"),
			Custom: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) mapping.CustomField {
				return mapping.CustomField{Field: text.Draw(t, "f"), Value: text.Draw(t, "v")}
			}), 0, 2).Draw(t, "custom"),
			Why: mapping.Provenance{
				Sources: texts.Draw(t, "sources"), Types: texts.Draw(t, "types"), Bands: texts.Draw(t, "bands"), Rule: s("rule"),
				Match: s("match"), Fallback: s("fallback"), Money: s("money"), Cut: texts.Draw(t, "cut"),
			},
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		s := func(name string) string { return text.Draw(t, name) }
		n := func(name string) decimal.D { return number.Draw(t, name) }
		same(t, mapping.Document{
			Kind: mapping.Kind(s("kind")), ExternalID: s("eid"), Entity: mapping.Ref{ID: s("id"), ExternalID: s("external")},
			Currency: s("currency"), CurrencyID: s("currencyId"), TranDate: s("tran"), DueDate: s("due"), OtherRefNum: s("po"), Memo: s("memo"),
			Lines: rapid.SliceOfN(line, 0, 3).Draw(t, "lines"),
			Total: n("total"), Included: n("included"), Excluded: n("excluded"), Rounding: n("rounding"), BillTotal: n("bill"),
			DefaultLines: rapid.IntRange(-1, 20).Draw(t, "lines on the default item"), DefaultAmount: n("default"), Warnings: texts.Draw(t, "warnings"),
		})
	})
}

// Every byte, alone and at either side of a letter that is not ASCII.
func TestQuoteIsOfTheStandardLibrary(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for _, s := range []string{string([]byte{byte(c)}), "é" + string([]byte{byte(c)}), string([]byte{byte(c)}) + "\u2028", string(rune(c)), string(rune(0x1fff + c))} {
			want, err := json.Marshal(s)
			if got := quote(nil, s); err != nil || string(got) != string(want) {
				t.Errorf("%q is quoted %s, not %s", s, got, want)
			}
		}
	}
}

// documents maps Bills as m3ter writes them, of each split.
func documents(t testing.TB, bills int) []mapping.Document {
	t.Helper()
	var stream strings.Builder
	if _, err := sandbox.BillStream(&stream, sandbox.StreamOptions{Seed: 7, Bills: bills, Lines: 14}); err != nil {
		t.Fatal(err)
	}
	var out []mapping.Document
	for raw := range strings.Lines(stream.String()) {
		b, err := bill.Decode([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		for _, split := range []mapping.Split{mapping.PerProduct, mapping.PerBand, mapping.PerAggregation} {
			d, err := mapping.Map(mapping.Config{Split: split, DefaultItem: "9", CreditMemos: true}, b, mapping.Lookups{CurrencyID: "1"})
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, d)
		}
	}
	return out
}

func TestDocumentsOfBillsAreKeptAsTheirStruct(t *testing.T) {
	t.Parallel()
	for _, d := range documents(t, 40) {
		kept := same(t, d)
		x, err := ReadExplained(kept)
		if err != nil {
			t.Fatal(err)
		}
		if again := x.Plain().Encode(); string(again.Body) != string(d.AppendJSON(nil)) {
			t.Fatalf("the document read back would be sent as\n%s, not as\n%s", again.Body, d.AppendJSON(nil))
		}
	}
}

// A member that is new in a struct is missing in what is written by hand; the
// tests above would not see it while no document had it.
func TestEveryMemberOfADocumentIsWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of   any
		want int
	}{{Explained{}, 19}, {ExplainedLine{}, 7}, {mapping.Ref{}, 2}, {mapping.CustomField{}, 2}, {mapping.Provenance{}, 8}} {
		if n := reflect.TypeOf(c.of).NumField(); n != c.want {
			t.Errorf("%T has %d members; appendExplained knows %d", c.of, n, c.want)
		}
	}
}

// One buffer, made once: what it saves is the point of writing it by hand.
func BenchmarkKeep(b *testing.B) {
	all := documents(b, 20)
	encoded := make([]mapping.Encoded, len(all))
	for i, d := range all {
		encoded[i] = d.Encode()
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_ = appendExplained(nil, encoded[i%len(encoded)])
	}
}
