// Package seed makes the small, believable company that the simulators serve:
// m3ter Accounts and Bills, and the NetSuite customers, items, currencies and
// periods that match them, save for the three mismatches a newcomer should see
// refused. The same Seed and clock always make the same company.
package seed

import (
	"fmt"
	"hash/fnv"
	"time"

	"billferry/internal/sandbox/fault"
	"billferry/internal/sandbox/tree"
)

// Options shape the company.
type Options struct {
	Seed     uint64
	Now      time.Time // Bills are those of the months before
	Accounts int       // m3ter Accounts; the last is unknown to NetSuite
	Bills    int
	Lines    int    // usage lines added to every Bill, for load
	Clean    bool   // leave out the three Bills that NetSuite refuses
	Currency string // of every Bill; "": each Account has its own
	Annual   bool   // one Bill has a fee for a year ahead
}

// World is the company, on both sides.
type World struct {
	OrgID      string
	Accounts   []Account
	Bills      []Bill // oldest first
	Mappings   []Mapping
	Customers  []Customer
	Items      []Item
	Currencies []Currency
	Periods    []Period

	Departments, Classes, Locations, Terms []Listed
}

// Listed is an entry of one of NetSuite's accounting lists.
type Listed struct {
	ID, Name string
	Days     int // of terms: until a net amount is due
}

// Account is a m3ter Account.
type Account struct {
	ID, Name, Code, Email            string
	Street, City, PostCode, Country  string
	Currency                         string // of its Bills
	Pricing                          string // of its plan
	PurchaseOrder, Segment, TimeZone string
}

// Mapping is a m3ter external mapping.
type Mapping struct{ ID, Entity, M3terID, Table, ExternalID string }

// Customer is a NetSuite customer.
type Customer struct {
	ID, EntityID, Company, Email, ExternalID string
	CurrencyID                               string
	TermDays                                 int // the due date NetSuite works out
}

// Item is a NetSuite item.
type Item struct{ ID, Name, Display string }

// Currency is a NetSuite currency. Rate is what one unit is worth in the base
// currency.
type Currency struct {
	ID, ISO, Name string
	Places        int
	Rate          string
}

// Period is a NetSuite accounting period; dates are civil, both inclusive.
type Period struct {
	ID, Name, Start, End string
	Kind                 string // month, quarter or year
	Closed, Locked       bool
}

// Ids a newcomer types, and that tests name.
const (
	ItemUsage        = "101"
	ItemCommitment   = "102"
	ItemMinimumSpend = "103"
	ItemDefault      = "199"
)

// New makes the company.
func New(o Options) World {
	w := World{OrgID: uuid(o.Seed, 0, 1)}
	w.Accounts = accounts(o, max(o.Accounts, 3))
	w.Currencies = currencies(o.Currency)
	w.Items = items()
	w.Customers = customers(w.Accounts[:len(w.Accounts)-1], w.Currencies)
	w.Periods = periods(o.Now)
	w.Departments = []Listed{{ID: "1", Name: "Sales"}, {ID: "2", Name: "Support"}}
	w.Classes = []Listed{{ID: "1", Name: "Subscriptions"}, {ID: "2", Name: "Usage"}}
	w.Locations = []Listed{{ID: "1", Name: "Head Office"}}
	w.Terms = []Listed{{ID: "1", Name: "Due on receipt"}, {ID: "2", Name: "Net 14", Days: 14}, {ID: "3", Name: "Net 30", Days: 30}}
	w.Mappings = mappings(o.Seed, w)
	w.Bills = newGenerator(o, w.Accounts).all()
	return w
}

// ItemWords lists the items, for a person who has to type one.
func (w World) ItemWords() string {
	words := ""
	for i, it := range w.Items {
		if i > 0 {
			words += ", "
		}
		words += it.ID + " " + it.Name
	}
	return words
}

// uuid is a version 4 UUID that depends on nothing but its arguments.
func uuid(seed, space, n uint64) string {
	a, b := fault.Mix(seed+space*0x1000003, n), fault.Mix(seed^0xABCDEF, n*31+space)
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", uint32(a>>32), uint16(a>>16), a&0xFFF, b>>52, b&0xFFFFFFFFFFFF)
}

// named is the uuid of a thing known by its name.
func named(seed, space uint64, name string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash never fails
	return uuid(seed, space, h.Sum64())
}

// JSON is the Account as m3ter's API writes it.
func (a Account) JSON() tree.Value {
	v := tree.Obj(
		tree.M("id", tree.Str(a.ID)), tree.M("version", tree.Num("1")), tree.M("name", tree.Str(a.Name)), tree.M("code", tree.Str(a.Code)),
		tree.M("emailAddress", tree.Str(a.Email)),
		tree.M("address", tree.Obj(tree.M("addressLine1", tree.Str(a.Street)), tree.M("locality", tree.Str(a.City)),
			tree.M("postCode", tree.Str(a.PostCode)), tree.M("country", tree.Str(a.Country)))),
		tree.M("currency", tree.Str(a.Currency)), tree.M("daysBeforeBillDue", tree.Num("30")),
		tree.M("creditApplicationOrder", tree.List(tree.Str("PREPAYMENT"), tree.Str("BALANCE"))),
		tree.M("customFields", tree.Obj(tree.M("segment", tree.Str(a.Segment)))),
		tree.M("dtCreated", tree.Str("2024-01-15T09:30:00.000000Z")), tree.M("dtLastModified", tree.Str("2024-01-15T09:30:00.000000Z")),
		tree.M("createdBy", tree.Str(user)), tree.M("lastModifiedBy", tree.Str(user)),
	)
	if a.PurchaseOrder != "" {
		v.Set("purchaseOrderNumber", tree.Str(a.PurchaseOrder))
	}
	return v
}

// JSON is the mapping as m3ter's API writes it.
func (m Mapping) JSON() tree.Value {
	return tree.Obj(
		tree.M("id", tree.Str(m.ID)), tree.M("version", tree.Num("1")),
		tree.M("m3terEntity", tree.Str(m.Entity)), tree.M("m3terId", tree.Str(m.M3terID)),
		tree.M("externalSystem", tree.Str("Netsuite")), tree.M("externalTable", tree.Str(m.Table)), tree.M("externalId", tree.Str(m.ExternalID)),
		tree.M("dtCreated", tree.Str("2024-02-01T10:00:00.000000Z")), tree.M("dtLastModified", tree.Str("2024-02-01T10:00:00.000000Z")),
		tree.M("createdBy", tree.Str(user)), tree.M("lastModifiedBy", tree.Str(user)),
	)
}

const user = "USER_5d1c83a4-7a1e-4c55-8f0a-6d0f5a5c9e21"
