package netsuite

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

// The forms in which NetSuite writes one thing (facts 2.4).
func TestParseRecordForms(t *testing.T) {
	t.Parallel()
	r, err := parseRecord([]byte(`{"id":647,"entity":"614","currency":{"id":1},"status":"B","total":1.0E3,"taxTotal":null,"memo":null,
		"item":{"items":[{"item":7,"amount":-2.50,"quantity":1,"custcol_when":"2026-08-01","custcol_list":{"id":3,"refName":"x"},"custcol_many":{"items":[]},"custcol_odd":[1],"custcol_none":null,"extra":{"a":[1,{"b":2}]}}],"totalResults":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	l := r.Item.Items[0]
	if r.ID != "647" || r.Entity.ID != "614" || r.Currency.ID != "1" || !r.settledBy() || r.net().String() != "1000" || r.Memo != "" || l.Item.ID != "7" || l.Amount.String() != "-2.50" {
		t.Fatalf("%+v", r)
	}
	for field, want := range map[string]string{"custcol_when": "2026-08-01", "custcol_list": "3", "custcol_many": "", "custcol_odd": "[1]", "custcol_none": "", "custcol_absent": ""} {
		if got := l.Custom[field].ID; got != want {
			t.Errorf("%s = %q, want %q", field, got, want)
		}
	}
	for _, bad := range []string{"", "{}", `{"id":"1","total":"x"}`, `{"id":"1","item":{"items":[1]}}`, `{"id":"1"`, `[]`, `{"id":"1","item":{"items":[{"item":[]}]}}`} {
		if _, err := parseRecord([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// A list that NetSuite cut proves nothing about the lines that are not there.
func TestLinesOnAnotherPageAreADifference(t *testing.T) {
	t.Parallel()
	d, body := invoice20()
	cut := strings.Replace(string(body), `"hasMore":false`, `"hasMore":true`, 1)
	r, err := parseRecord([]byte(cut))
	if err != nil {
		t.Fatal(err)
	}
	if differs := compare(d, "614", r); len(differs) != 1 || !strings.Contains(differs[0], "showed only 20 of 20") {
		t.Fatal(differs)
	}
	d.Lines[3].ItemID, d.Lines[19].Description = "5", "other"
	r.Item.HasMore = false
	if differs := compare(d, "614", r); strings.Join(differs, "; ") != `line 4 item: sent 5, NetSuite holds 199; line 20 description: sent "other", NetSuite holds "Platform"` {
		t.Fatal(differs)
	}
}

// Whatever answers: no panic, and a failure that says something.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"", "{", `{"id":"1"}`, `{"o:errorDetails":[{"detail":"x"}]}`, `{"error":{"code":1}}`, "<html>", "null", `{"id":"1","item":{"items":[{"item":{"id":[]}}]}}`} {
		f.Add(400, s)
		f.Add(503, s)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		a := answer{status: status, head: http.Header{}, body: []byte(body)}
		for _, fail := range []string{classify(a, true).Message, classifyToken(a).Message} {
			if fail == "" || len(fail) > 4096 {
				t.Fatalf("%q", fail)
			}
		}
		if c := classify(a, true).Cause; c == "" || !utf8.ValidString(c) {
			t.Fatalf("cause %q", c)
		}
		_, _ = parseRecord(a.body)
	})
}
