package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"billferry/internal/bill"
	"billferry/internal/spec"
)

// source is where a rule takes a value: "product.customFields.ns_class".
type source struct {
	name   string // as written
	entity string // bill, line, account ...
	path   string // what follows the first point
}

// The entities of sources beside the Bill and its lines. Their records come from
// m3ter, and only those that rules name.
const (
	srcBill         = "bill"
	srcLine         = "line"
	srcAccount      = "account"
	srcAccountPlan  = "accountPlan"
	srcPlan         = "plan"
	srcProduct      = "product"
	srcAccounting   = "accountingProduct"
	srcContract     = "contract"
	srcAggregation  = "aggregation"
	srcOrganization = "organization"
)

// The entities of m3ter that Lookups.Records has records of, beside those that
// are called as a source is.
const srcCompound = "compoundAggregation"

// billSources are the fields of a Bill that a rule may read.
var billSources = map[string]func(*bill.Head) string{
	"id": func(h *bill.Head) string { return h.ID }, "accountId": func(h *bill.Head) string { return h.AccountID },
	"accountCode": func(h *bill.Head) string { return h.AccountCode }, "startDate": func(h *bill.Head) string { return h.StartDate },
	"endDate": func(h *bill.Head) string { return h.EndDate }, "billDate": func(h *bill.Head) string { return h.BillDate },
	"dueDate": func(h *bill.Head) string { return h.DueDate }, "currency": func(h *bill.Head) string { return h.Currency },
	"timezone": func(h *bill.Head) string { return h.Timezone }, "status": func(h *bill.Head) string { return h.Status },
	"billingFrequency": func(h *bill.Head) string { return h.BillingFrequency }, "billJobId": func(h *bill.Head) string { return h.BillJobID },
	"lastCalculatedDate":       func(h *bill.Head) string { return h.LastCalculatedDate },
	"purchaseOrderNumber":      func(h *bill.Head) string { return h.PurchaseOrderNumber },
	"externalInvoiceReference": func(h *bill.Head) string { return h.ExternalInvoiceReference },
	"externalInvoiceDate":      func(h *bill.Head) string { return h.ExternalInvoiceDate },
	"sequentialInvoiceNumber":  func(h *bill.Head) string { return h.SequentialInvoiceNumber },
	"reference":                func(h *bill.Head) string { return h.Reference() },
	"version":                  func(h *bill.Head) string { return fmt.Sprint(h.Version) },
	"billTotal":                func(h *bill.Head) string { return h.BillTotal.String() },
}

// lineSources are the fields of a line of the Bill that a rule may read.
var lineSources = map[string]func(*bill.Line) string{
	"id": func(l *bill.Line) string { return l.ID }, "type": func(l *bill.Line) string { return l.Type },
	"description": func(l *bill.Line) string { return l.Description },
	"productId":   func(l *bill.Line) string { return l.ProductID }, "productName": func(l *bill.Line) string { return l.ProductName },
	"productCode":           func(l *bill.Line) string { return l.ProductCode },
	"accountingProductId":   func(l *bill.Line) string { return l.AccountingProductID },
	"accountingProductName": func(l *bill.Line) string { return l.AccountingProductName },
	"accountingProductCode": func(l *bill.Line) string { return l.AccountingProductCode },
	"aggregationId":         func(l *bill.Line) string { return l.AggregationID },
	"compoundAggregationId": func(l *bill.Line) string { return l.CompoundAggregationID },
	"meterId":               func(l *bill.Line) string { return l.MeterID }, "planId": func(l *bill.Line) string { return l.PlanID },
	"commitmentId": func(l *bill.Line) string { return l.CommitmentID }, "contractId": func(l *bill.Line) string { return l.ContractID },
	"childAccountId":   func(l *bill.Line) string { return l.ChildAccountID },
	"childAccountCode": func(l *bill.Line) string { return l.ChildAccountCode },
	"balanceId":        func(l *bill.Line) string { return l.BalanceID }, "chargeId": func(l *bill.Line) string { return l.ChargeID },
	"reasonId": func(l *bill.Line) string { return l.ReasonID }, "referencedBillId": func(l *bill.Line) string { return l.ReferencedBillID },
	"planGroupId": func(l *bill.Line) string { return l.PlanGroupID },
	"currency":    func(l *bill.Line) string { return l.Currency }, "unit": func(l *bill.Line) string { return l.Unit },
}

