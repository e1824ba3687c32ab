package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"billferry/internal/bill"
	"billferry/internal/sandbox"
)

// The benchmarks take a Bill from the bytes of m3ter to the bytes of NetSuite
// on one core, beside two measures in the same run:
//
//	float64    the same in the plain way: encoding/json, structs of float64
//	tokenizer  the floor: jsontext.Decoder.SkipValue, which keeps nothing
//
//	go test ./mapping -run '^$' -bench 'Bill$' -cpu 1
//	go test ./mapping -run '^$' -bench Ratios -cpu 1
var ways = []struct {
	name string
	do   func(testing.TB, []byte) []byte
}{{"exact", mapExact}, {"float64", mapFloat}, {"tokenizer", skipTokens}}

// BenchmarkBill times each way by itself. cpu-ns/op is the time the process was
// given, which other programs on the machine disturb less than ns/op.
func BenchmarkBill(b *testing.B) {
	for _, n := range []int{5, 20, 500} {
		raw := benchBill(n)
		for _, way := range ways {
			b.Run(fmt.Sprintf("lines=%d/%s", n, way.name), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(raw)))
				start := cpuTime()
				for b.Loop() {
					way.do(b, raw)
				}
				used := cpuTime() - start
				b.ReportMetric(float64(used.Nanoseconds())/float64(b.N), "cpu-ns/op")
				b.ReportMetric(float64(used.Nanoseconds())/float64(b.N)/float64(n), "cpu-ns/line")
			})
		}
	}
}

// BenchmarkRatios runs the ways in turns of a few milliseconds and compares the
// best turn of each, by CPU time: what disturbs one way disturbs all.
func BenchmarkRatios(b *testing.B) {
	for _, n := range []int{5, 20, 500} {
		raw := benchBill(n)
		b.Run(fmt.Sprintf("lines=%d", n), func(b *testing.B) {
			best := map[string]time.Duration{}
			times := max(1, 200/n)
			for b.Loop() {
				for _, way := range ways {
					start := cpuTime()
					for range times {
						way.do(b, raw)
					}
					if used := cpuTime() - start; best[way.name] == 0 || used < best[way.name] {
						best[way.name] = used
					}
				}
			}
			b.ReportMetric(0, "ns/op") // of all ways together: says nothing
			exact := float64(best["exact"])
			b.ReportMetric(exact/float64(times*n), "cpu-ns/line")
			for _, other := range ways[1:] {
				b.ReportMetric(float64(best[other.name])/float64(times)/1000, other.name+"-µs")
				b.ReportMetric(exact/float64(best[other.name]), "exact/"+other.name)
			}
			b.ReportMetric(exact/float64(times)/1000, "exact-µs")
		})
	}
}

