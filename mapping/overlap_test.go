package mapping

import "testing"

func TestOverlap(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, b Config
		want string // "": none
	}{
		"both take everybody":     {want: "all accounts that neither restricts"},
		"one has a list":          {a: Config{AccountIDs: []string{"x", "y"}}, want: "account x, y"},
		"lists share one":         {a: Config{AccountIDs: []string{"x", "y"}}, b: Config{AccountIDs: []string{"y", "z"}}, want: "account y"},
		"lists share none":        {a: Config{AccountIDs: []string{"x"}}, b: Config{AccountIDs: []string{"z"}}},
		"the other restricts it":  {a: Config{AccountIDs: []string{"x"}}, b: Config{RestrictedAccountIDs: []string{"x"}}},
		"filters tell them apart": {a: Config{AccountFilter: `currency == "USD"`}, b: Config{AccountFilter: `currency == "EUR"`}},
		"one filter":              {a: Config{AccountFilter: `currency == "USD"`}, want: "the accounts that both account filters let pass"},
		"many":                    {a: Config{AccountIDs: []string{"a", "b", "c", "d", "e"}}, want: "a, b, c and 2 more accounts"},
		"no": {a: Config{AccountFilter: `currency == "USD" AND address.country == "US"`},
			b: Config{AccountFilter: `currency == "USD" AND address.country == "GB"`}},
	} {
		for _, pair := range [][2]Config{{c.a, c.b}, {c.b, c.a}} {
			if got, yes := Overlap(pair[0], pair[1]); got != c.want || yes != (c.want != "") {
				t.Errorf("%s: %q, %v", name, got, yes)
			}
		}
	}
}
