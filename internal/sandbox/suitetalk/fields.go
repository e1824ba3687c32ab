package suitetalk

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"billferry/internal/sandbox/tree"
)

// names maps lower-case field names to NetSuite's letter case.
func names(list string) map[string]string {
	m := map[string]string{}
	for _, n := range strings.Fields(list) {
		m[strings.ToLower(n)] = n
	}
	return m
}

// The fields of the record schema (release 2026.1) that an invoice or credit
// memo may be written with. Read-only ones are known but change nothing.
var (
	headFields = names(`entity item externalId tranId tranDate dueDate postingPeriod currency exchangeRate subsidiary
		location class department terms account memo otherRefNum message email toBeEmailed toBePrinted startDate endDate asOfDate
		approvalStatus billAddressList billingAddress shippingAddress job salesRep discountItem discountRate customForm
		nexus createdFrom taxDetails taxDetailsOverride taxRegOverride taxPointDate apply autoApply payment`)
	readOnly = names(`id links refName status subtotal taxTotal total amountPaid amountRemaining amountRemainingTotalBox
		createdDate lastModifiedDate deferredRevenue recognizedRevenue source type applied unapplied`)
	lineFields = names(`item quantity rate amount price description taxCode taxRate1 tax1Amt grossAmt isTaxable
		taxDetailsReference class department location account units line lineUniqueKey revRecStartDate revRecEndDate
		revRecSchedule revRecTermInMonths deferRevRec doNotCreateRevenueElement catchUpPeriod orderDoc orderLine
		subscription itemType links`)
	numberFields = names(`quantity rate amount exchangeRate`)
	dateFields   = names(`tranDate dueDate startDate endDate asOfDate taxPointDate revRecStartDate revRecEndDate`)
)

// currencyFields are those that a document lacks in an account without Multiple
// Currencies.
var currencyFields = names(`currency exchangeRate`)

// suiteTaxFields are those that only SuiteTax has.
var suiteTaxFields = names(`taxDetails taxDetailsOverride taxRegOverride taxPointDate taxDetailsReference`)

// canonical writes a field name of a header or a line as NetSuite does; ok is
// false for a name that the record does not have. Custom fields are those of the
// account's profile; where that declares none they are taken by their prefix.
func (d *db) canonical(on, name string) (string, bool) {
	low := strings.ToLower(name)
	known, custom := headFields, "custbody"
	if on == onLine {
		known, custom = lineFields, "custcol"
	}
	if suiteTaxFields[low] != "" && d.profile.Declares() && !d.profile.Tax.SuiteTax {
		return low, false
	}
	if currencyFields[low] != "" && !d.profile.MultiCurrency() {
		return low, false
	}
	if n, ok := known[low]; ok {
		return n, true
	}
	if n, ok := readOnly[low]; ok && on == onHeader {
		return n, true
	}
	if _, ok := d.profile.Field(low, on); ok {
		return low, true
	}
	return low, !d.profile.Declares() && (strings.HasPrefix(low, custom) || strings.HasPrefix(low, "cseg"))
}

// Where a field is.
const (
	onHeader = "header"
	onLine   = "line"
)

// unknownNames lists the field names of a body that the record does not have.
func (d *db) unknownNames(body *tree.Value) []string {
	var bad []string
	for _, m := range body.Members {
		if _, ok := d.canonical(onHeader, m.Name); !ok {
			bad = append(bad, m.Name)
		}
	}
	for _, l := range sublist(body.Get("item")) {
		for _, m := range l.Members {
			if _, ok := d.canonical(onLine, m.Name); !ok {
				bad = append(bad, "item.items."+m.Name)
			}
		}
	}
	return bad
}

// checkNames follows X-NetSuite-PropertyNameValidation: Error refuses unknown
// names (the text is a guess), Warning, the default, drops them and says so in
// a header, Ignore drops them in silence.
func (d *db) checkNames(r request, body *tree.Value) (warning string, no *reply) {
	mode := r.Header.Get("X-NetSuite-PropertyNameValidation")
	if strings.EqualFold(mode, "Ignore") {
		return "", nil
	}
	bad := d.unknownNames(body)
	if len(bad) == 0 {
		return "", nil
	}
	if strings.EqualFold(mode, "Error") {
		return "", failure(http.StatusBadRequest, "INVALID_CONTENT",
			"Unknown property '"+bad[0]+"' in the request body. Provide a valid property name.", bad[0])
	}
	return strings.Join(bad, ","), nil
}

// checkValues follows X-NetSuite-PropertyValueValidation: Warning drops values
// whose syntax is wrong and says so in a header, Ignore drops them in silence.
// With Error, the default, whoever reads the value refuses it.
func checkValues(r request, body *tree.Value) (warning string) {
	mode := lower(r.Header.Get("X-NetSuite-PropertyValueValidation"))
	if mode != "warning" && mode != "ignore" {
		return ""
	}
	bad := dropBadValues(body, "")
	if items := body.Get("item").Get("items"); items != nil {
		for i := range items.Items {
			bad = append(bad, dropBadValues(&items.Items[i], "item.items.")...)
		}
	}
	if mode == "ignore" {
		return ""
	}
	return strings.Join(bad, ",")
}

// dropBadValues takes dates and numbers that are none out of v.
func dropBadValues(v *tree.Value, prefix string) (bad []string) {
	v.Members = slices.DeleteFunc(v.Members, func(m tree.Member) bool {
		low := lower(m.Name)
		_, notNumber := m.Value.Decimal()
		wrong := dateFields[low] != "" && !validDate(&m.Value) || numberFields[low] != "" && m.Value.Kind != tree.Null && notNumber != nil
		if wrong {
			bad = append(bad, prefix+m.Name)
		}
		return wrong
	})
	return bad
}

// joined puts two lists into one header.
func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "," + b
}

// sublist finds the elements of a sublist: {"items":[...]}.
func sublist(v *tree.Value) []tree.Value {
	if items := v.Get("items"); items != nil && items.Kind == tree.Array {
		return items.Items
	}
	return nil
}

// idIn is the internal id in a reference: a bare scalar, or its member.
func idIn(v *tree.Value) string { return cmp.Or(v.Scalar(), v.TextOf("id")) }

// reference reads the four forms of a reference: {"id"}, {"externalId"},
// {"refName"}, and a bare scalar.
func (d *db) reference(k *recordType, v *tree.Value, field string) (*entry, *reply) {
	t := d.tables[k]
	if id := idIn(v); id != "" || v.Get("id") != nil {
		if e := t.byID[id]; e != nil {
			return e, nil
		}
		return nil, invalidField(id, strings.TrimPrefix(field[strings.LastIndexByte(field, '.')+1:], "."), field)
	}
	if ext := v.TextOf("externalId"); ext != "" {
		if e := t.byExt[strings.ToLower(ext)]; e != nil {
			return e, nil
		}
		return nil, failure(http.StatusNotFound, "NONEXISTENT_ID",
			"The record instance for external ID '"+ext+"' does not exist. Provide a valid record instance ID.", field)
	}
	if name := v.TextOf("refName"); name != "" {
		for _, e := range t.rows {
			if strings.EqualFold(e.name, name) {
				return e, nil
			}
		}
		return nil, invalidField(name, field, field)
	}
	return nil, invalidShape(field, field)
}

// validDate tells whether v is a civil date, or empty.
func validDate(v *tree.Value) bool {
	if v.Kind == tree.Null {
		return true
	}
	_, err := time.Parse(time.DateOnly, v.Scalar())
	return err == nil
}