// BenchmarkDecode is reading alone, whole and head only.
func BenchmarkDecode(b *testing.B) {
	raw := benchBill(20)
	b.Run("bill", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			if _, err := bill.Decode(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("head", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			if _, err := bill.DecodeHead(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkMap maps Bills as the simulator of m3ter writes them, each split by
// itself. On a busy machine count instructions, as BenchmarkStream of
// internal/bill says.
func BenchmarkMap(b *testing.B) {
	var stream bytes.Buffer
	if _, err := sandbox.BillStream(&stream, sandbox.StreamOptions{Seed: 5, Bills: 200, Lines: 14}); err != nil {
		b.Fatal(err)
	}
	var bills []bill.Bill
	for raw := range bytes.Lines(stream.Bytes()) {
		in, err := bill.Decode(raw)
		if err != nil {
			b.Fatal(err)
		}
		bills = append(bills, in)
	}
	for _, split := range []Split{PerProduct, PerBand, PerAggregation} {
		cfg := benchConfig
		cfg.Split, cfg.CreditMemos = split, true
		b.Run(string(split), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := Map(cfg, bills[i%len(bills)], Lookups{CurrencyID: "1"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var benchConfig = Config{
	Split: PerProduct, DefaultItem: "77", SendDueDate: true,
	CustomFields: map[string]string{periodStart: "custcol_start", periodEnd: "custcol_end"},
}

func mapExact(tb testing.TB, raw []byte) []byte {
	b, err := bill.Decode(raw)
	if err != nil {
		tb.Fatal(err)
	}
	return mapBill(tb, b)
}

func mapBill(tb testing.TB, b bill.Bill) []byte {
	d, err := Map(benchConfig, b, Lookups{CurrencyID: "1"})
	if err != nil {
		tb.Fatal(err)
	}
	return d.AppendJSON(make([]byte, 0, 512*len(d.Lines)))
}

// What is compared does the same work.
func TestWaysAgree(t *testing.T) {
	t.Parallel()
	raw := benchBill(20)
	for _, b := range [][]byte{mapExact(t, raw), mapFloat(t, raw)} {
		var in plainInvoice
		if err := json.Unmarshal(b, &in); err != nil {
			t.Fatal(err)
		}
		if i := in.Item.Items; len(i) != 20 || i[19].Quantity != 1250 || i[19].Rate != 0.48 || i[19].Amount != 600 {
			t.Errorf("%s", b)
		}
	}
}

var tokenizer jsontext.Decoder

// skipTokens uses one decoder again and again, over the bytes themselves.
func skipTokens(tb testing.TB, raw []byte) []byte {
	tokenizer.Reset(bytes.NewBuffer(raw))
	if err := tokenizer.SkipValue(); err != nil {
		tb.Fatal(err)
	}
	return nil
}

// benchBill makes a Bill of n lines as long as m3ter's: with the members that
// nobody reads, and one usage line in two with three bands.
func benchBill(n int) []byte {
	var s strings.Builder
	s.WriteString(`{"id":"b1110000-0000-4000-8000-000000000808","version":4,"accountId":"ac000000-0000-4000-8000-000000000001","accountCode":"acme",` +
		`"startDate":"2026-07-01","endDate":"2026-08-01","startDateTimeUTC":"2026-07-01T00:00:00Z","endDateTimeUTC":"2026-08-01T00:00:00Z",` +
		`"billDate":"2026-08-01","dueDate":"2026-08-31","billingFrequency":"MONTHLY","timezone":"America/New_York","currency":"USD","status":"APPROVED",` +
		`"purchaseOrderNumber":"PO-4471","externalInvoiceDate":"2026-08-01","sequentialInvoiceNumber":"INVOICE-101","lineItems":[`)
	for i := range n {
		if i > 0 {
			s.WriteByte(',')
		}
		fmt.Fprintf(&s, `{"id":"0a6b7d4e-2f1b-4f0d-9c0a-%012d","lineItemType":"USAGE","productId":"6c1c2f3e-0f5d-4a3c-9b51-0b7e5a1d%04d","productName":"Acme Data API",`+
			`"productCode":"acme_data_api","description":"API calls (region %d)","quantity":1250000.00,"units":1250.00,"unit":"1k_calls","subtotal":600.00,"currency":"USD",`+
			`"conversionRate":1.0,"convertedSubtotal":600.00,"averageUnitPrice":0.48,"servicePeriodStartDate":"2026-07-01T04:00:00Z","servicePeriodEndDate":"2026-08-01T04:00:00Z",`+
			`"planId":"c5a4b0d2-7f3f-4a53-8a2c-3b0c6a9a1e01","planGroupId":"c5a4b0d2-7f3f-4a53-8a2c-3b0c6a9a1e0f","contractId":"9d0f1c0e-5a55-4b7c-8a5c-1f5b2f1c7701",`+
			`"aggregationId":"b9a7f3f4-11c2-4c5e-9b0e-5d8a2f6e0a02","meterId":"5f8e3f5a-60a1-4d0f-a2e3-7b1c9d8e0a03","pricingId":"e4d3c2b1-90af-4e8d-8c7b-6a5f4e3d2c04",`+
			`"chargeId":"e4d3c2b1-90af-4e8d-8c7b-6a5f4e3d2cff","counterId":"e4d3c2b1-90af-4e8d-8c7b-6a5f4e3d2cfe","segment":{"region":"eu-west-%d"},"group":{},"additional":{"note":"kept by nobody","source":"meter"},`+
			`"sequenceNumber":%d`, i, i%7, i, i, i+1)
		if i%2 == 0 {
			s.WriteString(`,"usagePerPricingBand":[`)
			for j := range 3 {
				if j > 0 {
					s.WriteByte(',')
				}
				fmt.Fprintf(&s, `{"pricingBandId":"11111111-aaaa-4aaa-8aaa-%012d","lowerLimit":%d.0,"fixedPrice":0.0,"unitPrice":0.5,"bandQuantity":400000,"bandUnits":400,"unitSubtotal":200.0,`+
					`"bandSubtotal":200.0,"convertedBandSubtotal":200.0,"creditTypeId":"11111111-aaaa-4aaa-8aaa-0000000000cc"}`, j, j*1000)
			}
			s.WriteByte(']')
		}
		s.WriteByte('}')
	}
	fmt.Fprintf(&s, `],"billTotal":%d.00}`, 600*n)
	return []byte(s.String())
}
