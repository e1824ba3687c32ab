package mapping

import (
	"encoding/json"
	"errors"
	"testing"

	"billferry/internal/bill"
	"billferry/internal/integration"
)

// FuzzMap takes bytes all the way: whatever decodes either maps to a document
// whose sums hold, or is refused with a cause and advice.
func FuzzMap(f *testing.F) {
	f.Add(Sample(), byte(0))
	f.Add(Sample(), byte(0xff))
	f.Add(BenchBill(3), byte(1))
	f.Add([]byte(`{"id":"b","accountId":"a","currency":"JPY","billDate":"2026-01-01","lineItems":[{"id":"l","lineItemType":"USAGE",`+
		`"convertedSubtotal":-1e9}]}`), byte(6))
	f.Add([]byte(`{"id":"b","accountId":"a","currency":"KWD","billDate":"2026-01-01","billTotal":7.0015,"lineItems":[{"id":"l",`+
		`"lineItemType":"USAGE","units":4e9,"averageUnitPrice":1.75e-9,`+
		`"currency":"GBP","conversionRate":1.0002,"subtotal":7,"convertedSubtotal":7.0014,"aggregationId":"g","bandUsage":[{"lowerLimit":0,`+
		`"fixedPrice":3,"unitPrice":1e-9,"bandUnits":4e9,"bandSubtotal":7}]},`+
		`{"id":"m","lineItemType":"USAGE_CREDIT","convertedSubtotal":0.0001,"aggregationId":"g","servicePeriodStartDate":"2026-01-01",`+
		`"servicePeriodEndDate":"2026-01-01T00:00:00Z"}]}`), byte(0x21))
	f.Fuzz(func(t *testing.T, raw []byte, choices byte) {
		b, err := bill.Decode(raw)
		if err != nil {
			return
		}
		cfg := Config{
			Split: []Split{PerProduct, PerBand, PerAggregation}[choices%3], DefaultItem: "9", CreditMemos: choices&4 != 0,
			MergeLines: choices&8 != 0, SendDueDate: choices&16 != 0, ExcludedTypes: []string{adHoc},
		}
		if choices&32 != 0 {
			cfg.CustomFields = map[string]string{periodStart: "custcol_a", periodEnd: "custcol_b"}
		}
		d, err := toBooks(cfg, b, Lookups{CurrencyID: "1"})
		var nothing *NothingError
		var failure *integration.Failure
		switch {
		case errors.As(err, &nothing):
		case errors.As(err, &failure):
			if failure.Cause == "" || failure.Cause == "sum_mismatch" || failure.Message == "" || failure.Advice == "" {
				t.Fatalf("%+v", failure)
			}
		case err != nil:
			t.Fatal(err)
		default:
			if !b.HasTotal {
				b.BillTotal = d.BillTotal
				if d.Kind == CreditMemo {
					b.BillTotal = b.BillTotal.Neg()
				}
			}
			checkMoney(t, cfg, b, d)
			if _, err := json.Marshal(d); err != nil || len(d.Lines) > books.Limits.Lines {
				t.Fatalf("%d lines, %v", len(d.Lines), err)
			}
		}
	})
}
