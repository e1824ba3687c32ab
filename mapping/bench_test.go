package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"billferry/internal/bill"
)

// The benchmarks take a Bill from the bytes of m3ter to the bytes of NetSuite
// on one core, beside three measures in the same run:
//
//	float64    the same in the plain way: encoding/json, structs of float64
//	v2structs  decoding alone, by go-json-experiment into structs of raw numbers
//	tokenizer  the floor: jsontext.Decoder.SkipValue, which keeps nothing
//
//	go test ./mapping -run '^$' -bench Bill -cpu 1
func BenchmarkBill(b *testing.B) {
	for _, n := range []int{5, 20, 500} {
		raw := benchBill(n)
		for _, way := range []struct {
			name string
			do   func(testing.TB, []byte)
		}{{"exact", mapExact}, {"float64", mapFloat}, {"v2structs", decodeV2}, {"tokenizer", skipTokens}} {
			b.Run(fmt.Sprintf("lines=%d/%s", n, way.name), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(raw)))
				for b.Loop() {
					way.do(b, raw)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/line")
			})
		}
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

var benchConfig = Config{
	Split: PerProduct, DefaultItem: "77", SendDueDate: true,
	CustomFields: map[string]string{periodStart: "custcol_start", periodEnd: "custcol_end"},
}

func mapExact(tb testing.TB, raw []byte) {
	b, err := bill.Decode(raw)
	if err != nil {
		tb.Fatal(err)
	}
	d, err := Map(benchConfig, b, Lookups{CurrencyID: "1"})
	if err != nil {
		tb.Fatal(err)
	}
	if body := d.AppendJSON(make([]byte, 0, 512*len(d.Lines))); len(body) == 0 {
		tb.Fatal("no body")
	}
}

// The plain way: every figure that billferry reads, as float64, and an invoice
// of structs. It rounds each line by itself and explains nothing.
type (
	plainBill struct {
		ID                      string      `json:"id"`
		AccountID               string      `json:"accountId"`
		BillDate                string      `json:"billDate"`
		DueDate                 string      `json:"dueDate"`
		Currency                string      `json:"currency"`
		Timezone                string      `json:"timezone"`
		Status                  string      `json:"status"`
		StartDate               string      `json:"startDate"`
		EndDate                 string      `json:"endDate"`
		LastCalculatedDate      string      `json:"lastCalculatedDate"`
		PurchaseOrderNumber     string      `json:"purchaseOrderNumber"`
		ExternalInvoiceDate     string      `json:"externalInvoiceDate"`
		SequentialInvoiceNumber string      `json:"sequentialInvoiceNumber"`
		BillTotal               float64     `json:"billTotal"`
		LineItems               []plainLine `json:"lineItems"`
	}
	plainLine struct {
		ID                     string            `json:"id"`
		LineItemType           string            `json:"lineItemType"`
		Description            string            `json:"description"`
		ProductID              string            `json:"productId"`
		ProductName            string            `json:"productName"`
		ProductCode            string            `json:"productCode"`
		AccountingProductID    string            `json:"accountingProductId"`
		AggregationID          string            `json:"aggregationId"`
		MeterID                string            `json:"meterId"`
		PlanID                 string            `json:"planId"`
		ContractID             string            `json:"contractId"`
		Unit                   string            `json:"unit"`
		Currency               string            `json:"currency"`
		Segment                map[string]string `json:"segment"`
		Group                  map[string]string `json:"group"`
		Quantity               float64           `json:"quantity"`
		Units                  float64           `json:"units"`
		Subtotal               float64           `json:"subtotal"`
		ConversionRate         float64           `json:"conversionRate"`
		ConvertedSubtotal      float64           `json:"convertedSubtotal"`
		AverageUnitPrice       float64           `json:"averageUnitPrice"`
		ServicePeriodStartDate string            `json:"servicePeriodStartDate"`
		ServicePeriodEndDate   string            `json:"servicePeriodEndDate"`
		UsagePerPricingBand    []plainBand       `json:"usagePerPricingBand"`
	}
	plainBand struct {
		PricingBandID         string  `json:"pricingBandId"`
		LowerLimit            float64 `json:"lowerLimit"`
		FixedPrice            float64 `json:"fixedPrice"`
		UnitPrice             float64 `json:"unitPrice"`
		BandUnits             float64 `json:"bandUnits"`
		BandQuantity          float64 `json:"bandQuantity"`
		UnitSubtotal          float64 `json:"unitSubtotal"`
		BandSubtotal          float64 `json:"bandSubtotal"`
		ConvertedBandSubtotal float64 `json:"convertedBandSubtotal"`
	}
	plainRef struct {
		ID         string `json:"id,omitempty"`
		ExternalID string `json:"externalId,omitempty"`
	}
	plainInvoice struct {
		ExternalID  string   `json:"externalId"`
		Entity      plainRef `json:"entity"`
		Currency    plainRef `json:"currency"`
		TranDate    string   `json:"tranDate"`
		DueDate     string   `json:"dueDate"`
		OtherRefNum string   `json:"otherRefNum"`
		Memo        string   `json:"memo"`
		ToBeEmailed bool     `json:"toBeEmailed"`
		Item        struct {
			Items []plainItem `json:"items"`
		} `json:"item"`
	}
	plainItem struct {
		Item        plainRef `json:"item"`
		Quantity    float64  `json:"quantity"`
		Rate        float64  `json:"rate"`
		Amount      float64  `json:"amount"`
		Price       plainRef `json:"price"`
		Description string   `json:"description"`
		Start       string   `json:"custcol_start"`
		End         string   `json:"custcol_end"`
	}
)

