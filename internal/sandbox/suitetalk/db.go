package suitetalk

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/account"
	"billferry/internal/sandbox/seed"
	"billferry/internal/sandbox/tree"
)

// recordType is a kind of record by its name in the REST service.
type recordType struct {
	name     string // camelCase, as in links
	title    string
	tranType string // of transactions: what SuiteQL calls it
	prefix   string // of document numbers
}

func (k *recordType) isTransaction() bool { return k.tranType != "" }

var (
	typeInvoice  = &recordType{name: "invoice", title: "Invoice", tranType: "CustInvc", prefix: "INV"}
	typeCredit   = &recordType{name: "creditMemo", title: "Credit Memo", tranType: "CustCred", prefix: "CM"}
	typePayment  = &recordType{name: "customerPayment", title: "Customer Payment", tranType: "CustPymt", prefix: "PYMT"}
	typeCustomer = &recordType{name: "customer", title: "Customer"}
	typeItem     = &recordType{name: "serviceSaleItem", title: "Service Item For Sale"}
	typeCurrency = &recordType{name: "currency", title: "Currency"}
	typeCompany  = &recordType{name: "subsidiary", title: "Subsidiary"}
	typePeriod   = &recordType{name: "accountingPeriod", title: "Accounting Period"}

	typeDepartment = &recordType{name: "department", title: "Department"}
	typeClass      = &recordType{name: "classification", title: "Class"}
	typeLocation   = &recordType{name: "location", title: "Location"}
	typeTerm       = &recordType{name: "term", title: "Terms"}
)

var recordTypes = []*recordType{
	typeInvoice, typeCredit, typePayment, typeCustomer, typeItem, typeCurrency, typeCompany, typePeriod,
	typeDepartment, typeClass, typeLocation, typeTerm,
}

// typeNamed finds a record type; paths are accepted in any letter case. "item"
// stands for the item type the simulator has.
func typeNamed(name string) *recordType {
	if strings.EqualFold(name, "item") {
		return typeItem
	}
	for _, k := range recordTypes {
		if strings.EqualFold(k.name, name) {
			return k
		}
	}
	return nil
}

// db is what the account holds. Whoever uses it holds Server.mu.
type db struct {
	account string
	now     func() time.Time
	tables  map[*recordType]*table
	tx      map[string]*transaction
	byExt   map[string]*transaction // every kind shares one namespace; lower-case: web services ignore case
	order   []*transaction
	lastID  int
	lastKey int // of the unique keys of lines
	// queryLag is how long a write takes to show in queries.
	queryLag time.Duration
	// override: the role may post into locked periods.
	override bool
	taxRate  decimal.D // percent that is added to what is written; zero: none
	taxMore  decimal.D // the same that stands in tax2Total
	profile  account.Profile
	later    []seed.Period // accounting periods that nobody has set up yet
}

// table holds the records of a type that is no transaction.
type table struct {
	rows  []*entry
	byID  map[string]*entry
	byExt map[string]*entry
}

// entry is a record that transactions refer to.
type entry struct {
	id, ext, name string
	fields        tree.Value // beyond id and externalId
	subsidiaries  []string   // that may use it; of a customer the primary one first; none: all
}

// transaction is an invoice, credit memo or payment.
type transaction struct {
	kind     *recordType
	id, ext  string
	head     tree.Value // writable fields as sent, names in NetSuite's letter case
	lines    []tree.Value
	lastLine int
	entity   *entry
	currency *entry
	places   int
	period   *entry
	date     string
	tax      decimal.D // what was added for tax; it is part of total
	tax2     decimal.D // of tax, what stands in tax2Total
	history  bool      // people made it before: what Invoices leaves out
	total    decimal.D
	applied  decimal.D // of an invoice: paid or credited; of the others: given to invoices
	links    int       // transactions that refer to this one
	voided   bool
	gave     applications
	journals []journal // that people settled an invoice with
	mailed   bool
	printed  bool
	created  time.Time
	modified time.Time
	mainKey  int          // unique key of the main line
	taxKey   int          // of the tax line
	before   *transaction // as it was before the last change, where queries lag behind
}

func (t *transaction) open() decimal.D { return t.total.Sub(t.applied) }

