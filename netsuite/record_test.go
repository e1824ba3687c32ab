package netsuite

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"billferry/internal/decimal"
	"billferry/internal/jsonread"
)

// The forms in which NetSuite writes one thing (facts 2.4).
func TestParseRecordForms(t *testing.T) {
	t.Parallel()
	r, err := parseRecord([]byte(`{"id":647,"entity":"614","currency":{"id":1},"status":"B","total":1.0E3,"taxTotal":null,"memo":null,
		"item":{"items":[{"item":7,"amount":-2.50,"quantity":1,"custcol_when":"2026-08-01","custcol_list":{"id":3,"refName":"x"},` +
		`"custcol_many":{"items":[]},"custcol_odd":[1],"custcol_none":null,"extra":{"a":[1,{"b":2}]}}],"totalResults":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	l := r.Item.Items[0]
	if r.ID != "647" || r.Entity.ID != "614" || r.Currency.ID != "1" || !r.settledBy() || r.net().String() != "1000" || r.Memo != "" ||
		l.Item.ID != "7" || l.Amount.String() != "-2.50" {
		t.Fatalf("%+v", r)
	}
	for field, want := range map[string]string{"custcol_when": "2026-08-01", "custcol_list": "3", "custcol_many": "", "custcol_odd": "[1]",
		"custcol_none": "", "custcol_absent": ""} {
		if got := l.custom(field).ID; got != want {
			t.Errorf("%s = %q, want %q", field, got, want)
		}
	}
	for _, bad := range []string{"", "{}", `{"id":"1","total":"x"}`, `{"id":"1","item":{"items":[1]}}`, `{"id":"1"`, `[]`,
		`{"id":"1","item":{"items":[{"item":[]}]}}`} {
		if _, err := parseRecord([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// plainRecord reads what parseRecord reads in the plain way, out of a map.
func plainRecord(body string) (id, customer, memo, total string, lines []string, ok bool) {
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		return id, customer, memo, total, nil, false
	}
	memo, _ = m["memo"].(string)
	if n, is := m["total"].(json.Number); is {
		total = n.String()
	}
	sublist, _ := m["item"].(map[string]any)
	items, _ := sublist["items"].([]any)
	for _, i := range items {
		l, _ := i.(map[string]any)
		lines = append(lines, fmt.Sprintf("%s %s %s", plainRef(l["item"]), plainRef(l["description"]), plainRef(l["custcol_a"])))
	}
	return plainRef(m["id"]), plainRef(m["entity"]), memo, total, lines, true
}

// plainRef is the id of a reference, or a scalar as it is written.
func plainRef(v any) string {
	if m, ok := v.(map[string]any); ok {
		v = m["id"]
	}
	switch v := v.(type) {
	case nil:
		return ""
	case []any, map[string]any:
		return "?"
	default:
		return fmt.Sprint(v)
	}
}

// FuzzRecord holds what is read of a record to what encoding/json reads.
func FuzzRecord(f *testing.F) {
	_, body := invoice20()
	f.Add(string(body))
	for _, s := range []string{
		`{"id":1,"id":2,"entity":{"id":"3","id":4},"memo":"a\u00e9\/","total":-1.50,"item":{"items":[{"item":{"id":true},"description":7,` +
			`"custcol_a":{"id":"x","refName":null}},{"custcol_a":[1]},{"custcol_a":1,"custcol_a":"2"}],"totalResults":2.0}}`,
		`{"id":"1","item":null}`, `{"id":"1","item":{"items":null}} `, "{\"id\":\"\xff\xfe\",\"memo\":\"\xe9\"}", `{"id":"\ud800"}`,
		`{"id":"1","memo":null,"x":[{"y":{}}]}`, `null`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r, err := parseRecord([]byte(body))
		id, customer, memo, total, lines, ok := plainRecord(body)
		var syntax *jsonread.SyntaxError
		switch {
		case err != nil:
			if errors.As(err, &syntax) && json.Valid([]byte(body)) && !errors.Is(err, jsonread.ErrDepth) {
				t.Fatalf("refused as no JSON, and it is: %v", err)
			}
			return
		case !ok:
			t.Fatalf("read, and encoding/json cannot: %+v", r)
		case r.ID != id || r.Entity.ID != customer || r.Memo != memo || len(r.Item.Items) != len(lines):
			t.Fatalf("%+v\nencoding/json reads id %q, customer %q, memo %q, lines %q", r, id, customer, memo, lines)
		}
		if total != "" && !r.Total.Equal(decimal.MustParse(total)) {
			t.Fatalf("total %s, want %s", r.Total, total)
		}
		for i, l := range r.Item.Items {
			got := fmt.Sprintf("%s %s %s", l.Item.ID, l.Description, l.custom("custcol_a").ID)
			if !strings.Contains(lines[i], "?") && got != lines[i] {
				t.Fatalf("line %d: %q, encoding/json reads %q", i+1, got, lines[i])
			}
		}
	})
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
	if differs := compare(d, "614", r); strings.Join(differs,
		"; ") != `line 4 item: sent 5, NetSuite holds 199; line 20 description: sent "other", NetSuite holds "Platform"` {
		t.Fatal(differs)
	}
}

// Whatever answers: no panic, and a failure that says something.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"", "{", `{"id":"1"}`, `{"o:errorDetails":[{"detail":"x"}]}`, `{"error":{"code":1}}`, "<html>", "null",
		`{"id":"1","item":{"items":[{"item":{"id":[]}}]}}`} {
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
