package suitetalk

import (
	"slices"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/account"
	"billferry/internal/sandbox/tree"
)

// pendingApproval and approved are the approval statuses of an invoice.
var (
	pendingApproval = tree.Obj(tree.M("id", tree.Str("1")), tree.M("refName", tree.Str("Pending Approval")))
	approved        = tree.Obj(tree.M("id", tree.Str("2")), tree.M("refName", tree.Str("Approved")))
)

// pending tells whether an invoice waits to be approved, and does not post.
func (t *transaction) pending() bool {
	return t.kind == typeInvoice && t.head.Get("approvalStatus").TextOf("id") == "1"
}

// locked tells whether a workflow keeps everybody out of a transaction: records
// are loaded for editing even when they are only read.
func (d *db) locked(t *transaction) bool { return d.profile.Approval.Locked && t.pending() }

// lockedText is what NetSuite says then.
const lockedText = "This record has been locked by a user defined workflow."

// mandatory lists the fields without which a header or a line is refused:
// standard ones first, in the order of the form.
func (d *db) mandatory(on string) []string {
	out := d.profile.Mandatory.Header
	if on == onLine {
		out = d.profile.Mandatory.Line
	}
	out = slices.Clone(out)
	for _, f := range d.profile.Fields {
		if f.Mandatory && slices.Contains(f.On, on) {
			out = append(out, f.Key)
		}
	}
	return out
}

// demands refuses a document that lacks what the account makes mandatory, or
// whose dimensions the subsidiary may not use.
func (d *db) demands(t *transaction, isNew bool) *reply {
	if d.profile.Approval.Pending && isNew && t.kind == typeInvoice {
		t.head.Set("approvalStatus", pendingApproval.Clone())
	}
	missing := d.missing(onHeader, &t.head)
	if d.profile.Numbering == account.Manual && t.head.TextOf("tranId") == "" {
		missing = append(missing, d.title(onHeader, "tranId"))
	}
	if len(missing) > 0 {
		return userError("Please enter value(s) for: " + strings.Join(missing, ", "))
	}
	if no := d.fits(t, &t.head, onHeader); no != nil {
		return no
	}
	for i := range t.lines {
		if missing := d.missing(onLine, &t.lines[i]); len(missing) > 0 {
			return userError("Please enter value(s) for: " + strings.Join(missing, ", "))
		}
		if no := d.fits(t, &t.lines[i], onLine); no != nil {
			return no
		}
		if no := d.recognised(&t.lines[i]); no != nil {
			return no
		}
	}
	return nil
}

// missing lists the labels of mandatory fields that are empty.
func (d *db) missing(on string, v *tree.Value) (labels []string) {
	for _, key := range d.mandatory(on) {
		if x := v.Get(key); x == nil || x.Kind == tree.Null || x.Kind == tree.String && x.Text == "" {
			labels = append(labels, d.title(on, key))
		}
	}
	return labels
}

// fits refuses an entry of a list that the document's subsidiary may not use.
func (d *db) fits(t *transaction, v *tree.Value, on string) *reply {
	sub := t.head.Get("subsidiary").TextOf("id")
	for name, kind := range references {
		ref := v.Get(name)
		if ref == nil || kind == typeCustomer || kind == typeCompany || kind == typeCurrency || kind == typeInvoice {
			continue
		}
		if e := d.tables[kind].byID[ref.TextOf("id")]; e != nil && !e.in(sub) {
			return invalidField(e.id, name, map[string]string{onLine: "item.items." + name, onHeader: name}[on])
		}
	}
	return nil
}

// settleSubsidiary takes the customer's primary subsidiary unless the body names
// another one that shares the customer.
func (d *db) settleSubsidiary(t *transaction) *reply {
	if t.head.Get("subsidiary") == nil {
		t.head.Set("subsidiary", d.ref(typeCompany, t.entity.subsidiaries[0]))
		return nil
	}
	if sub := t.head.Get("subsidiary").TextOf("id"); !slices.Contains(t.entity.subsidiaries, sub) {
		return userError("Invalid subsidiary reference key " + sub + " for entity " + t.entity.id + ".")
	}
	return nil
}

// recognised refuses a line whose revenue cannot be recognised.
func (d *db) recognised(line *tree.Value) *reply {
	if !d.profile.RevenueDates {
		return nil
	}
	from, to := line.TextOf("revRecStartDate"), line.TextOf("revRecEndDate")
	switch {
	case from == "":
		return userError("No Revenue Recognition Start Date Specified")
	case to == "":
		return userError("No Revenue Recognition End Date Specified")
	case d.periodOf(from) == nil || d.periodOf(to) == nil:
		return userError("You are attempting to create an amortization or revenue recognition schedule outside the range of " +
			"available accounting periods.")
	}
	return nil
}

// isDate tells whether a field holds a date.
func (d *db) isDate(on, name string) bool {
	if f, ok := d.profile.Field(name, on); ok {
		return f.Type == account.Date
	}
	return dateFields[lower(name)] != ""
}

// custom reads the value of a custom field by its type; another field's value is
// taken as it is.
func (d *db) custom(on, name string, v *tree.Value, path string) (tree.Value, *reply) {
	f, ok := d.profile.Field(name, on)
	if !ok {
		return v.Clone(), nil
	}
	switch f.Type {
	case account.List:
		return entryOf(f, v, path)
	case account.Multi:
		list := sublist(v)
		if list == nil {
			return tree.Value{}, invalidShape(name, path)
		}
		out := make([]tree.Value, len(list))
		for i := range list {
			var no *reply
			if out[i], no = entryOf(f, &list[i], path); no != nil {
				return tree.Value{}, no
			}
		}
		return tree.Obj(tree.M("items", tree.List(out...))), nil
	case account.Checkbox:
		if v.Kind != tree.Bool {
			return tree.Value{}, invalidShape(name, path)
		}
	case account.Number:
		if _, err := v.Decimal(); err != nil || v.Kind != tree.Number {
			return tree.Value{}, invalidShape(name, path)
		}
	default:
		if v.Scalar() == "" && v.Kind != tree.String {
			return tree.Value{}, invalidShape(name, path)
		}
	}
	return v.Clone(), nil
}

// entryOf reads a reference to a value of a custom list.
func entryOf(f account.Field, v *tree.Value, path string) (tree.Value, *reply) {
	id := idIn(v)
	for _, e := range f.Values {
		if e.ID == id || id == "" && v.TextOf("refName") == e.Name {
			return tree.Obj(tree.M("id", tree.Str(e.ID)), tree.M("refName", tree.Str(e.Name))), nil
		}
	}
	if id == "" {
		return tree.Value{}, invalidShape(f.Key, path)
	}
	return tree.Value{}, invalidField(id, f.Key, path)
}

// percent is so many of an amount.
func percent(of, rate decimal.D, places int) decimal.D {
	return of.Mul(rate).Mul(decimal.New(1, -2)).Round(places)
}

// Approve approves an invoice, named by its internal or external id, as a person
// does in NetSuite.
func (s *Server) Approve(id string) error {
	return s.manually(id, func(t *transaction) *reply {
		if !t.pending() {
			return userError("The record is not pending approval.") // a guess
		}
		s.db.approve(t)
		return nil
	})
}

func (d *db) approve(t *transaction) {
	t.head.Set("approvalStatus", approved.Clone())
	t.modified = d.now()
}

// ApproveAll approves whatever is pending, and says how many that were.
func (s *Server) ApproveAll() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, t := range s.db.order {
		if t.pending() {
			s.db.approve(t)
			n++
		}
	}
	return n
}
