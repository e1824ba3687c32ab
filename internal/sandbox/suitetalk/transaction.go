package suitetalk

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/tree"
)

func lower(s string) string { return strings.ToLower(s) }

// change is one write to a transaction.
type change struct {
	body    *tree.Value
	replace bool // ?replace=item
	drop    string
}

// create makes a new transaction of a body, or refuses it. Nothing is stored
// when it refuses.
func (d *db) create(kind *recordType, c change) (*transaction, *reply) {
	t := &transaction{kind: kind, head: tree.Obj()}
	c.replace = true
	if no := d.write(t, c, true); no != nil {
		return nil, no
	}
	if _, taken := d.byExt[lower(t.ext)]; taken && t.ext != "" {
		return nil, userError("This record already exists.")
	}
	credit, no := d.readApply(t, c.body.Get("apply"))
	if no != nil {
		return nil, no
	}
	d.insert(t)
	d.settle(credit, t)
	return t, nil
}

// update changes a transaction, or refuses and leaves it as it was.
func (d *db) update(t *transaction, c change) *reply {
	if t.voided {
		return userError("This transaction has been voided.") // a guess
	}
	now := *t
	now.head = t.head.Clone()
	now.lines = slices.Clone(t.lines)
	if no := d.write(&now, c, false); no != nil {
		return no
	}
	if now.entity != t.entity && t.applied.Sign() != 0 {
		return userError("You cannot change the customer of a transaction that is linked to a payment or credit.")
	}
	if now.currency != t.currency {
		return userError("You cannot change the currency of a transaction once it has been saved.") // the rule is documented, the text is a guess
	}
	if now.total.Cmp(t.applied) < 0 {
		return userError("The total cannot be less than the amount that payments and credits have been applied for.") // a guess
	}
	if no := d.moved(t, &now, c); no != nil {
		return no
	}
	if other := d.byExt[lower(now.ext)]; now.ext != "" && other != nil && other != t {
		return userError("This record already exists.")
	}
	delete(d.byExt, lower(t.ext))
	if was := *t; d.queryLag > 0 {
		now.before = &was
	}
	*t = now
	if t.ext != "" {
		d.byExt[lower(t.ext)] = t
	}
	t.modified = d.now()
	return nil
}

// write puts the body's fields into t and checks everything that does not
// need t's former state.
func (d *db) write(t *transaction, c change, isNew bool) *reply {
	if c.drop != "" {
		forget(c.body, c.drop)
	}
	if no := d.writeHead(t, c.body); no != nil {
		return no
	}
	if no := d.settleParties(t); no != nil {
		return no
	}
	if item := c.body.Get("item"); item != nil {
		if no := d.mergeLines(t, item, c.replace); no != nil {
			return no
		}
	}
	if len(t.lines) == 0 {
		return userError("You must enter at least one line item for this transaction.")
	}
	if no := d.demands(t, isNew); no != nil {
		return no
	}
	t.total = sum(t.lines).Round(t.places)
	t.tax2 = percent(t.total, d.taxMore, t.places)
	t.tax = percent(t.total, d.taxRate, t.places).Add(t.tax2)
	t.total = t.total.Add(t.tax)
	if t.total.Sign() < 0 {
		return userError("The total cannot be negative.")
	}
	return d.settlePeriod(t, isNew, c.body.Get("postingPeriod"))
}

// forget takes a field out of a body and its lines.
func forget(body *tree.Value, field string) {
	body.Delete(field)
	if items := body.Get("item").Get("items"); items != nil {
		for i := range items.Items {
			items.Items[i].Delete(field)
		}
	}
}

func (d *db) writeHead(t *transaction, body *tree.Value) *reply {
	for i := range body.Members {
		m := &body.Members[i]
		name, ok := d.canonical(onHeader, m.Name)
		_, fixed := readOnly[lower(name)]
		switch {
		case !ok || fixed || name == "item" || name == "apply" || name == "postingPeriod":
		case name == "externalId":
			t.ext = m.Value.Scalar()
		case m.Value.Kind == tree.Null:
			t.head.Delete(name)
		case d.isDate(onHeader, name) && !validDate(&m.Value):
			return invalidShape(name, name)
		case references[name] != nil && name != "createdFrom":
			e, no := d.reference(references[name], &m.Value, name)
			if no != nil {
				return no
			}
			t.head.Set(name, d.ref(references[name], e.id))
		default:
			v, no := d.custom(onHeader, name, &m.Value, name)
			if no != nil {
				return no
			}
			t.head.Set(name, v)
		}
	}
	return nil
}

