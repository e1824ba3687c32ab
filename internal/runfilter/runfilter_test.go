package runfilter

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

var now = time.Date(2026, 11, 22, 16, 5, 0, 0, time.UTC)

func TestParse(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }
	for text, want := range map[string]integration.RunFilter{
		"":                      {},
		"  acme  uk ":           {Text: "acme uk"},
		"status:error,COMPLETE": {Statuses: []integration.Status{integration.Errored, integration.Complete}},
		"status:auth-failed":    {Statuses: []integration.Status{integration.AuthFailed}},
		"status:open": {Statuses: []integration.Status{integration.Waiting, integration.Started, integration.RateLimitRetry,
			integration.AwaitingRetry}},
		"cause:a,b outcome:HELD":                    {Causes: []string{"a", "b"}, Outcomes: []integration.Outcome{integration.Held}},
		`account:"acme uk"`:                         {Account: "acme uk"},
		"bill:INVOICE-1":                            {Text: "INVOICE-1"},
		"bill:0b1e7f52-3c44-4c59-9e57-0d1f6a8c2b11": {BillID: "0b1e7f52-3c44-4c59-9e57-0d1f6a8c2b11"},
		"paid:no age>30d": {Payments: []integration.Payment{integration.Unpaid, integration.Overdue},
			DatedBefore: "2026-10-23"},
		"paid:part,yes age>2026-10-31": {Payments: []integration.Payment{integration.PartPaid, integration.Paid},
			DatedBefore: "2026-10-31"},
		"currency:usd":           {Currency: "USD"},
		"period:2026-10":         {Period: "2026-10"},
		"period:last":            {Period: "2026-10"},
		"since:7d":               {Since: now.Add(-7 * 24 * time.Hour)},
		"since:2026-11-01":       {Since: day(1)},
		"until:2026-11-01":       {Until: day(2)},
		"until:yesterday":        {Until: day(22)},
		"since:2026-11-01T09:30": {Since: day(1).Add(9*time.Hour + 30*time.Minute)},
		"amount>100":             {MinAmount: decimal.New(100, 0), HasMin: true},
		"amount>=-99.50":         {MinAmount: decimal.New(-9950, -2), HasMin: true},
		"order:oldest":           {Oldest: true},
		`"a:b" 10:30`:            {Text: "a:b 10:30"},
	} {
		got, err := Parse(text, now)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Parse(%q) = %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestParseFailed(t *testing.T) {
	t.Parallel()
	f, err := Parse("status:failed", now)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range integration.Statuses {
		if slices.Contains(f.Statuses, s) != s.Failed() {
			t.Errorf("status:failed and %s do not agree", s)
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		column int
		words  string
	}{
		{"acme status:eror", 13, `no status "eror"`},
		{"status:", 1, "no value"},
		{"colour:red", 1, `no field "colour"`},
		{"é since:soon", 9, "is not a time"},
		{"amount>lots", 8, "not a number"},
		{"amount:5", 7, "amount>="},
		{"currency:DOLLAR", 10, "three letters"},
		{`acct:"acme`, 6, "not closed"},
		{"acct:a acct:b", 8, "given twice"},
		{"since:1d until:2d", 1, "nothing can match"},
		{"outcome:fine", 9, "no outcome"},
		{"period:October", 8, "like 2026-11"},
		{"order:up", 7, "newest or oldest"},
	} {
		_, err := Parse(c.text, now)
		var e *Error
		if !errors.As(err, &e) || e.Column != c.column || !strings.Contains(e.Reason, c.words) {
			t.Errorf("Parse(%q) says %v; want column %d and %q", c.text, err, c.column, c.words)
		}
	}
}

func TestFormatReadsBack(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-zA-Z0-9_.:>é-]{1,8}( [a-z0-9]{1,4})?`)
	plain := rapid.StringMatching(`[a-z0-9_-]{1,10}`)
	rapid.Check(t, func(t *rapid.T) {
		f := integration.RunFilter{
			Statuses: subset(t, integration.Statuses),
			Outcomes: subset(t, outcomeList),
			Account:  rapid.OneOf(rapid.Just(""), word).Draw(t, "account"),
			Currency: rapid.SampledFrom([]string{"", "USD", "JPY"}).Draw(t, "currency"),
			Period:   rapid.SampledFrom([]string{"", "2026-11"}).Draw(t, "period"),
			Oldest:   rapid.Bool().Draw(t, "oldest"),
			Text:     rapid.OneOf(rapid.Just(""), word).Draw(t, "text"),
		}
		if rapid.Bool().Draw(t, "causes") {
			f.Causes = rapid.SliceOfNDistinct(plain, 1, 3, rapid.ID).Draw(t, "cause")
		}
		if f.HasMin = rapid.Bool().Draw(t, "min"); f.HasMin {
			f.MinAmount = decimal.New(rapid.Int64().Draw(t, "amount"), -2)
		}
		f.Since = now.Add(-time.Duration(rapid.Int64Range(1, 1e17).Draw(t, "since")))
		f.Until = now.Truncate(24 * time.Hour)
		if !f.Since.Before(f.Until) {
			f.Since = time.Time{}
		}
		got, err := Parse(Format(f), now)
		if err != nil || !reflect.DeepEqual(got, f) {
			t.Fatalf("%q reads back as %+v, %v; was %+v", Format(f), got, err, f)
		}
	})
}

func subset[T comparable](t *rapid.T, all []T) []T {
	got := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, 3, rapid.ID).Draw(t, "subset")
	if len(got) == 0 {
		return nil
	}
	return got
}

func TestComplete(t *testing.T) {
	t.Parallel()
	k := Known{Causes: []string{"account_mapping_missing", "item_missing"}, Accounts: []string{"acme"}, Currencies: []string{"USD"}}
	for text, want := range map[string][]string{
		"":                nil,
		"acme st":         {"acme status:"},
		"am":              {"amount>="},
		"status:er":       {"status:error"},
		"status:error,au": {"status:error,auth_failed"},
		"status:error,er": nil,
		"cause:":          {"cause:account_mapping_missing", "cause:item_missing"},
		"x account:a":     {"x account:acme"},
		"currency:u":      {"currency:USD"},
		`"st`:             nil,
		"outcome:cre":     {"outcome:created"},
		"bill:I":          nil,
	} {
		if got := Complete(text, k); !slices.Equal(got, want) {
			t.Errorf("Complete(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`status:error since:7d "x y" amount>=1`)
	f.Fuzz(func(t *testing.T, s string) {
		got, err := Parse(s, now)
		if err != nil {
			return
		}
		again, err := Parse(Format(got), now)
		if err != nil || Format(again) != Format(got) {
			t.Fatalf("%q became %q, which reads as %+v, %v", s, Format(got), again, err)
		}
	})
}
