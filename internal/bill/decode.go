package bill

import (
	"errors"
	"fmt"

	"billferry/internal/decimal"
)

// ErrNoID is returned, wrapped, for a Bill that has no id.
var ErrNoID = errors.New("the Bill has no id")

// FieldError says which field of a Bill cannot be read.
type FieldError struct {
	Line  int    // line item, from 1; 0: a field of the Bill itself
	Band  int    // pricing band of that line item, from 1; 0: none
	Field string // as m3ter names it
	Err   error
}

// Error names the place: "line item 3, band 1, unitPrice: ...".
func (e *FieldError) Error() string {
	where := ""
	if e.Line > 0 {
		where = fmt.Sprintf("line item %d, ", e.Line)
	}
	if e.Band > 0 {
		where += fmt.Sprintf("band %d, ", e.Band)
	}
	return where + e.Field + ": " + e.Err.Error()
}

// Unwrap returns what is wrong with the field.
func (e *FieldError) Unwrap() error { return e.Err }

// Decode reads a Bill as m3ter's API writes it, in either shape: with the
// bands of a line in usagePerPricingBand or in bandUsage. Members that it does
// not know are checked to be JSON and dropped; null is the same as absent.
// Numbers keep every digit. The error names the line item and the field: a
// *FieldError (around a *TypeError, say), a *SyntaxError, a *TypeError or ErrNoID.
func Decode(raw []byte) (Bill, error) {
	var b Bill
	c, err := newScanner(raw)
	if err != nil {
		return Bill{}, err
	}
	if err = c.bill(&b.Head, &b.Lines); err != nil {
		return Bill{}, err
	}
	return b, nil
}

// DecodeHead is Decode without the line items.
func DecodeHead(raw []byte) (Head, error) {
	var h Head
	c, err := newScanner(raw)
	if err != nil {
		return Head{}, err
	}
	if err = c.bill(&h, nil); err != nil {
		return Head{}, err
	}
	return h, nil
}

func (c *scanner) bill(h *Head, lines *[]Line) error {
	if c.peek() != '{' {
		return c.mismatch("a Bill")
	}
	err := c.object(func(name string) (err error) {
		if name == "lineItems" {
			if lines == nil {
				return c.skip()
			}
			*lines = nil // a name that comes twice: the last one counts
			return c.lines(lines)
		}
		return at(name, c.head(name, h))
	})
	if err == nil {
		err = c.end()
	}
	if err == nil && h.ID == "" {
		err = ErrNoID
	}
	return err
}

func (c *scanner) head(name string, h *Head) (err error) {
	switch name {
	case "id":
		h.ID, err = c.str()
	case "version":
		h.Version, err = c.integer()
	case "accountId":
		h.AccountID, err = c.str()
	case "accountCode":
		h.AccountCode, err = c.str()
	case "startDate":
		h.StartDate, err = c.str()
	case "endDate":
		h.EndDate, err = c.str()
	case "billDate":
		h.BillDate, err = c.str()
	case "dueDate":
		h.DueDate, err = c.str()
	case "currency":
		h.Currency, err = c.str()
	case "timezone":
		h.Timezone, err = c.str()
	case "status":
		h.Status, err = c.str()
	case "locked":
		h.Locked, err = c.boolean()
	case "billingFrequency":
		h.BillingFrequency, err = c.str()
	case "billJobId":
		h.BillJobID, err = c.str()
	case "lastCalculatedDate":
		h.LastCalculatedDate, err = c.str()
	case "purchaseOrderNumber":
		h.PurchaseOrderNumber, err = c.str()
	case "externalInvoiceReference":
		h.ExternalInvoiceReference, err = c.str()
	case "externalInvoiceDate":
		h.ExternalInvoiceDate, err = c.str()
	case "sequentialInvoiceNumber":
		h.SequentialInvoiceNumber, err = c.str()
	case "billTotal":
		h.BillTotal, h.HasTotal, err = c.decimal()
	default:
		err = c.skip()
	}
	return err
}