// recordFields are the fields of m3ter's entities that a rule may read beside
// customFields.<key> and, of an account, address.<key>.
var recordFields = map[string][]string{
	srcAccount:      {"id", "code", "name", "currency", "emailAddress", "purchaseOrderNumber"},
	srcAccountPlan:  {"id", "code"},
	srcPlan:         {"id", "code", "name"},
	srcProduct:      {"id", "code", "name"},
	srcAccounting:   {"id", "code", "name"},
	srcContract:     {"id", "code", "name", "purchaseOrderNumber"},
	srcAggregation:  {"id", "code", "name"},
	srcOrganization: {},
}

const customFieldsPath = "customFields."

// Sources lists what a rule may read, for those who choose: of a line, or of the
// header. What ends in a point takes a name of its own.
func Sources(line bool) []spec.Option {
	var out []spec.Option
	add := func(help, entity string) {
		names, open := fieldsOf(entity)
		for _, n := range slices.Concat(names, open) {
			n = entity + "." + n
			out = append(out, spec.Option{Value: n, Label: n, Help: help})
		}
	}
	if line {
		add("of the line of the Bill", srcLine)
	}
	add("of the Bill", srcBill)
	for _, e := range sourceEntities(line) {
		add("of the "+e+" in m3ter", e)
	}
	return out
}

// fieldsOf are the fields of an entity that a rule may read, and how those begin
// that end in a name of their own.
func fieldsOf(entity string) (names, open []string) {
	switch entity {
	case srcBill:
		return slices.Sorted(maps.Keys(billSources)), nil
	case srcLine:
		return append(slices.Sorted(maps.Keys(lineSources)), periodStart, periodEnd), []string{"segment.", "group.", "additional."}
	case srcAccount:
		return recordFields[entity], []string{customFieldsPath, "address."}
	}
	return recordFields[entity], []string{customFieldsPath}
}

// sourceEntities are those whose records a line or a header may read.
func sourceEntities(line bool) []string {
	if line {
		return []string{srcAccount, srcAccountPlan, srcPlan, srcProduct, srcAccounting, srcContract, srcAggregation, srcOrganization}
	}
	return []string{srcAccount, srcOrganization}
}

// parseSource reads a source for a line or for the header.
func parseSource(name string, line bool) (source, error) {
	name = strings.TrimSpace(name)
	entity, path, _ := strings.Cut(name, ".")
	s := source{name: name, entity: entity, path: path}
	_, known := recordFields[entity]
	switch {
	case entity != srcBill && entity != srcLine && !known:
		return s, fmt.Errorf("there is no source %q; it begins with one of %s, %s, %s", name, srcBill, srcLine,
			strings.Join(sourceEntities(true), ", "))
	case !line && entity != srcBill && !slices.Contains(sourceEntities(false), entity):
		return s, fmt.Errorf("%q differs from line to line: a field of the header is filled from %s, %s", name, srcBill,
			strings.Join(sourceEntities(false), ", "))
	}
	names, open := fieldsOf(entity)
	begins := func(p string) bool { return len(path) > len(p) && strings.HasPrefix(path, p) }
	if slices.Contains(names, path) || slices.ContainsFunc(open, begins) {
		return s, nil
	}
	for i := range open {
		open[i] += "<key>"
	}
	return s, fmt.Errorf("there is no source %q; of %s there are %s", name, entity, strings.Join(slices.Concat(names, open), ", "))
}

// CheckSource tells what is wrong with a source for a line or for the header.
func CheckSource(name string, line bool) error {
	_, err := parseSource(name, line)
	return err
}

// sure tells that a source is never empty. The zero source, of mere words, is none.
func (s source) sure() bool {
	return slices.Contains([]string{"", "bill.id", "bill.accountId", "bill.currency", "bill.reference", "bill.version", "bill.billTotal",
		"account.id", "line.id", "line.type"}, s.name)
}

// place is where rules are asked: a Bill, and a line of it or nil.
type place struct {
	bill    *bill.Head
	line    *bill.Line
	lookups *Lookups
	m       *mapper
	err     error
}

// what names the place for a message.
func (at *place) what() string {
	if at.line != nil {
		return describe(at.line)
	}
	return "the document"
}

// where names a source at a place, with the record it is read from.
func (at *place) where(s source) string {
	if e := s.record(at.bill, at.line); e.ID != "" {
		return fmt.Sprintf("%s of %s %s", s.path, s.entity, e.ID)
	}
	return s.name
}

