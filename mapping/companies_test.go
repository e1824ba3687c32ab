package mapping

import (
	"slices"
	"strings"
	"testing"

	"billferry/internal/bill"
)

// A parent's Bill warns of lines whose customers another company bills, and only
// of those; money, items and the body stay as they are.
func TestChildrenOfOtherCompanies(t *testing.T) {
	t.Parallel()
	child := func(id, code string) bill.Line {
		l := line(standingCharge, "10")
		l.ChildAccountID, l.ChildAccountCode = id, code
		return l
	}
	b := billOf(child("a-1", "acme"), child("a-2", "acme_uk"), child("a-2", "acme_uk"), child("a-3", "shared"), child("a-4", ""),
		line(usage, "5"))
	if got := Children(plain, b); !slices.Equal(got, []Account{{"a-2", "acme_uk"}, {"a-3", "shared"}, {"a-4", ""}}) {
		t.Errorf("children %v", got)
	}
	if got := Children(with(func(c *Config) { c.ExcludedTypes = []string{standingCharge} }), b); len(got) > 0 {
		t.Errorf("children of lines that are left out: %v", got)
	}
	us, uk, both := Company{[]string{"1"}, "US"}, Company{[]string{"3"}, "UK"}, Company{[]string{"3", "1"}, "UK"}
	toUK := with(func(c *Config) {
		c.Rules.Header = []FieldRules{{Target: Target{Name: "subsidiary", As: AsReference}, Rules: []FieldRule{{N: 1, Value: "3"}}}}
	})
	for name, x := range map[string]struct {
		cfg  Config
		l    Lookups
		says string
		far  []string
	}{
		"nothing is known": {plain, Lookups{}, "", nil},
		"the own is not":   {plain, Lookups{Companies: map[string]Company{"a-2": uk}}, "", nil},
		"one company":      {plain, Lookups{Companies: map[string]Company{"a-1": us, "a-2": us, "a-3": both}}, "", nil},
		"another": {plain, Lookups{Companies: map[string]Company{"a-1": us, "a-2": uk, "a-3": both, "a-4": uk}},
			"3 lines of customers of another subsidiary (acme_uk of UK, a-4 of UK): their money posts with the document to US",
			[]string{"acme_uk of UK", "a-4 of UK"}},
		"a rule chooses": {toUK, Lookups{Companies: map[string]Company{"a-1": both, "a-2": uk, "a-3": us}},
			"1 line of customers of another subsidiary (shared of US): their money posts with the document to UK", []string{"shared of US"}},
		"a rule chooses a third": {toUK, Lookups{Companies: map[string]Company{"a-1": us, "a-3": us}}, "(shared of US): their money posts with " +
			"the document to subsidiary 3", []string{"shared of US"}},
		"it cannot be looked up": {plain, Lookups{NoCompanies: "no answer"}, "could not be looked up: no answer", nil},
	} {
		x.l.CurrencyID = "1"
		d, err := toBooks(x.cfg, b, x.l)
		if err != nil {
			t.Fatal(name, err)
		}
		if !slices.Equal(d.Elsewhere, x.far) || strings.Contains(strings.Join(d.Warnings, "\n"), "subsidiary") != (x.says != "") ||
			!strings.Contains(strings.Join(d.Warnings, "\n"), x.says) || !d.Total.Equal(num("55")) {
			t.Errorf("%s: %v, %q", name, d.Elsewhere, d.Warnings)
		}
	}
}
