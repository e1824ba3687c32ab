package mapping

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"billferry/internal/bill"
)

func TestDescriptionTellsWhatTheLineIs(t *testing.T) {
	t.Parallel()
	l := usageLine("1", "1", "1")
	l.Description, l.ChildAccountCode = "Storage", "acme_uk"
	l.Segment = []bill.Pair{{Name: "region", Value: "eu"}, {Name: "tier", Value: "hot"}}
	l.Group = []bill.Pair{{Name: "team", Value: "red"}}
	d := mapped(t, plain, billOf(l))
	if got := d.Lines[0].Description; got != "Storage | Data API | region: eu | tier: hot | team: red | account: acme_uk" {
		t.Error(got)
	}
	l = line(minimumSpend, "1")
	l.Description = "Data API Minimum Spend Adjustment"
	if got := mapped(t, plain, billOf(l)).Lines[0].Description; got != l.Description {
		t.Errorf("the product is named twice: %s", got)
	}
	l.Description, l.ProductName = "", ""
	if got := mapped(t, plain, billOf(l)).Lines[0].Description; got != minimumSpend {
		t.Errorf("no words at all: %q", got)
	}
}

func TestDescriptionIsCutAndSaysSo(t *testing.T) {
	t.Parallel()
	family := "👨‍👩‍👧‍👦" // one character to a reader, 11 UTF-16 units
	l := usageLine("3", "5", "14.99")
	l.Description = "say \x1b[31m" + strings.Repeat(family, 1000)
	d := mapped(t, plain, billOf(l))
	got := d.Lines[0]
	if n := len(utf16.Encode([]rune(got.Description))); n > books.Limits.Description || n < books.Limits.Description-20 {
		t.Errorf("%d units", n)
	}
	if !strings.HasPrefix(got.Description, "say  [31m"+family) || !strings.HasSuffix(got.Description, family+"… | quantity 3 GB") {
		t.Errorf("%.30s … %s", got.Description, got.Description[len(got.Description)-60:])
	}
	if len(got.Why.Cut) != 2 || !warned(d, "1 line with a description that was shortened") {
		t.Errorf("%v %v", got.Why.Cut, d.Warnings)
	}
}

func TestCutProperty(t *testing.T) {
	t.Parallel()
	pieces := []string{"a", "é", "e\u0301", "👨‍👩‍👧‍👦", "🇫🇷", "ที่", "\r\n", "文", "한", " "}
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(t, "pieces"), "")
		limit := rapid.IntRange(1, 60).Draw(t, "limit")
		got, shortened := cut(s, limit)
		if n := len(utf16.Encode([]rune(got))); n > limit || shortened != (len(utf16.Encode([]rune(s))) > limit) {
			t.Fatalf("%q to %d: %q of %d units, %t", s, limit, got, n, shortened)
		}
		if !shortened {
			if got != s {
				t.Fatalf("%q became %q", s, got)
			}
			return
		}
		kept := strings.TrimSuffix(got, "…")
		boundary := kept == ""
		g := uniseg.NewGraphemes(s)
		for g.Next() {
			_, end := g.Positions()
			boundary = boundary || end == len(kept)
		}
		if !strings.HasPrefix(s, kept) || !boundary {
			t.Fatalf("%q was cut inside a character: %q", s, kept)
		}
	})
}