func (c *scanner) lines(out *[]Line) error {
	if none, err := c.null(); none {
		return at("lineItems", err)
	}
	if b := c.peek(); b != '[' {
		return at("lineItems", c.mismatch("a list"))
	}
	// A Line is large: growing by doubling would copy each several times. m3ter
	// writes one in a good 1,000 bytes.
	*out = make([]Line, 0, min(1+(len(c.s)-c.i)/1000, 10_000))
	return c.array(func(n int) error {
		*out = append(*out, Line{})
		l := &(*out)[n]
		if c.peek() != '{' {
			return inLine(n+1, c.mismatch("an object"))
		}
		err := c.object(func(name string) error {
			if name == "usagePerPricingBand" || name == "bandUsage" {
				return c.bands(name, &l.Bands)
			}
			return at(name, c.line(name, l))
		})
		if !l.HasRate {
			l.ConversionRate = decimal.New(1, 0)
		}
		return inLine(n+1, err)
	})
}

func (c *scanner) line(name string, l *Line) (err error) {
	switch name {
	case "id":
		l.ID, err = c.str()
	case "lineItemType":
		l.Type, err = c.str()
	case "description":
		l.Description, err = c.str()
	case "productId":
		l.ProductID, err = c.str()
	case "productName":
		l.ProductName, err = c.str()
	case "productCode":
		l.ProductCode, err = c.str()
	case "accountingProductId":
		l.AccountingProductID, err = c.str()
	case "accountingProductName":
		l.AccountingProductName, err = c.str()
	case "accountingProductCode":
		l.AccountingProductCode, err = c.str()
	case "aggregationId":
		l.AggregationID, err = c.str()
	case "compoundAggregationId":
		l.CompoundAggregationID, err = c.str()
	case "meterId":
		l.MeterID, err = c.str()
	case "planId":
		l.PlanID, err = c.str()
	case "commitmentId":
		l.CommitmentID, err = c.str()
	case "contractId":
		l.ContractID, err = c.str()
	case "childAccountId":
		l.ChildAccountID, err = c.str()
	case "childAccountCode":
		l.ChildAccountCode, err = c.str()
	case "segment":
		l.Segment, err = c.pairs()
	case "group":
		l.Group, err = c.pairs()
	default:
		return c.lineFigures(name, l)
	}
	return err
}

func (c *scanner) lineFigures(name string, l *Line) (err error) {
	switch name {
	case "quantity":
		l.Quantity, _, err = c.decimal()
	case "units":
		l.Units, _, err = c.decimal()
	case "unit":
		l.Unit, err = c.str()
	case "subtotal":
		l.Subtotal, _, err = c.decimal()
	case "currency":
		l.Currency, err = c.str()
	case "conversionRate":
		l.ConversionRate, l.HasRate, err = c.decimal()
	case "convertedSubtotal":
		l.ConvertedSubtotal, l.HasConverted, err = c.decimal()
	case "averageUnitPrice":
		l.AverageUnitPrice, _, err = c.decimal()
	case "servicePeriodStartDate":
		l.ServicePeriodStart, err = c.str()
	case "servicePeriodEndDate":
		l.ServicePeriodEnd, err = c.str()
	case "sequenceNumber":
		l.SequenceNumber, err = c.integer()
	default:
		err = c.skip()
	}
	return err
}

func (c *scanner) bands(field string, out *[]Band) error {
	if none, err := c.null(); none {
		return at(field, err)
	}
	if b := c.peek(); b != '[' {
		return at(field, c.mismatch("a list"))
	}
	*out = nil
	return c.array(func(n int) error {
		*out = append(*out, Band{})
		b := &(*out)[n]
		if c.peek() != '{' {
			return inBand(n+1, c.mismatch("an object"))
		}
		return inBand(n+1, c.object(func(name string) error { return at(name, c.band(name, b)) }))
	})
}

func (c *scanner) band(name string, b *Band) (err error) {
	switch name {
	case "pricingBandId":
		b.ID, err = c.str()
	case "lowerLimit":
		b.LowerLimit, _, err = c.decimal()
	case "fixedPrice":
		b.FixedPrice, _, err = c.decimal()
	case "unitPrice":
		b.UnitPrice, _, err = c.decimal()
	case "bandUnits":
		b.Units, _, err = c.decimal()
	case "bandQuantity":
		b.Quantity, _, err = c.decimal()
	case "unitSubtotal":
		b.UnitSubtotal, _, err = c.decimal()
	case "bandSubtotal":
		b.Subtotal, _, err = c.decimal()
	case "convertedBandSubtotal":
		b.ConvertedSubtotal, b.HasConverted, err = c.decimal()
	default:
		err = c.skip()
	}
	return err
}
