package bill

import (
	"errors"
	"fmt"

	"billferry/internal/decimal"
	"billferry/internal/jsonread"
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
// *FieldError (around a *jsonread.TypeError, say), a *jsonread.SyntaxError, a
// *jsonread.TypeError or ErrNoID.
func Decode(raw []byte) (Bill, error) {
	var b Bill
	d := decoder{jsonread.New(raw)}
	if err := d.bill(&b.Head, &b.Lines); err != nil {
		return Bill{}, err
	}
	return b, nil
}

// DecodeHead is Decode without the line items, which are checked to be JSON.
func DecodeHead(raw []byte) (Head, error) {
	var h Head
	d := decoder{jsonread.New(raw)}
	if err := d.bill(&h, nil); err != nil {
		return Head{}, err
	}
	return h, nil
}

// decoder reads one Bill.
type decoder struct{ jsonread.Reader }

func (d *decoder) bill(h *Head, lines *[]Line) error {
	if err := d.CheckUTF8(); err != nil {
		return err
	}
	if d.Kind() != '{' {
		return d.Mismatch("a Bill")
	}
	err := d.Object(func(name string) (err error) {
		if name == "lineItems" {
			if lines == nil {
				return d.Skip()
			}
			*lines = nil // a name that comes twice: the last one counts
			return d.lines(lines)
		}
		return at(name, d.head(name, h))
	})
	if err == nil {
		err = d.End()
	}
	if err == nil && h.ID == "" {
		err = ErrNoID
	}
	return err
}

func (d *decoder) head(name string, h *Head) (err error) {
	switch name {
	case "id":
		h.ID, err = d.Text()
	case "version":
		h.Version, err = d.Int()
	case "accountId":
		h.AccountID, err = d.Text()
	case "accountCode":
		h.AccountCode, err = d.Text()
	case "startDate":
		h.StartDate, err = d.Text()
	case "endDate":
		h.EndDate, err = d.Text()
	case "billDate":
		h.BillDate, err = d.Text()
	case "dueDate":
		h.DueDate, err = d.Text()
	case "currency":
		h.Currency, err = d.Text()
	case "timezone":
		h.Timezone, err = d.Text()
	case "status":
		h.Status, err = d.Text()
	case "locked":
		h.Locked, err = d.Bool()
	case "billingFrequency":
		h.BillingFrequency, err = d.Text()
	case "billJobId":
		h.BillJobID, err = d.Text()
	case "lastCalculatedDate":
		h.LastCalculatedDate, err = d.Text()
	case "purchaseOrderNumber":
		h.PurchaseOrderNumber, err = d.Text()
	case "externalInvoiceReference":
		h.ExternalInvoiceReference, err = d.Text()
	case "externalInvoiceDate":
		h.ExternalInvoiceDate, err = d.Text()
	case "sequentialInvoiceNumber":
		h.SequentialInvoiceNumber, err = d.Text()
	case "billTotal":
		h.BillTotal, h.HasTotal, err = d.Decimal()
	default:
		err = d.Skip()
	}
	return err
}

func (d *decoder) lines(out *[]Line) error {
	if none, err := d.Null(); none {
		return at("lineItems", err)
	}
	if b := d.Kind(); b != '[' {
		return at("lineItems", d.Mismatch("a list"))
	}
	// A Line is large: growing by doubling would copy each several times. m3ter
	// writes one in a good 1,000 bytes.
	*out = make([]Line, 0, min(1+d.Left()/1000, 10_000))
	return d.Array(func(n int) error {
		*out = append(*out, Line{})
		l := &(*out)[n]
		if d.Kind() != '{' {
			return inLine(n+1, d.Mismatch("an object"))
		}
		err := d.Object(func(name string) error {
			if name == "usagePerPricingBand" || name == "bandUsage" {
				return d.bands(name, &l.Bands)
			}
			return at(name, d.line(name, l))
		})
		if !l.HasRate {
			l.ConversionRate = decimal.New(1, 0)
		}
		return inLine(n+1, err)
	})
}

func (d *decoder) line(name string, l *Line) (err error) {
	switch name {
	case "id":
		l.ID, err = d.Text()
	case "lineItemType":
		l.Type, err = d.Text()
	case "description":
		l.Description, err = d.Text()
	case "productId":
		l.ProductID, err = d.Text()
	case "productName":
		l.ProductName, err = d.Text()
	case "productCode":
		l.ProductCode, err = d.Text()
	case "accountingProductId":
		l.AccountingProductID, err = d.Text()
	case "accountingProductName":
		l.AccountingProductName, err = d.Text()
	case "accountingProductCode":
		l.AccountingProductCode, err = d.Text()
	case "aggregationId":
		l.AggregationID, err = d.Text()
	case "compoundAggregationId":
		l.CompoundAggregationID, err = d.Text()
	case "meterId":
		l.MeterID, err = d.Text()
	case "planId":
		l.PlanID, err = d.Text()
	case "commitmentId":
		l.CommitmentID, err = d.Text()
	case "contractId":
		l.ContractID, err = d.Text()
	case "additional":
		l.Additional, err = d.flatPairs()
	case "balanceId":
		l.BalanceID, err = d.Text()
	case "chargeId":
		l.ChargeID, err = d.Text()
	case "planGroupId":
		l.PlanGroupID, err = d.Text()
	case "reasonId":
		l.ReasonID, err = d.Text()
	case "referencedBillId":
		l.ReferencedBillID, err = d.Text()
	case "childAccountId":
		l.ChildAccountID, err = d.Text()
	case "childAccountCode":
		l.ChildAccountCode, err = d.Text()
	case "segment":
		l.Segment, err = d.pairs()
	case "group":
		l.Group, err = d.pairs()
	default:
		return d.lineFigures(name, l)
	}
	return err
}

func (d *decoder) lineFigures(name string, l *Line) (err error) {
	switch name {
	case "quantity":
		l.Quantity, _, err = d.Decimal()
	case "units":
		l.Units, _, err = d.Decimal()
	case "unit":
		l.Unit, err = d.Text()
	case "subtotal":
		l.Subtotal, _, err = d.Decimal()
	case "currency":
		l.Currency, err = d.Text()
	case "conversionRate":
		l.ConversionRate, l.HasRate, err = d.Decimal()
	case "convertedSubtotal":
		l.ConvertedSubtotal, l.HasConverted, err = d.Decimal()
	case "averageUnitPrice":
		l.AverageUnitPrice, _, err = d.Decimal()
	case "servicePeriodStartDate":
		l.ServicePeriodStart, err = d.Text()
	case "servicePeriodEndDate":
		l.ServicePeriodEnd, err = d.Text()
	case "sequenceNumber":
		l.SequenceNumber, err = d.Int()
	default:
		err = d.Skip()
	}
	return err
}

func (d *decoder) bands(field string, out *[]Band) error {
	if none, err := d.Null(); none {
		return at(field, err)
	}
	if b := d.Kind(); b != '[' {
		return at(field, d.Mismatch("a list"))
	}
	*out = nil // a name that comes twice: the last one counts
	return d.Array(func(n int) error {
		*out = append(*out, Band{})
		b := &(*out)[n]
		if d.Kind() != '{' {
			return inBand(n+1, d.Mismatch("an object"))
		}
		return inBand(n+1, d.Object(func(name string) error { return at(name, d.band(name, b)) }))
	})
}

func (d *decoder) band(name string, b *Band) (err error) {
	switch name {
	case "pricingBandId":
		b.ID, err = d.Text()
	case "lowerLimit":
		b.LowerLimit, _, err = d.Decimal()
	case "fixedPrice":
		b.FixedPrice, _, err = d.Decimal()
	case "unitPrice":
		b.UnitPrice, _, err = d.Decimal()
	case "bandUnits":
		b.Units, _, err = d.Decimal()
	case "bandQuantity":
		b.Quantity, _, err = d.Decimal()
	case "unitSubtotal":
		b.UnitSubtotal, _, err = d.Decimal()
	case "bandSubtotal":
		b.Subtotal, _, err = d.Decimal()
	case "convertedBandSubtotal":
		b.ConvertedSubtotal, b.HasConverted, err = d.Decimal()
	default:
		err = d.Skip()
	}
	return err
}
