package delivery

import (
	"context"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/mapping"
)

// NewRun is a run to record, with its Bill.
type NewRun struct {
	Run  integration.Run
	Bill []byte // JSON as it came
}

// AddedRun is what became of a NewRun.
type AddedRun struct {
	Run   integration.Run
	Added bool // false: the run was known already
}

// Destination makes documents exist in the external system, exactly once.
// One value serves one set of credentials.
type Destination interface {
	// Deliver makes the document exist, and no other of its Bill beside it. rec
	// is called for each HTTP exchange, secrets removed; it may keep d's body as
	// the one that was sent. An error is an *integration.Failure.
	Deliver(ctx context.Context, d mapping.Encoded, was Before, rec func(integration.Exchange)) (Delivered, error)
	// Prove reads a document back that Deliver has made, under the internal id
	// that it told, and compares it. An error tells why it could not be read.
	Prove(ctx context.Context, d mapping.Document, id string, rec func(integration.Exchange)) (Proof, error)
	// Rows is how much of a query for many documents one takes, of RowsAtOnce; 0:
	// it has to be read by itself. ProveAll reads many back with one query. It
	// answers with the proof of each that is just as it was sent, and nil for the
	// others: they may be so all the same, and are read by themselves.
	Rows(d mapping.Document) int
	ProveAll(ctx context.Context, docs []Written, rec func(integration.Exchange)) ([]*Proof, error)
	// CurrencyID resolves an ISO 4217 code to the destination's own id, cached.
	CurrencyID(ctx context.Context, iso string, rec func(integration.Exchange)) (string, error)
	// Period tells what is known of the accounting period of a civil date, cached.
	Period(ctx context.Context, date string, rec func(integration.Exchange)) (mapping.Period, error)
	// Forget drops what is cached, since a person has mended something.
	Forget()
	// Account names the account, unlike those of any other kind of destination,
	// so that all integrations into it share one governor.
	Account() string
}

// Before is what the destination may hold of a Bill before a delivery.
type Before struct {
	// Look is set when the document may be there: an earlier attempt may have
	// had its effect, or an earlier version of the Bill went out.
	Look bool
	// Others are documents of the Bill under other names: of the other kind, or
	// of a time when a setting was another.
	Others []integration.Doc
	// Looks is set where settings have what stands looked at before it is changed, or
	// what was made of the Bill is not known, and Stands when that was done and showed
	// a document that may be. What must not be changed without is told as a failure
	// that passes, and leaves a doubt.
	Looks, Stands bool
}

// Reader is a Destination that can be asked what a person named.
type Reader interface {
	// Document reads a document by its internal id.
	Document(ctx context.Context, id string) (Document, bool, error)
	// Resolve finds the records that references name: an internal id, or ext: and
	// an external id, or name: and a name. What there is not is left out; a Named
	// has the internal id.
	Resolve(ctx context.Context, kind RecordKind, refs []string) (map[string]integration.Named, error)
}

// RecordKind is a kind of record that Bills refer to.
type RecordKind string

// The kinds of record.
const (
	CustomerRecord RecordKind = "customer"
	ItemRecord     RecordKind = "item"
	// CompanyRecord are the companies of the account that may bill a customer, whom
	// the reference names: a Named has their ids, the customer's own first, with
	// commas between, and the name of that one. An account that is one company has
	// none.
	CompanyRecord RecordKind = "company"
)

// ofField begins the kind that the values of a field are.
const ofField = "value of "

// ValueOf is the kind of the values that a field of documents takes.
func ValueOf(field string) RecordKind { return RecordKind(ofField + field) }

// Field tells the field of ValueOf.
func (k RecordKind) Field() (field string, ok bool) { return strings.CutPrefix(string(k), ofField) }

// Document is a document as the destination shows it.
type Document struct {
	Kind       mapping.Kind
	ID         string
	Name       string // for a person: invoice 4711
	ExternalID string
	Customer   integration.Named
	CurrencyID string
	Currency   string    // as the destination calls it
	Total      decimal.D // without tax; a credit memo's is below zero
	Tax        decimal.D // that the destination added, with the same sign
	Date       string
	URL        string
	Voided     bool
}