// settleParties checks customer and currency and fills in what follows from
// the customer.
func (d *db) settleParties(t *transaction) *reply {
	entity := t.head.Get("entity")
	if entity == nil {
		return userError("Please enter value(s) for: Customer.")
	}
	t.entity = d.tables[typeCustomer].byID[entity.TextOf("id")]
	own := t.entity.fields.Get("currency")
	id := own.TextOf("id")
	if d.profile.MultiCurrency() {
		if t.head.Get("currency") == nil {
			t.head.Set("currency", own.Clone())
		}
		id = t.head.Get("currency").TextOf("id")
	}
	if id != own.TextOf("id") {
		return failure(http.StatusBadRequest, "USER_ERROR",
			"Error while accessing a resource. Invalid currency reference key "+id+" for entity "+t.entity.id+".", "currency")
	}
	t.currency = d.tables[typeCurrency].byID[id]
	t.places = 2
	if t.currency.fields.TextOf("currencyPrecision") == "0" {
		t.places = 0
	}
	if no := d.settleSubsidiary(t); no != nil {
		return no
	}
	if d.profile.MultiCurrency() && t.head.Get("exchangeRate") == nil {
		t.head.Set("exchangeRate", t.currency.fields.Get("exchangeRate").Clone())
	}
	t.date = t.head.TextOf("tranDate")
	if t.date == "" {
		t.date = d.now().UTC().Format(time.DateOnly)
		t.head.Set("tranDate", tree.Str(t.date))
	}
	if t.kind == typeInvoice && t.head.TextOf("dueDate") == "" {
		t.head.Set("dueDate", tree.Str(d.dueDate(t)))
	}
	return nil
}

// dueDate is what the terms say: of the transaction, else of the customer.
func (d *db) dueDate(t *transaction) string {
	days := t.entity.fields.TextOf("termDays")
	if v := t.head.Get("terms"); v != nil {
		days = d.tables[typeTerm].byID[v.TextOf("id")].fields.TextOf("daysUntilNetDue")
	}
	day, err := time.Parse(time.DateOnly, t.date)
	n, errDays := strconv.Atoi(days)
	if err != nil || errDays != nil {
		return t.date // no terms: due on the day
	}
	return day.AddDate(0, 0, n).Format(time.DateOnly)
}

// remove deletes a transaction that nothing refers to. What a payment or a
// credit memo gave to invoices is open again then.
func (d *db) remove(t *transaction) *reply {
	if t.links > 0 {
		return userError("This transaction cannot be deleted because it is referred to by other transactions. " +
			"It may be a bill or an invoice that has been paid or an expense that has been reimbursed.")
	}
	if d.shut(t.period) {
		return userError("You cannot change the G/L impact of a transaction in a closed period.")
	}
	d.undo(t)
	delete(d.tx, t.id)
	delete(d.byExt, lower(t.ext))
	d.order = slices.DeleteFunc(d.order, func(o *transaction) bool { return o == t })
	return nil
}

// touch notes that a transaction is about to change; queries that lag behind show
// it as it was.
func (d *db) touch(t *transaction) {
	if d.queryLag > 0 {
		was := *t
		t.before = &was
	}
	t.modified = d.now()
}

// void makes the total and every line of a transaction zero, and leaves it
// where it is.
func (d *db) void(t *transaction) *reply {
	if t.links > 0 {
		return userError("This transaction cannot be voided because it is referred to by other transactions.") // a guess
	}
	if d.shut(t.period) {
		return userError("You cannot change the G/L impact of a transaction in a closed period.")
	}
	d.touch(t)
	d.undo(t)
	t.gave, t.applied, t.total, t.tax, t.tax2 = nil, decimal.D{}, decimal.D{}, decimal.D{}, decimal.D{}
	for i := range t.lines {
		t.lines[i].Set("amount", tree.Num("0.00"))
	}
	t.voided = true
	return nil
}

// Remove deletes a transaction, named by its internal or external id, as a
// person does in NetSuite.
func (s *Server) Remove(id string) error { return s.manually(id, s.db.remove) }

// Void voids a transaction, named by its internal or external id, as a person
// does in NetSuite: the record service does not offer it.
func (s *Server) Void(id string) error { return s.manually(id, s.db.void) }

func (s *Server) manually(id string, do func(*transaction) *reply) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.db.tx[id]
	if t == nil {
		t = s.db.byExt[lower(id)]
	}
	if t == nil {
		return fmt.Errorf("no transaction %q: give its internal id or its external id", id)
	}
	if no := do(t); no != nil {
		return fmt.Errorf("%s %s: %s", t.kind.name, t.id, no.body)
	}
	return nil
}
