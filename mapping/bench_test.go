package mapping_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"billferry/internal/bill"
	"billferry/internal/sandbox"
	"billferry/internal/spec"
	"billferry/mapping"
	"billferry/netsuite"
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
		raw := mapping.BenchBill(n)
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
		raw := mapping.BenchBill(n)
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
	raw := mapping.BenchBill(20)
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
	for _, split := range []mapping.Split{mapping.PerProduct, mapping.PerBand, mapping.PerAggregation} {
		cfg := benchConfig
		cfg.Split, cfg.CreditMemos = split, true
		b.Run(string(split), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := mapping.Map(cfg, bills[i%len(bills)], mapping.Lookups{CurrencyID: "1"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var benchConfig = configOf(spec.Values{"netsuiteDefaultItemId": "77", "netsuiteSendDueDate": true,
	"netsuiteItemCustomFieldMapping": map[string]string{"servicePeriodStart": "custcol_start", "servicePeriodEnd": "custcol_end"}})

// configOf is a configuration for NetSuite.
func configOf(v spec.Values) mapping.Config {
	cfg, err := netsuite.Adapter{}.Config("", v)
	if err != nil {
		panic(err)
	}
	return cfg
}

func mapExact(tb testing.TB, raw []byte) []byte {
	b, err := bill.Decode(raw)
	if err != nil {
		tb.Fatal(err)
	}
	return mapBill(tb, b)
}

func mapBill(tb testing.TB, b bill.Bill) []byte {
	d, err := mapping.Map(benchConfig, b, mapping.Lookups{CurrencyID: "1"})
	if err != nil {
		tb.Fatal(err)
	}
	return netsuite.Adapter{}.Encode(d).Body
}

// What is compared does the same work.
func TestWaysAgree(t *testing.T) {
	t.Parallel()
	raw := mapping.BenchBill(20)
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
