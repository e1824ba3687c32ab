package mapping

import (
	"fmt"
	"strings"
)

// BenchBill makes a Bill of n lines as long as m3ter's: with the members that
// nobody reads, and one usage line in two with three bands.
func BenchBill(n int) []byte {
	var s strings.Builder
	s.WriteString(`{"id":"b1110000-0000-4000-8000-000000000808","version":4,"accountId":"ac000000-0000-4000-8000-000000000001",` +
		`"accountCode":"acme",` +
		`"startDate":"2026-07-01","endDate":"2026-08-01","startDateTimeUTC":"2026-07-01T00:00:00Z","endDateTimeUTC":"2026-08-01T00:00:00Z",` +
		`"billDate":"2026-08-01","dueDate":"2026-08-31","billingFrequency":"MONTHLY","timezone":"America/New_York","currency":"USD",` +
		`"status":"APPROVED",` +
		`"purchaseOrderNumber":"PO-4471","externalInvoiceDate":"2026-08-01","sequentialInvoiceNumber":"INVOICE-101","lineItems":[`)
	for i := range n {
		if i > 0 {
			s.WriteByte(',')
		}
		fmt.Fprintf(&s, `{"id":"0a6b7d4e-2f1b-4f0d-9c0a-%012d","lineItemType":"USAGE","productId":"6c1c2f3e-0f5d-4a3c-9b51-0b7e5a1d%04d",`+
			`"productName":"Acme Data API",`+
			`"productCode":"acme_data_api","description":"API calls (region %d)","quantity":1250000.00,"units":1250.00,"unit":"1k_calls",`+
			`"subtotal":600.00,"currency":"USD",`+
			`"conversionRate":1.0,"convertedSubtotal":600.00,"averageUnitPrice":0.48,"servicePeriodStartDate":"2026-07-01T04:00:00Z",`+
			`"servicePeriodEndDate":"2026-08-01T04:00:00Z",`+
			`"planId":"c5a4b0d2-7f3f-4a53-8a2c-3b0c6a9a1e01","planGroupId":"c5a4b0d2-7f3f-4a53-8a2c-3b0c6a9a1e0f",`+
			`"contractId":"9d0f1c0e-5a55-4b7c-8a5c-1f5b2f1c7701",`+
			`"aggregationId":"b9a7f3f4-11c2-4c5e-9b0e-5d8a2f6e0a02","meterId":"5f8e3f5a-60a1-4d0f-a2e3-7b1c9d8e0a03",`+
			`"pricingId":"e4d3c2b1-90af-4e8d-8c7b-6a5f4e3d2c04",`+
			`"chargeId":"e4d3c2b1-90af-4e8d-8c7b-6a5f4e3d2cff","counterId":"e4d3c2b1-90af-4e8d-8c7b-6a5f4e3d2cfe",`+
			`"segment":{"region":"eu-west-%d"},"group":{},"additional":{"note":"kept by nobody","source":"meter"},`+
			`"sequenceNumber":%d`, i, i%7, i, i, i+1)
		if i%2 == 0 {
			s.WriteString(`,"usagePerPricingBand":[`)
			for j := range 3 {
				if j > 0 {
					s.WriteByte(',')
				}
				fmt.Fprintf(&s, `{"pricingBandId":"11111111-aaaa-4aaa-8aaa-%012d","lowerLimit":%d.0,"fixedPrice":0.0,"unitPrice":0.5,`+
					`"bandQuantity":400000,"bandUnits":400,"unitSubtotal":200.0,`+
					`"bandSubtotal":200.0,"convertedBandSubtotal":200.0,"creditTypeId":"11111111-aaaa-4aaa-8aaa-0000000000cc"}`, j, j*1000)
			}
			s.WriteByte(']')
		}
		s.WriteByte('}')
	}
	fmt.Fprintf(&s, `],"billTotal":%d.00}`, 600*n)
	return []byte(s.String())
}
