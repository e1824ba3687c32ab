package suitetalk

import (
	"fmt"
	"net/http"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/tree"
)

// applications are what a credit memo or payment gives to invoices.
type applications []application

type application struct {
	invoice *transaction
	amount  decimal.D
}

// settle makes them count, as what t gave. That changes the invoices, as NetSuite
// has it.
func (d *db) settle(a applications, t *transaction) {
	t.gave = a
	for _, one := range a {
		d.touch(one.invoice)
		one.invoice.applied = one.invoice.applied.Add(one.amount)
		one.invoice.links++
		t.applied = t.applied.Add(one.amount)
	}
}

// undo takes back what t gave.
func (d *db) undo(t *transaction) {
	for _, one := range t.gave {
		d.touch(one.invoice)
		one.invoice.applied = one.invoice.applied.Sub(one.amount)
		one.invoice.links--
	}
}

// readApply reads the apply sublist of a new credit memo or payment.
func (d *db) readApply(t *transaction, apply *tree.Value) (applications, *reply) {
	var out applications
	if t.kind == typeInvoice {
		return nil, nil
	}
	left := t.total
	for i, in := range sublist(apply) {
		if v := in.Get("apply"); v != nil && !v.IsTrue() {
			continue
		}
		id := in.TextOf("doc")
		if id == "" {
			id = in.Get("doc").TextOf("id")
		}
		path := fmt.Sprintf("apply.items[%d]", i)
		inv := d.tx[id]
		if inv == nil || inv.kind != typeInvoice || inv.entity != t.entity || inv.currency != t.currency || inv.open().Sign() <= 0 {
			return nil, failure(http.StatusBadRequest, "USER_ERROR", fmt.Sprintf(
				"Error while accessing a resource. Unable to find a matching line for sub-list apply with key: [doc,line] and value: [%s,null].", id),
				path)
		}
		amount := least(left, inv.open())
		if v := in.Get("amount"); v != nil {
			n, err := v.Decimal()
			if err != nil || n.Sign() <= 0 || n.Places() > t.places {
				return nil, invalidShape("amount", path+".amount")
			}
			if n.Cmp(amount) > 0 {
				return nil, userError("The amount applied cannot exceed the amount due or the amount that is left to apply.") // a guess
			}
			amount = n
		}
		left = left.Sub(amount)
		out = append(out, application{inv, amount})
	}
	return out, nil
}

func least(a, b decimal.D) decimal.D {
	if a.Cmp(b) < 0 {
		return a
	}
	return b
}

// transform makes a credit memo or a payment of an invoice.
func (d *db) transform(inv *transaction, to *recordType, c change) (*transaction, *reply) {
	if inv.kind != typeInvoice || (to != typeCredit && to != typePayment) {
		return nil, userError("That transformation is not possible.")
	}
	if to == typePayment {
		return d.pay(inv, c.body)
	}
	if len(sublist(c.body.Get("apply"))) == 0 {
		return nil, userError("Please enter value(s) for: Doc.") // "doc must be given": the text is a guess
	}
	body := tree.Obj(tree.M("entity", d.ref(typeCustomer, inv.entity.id)), tree.M("currency", d.ref(typeCurrency, inv.currency.id)))
	for _, m := range c.body.Members {
		body.Set(m.Name, m.Value)
	}
	if body.Get("item") == nil {
		lines := make([]tree.Value, len(inv.lines))
		for i := range inv.lines {
			lines[i] = inv.lines[i].Clone()
			lines[i].Delete("line")
			lines[i].Delete(uniqueKey)
		}
		body.Set("item", tree.Obj(tree.M("items", tree.List(lines...))))
	}
	body.Set("createdFrom", tree.Obj(tree.M("id", tree.Str(inv.id))))
	c.body = &body
	return d.create(to, c)
}

// pay records a customer's payment of an invoice: all that is open, or the
// amount in "payment".
func (d *db) pay(inv *transaction, body *tree.Value) (*transaction, *reply) {
	amount := inv.open()
	if v := body.Get("payment"); v != nil {
		n, err := v.Decimal()
		if err != nil || n.Sign() <= 0 || n.Places() > inv.places {
			return nil, invalidShape("payment", "payment")
		}
		amount = n
	}
	if amount.Sign() <= 0 || amount.Cmp(inv.open()) > 0 {
		return nil, userError("The amount applied cannot exceed the amount due or the amount that is left to apply.")
	}
	date := d.now().UTC().Format("2006-01-02")
	t := &transaction{
		kind: typePayment, entity: inv.entity, currency: inv.currency, places: inv.places, total: amount, date: date, period: d.periodOf(date),
		head: tree.Obj(tree.M("entity", d.ref(typeCustomer, inv.entity.id)), tree.M("currency", d.ref(typeCurrency, inv.currency.id)),
			tree.M("tranDate", tree.Str(date))),
	}
	d.insert(t)
	d.settle(applications{{inv, amount}}, t)
	return t, nil
}

// Pay pays an invoice, named by its internal or external id; an amount of
// zero pays all that is open. It returns the id of the payment.
func (s *Server) Pay(invoice string, amount decimal.D) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	inv := s.db.tx[invoice]
	if inv == nil {
		inv = s.db.byExt[lower(invoice)]
	}
	if inv == nil || inv.kind != typeInvoice {
		return "", fmt.Errorf("no invoice %q: give its internal id or its external id", invoice)
	}
	body := tree.Obj()
	if amount.Sign() != 0 {
		body.Set("payment", tree.Dec(amount))
	}
	t, no := s.db.pay(inv, &body)
	if no != nil {
		return "", fmt.Errorf("invoice %s cannot take a payment of %s: %s is open", invoice, amount, inv.open())
	}
	return t.id, nil
}
