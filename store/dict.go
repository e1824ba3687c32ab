package store

// dictionary1 is what short records are packed against: the member names and
// usual values of Bills and attempts. It is part of the file format and never
// changes; a better one would be dictionary 2 with its own codec byte.
const dictionary1 = `"timezone":"UTC","billingFrequency":"MONTHLY","billFrequencyInterval":1,"billJobId":"","locked":false,` +
	`"createdDate":"2026-08-01T00:05:00Z","lastCalculatedDate":"2026-08-01T00:05:00Z","dtCreated":"2026-08-01T00:05:00.000Z",` +
	`"dtLastModified":"2026-08-01T00:05:00.000Z","createdBy":"","lastModifiedBy":"","purchaseOrderNumber":"",` +
	`"externalInvoiceReference":"INVOICE-","externalInvoiceDate":"2026-08-01","sequentialInvoiceNumber":"INVOICE-","billDate":"2026-08-01",` +
	`"dueDate":"2026-08-31","startDate":"2026-07-01","endDate":"2026-08-01","statementStale":false,"csvStatementGenerated":false,` +
	`"currencyConversions":[{"from":"EUR","to":"USD","multiplier":1.1}],"billTotal":0.00,"lineItems":[{"id":"","version":1,` +
	`"lineItemType":"MINIMUM_SPEND","lineItemType":"STANDING_CHARGE","lineItemType":"COMMITMENT_CONSUMED","lineItemType":"USAGE",` +
	`"description":"","productId":"","productName":"","productCode":"","accountingProductId":"","accountingProductName":"",` +
	`"accountingProductCode":"","aggregationId":"","compoundAggregationId":"","meterId":"","planId":"","planGroupId":"","contractId":"",` +
	`"balanceId":"","chargeId":"","counterId":"","pricingId":"","creditTypeId":"","reasonId":"","segment":{"region":"eu-west-1"},"group":{},` +
	`"quantity":1,"units":1,"unit":"{call}","subtotal":0.00,"currency":"USD","conversionRate":1,"convertedSubtotal":0.00,` +
	`"averageUnitPrice":0.01,"additional":{},"usagePerPricingBand":[{"pricingBandId":"","lowerLimit":0,"fixedPrice":0,"unitPrice":0.01,` +
	`"bandUnits":0,"bandQuantity":0,"unitSubtotal":0.00,"bandSubtotal":0.00,"convertedBandSubtotal":0.00}],` +
	`"servicePeriodStartDate":"2026-07-01T00:00:00Z","servicePeriodEndDate":"2026-08-01T00:00:00Z","sequenceNumber":1,` +
	`"jsonUsageGenerated":false}],` +
	`"status":"PENDING","status":"APPROVED","accountId":"","accountCode":"","childAccountId":"","childAccountCode":"","parentAccountId":""` +
	`{"n":1,"start":"2026-08-01T10:00:00.123456789Z","end":"2026-08-01T10:00:00.523456789Z","status":"COMPLETE",` +
	`"exchanges":[{"purpose":"create","method":"POST","url":"https://1234567.suitetalk.api.netsuite.com/services/rest/record/v1/invoice",` +
	`"start":"2026-08-01T10:00:00.123456789Z","duration":400000000,"requestHeaders":{"Accept":"application/json","Authorization":"[secret]",` +
	`"Content-Type":"application/json"},"status":204,"responseHeaders":{"Content-Type":"application/vnd.oracle.resource+json; type=error",` +
	`"Location":"https://1234567.suitetalk.api.netsuite.com/services/rest/record/v1/invoice/48213","Date":"Sat, 01 Aug 2026 10:00:00 GMT"}},` +
	`{"purpose":"read back","method":"GET",` +
	`"url":"https://1234567.suitetalk.api.netsuite.com/services/rest/record/v1/invoice/48213?expandSubResources=true","status":200}]}` +
	`{"externalId":"m3b-","entity":{"id":"","externalId":""},"currency":{"id":"1"},"tranDate":"2026-08-01","dueDate":"2026-08-31",` +
	`"otherRefNum":"","memo":"","toBeEmailed":false,"item":{"items":[{"item":{"id":""},"amount":0.00,"quantity":1,"rate":0.00,` +
	`"price":{"id":"-1"},"description":""}]}}` +
	`{"type":"https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.4.1","title":"Bad Request","status":400,` +
	`"o:errorDetails":[{"detail":"","o:errorPath":"","o:errorCode":"USER_ERROR"}]}`