func mapFloat(tb testing.TB, raw []byte) {
	var b plainBill
	if err := json.Unmarshal(raw, &b); err != nil {
		tb.Fatal(err)
	}
	inv := plainInvoice{
		ExternalID: "m3b-" + b.ID, Entity: plainRef{ExternalID: b.AccountID}, Currency: plainRef{ID: "1"},
		TranDate: b.ExternalInvoiceDate, DueDate: b.DueDate, OtherRefNum: b.PurchaseOrderNumber, Memo: b.SequentialInvoiceNumber,
	}
	for _, l := range b.LineItems {
		text := []string{l.Description, l.ProductName}
		for k, v := range l.Segment {
			text = append(text, k+": "+v)
		}
		inv.Item.Items = append(inv.Item.Items, plainItem{
			Item: plainRef{ID: "77"}, Quantity: l.Units, Rate: l.AverageUnitPrice * l.ConversionRate,
			Amount: math.Round(l.ConvertedSubtotal*100) / 100, Price: plainRef{ID: "-1"}, Description: strings.Join(text, " | "),
			Start: l.ServicePeriodStartDate[:10], End: l.ServicePeriodEndDate[:10],
		})
	}
	if _, err := json.Marshal(inv); err != nil {
		tb.Fatal(err)
	}
}

type (
	rawLine struct {
		ID                     string         `json:"id"`
		LineItemType           string         `json:"lineItemType"`
		Description            string         `json:"description"`
		ProductID              string         `json:"productId"`
		ProductName            string         `json:"productName"`
		ProductCode            string         `json:"productCode"`
		AccountingProductID    string         `json:"accountingProductId"`
		AggregationID          string         `json:"aggregationId"`
		MeterID                string         `json:"meterId"`
		PlanID                 string         `json:"planId"`
		ContractID             string         `json:"contractId"`
		Unit                   string         `json:"unit"`
		Currency               string         `json:"currency"`
		Segment                jsontext.Value `json:"segment"`
		Quantity               jsontext.Value `json:"quantity"`
		Units                  jsontext.Value `json:"units"`
		Subtotal               jsontext.Value `json:"subtotal"`
		ConversionRate         jsontext.Value `json:"conversionRate"`
		ConvertedSubtotal      jsontext.Value `json:"convertedSubtotal"`
		AverageUnitPrice       jsontext.Value `json:"averageUnitPrice"`
		ServicePeriodStartDate string         `json:"servicePeriodStartDate"`
		ServicePeriodEndDate   string         `json:"servicePeriodEndDate"`
		UsagePerPricingBand    []rawBand      `json:"usagePerPricingBand"`
	}
	rawBand struct {
		PricingBandID         string         `json:"pricingBandId"`
		LowerLimit            jsontext.Value `json:"lowerLimit"`
		FixedPrice            jsontext.Value `json:"fixedPrice"`
		UnitPrice             jsontext.Value `json:"unitPrice"`
		BandUnits             jsontext.Value `json:"bandUnits"`
		BandSubtotal          jsontext.Value `json:"bandSubtotal"`
		ConvertedBandSubtotal jsontext.Value `json:"convertedBandSubtotal"`
	}
)

func decodeV2(tb testing.TB, raw []byte) {
	var b struct {
		ID        string         `json:"id"`
		AccountID string         `json:"accountId"`
		BillTotal jsontext.Value `json:"billTotal"`
		LineItems []rawLine      `json:"lineItems"`
	}
	if err := jsonv2.Unmarshal(raw, &b); err != nil {
		tb.Fatal(err)
	}
}

func skipTokens(tb testing.TB, raw []byte) {
	if err := jsontext.NewDecoder(bytes.NewReader(raw)).SkipValue(); err != nil {
		tb.Fatal(err)
	}
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
