package suitetalk

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"billferry/internal/sandbox/account"
	"billferry/internal/sandbox/tree"
)

// titles are the labels of standard fields in the forms, where they are more than
// the words of the key.
var titles = map[string]string{
	"entity": "Customer", "item": "Items", "tranId": "Document Number", "tranDate": "Date", "otherRefNum": "PO/Check Number",
	"asOfDate": "As Of Date",
	"account":  "Account", "terms": "Terms", "toBeEmailed": "To Be E-mailed", "billAddressList": "Bill To Select", "salesRep": "Sales Rep",
	"customForm": "Custom Form", "externalId": "External ID", "job": "Project", "taxDetailsOverride": "Tax Details Override",
	"id": "Internal ID", "refName": "Reference Name", "taxTotal": "Tax Total", "units": "Units", "price": "Price Level",
	"taxRate1":        "Tax Rate",
	"revRecStartDate": "Rev. Rec. Start Date", "revRecEndDate": "Rev. Rec. End Date", "revRecSchedule": "Rev. Rec. Schedule",
	"line":               "Line ID",
	"revRecTermInMonths": "Rev. Rec. Term In Months", "deferRevRec": "Defer Rev. Rec.", "class": "Class",
}

// title is the label of a field.
func (d *db) title(on, key string) string {
	if f, ok := d.profile.Field(key, on); ok {
		return f.Label
	}
	if t := titles[key]; t != "" {
		return t
	}
	var b strings.Builder
	for i, r := range key {
		switch {
		case i == 0:
			b.WriteString(strings.ToUpper(string(r)))
		case r >= 'A' && r <= 'Z':
			b.WriteString(" " + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// The standard fields that are no text.
var (
	checkFields = names(`toBeEmailed toBePrinted taxDetailsOverride taxRegOverride isTaxable deferRevRec doNotCreateRevenueElement autoApply`)
	moneyFields = names(`quantity rate amount exchangeRate taxRate1 tax1Amt grossAmt revRecTermInMonths discountRate payment
		subtotal taxTotal total amountPaid amountRemaining amountRemainingTotalBox deferredRevenue applied unapplied`)
	pickedFields = names(`entity currency subsidiary department class location terms account approvalStatus billAddressList job ` +
		`salesRep discountItem
		customForm nexus createdFrom postingPeriod item units taxCode price revRecSchedule catchUpPeriod orderDoc subscription itemType`)
	enums = map[string][]string{"approvalStatus": {"1", "2", "3", "11"}}
)

// schema is the JSON schema of a record type, as the metadata catalogue has it.
func (s *Server) schema(k *recordType) tree.Value {
	properties := tree.Obj()
	if !k.isTransaction() {
		for _, f := range fieldsOf(k) {
			properties.Set(f, text(f, ""))
		}
	} else {
		properties = s.db.properties(onHeader)
		line := s.db.properties(onLine)
		properties.Set("item", tree.Obj(tree.M("type", tree.Str("object")), tree.M("properties", tree.Obj(
			tree.M("links", links()),
			tree.M("items", tree.Obj(tree.M("type", tree.Str("array")),
				tree.M("items", tree.Obj(tree.M("type", tree.Str("object")), tree.M("properties", line)))))))))
	}
	filterable := make([]tree.Value, 0, 8)
	for _, f := range []string{"id", "externalId", "entity", "tranDate"} {
		filterable = append(filterable, tree.Str(f))
	}
	return tree.Obj(tree.M("$schema", tree.Str("http://json-schema.org/draft-06/hyper-schema#")), tree.M("type", tree.Str("object")),
		tree.M("title", tree.Str(k.title)), tree.M("properties", properties), tree.M("x-ns-filterable", tree.List(filterable...)),
		self(s.o.Origin+recordPath+"metadata-catalog/"+k.name))
}

func links() tree.Value {
	return tree.Obj(tree.M("title", tree.Str("Links")), tree.M("type", tree.Str("array")), tree.M("readOnly", tree.Boolean(true)),
		tree.M("items", tree.Obj(tree.M("$ref", tree.Str(recordPath+"metadata-catalog/nsLink")))))
}

func text(title, format string) tree.Value {
	v := tree.Obj(tree.M("title", tree.Str(title)), tree.M("type", tree.Str("string")))
	if format != "" {
		v.Set("format", tree.Str(format))
	}
	v.Set("nullable", tree.Boolean(true))
	return v
}

// properties are the fields of a header or a line.
func (d *db) properties(on string) tree.Value {
	known := headFields
	if on == onLine {
		known = lineFields
	}
	out := tree.Obj()
	for _, key := range slices.Sorted(maps.Values(known)) {
		if _, ok := d.canonical(on, key); ok && key != "links" && key != "payment" && !(on == onHeader && key == "item") {
			out.Set(key, property(d.title(on, key), standardType(key), enums[key]))
		}
	}
	if on == onHeader {
		for _, key := range slices.Sorted(maps.Values(readOnly)) {
			p := property(d.title(on, key), standardType(key), nil)
			p.Set("readOnly", tree.Boolean(true))
			out.Set(key, p)
		}
	}
	for _, f := range d.profile.Fields {
		if slices.Contains(f.On, on) {
			p := property(f.Label, f.Type, nil)
			p.Set("x-ns-custom-field", tree.Boolean(true))
			out.Set(f.Key, p)
		}
	}
	return out
}

func standardType(key string) account.Type {
	low := lower(key)
	switch {
	case dateFields[low] != "":
		return account.Date
	case checkFields[low] != "":
		return account.Checkbox
	case moneyFields[low] != "":
		return account.Number
	case pickedFields[low] != "":
		return account.List
	}
	return account.Text
}

func property(title string, kind account.Type, enum []string) tree.Value {
	str := tree.Str
	id := tree.Obj(tree.M("title", str("Internal identifier")), tree.M("type", str("string")))
	if enum != nil {
		list := make([]tree.Value, len(enum))
		for i, e := range enum {
			list[i] = str(e)
		}
		id.Set("enum", tree.List(list...))
	}
	reference := tree.Obj(tree.M("id", id), tree.M("refName", text("Reference Name", "")),
		tree.M("externalId", text("External identifier", "")),
		tree.M("links", links()))
	switch kind {
	case account.Date:
		return text(title, "date")
	case account.Checkbox:
		return tree.Obj(tree.M("title", str(title)), tree.M("type", str("boolean")), tree.M("nullable", tree.Boolean(true)))
	case account.Number:
		return tree.Obj(tree.M("title", str(title)), tree.M("type", str("number")), tree.M("format", str("double")),
			tree.M("nullable", tree.Boolean(true)))
	case account.List:
		return tree.Obj(tree.M("title", str(title)), tree.M("type", str("object")), tree.M("properties", reference))
	case account.Multi:
		return tree.Obj(tree.M("title", str(title)), tree.M("type", str("object")), tree.M("properties", tree.Obj(
			tree.M("links", links()), tree.M("items", tree.Obj(tree.M("type", str("array")),
				tree.M("items", tree.Obj(tree.M("type", str("object")), tree.M("properties", reference))))))))
	}
	return text(title, "")
}

// The operations that a POST can be by its Accept, and that save nothing.
const (
	selectOptions = "select-options"
	createForm    = "create-form"
)

func operation(r request) string {
	_, kind, _ := strings.Cut(r.Header.Get("Accept"), "type=")
	return strings.TrimSpace(kind)
}

// selectOptions lists the values that fields may have, as the body's subsidiary
// or customer allows them. The form of the answer is a guess: Oracle's page shows
// requests only.
func (s *Server) selectOptions(r request, kind *recordType) *reply {
	body, err := tree.Parse(r.body)
	if len(r.body) > 0 && (err != nil || body.Kind != tree.Object) {
		return failure(http.StatusBadRequest, "INVALID_CONTENT", "Invalid content in the request body.", "")
	}
	limit, offset, no := window(r.URL.Query().Get("limit"), r.URL.Query().Get("offset"))
	if no != nil {
		return no
	}
	out := tree.Obj(tree.M("links", tree.List()))
	for field := range strings.SplitSeq(r.URL.Query().Get("fields"), ",") {
		on, key := onHeader, strings.TrimSpace(field)
		if rest, ok := strings.CutPrefix(key, "item."); ok {
			on, key = onLine, rest
		}
		key, known := s.db.canonical(on, key)
		entries, picked := s.db.options(on, key, s.db.subsidiaryOf(&body))
		if !known || !picked || !kind.isTransaction() {
			return envelope(http.StatusBadRequest, tree.Obj(
				tree.M("detail", tree.Str("Invalid query parameter value '"+field+"' for the parameter 'fields'. Provide a valid select field.")),
				tree.M("o:errorQueryParam", tree.Str("fields")), tree.M("o:errorCode", tree.Str("INVALID_PARAMETER"))))
		}
		page := entries[min(offset, len(entries)):min(offset+limit, len(entries))]
		items := make([]tree.Value, len(page))
		for i, e := range page {
			items[i] = tree.Obj(tree.M("id", tree.Str(e.ID)), tree.M("refName", tree.Str(e.Name)))
		}
		list := s.listing(r, items, limit, offset, len(entries))
		if on == onLine {
			of := tree.Obj()
			if v := out.Get("item"); v != nil {
				of = *v
			}
			of.Set(key, list)
			out.Set("item", of)
			continue
		}
		out.Set(key, list)
	}
	return &reply{status: http.StatusOK, ctype: "application/vnd.oracle.resource+json; type=select-options", body: out.JSON()}
}

// subsidiaryOf is the subsidiary that a body speaks of; "" is none in particular.
func (d *db) subsidiaryOf(body *tree.Value) string {
	if sub := idIn(body.Get("subsidiary")); sub != "" {
		return sub
	}
	if c := d.tables[typeCustomer].byID[idIn(body.Get("entity"))]; c != nil {
		return c.subsidiaries[0]
	}
	return ""
}

// options are the values of a field; ok is false for one that is not picked.
func (d *db) options(on, key, subsidiary string) (out []account.Entry, ok bool) {
	if f, custom := d.profile.Field(key, on); custom {
		return f.Values, f.Type == account.List || f.Type == account.Multi
	}
	kind := references[key]
	if kind == nil || kind.isTransaction() {
		return nil, pickedFields[lower(key)] != ""
	}
	for _, e := range d.tables[kind].rows {
		if subsidiary == "" || e.in(subsidiary) {
			out = append(out, account.Entry{ID: e.id, Name: e.name})
		}
	}
	return out, true
}

// createForm answers with a new record as its form opens, and saves nothing. Which
// fields it fills is a guess: those that a form shows filled.
func (s *Server) createForm(r request, kind *recordType) *reply {
	body, err := tree.Parse(r.body)
	if len(r.body) > 0 && (err != nil || body.Kind != tree.Object) {
		return failure(http.StatusBadRequest, "INVALID_CONTENT", "Invalid content in the request body.", "")
	}
	if !kind.isTransaction() {
		return notAllowed()
	}
	d := s.db
	today := d.now().UTC().Format("2006-01-02")
	v := tree.Obj(tree.M("tranDate", tree.Str(today)),
		tree.M("customForm", tree.Obj(tree.M("id", tree.Str("100")), tree.M("refName", tree.Str("Standard Service "+kind.title)))))
	if p := d.periodOf(today); p != nil {
		v.Set("postingPeriod", d.ref(typePeriod, p.id))
	}
	if d.profile.Numbering != account.Manual {
		v.Set("tranId", tree.Str("To Be Generated"))
	}
	if d.profile.MultiCurrency() {
		v.Set("currency", d.ref(typeCurrency, "1"))
	}
	if d.profile.Approval.Pending && kind == typeInvoice {
		v.Set("approvalStatus", pendingApproval.Clone())
	}
	if d.profile.OneWorld() {
		if sub := d.subsidiaryOf(&body); sub != "" {
			v.Set("subsidiary", d.ref(typeCompany, sub))
		}
	}
	return &reply{status: http.StatusOK, ctype: "application/vnd.oracle.resource+json; type=create-form", body: v.JSON()}
}
