package suitetalk

import (
	"fmt"
	"slices"
	"strconv"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/account"
	"billferry/internal/sandbox/seed"
	"billferry/internal/sandbox/tree"
)

// mainSubsidiary is the one company of an account that is not OneWorld.
const mainSubsidiary = "1"

func (d *db) fillSubsidiaries() {
	list := d.profile.Subsidiaries
	if len(list) == 0 {
		list = []account.Entry{{ID: mainSubsidiary, Name: "Parent Company"}}
	}
	for _, s := range list {
		d.tables[typeCompany].add(&entry{id: s.ID, name: s.Name, fields: tree.Obj(tree.M("name", tree.Str(s.Name)),
			tree.M("isInactive", tree.Boolean(false)))})
	}
}

// subsidiariesOf are those of a customer who pays in a currency, the primary one
// first.
func (d *db) subsidiariesOf(currencyID string) []string {
	if c := d.tables[typeCurrency].byID[currencyID]; c != nil {
		for _, rule := range d.profile.Customers {
			if rule.Currency == c.name {
				return rule.Subsidiaries
			}
		}
	}
	return []string{d.tables[typeCompany].rows[0].id}
}

// fillLists makes the accounting lists that a header or a line may name.
func (d *db) fillLists(o Options) {
	for _, l := range []struct {
		kind *recordType
		name string // in a profile
		rows []seed.Listed
	}{
		{typeDepartment, "department", o.World.Departments}, {typeClass, "class", o.World.Classes}, {typeLocation, "location", o.World.Locations},
		{typeTerm, "", o.World.Terms},
	} {
		own := d.profile.Lists[l.name]
		if own == nil {
			for _, r := range l.rows {
				own = append(own, account.Entry{ID: r.ID, Name: r.Name})
			}
		}
		for i, r := range own {
			e := &entry{id: r.ID, ext: r.ExternalID, name: r.Name, subsidiaries: r.Subsidiaries,
				fields: tree.Obj(tree.M("name", tree.Str(r.Name)), tree.M("isInactive", tree.Boolean(false)))}
			switch l.kind {
			case typeTerm:
				e.fields.Set("daysUntilNetDue", tree.Num(strconv.Itoa(l.rows[i].Days)))
			case typeLocation:
				sub := mainSubsidiary
				if len(r.Subsidiaries) > 0 {
					sub = r.Subsidiaries[0]
				}
				e.fields.Set("subsidiary", d.ref(typeCompany, sub))
			}
			d.tables[l.kind].add(e)
		}
	}
}

// recall makes the invoices that people entered before the integration came, for
// customers that m3ter does not know. They are as the account demands.
func (d *db) recall() {
	var strangers []*entry
	for _, c := range d.tables[typeCustomer].rows {
		if c.ext == "" {
			strangers = append(strangers, c)
		}
	}
	for i := range d.profile.History {
		c := strangers[i%len(strangers)]
		body := tree.Obj(tree.M("entity", tree.Str(c.id)), tree.M("tranDate", tree.Str(d.now().UTC().AddDate(0, 0, -i).Format("2006-01-02"))))
		line := tree.Obj(tree.M("item", tree.Str(seed.ItemDefault)), tree.M("amount", tree.Dec(decimal.New(int64(100+i), 0))))
		if d.profile.RevenueDates {
			line.Set("revRecStartDate", body.Get("tranDate").Clone())
			line.Set("revRecEndDate", body.Get("tranDate").Clone())
		}
		if d.profile.Numbering == account.Manual {
			body.Set("tranId", tree.Str(fmt.Sprintf("HAND-%d", 900+i)))
		}
		d.asDemanded(&body, onHeader, c)
		d.asDemanded(&line, onLine, c)
		body.Set("item", tree.Obj(tree.M("items", tree.List(line))))
		t := &transaction{kind: typeInvoice, head: tree.Obj(), history: true}
		if no := d.write(t, change{body: &body, replace: true}, true); no != nil {
			panic("suitetalk: the profile refuses what its own people entered: " + string(no.body))
		}
		if d.profile.Approval.Pending && i >= unapproved {
			t.head.Set("approvalStatus", approved.Clone())
		}
		d.insert(t)
	}
}

// unapproved is how many of the latest invoices of before still wait.
const unapproved = 3

// asDemanded fills what is mandatory with the first value there is.
func (d *db) asDemanded(v *tree.Value, on string, customer *entry) {
	for _, key := range d.mandatory(on) {
		if v.Get(key) != nil {
			continue
		}
		if k := references[key]; k != nil {
			i := slices.IndexFunc(d.tables[k].rows, func(e *entry) bool { return e.in(customer.subsidiaries[0]) })
			v.Set(key, tree.Obj(tree.M("id", tree.Str(d.tables[k].rows[i].id))))
			continue
		}
		value := tree.Str("by hand")
		if f, ok := d.profile.Field(key, on); ok && len(f.Values) > 0 {
			value = tree.Obj(tree.M("id", tree.Str(f.Values[0].ID)))
		}
		v.Set(key, value)
	}
}

// in tells whether a subsidiary may use the entry.
func (e *entry) in(subsidiary string) bool {
	return len(e.subsidiaries) == 0 || slices.Contains(e.subsidiaries, subsidiary)
}
