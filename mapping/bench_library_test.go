package mapping

import (
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"billferry/internal/bill"
	"billferry/internal/decimal"
)

// mapLibrary is what billferry would be without a scanner of its own: the same
// exact mapping behind go-json-experiment's decoder, given every help. Its
// structs are those of package bill with tags, so that they convert for free.
func mapLibrary(tb testing.TB, raw []byte) []byte {
	var in struct {
		libraryHead
		LineItems []libraryLine `json:"lineItems"`
	}
	if err := jsonv2.Unmarshal(raw, &in, libraryOptions); err != nil {
		tb.Fatal(err)
	}
	b := bill.Bill{Head: bill.Head(in.libraryHead), Lines: make([]bill.Line, len(in.LineItems))}
	b.HasTotal = true
	for i := range in.LineItems {
		b.Lines[i] = bill.Line(in.LineItems[i])
		b.Lines[i].HasRate, b.Lines[i].HasConverted = true, true
	}
	return mapBill(tb, b)
}

// libraryOptions read numbers into decimals, objects into pairs, and bands.
var libraryOptions = jsonv2.WithUnmarshalers(jsonv2.JoinUnmarshalers(
	jsonv2.UnmarshalFromFunc(func(d *jsontext.Decoder, n *decimal.D) error {
		v, err := d.ReadValue()
		if err == nil {
			*n, err = decimal.Parse(string(v))
		}
		return err
	}),
	jsonv2.UnmarshalFromFunc(func(d *jsontext.Decoder, pairs *[]bill.Pair) error {
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		for d.PeekKind() != '}' {
			name, err := d.ReadToken()
			if err != nil {
				return err
			}
			p := bill.Pair{Name: name.String()}
			value, err := d.ReadToken()
			if err != nil {
				return err
			}
			p.Value = value.String()
			*pairs = append(*pairs, p)
		}
		_, err := d.ReadToken()
		return err
	}),
	jsonv2.UnmarshalFromFunc(func(d *jsontext.Decoder, b *bill.Band) error {
		var l libraryBand
		err := jsonv2.UnmarshalDecode(d, &l)
		*b = bill.Band(l)
		b.HasConverted = true
		return err
	}),
))

type (
	libraryHead struct {
		ID                       string    `json:"id"`
		Version                  int64     `json:"version"`
		AccountID                string    `json:"accountId"`
		AccountCode              string    `json:"accountCode"`
		StartDate                string    `json:"startDate"`
		EndDate                  string    `json:"endDate"`
		BillDate                 string    `json:"billDate"`
		DueDate                  string    `json:"dueDate"`
		Currency                 string    `json:"currency"`
		Timezone                 string    `json:"timezone"`
		Status                   string    `json:"status"`
		Locked                   bool      `json:"locked"`
		BillingFrequency         string    `json:"billingFrequency"`
		BillJobID                string    `json:"billJobId"`
		LastCalculatedDate       string    `json:"lastCalculatedDate"`
		PurchaseOrderNumber      string    `json:"purchaseOrderNumber"`
		ExternalInvoiceReference string    `json:"externalInvoiceReference"`
		ExternalInvoiceDate      string    `json:"externalInvoiceDate"`
		SequentialInvoiceNumber  string    `json:"sequentialInvoiceNumber"`
		BillTotal                decimal.D `json:"billTotal"`
		HasTotal                 bool      `json:"-"`
	}
	libraryLine struct {
		ID                    string      `json:"id"`
		Type                  string      `json:"lineItemType"`
		Description           string      `json:"description"`
		ProductID             string      `json:"productId"`
		ProductName           string      `json:"productName"`
		ProductCode           string      `json:"productCode"`
		AccountingProductID   string      `json:"accountingProductId"`
		AccountingProductName string      `json:"accountingProductName"`
		AccountingProductCode string      `json:"accountingProductCode"`
		AggregationID         string      `json:"aggregationId"`
		CompoundAggregationID string      `json:"compoundAggregationId"`
		MeterID               string      `json:"meterId"`
		PlanID                string      `json:"planId"`
		CommitmentID          string      `json:"commitmentId"`
		ContractID            string      `json:"contractId"`
		ChildAccountID        string      `json:"childAccountId"`
		ChildAccountCode      string      `json:"childAccountCode"`
		Segment               []bill.Pair `json:"segment"`
		Group                 []bill.Pair `json:"group"`
		Quantity              decimal.D   `json:"quantity"`
		Units                 decimal.D   `json:"units"`
		Unit                  string      `json:"unit"`
		Subtotal              decimal.D   `json:"subtotal"`
		Currency              string      `json:"currency"`
		ConversionRate        decimal.D   `json:"conversionRate"`
		HasRate               bool        `json:"-"`
		ConvertedSubtotal     decimal.D   `json:"convertedSubtotal"`
		HasConverted          bool        `json:"-"`
		AverageUnitPrice      decimal.D   `json:"averageUnitPrice"`
		ServicePeriodStart    string      `json:"servicePeriodStartDate"`
		ServicePeriodEnd      string      `json:"servicePeriodEndDate"`
		SequenceNumber        int64       `json:"sequenceNumber"`
		Bands                 []bill.Band `json:"usagePerPricingBand"`
	}
	libraryBand struct {
		ID                string    `json:"pricingBandId"`
		LowerLimit        decimal.D `json:"lowerLimit"`
		FixedPrice        decimal.D `json:"fixedPrice"`
		UnitPrice         decimal.D `json:"unitPrice"`
		Units             decimal.D `json:"bandUnits"`
		Quantity          decimal.D `json:"bandQuantity"`
		UnitSubtotal      decimal.D `json:"unitSubtotal"`
		Subtotal          decimal.D `json:"bandSubtotal"`
		ConvertedSubtotal decimal.D `json:"convertedBandSubtotal"`
		HasConverted      bool      `json:"-"`
	}
)
