package suitetalk

import (
	"slices"
	"strings"
	"time"
)

// queryTables are SuiteQL's names of the record types.
var queryTables = map[string]*recordType{
	"customer": typeCustomer, "item": typeItem, "currency": typeCurrency, "subsidiary": typeCompany, "accountingperiod": typePeriod,
	"department": typeDepartment, "classification": typeClass, "location": typeLocation, "term": typeTerm,
}

// columns of each SuiteQL table. Accounts exist and are empty: nothing that is
// sent names one. A transaction has no subsidiary of its own: that stands on its
// main line.
var columns = map[string][]string{
	"customer":         {"id", "entityid", "companyname", "externalid", "email", "currency", "subsidiary", "isinactive"},
	"item":             {"id", "itemid", "fullname", "displayname", "externalid", "itemtype", "revenuerecognitionrule", "isinactive"},
	"currency":         {"id", "symbol", "name", "currencyprecision", "exchangerate", "isinactive"},
	"subsidiary":       {"id", "name", "externalid"},
	"accountingperiod": {"id", "periodname", "startdate", "enddate", "isyear", "isquarter", "isadjust", "closed", "arlocked", "alllocked"},
	"transaction": {"id", "tranid", "externalid", "type", "recordtype", "entity", "trandate", "duedate", "postingperiod", "posting", "status",
		"approvalstatus", "voided", "currency", "exchangerate", "foreigntotal", "foreignamountpaid", "foreignamountunpaid",
		"foreignpaymentamountused", "foreignpaymentamountunused", "memo", "otherrefnum", "terms", "createddate", "lastmodifieddate"},
	"transactionline": {"transaction", "id", "uniquekey", "linesequencenumber", "mainline", "taxline", "iscogs", "item", "quantity", "rate",
		"foreignamount", "memo", "subsidiary", "department", "class", "location", "revrecstartdate", "revrecenddate"},
	"department": {"id", "name"}, "classification": {"id", "name"}, "location": {"id", "name", "subsidiary"},
	"account": {"id", "acctnumber", "fullname"}, "term": {"id", "name", "daysuntilnetdue"},
	"customersubsidiaryrelationship": {"id", "entity", "subsidiary", "isprimarysub"},
	"itemsubsidiarymap":              {"item", "subsidiary"},
	"customfield":                    {"internalid", "scriptid", "name", "fieldtype", "fieldvaluetype", "ismandatory"},
	"rolepermissions":                {"role", "permkey", "permlevel", "name"},
	"nexttransactionlinelink":        {"previousdoc", "previousline", "nextdoc", "nextline", "linktype", "foreignamount"},
	"message":                        {"id", "transaction", "emailed"},
	"systemnote":                     {"recordid", "recordtypeid", "field"},
}

// visible is the tables and rows that the role may see: without the permission
// for a record type its table is as if it were not there, and what its
// restrictions hide is left out in silence.
type visible struct {
	*db
	denied map[string]bool
	hidden map[string]bool // ids of customers whose transactions are hidden
	asOf   time.Time       // transactions as they were then: a query may lag behind a write
}

// Columns implements suiteql.Source.
func (v visible) Columns(table string) ([]string, bool) {
	if v.denied[table] { // of the tables that are no record type
		return nil, false
	}
	if k := queryTables[table]; k != nil && (v.denied[lower(k.name)] || k == typeCurrency && !v.profile.MultiCurrency()) {
		return nil, false
	}
	c, ok := columns[table]
	if table == "transaction" && !v.profile.MultiCurrency() { // a guess: columns of a feature that is off are hidden
		c = slices.DeleteFunc(slices.Clone(c), func(name string) bool { return currencyFields[name] != "" })
	}
	return c, ok
}

// Custom implements suiteql.Source: custom fields are taken by their prefix, as
// by the record service.
func (v visible) Custom(table, column string) bool {
	switch table {
	case "transaction":
		return strings.HasPrefix(column, "custbody") || strings.HasPrefix(column, "cseg")
	case "transactionline":
		return strings.HasPrefix(column, "custcol") || strings.HasPrefix(column, "cseg")
	}
	return false
}
