package netsuite

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/pattern"
	"billferry/mapping"
)

// headerTargets are the standard fields of invoice and creditMemo that a rule may
// fill, with their shapes (API Browser 2026.1).
var headerTargets = map[string]mapping.Shape{
	"account": mapping.AsReference, "class": mapping.AsReference, "department": mapping.AsReference, "location": mapping.AsReference,
	"subsidiary": mapping.AsReference, "job": mapping.AsReference, "terms": mapping.AsReference, "customForm": mapping.AsReference,
	"salesRep": mapping.AsReference, "salesGroup": mapping.AsReference, "partner": mapping.AsReference, "leadSource": mapping.AsReference,
	"opportunity": mapping.AsReference, "nextApprover": mapping.AsReference, "billAddressList": mapping.AsReference,
	"billingAccount": mapping.AsReference, "messageSel": mapping.AsReference, "nexus": mapping.AsReference,
	"entityTaxRegNum": mapping.AsReference, "subsidiaryTaxRegNum": mapping.AsReference, "intercoStatus": mapping.AsEnum,
	"startDate": mapping.AsDate, "endDate": mapping.AsDate, "salesEffectiveDate": mapping.AsDate, "taxPointDate": mapping.AsDate,
	"saasCommitmentStartDate": mapping.AsDate, "saasCommitmentEndDate": mapping.AsDate, "asOfDate": mapping.AsDate,
	"memo": mapping.AsText, "message": mapping.AsText, "otherRefNum": mapping.AsText, "tranId": mapping.AsText, "email": mapping.AsText,
	"vatRegNum": mapping.AsText, "paymentlink": mapping.AsText,
	"excludeFromGLNumbering": mapping.AsBoolean, "forInvoiceGrouping": mapping.AsBoolean,
}

// invoiceOnly are those of them that creditMemo does not have.
var invoiceOnly = []string{"terms", "startDate", "endDate", "opportunity", "billingAccount", "forInvoiceGrouping",
	"saasCommitmentStartDate",
	"saasCommitmentEndDate", "paymentlink"}

// lineTargets are those of their lines.
var lineTargets = map[string]mapping.Shape{
	"account": mapping.AsReference, "class": mapping.AsReference, "department": mapping.AsReference, "location": mapping.AsReference,
	"subsidiary": mapping.AsReference, "job": mapping.AsReference, "units": mapping.AsReference, "taxCode": mapping.AsReference,
	"revRecSchedule": mapping.AsReference, "catchUpPeriod": mapping.AsReference, "chargeType": mapping.AsReference,
	"subscription": mapping.AsReference, "subscriptionLine": mapping.AsReference, "description": mapping.AsText,
	"taxDetailsReference": mapping.AsText, "revRecStartDate": mapping.AsDate, "revRecEndDate": mapping.AsDate,
	"revRecTermInMonths": mapping.AsNumber,
}

// notToFill are the fields that billferry answers for, or that would evade a
// control, in lower case, with the reason in words.
var notToFill = map[string]string{
	"externalid": "it ties the document to its Bill", "id": "NetSuite gives it",
	"entity":   "the customer is set by Customer By and external mappings",
	"currency": "it is the Bill's", "item": "items are set by the item settings and external mappings", "quantity": ruleMoney,
	"rate":   ruleMoney,
	"amount": ruleMoney, "grossamt": ruleMoney, "price": ruleMoney, "total": ruleMoney, "subtotal": ruleMoney, "amountpaid": ruleMoney,
	"amountremaining": ruleMoney,
	"deferredrevenue": ruleMoney, "recognizedrevenue": ruleMoney, "unapplied": ruleMoney, "applied": ruleMoney, "custtotal": ruleMoney,
	"altsalestotal":  ruleMoney,
	"estgrossprofit": ruleMoney, "costestimate": ruleMoney, "exchangerate": ruleMoney, "status": control, "approvalstatus": control,
	"trandate": "dates are the Bill's; see Invoice Date", "duedate": "see Netsuite Send Due Date", "postingperiod": "see Posting Period",
	"tobeemailed": neverSent, "tobeprinted": neverSent, "tobefaxed": neverSent, "apply": applying, "autoapply": applying,
	"createdfrom": applying,
	"line":        "NetSuite gives it", "lineuniquekey": "NetSuite gives it", "deferrevrec": recognising,
	"donotcreaterevenueelement": recognising,
	"istaxable":                 tax, "tax1amt": tax, "pst": tax, "gst": tax, "overrideinstallments": ruleMoney, "salesteam": "it is a list",
	"orderdoc":  applying,
	"orderline": applying, "voided": control, "giftcert": ruleMoney, "promocode": ruleMoney, "couponcode": ruleMoney,
	"links": "it is no field",
}