// Delivered is a document that the destination holds now. That is a fact,
// whatever a read-back says of it.
type Delivered struct {
	Outcome integration.Outcome // created, updated, unchanged, adopted
	ID      string              // internal id
	Ref     string              // our external id there, where it is another than the document's; "" else
	URL     string              // for a person
	Proof   *Proof              // nil: it was not read since it was written
	// Unanswered tells that a change of the document got no answer before another
	// went through: it may yet come after what a newer version sends.
	Unanswered bool
	// LateCreate tells that a request to make the document got no answer: should a
	// person delete the document, it may yet make it again.
	LateCreate bool
	Doc        *mapping.Document // what was sent, where that is another than was asked for; nil else
}

// Written is a document that the destination has taken, under that internal id.
type Written struct {
	ID  string
	Doc mapping.Document
}

// RowsAtOnce is how many rows one query shows.
const RowsAtOnce = 1000

// Proof is the read-back beside what was sent.
type Proof struct {
	Total    string    // decimal, as read, without the tax that the destination adds
	Tax      decimal.D // that it has added, known when Total is
	Currency string    // id, as read
	Lines    int
	Number   string   // of the document, as read
	Differs  []string // what is not as sent, in words
	Unread   string   // what could not be read, in words; with neither it is proven
	Voided   bool     // which Differs tells as well
	Unposted bool     // it waits to be approved there, and does not count in the ledger yet
}

// Watcher is a Destination that shows how many documents stand with one query.
type Watcher interface {
	// Standing tells how documents stand, by their internal ids, RowsAtOnce of them
	// at most. What it leaves out may be deleted, or hidden from the role.
	Standing(ctx context.Context, ids []string) (map[string]Standing, error)
	// Credited tells what credit memos have settled of documents, by internal id.
	Credited(ctx context.Context, ids []string) (map[string]decimal.D, error)
	// Twins finds documents that people made beside others: of the same kind,
	// customer, date and amount, and without an external id that begins with one of
	// the prefixes.
	Twins(ctx context.Context, ids, prefixes []string) (map[string][]Twin, error)
	// Touched are the customers of whom a document without such an external id was
	// made or changed on a civil date or after it.
	Touched(ctx context.Context, prefixes []string, since string) (map[string]bool, error)
	// OpenPeriods are the ids of the accounting periods that are not closed.
	OpenPeriods(ctx context.Context) (map[string]bool, error)
}

// Standing is how a document stands. Amounts have the sign of its Bill, and its tax.
type Standing struct {
	Customer   string // internal id
	Stamp      string // is another after each change, payments among them
	Period     string // id of its accounting period
	Posting    bool   // it counts in the ledger
	Voided     bool
	Total, Due decimal.D
	DueKnown   bool // the destination shows what is open of it
	DueDate    string
}

// Twin is a document that looks like another.
type Twin struct{ ID, Number, ExternalID, URL string }

// Resolver gives the destination of an integration. An integration without
// credentials answers an *integration.Failure of ClassAuth.
type Resolver interface {
	Destination(ctx context.Context, in integration.Integration) (Destination, error)
	// System gives the kind of destination, connected or not. The error for one
	// that there is not is an *integration.Failure that names it.
	System(entityType, destination string) (System, error)
}

// System is what is known of a kind of destination without a connection to it.
type System interface {
	Words() spec.Words
	// Config reads what mapping has to know of an integration's settings. A fault
	// is a spec.Problems.
	Config(integrationID string, v spec.Values) (mapping.Config, error)
	// Encode writes a document as the destination takes it; the same Document
	// gives the same bytes.
	Encode(d mapping.Document) mapping.Encoded
	// Filled tells whether a document has a value for a field of the destination:
	// one of the header, or with "line." before its name one on each of its lines.
	Filled(d *mapping.Document, field string) bool
}

// Mappings brings external mappings into the ledger from where they are kept.
type Mappings interface {
	// Refresh reads them again, unless that was done lately, and tells whether
	// the ledger has more now than when it was called. It bounds its own time
	// and holds many callers up with one reading.
	Refresh(ctx context.Context) bool
}

// Accounts gives the fields of a m3ter account for the account filter; it is
// only asked when a filter is set.
type Accounts interface {
	Account(ctx context.Context, id string) (integration.Account, error)
}

// Records gives the fields of m3ter's entities that the settings of an
// integration name, such as customFields.region of a product. What m3ter has not
// has no fields. The answer is kept for a while, and is not to be changed.
type Records interface {
	Record(ctx context.Context, entity, id string) (map[string]string, error)
}
