package bill

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/jsonread"
)

const whole = `{
 "id": "b-1", "version": 4, "accountId": "a-1", "accountCode": "acme", "startDate": "2026-07-01", "endDate": "2026-08-01",
 "billDate": "2026-08-01", "dueDate": null, "timezone": "Europe/Paris", "currency": "EUR", "status": "APPROVED", "locked": true,
 "lastCalculatedDate": "2026-08-01T00:00:04Z", "billTotal": 12.50, "unheard": {"of": [1, {"x": "\u00e9\"}"}, null, true, -2.5e3]},
 "lineItems": [
  {"id": "l-1", "lineItemType": "USAGE", "description": "say \"caf\u00e9\"", "quantity": 1e3, "units": 0.10, "unit": "GB",
   "subtotal": 1234567890123.12345678, "currency": "USD", "conversionRate": 1.10, "convertedSubtotal": 12.5, "averageUnitPrice": null,
   "segment": {"region": "eu", "tier": 3, "gone": null}, "group": null, "sequenceNumber": 1.0,
   "BANDS": [{"pricingBandId": "p-1", "lowerLimit": 0.0, "fixedPrice": 1, "unitPrice": 0.5, "bandUnits": 2, "bandQuantity": 2,
     "unitSubtotal": 1, "bandSubtotal": 2, "convertedBandSubtotal": 2.2}, {"pricingBandId": "p-2"}]},
  {"id": "l-2", "lineItemType": "NEW_THING"}
 ]}`

func TestDecodeReadsBothShapes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"usagePerPricingBand", "bandUsage"} {
		b, err := Decode([]byte(strings.Replace(whole, "BANDS", name, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if b.ID != "b-1" || b.Version != 4 || !b.Locked || b.DueDate != "" || b.Timezone != "Europe/Paris" || !b.HasTotal ||
			b.BillTotal.String() != "12.50" {
			t.Errorf("head: %+v", b.Head)
		}
		l := b.Lines[0]
		for what, pair := range map[string][2]string{
			"description": {l.Description, `say "café"`}, "quantity": {l.Quantity.String(), "1000"}, "units": {l.Units.String(), "0.10"},
			"subtotal": {l.Subtotal.String(), "1234567890123.12345678"}, "rate": {l.ConversionRate.String(), "1.10"},
			"band": {l.Bands[0].ConvertedSubtotal.String(), "2.2"}, "segment": {l.Segment[1].Name + l.Segment[1].Value, "tier3"},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s: %s is %q, want %q", name, what, pair[0], pair[1])
			}
		}
		if len(l.Segment) != 2 || l.SequenceNumber != 1 || len(l.Bands) != 2 || !l.Bands[0].HasConverted || l.Bands[1].HasConverted {
			t.Errorf("%s: line: %+v", name, l)
		}
		bare := b.Lines[1]
		if !bare.ConversionRate.Equal(decimal.New(1, 0)) || bare.HasRate || bare.HasConverted || bare.Type != "NEW_THING" {
			t.Errorf("absent fields: %+v", bare)
		}
		h, err := DecodeHead([]byte(whole))
		if err != nil || h != b.Head {
			t.Errorf("head alone: %+v, %v", h, err)
		}
	}
}

// What is wrong with a Bill is told after its memory may have got another use.
func TestAnErrorOwnsItsStrings(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"id":"b","version":"4"}`, `{"id":"b","dueDate":1}`, `{"id":"b","billTotal":01}`,
		`{"id":"b","lineItems":[}`, `{"id"`} {
		raw := []byte(text)
		_, err := DecodeHead(raw)
		if err == nil {
			t.Fatalf("%s is taken", text)
		}
		want := err.Error()
		clear(raw)
		if got := err.Error(); got != want {
			t.Errorf("%s: %q became %q", text, want, got)
		}
	}
}

func TestDecodeNamesThePlace(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"id":"b","version":1.5}`:                                                 "version: 1.5 is not a whole number",
		`{"id":"b","billTotal":"12"}`:                                              "billTotal: a string at byte 22, expected a number",
		`{"id":"b","lineItems":[{"units":1},{"units":{}}]}`:                        "line item 2, units: ",
		`{"id":"b","lineItems":[{"units":01}]}`:                                    "line item 1, the object: not JSON at byte 33: ",
		`{"id":"b","lineItems":[{"usagePerPricingBand":[{},{"unitPrice":true}]}]}`: "line item 1, band 2, unitPrice: ",
		`{"id":"b","lineItems":[null]}`:                                            "line item 1, the object: ",
		`{"id":"b","lineItems":{}}`:                                                "lineItems: ",
		`{"id":"b","lineItems":[{"bandUsage":7}]}`:                                 "line item 1, bandUsage: ",
		`{"id":"b","lineItems":[{"subtotal":1e999}]}`:                              "line item 1, subtotal: number too long",
		`{"id":"b","lineItems":[{"description":"x`:                                 "line item 1, description: ",
		`{"id":"b"} trailing`:                                                      "not JSON at byte 11: more after the value",
		`[]`:                                                                       "a list at byte 0, expected a Bill",
		``:                                                                         "not JSON at byte 0: the text ends",
		`{"id":"b","lineItems":[{"segment":{"a":[]}}]}`:                            "line item 1, a: a list",
		"{\"id\":\"\xff\"}":                                                        "not JSON at byte 7: not UTF-8",
	} {
		if _, err := Decode([]byte(in)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", in, err, want)
		}
	}
	if _, err := Decode([]byte(`{"version":1}`)); !errors.Is(err, ErrNoID) {
		t.Errorf("without id: %v", err)
	}
	var cut *jsonread.SyntaxError
	if _, err := Decode([]byte(`{"id":"b","x":[1,`)); !errors.As(err, &cut) || !cut.Cut {
		t.Errorf("cut off: %v", err)
	}
}

// FuzzDecode holds the scanner to the standard library's judgement of what is
// JSON, and to its reading of strings.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(strings.Replace(whole, "BANDS", "bandUsage", 1)))
	for _, s := range []string{`{"id":"\ud83d\ude00\n\/"}`, `{"id":"\ud800"}`, `{"id":"a","id":"b"}`, "{\"id\":\"a\tb\"}", `{"id":null}`,
		`{"id":"b",}`, `{"i":-0.e}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := Decode(raw)
		h, headErr := DecodeHead(raw)
		var syntax *jsonread.SyntaxError
		if err == nil {
			if !json.Valid(raw) || headErr != nil || h != b.Head {
				t.Fatalf("accepted: valid %t, head %+v %v", json.Valid(raw), h, headErr)
			}
			var std map[string]any
			if json.Unmarshal(raw, &std) == nil && std["id"] != b.ID {
				t.Fatalf("id %q, encoding/json reads %q", b.ID, std["id"])
			}
		} else if json.Valid(raw) && errors.As(err, &syntax) && !errors.Is(err, jsonread.ErrUTF8) && !errors.Is(err, jsonread.ErrDepth) {
			t.Fatalf("refused as syntax, and it is JSON: %v", err)
		}
	})
}