const (
	ruleMoney   = "a rule never touches money"
	control     = "it would evade a control of NetSuite"
	neverSent   = "billferry never has NetSuite send a document"
	applying    = "it ties the document to others"
	recognising = "it would keep revenue from being recognised"
	tax         = "NetSuite reckons tax; a line's taxCode and taxDetailsReference may be set"
)

// prefixesNotToFill are whole families of fields.
var prefixesNotToFill = []struct{ prefix, why string }{
	{"tax", tax}, {"discount", ruleMoney}, {"ship", ruleMoney}, {"handling", ruleMoney}, {"giftcert", ruleMoney}, {"total", ruleMoney},
	{"altshipping", ruleMoney},
	{"altsales", ruleMoney}, {"altdiscount", ruleMoney}, {"item.", "items are set by the item settings and external mappings"},
}

// customField is the script id of a field or segment that the account defines.
var (
	bodyShape   = pattern.New(`^custbody_?[a-z0-9_]{1,60}$`)
	segmentName = pattern.New(`^cseg_?[a-z0-9_]{1,60}$`)
	keyShape    = pattern.New(`^[a-zA-Z][a-zA-Z0-9_]{0,80}$`)
)

// ownFields are those that have a place in the document already.
var ownFields = map[string]struct {
	own mapping.Own
	max int
}{
	"memo": {mapping.OwnMemo, 999}, "otherRefNum": {mapping.OwnReference, 45}, "tranId": {mapping.OwnNumber, 45},
	"line.description": {mapping.OwnDescription, 3900},
}

// errNoType is that of a field which only the account's catalogue knows.
var errNoType = errors.New("is of a type that is not known here: say it with as: (one of REFERENCE, ENUM, MULTI_SELECT, DATE, " +
	"BOOLEAN, NUMBER, TEXT), " +
	"or connect the integration first, whose account tells it")

// draftTarget is target for settings that are not saved yet: the type of a custom
// field may come from the account's catalogue as they are.
func draftTarget(name string, line bool, as mapping.Shape) (mapping.Target, error) {
	t, err := target(name, line, as)
	if errors.Is(err, errNoType) {
		return mapping.Target{Name: name}, nil
	}
	return t, err
}

// target implements mapping.Targets for NetSuite.
func target(name string, line bool, as mapping.Shape) (mapping.Target, error) {
	known, before := headerTargets, ""
	if line {
		known, before = lineTargets, "line."
	}
	name = spelling(known, name)
	if why := reserved(name); why != "" && known[name] == "" {
		return mapping.Target{}, fmt.Errorf("cannot be filled: %s", why)
	}
	t := mapping.Target{Name: name, As: known[name], NumericIDs: true}
	switch {
	case t.As != "" && as != "" && as != t.As:
		return t, fmt.Errorf("is a %s, so it has no as: %s", t.As, as)
	case t.As != "":
	case !line && customShape().MatchString(name):
		return t, fmt.Errorf("is a field of lines; write line.%s", name)
	case line && bodyShape().MatchString(name):
		return t, fmt.Errorf("is a field of the header; write %s", name)
	case strings.HasPrefix(name, "cust") && !bodyShape().MatchString(name) && !customShape().MatchString(name):
		return t, fmt.Errorf("is no script id: it is custbody_ (header) or custcol_ (line) and lower-case letters, digits and _")
	case segmentName().MatchString(name) && as == "":
		as = mapping.AsReference
	case !keyShape().MatchString(name):
		return t, fmt.Errorf("is no name of a field")
	case as == "":
		return t, errNoType
	}
	if t.As == "" {
		t.As = as
	}
	o := ownFields[before+name]
	t.Name, t.Own, t.Max = name, o.own, o.max
	if !line && slices.Contains(invoiceOnly, name) {
		t.Only = mapping.Invoice
	}
	if name == "account" {
		t.Fixed, t.Note = "it decides the ledger account", "changes the ledger account"
	}
	return t, nil
}

// spelling is a name as NetSuite spells it: it knows capitals, people do not.
func spelling(known map[string]mapping.Shape, name string) string {
	for k := range known {
		if strings.EqualFold(k, name) {
			return k
		}
	}
	if low := strings.ToLower(name); strings.HasPrefix(low, "cust") || strings.HasPrefix(low, "cseg") {
		return low
	}
	return name
}

// reserved tells why no rule may fill a field; "" when one may.
func reserved(name string) string {
	low := strings.ToLower(name)
	if why, ok := notToFill[low]; ok {
		return why
	}
	for _, p := range prefixesNotToFill {
		if strings.HasPrefix(low, p.prefix) {
			return p.why
		}
	}
	return ""
}