// read gives what a source says; "" is nothing.
func (s source) read(at *place) string {
	switch s.entity {
	case "":
		return ""
	case srcBill:
		return billSources[s.path](at.bill)
	case srcLine:
		return s.readLine(at)
	}
	if v := s.known(at.bill, at.line); v != "" {
		return v
	}
	return at.lookups.Records[s.record(at.bill, at.line)][s.path]
}

func (s source) readLine(at *place) string {
	if f, ok := lineSources[s.path]; ok {
		return f(at.line)
	}
	list, key, _ := strings.Cut(s.path, ".")
	switch list {
	case "segment":
		return pairOf(at.line.Segment, key)
	case "group":
		return pairOf(at.line.Group, key)
	case "additional":
		return pairOf(at.line.Additional, key)
	}
	first, last, err := at.m.days(at.line)
	if err != nil {
		at.err = err
	}
	if s.path == periodStart {
		return first
	}
	return last
}

func pairOf(pairs []bill.Pair, name string) string {
	for _, p := range pairs {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// known answers what the Bill itself tells of an entity, without its record.
func (s source) known(h *bill.Head, l *bill.Line) string {
	switch s.name {
	case "account.id":
		return h.AccountID
	case "account.code":
		return h.AccountCode
	}
	if l == nil {
		return ""
	}
	switch s.name {
	case "product.id":
		return l.ProductID
	case "product.code":
		return l.ProductCode
	case "product.name":
		return l.ProductName
	case "accountingProduct.id":
		return l.AccountingProductID
	case "accountingProduct.code":
		return l.AccountingProductCode
	case "accountingProduct.name":
		return l.AccountingProductName
	case "plan.id":
		return l.PlanID
	case "contract.id":
		return l.ContractID
	case "aggregation.id":
		return aggregationOf(l)
	}
	return ""
}

// Record names a record of m3ter.
type Record struct{ Entity, ID string }

// record is the record that a source reads at a place; one without an id is none.
func (s source) record(h *bill.Head, l *bill.Line) Record {
	switch s.entity {
	case srcAccount:
		return Record{srcAccount, h.AccountID}
	case srcOrganization:
		return Record{srcOrganization, "organization"}
	}
	if l == nil {
		return Record{}
	}
	switch s.entity {
	case srcProduct:
		return Record{srcProduct, l.ProductID}
	case srcAccounting: // m3ter keeps it among the products
		return Record{srcProduct, l.AccountingProductID}
	case srcPlan:
		return Record{srcPlan, l.PlanID}
	case srcContract:
		return Record{srcContract, l.ContractID}
	case srcAggregation:
		if l.AggregationID == "" && l.CompoundAggregationID != "" {
			return Record{srcCompound, l.CompoundAggregationID}
		}
		return Record{srcAggregation, l.AggregationID}
	case srcAccountPlan:
		account := l.ChildAccountID
		if account == "" {
			account = h.AccountID
		}
		if l.PlanID == "" {
			return Record{}
		}
		return Record{srcAccountPlan, account + "|" + l.PlanID}
	}
	return Record{}
}

// Records lists the records of m3ter that the settings read of a Bill, each once.
func Records(cfg Config, b bill.Bill) []Record {
	var out []Record
	seen := map[Record]bool{}
	add := func(s source, l *bill.Line) {
		if s.entity == "" || s.entity == srcBill || s.entity == srcLine || s.known(&b.Head, l) != "" {
			return
		}
		if r := s.record(&b.Head, l); r.ID != "" && !seen[r] {
			seen[r] = true
			out = append(out, r)
		}
	}
	ask := func(all []FieldRules, l *bill.Line) {
		for i := range all {
			for j := range all[i].Rules {
				r := &all[i].Rules[j]
				if !r.holds(&b.Head, l) {
					continue
				}
				for _, p := range r.Parts {
					add(p.source, l)
				}
			}
		}
	}
	if cfg.CustomerBy == ByCustomField {
		add(source{entity: srcAccount, path: cfg.CustomerField, name: "account." + cfg.CustomerField}, nil)
	}
	ask(cfg.Rules.Header, nil)
	if len(cfg.Rules.Lines) > 0 {
		for i := range b.Lines {
			if !cfg.excludes(b.Lines[i].Type) {
				ask(cfg.Rules.Lines, &b.Lines[i])
			}
		}
	}
	return out
}