// newDB fills an account. was is what it was before; nil: it is new.
func newDB(o Options, was *db) *db {
	d := &db{
		account: o.AccountID, profile: o.Account, now: o.Now, tables: map[*recordType]*table{},
		tx: map[string]*transaction{}, byExt: map[string]*transaction{}, lastID: 48000,
	}
	for _, k := range recordTypes {
		if !k.isTransaction() {
			d.tables[k] = &table{byID: map[string]*entry{}, byExt: map[string]*entry{}}
		}
	}
	d.taxRate, d.taxMore = o.Account.Tax.Rates()
	d.fill(o)
	if was == nil {
		d.recall()
	} else {
		d.adopt(was)
	}
	return d
}

func (d *db) fill(o Options) {
	str := tree.Str
	d.fillSubsidiaries()
	for _, c := range o.World.Currencies {
		d.tables[typeCurrency].add(&entry{id: c.ID, name: c.ISO, fields: tree.Obj(
			tree.M("name", str(c.Name)), tree.M("symbol", str(c.ISO)), tree.M("currencyPrecision", tree.Num(strconv.Itoa(c.Places))),
			tree.M("exchangeRate", tree.Num(c.Rate)), tree.M("isInactive", tree.Boolean(false)))})
	}
	for _, i := range o.World.Items {
		e := &entry{id: i.ID, name: i.Name, subsidiaries: o.Account.Items[i.ID], fields: tree.Obj(
			tree.M("itemId", str(i.Name)), tree.M("fullName", str(i.Name)), tree.M("displayName", str(i.Display)),
			tree.M("itemType", str("Service")), tree.M("isInactive", tree.Boolean(false)))}
		if o.Account.RevenueDates {
			e.fields.Set("revenueRecognitionRule", tree.Obj(tree.M("id", str("3")), tree.M("refName", str("Exact days"))))
		}
		if o.Account.OneWorld() {
			e.fields.Set("subsidiary", d.refs(typeCompany, e.subsidiaries))
		}
		d.tables[typeItem].add(e)
	}
	for _, c := range o.World.Customers {
		subs := d.subsidiariesOf(c.CurrencyID)
		d.tables[typeCustomer].add(&entry{id: c.ID, ext: c.ExternalID, name: c.EntityID, subsidiaries: subs, fields: tree.Obj(
			tree.M("entityId", str(c.EntityID)), tree.M("companyName", str(c.Company)), tree.M("email", str(c.Email)),
			tree.M("currency", d.ref(typeCurrency, c.CurrencyID)), tree.M("subsidiary", d.ref(typeCompany, subs[0])),
			tree.M("termDays", tree.Num(strconv.Itoa(c.TermDays))), tree.M("isInactive", tree.Boolean(false)))})
	}
	d.fillPeriods(o.World.Periods)
	d.fillLists(o)
}

func (t *table) add(e *entry) {
	t.rows = append(t.rows, e)
	t.byID[e.id] = e
	if e.ext != "" {
		t.byExt[strings.ToLower(e.ext)] = e
	}
}

// ref is a reference as it is stored: links are added when it is read.
func (d *db) ref(k *recordType, id string) tree.Value {
	v := tree.Obj(tree.M("id", tree.Str(id)))
	if e := d.tables[k].byID[id]; e != nil {
		v.Set("refName", tree.Str(e.name))
	}
	return v
}

// refs is a multi-select of records; no ids are all there are.
func (d *db) refs(k *recordType, ids []string) tree.Value {
	var items []tree.Value
	for _, e := range d.tables[k].rows {
		if len(ids) == 0 || slices.Contains(ids, e.id) {
			items = append(items, d.ref(k, e.id))
		}
	}
	return tree.Obj(tree.M("items", tree.List(items...)), tree.M("totalResults", tree.Num(strconv.Itoa(len(items)))))
}

func (d *db) nextKey() int {
	d.lastKey++
	return d.lastKey
}

func (d *db) nextID() string {
	d.lastID++
	return strconv.Itoa(d.lastID)
}

// insert files a new transaction.
func (d *db) insert(t *transaction) {
	t.id = d.nextID()
	if t.head.TextOf("tranId") == "" && d.profile.Numbering != account.Manual {
		t.head.Set("tranId", tree.Str(t.kind.prefix+t.id))
	}
	t.created, t.modified = d.now(), d.now()
	t.mainKey, t.taxKey = d.nextKey(), d.nextKey()
	d.tx[t.id] = t
	d.order = append(d.order, t)
	if t.ext != "" {
		d.byExt[strings.ToLower(t.ext)] = t
	}
}
