package mapping_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

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

func mapFloat(tb testing.TB, raw []byte) []byte {
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
	body, err := json.Marshal(inv)
	if err != nil {
		tb.Fatal(err)
	}
	return body
}
