package reconcile

import (
	"context"
	"time"

	"billferry/internal/decimal"
)

// State is what became of a Bill here.
type State string

// The states of a Bill.
const (
	Sent            State = "sent"             // the destination took it
	Failed          State = "failed"           // it needs a person
	Held            State = "held"             // it waits for a person
	InFlight        State = "in_flight"        // it is on its way
	Unreceived      State = "unreceived"       // the source has it, and no run here
	NotApproved     State = "not_approved"     // it waits for its approval in the source
	ExcludedAccount State = "excluded_account" // settings leave its account out
	ExcludedTypes   State = "excluded_types"   // settings leave all its lines out, or there are none
	SkippedByHand   State = "skipped"          // a person has decided not to send it
)

// Bill is a Bill dated within the span, in its newest version, and what became
// of it. Amounts have the sign of the Bill.
type Bill struct {
	ID, Ref          string
	Account, Code    string // id, and what a person calls it
	Currency         string // ISO 4217
	Date             string // of the document that it becomes
	Total            decimal.D
	State            State
	Approved, Proven bool
	Run              string // that stands for it
	Cause, Why, ToDo string // of the run: its code, in words, and what to do

	Kind     string   // of its document
	DocID    string   // the destination's internal id of it; "" while there is none
	SentRun  string   // whose attempt has the document as it was sent
	Refs     []string // the external ids that its documents may have
	ByHand   bool     // a person has put it into the destination
	Lines    int      // of the document as it was sent; 0: not known
	Excluded decimal.D
	Rounding decimal.D
	Newer    bool // the source has a newer version than was taken here
	Gone     bool // the source has it no more

	Accepted *Acceptance // of its document

	// Beside is what earlier documents of a Bill that was amended come to: each of
	// them is a Part, with its own share of the Total, and the last one stands for
	// the Bill.
	Beside decimal.D
	Part   bool
}

// Acceptance is what a person made of a document that is not as it was sent, or not
// there any more, where its run tells of it.
type Acceptance struct {
	By, Reason string
	At         time.Time
	Stamp      string // the destination's, of the last change of what was accepted
	Gone       bool   // that it is not there was accepted
}

// Field is a field that a document or a line fills beside those that each has. As is
// its shape, by which the destination compares it.
type Field struct{ Name, As, Value string }

// Values are the values of such fields as they stand, by their names in lower case; one
// that queries do not show is missing. nil: none was read.
type Values map[string]string

// Line is one line of a document, with the sign of the document's own amounts:
// charges are positive.
type Line struct {
	Item     string
	Amount   decimal.D
	Quantity decimal.D // zero: none
	Text     string
	AnyText  bool    // of a line that was sent: its text is not compared
	Fields   []Field // of a line that was sent
	Held     Values  // of a line that stands
	Prepaid  Prepaid // of a line that was sent
	Stands   Stands  // of such a line: whose fee or draw-down it is
	Ends     string  // the last day of service, of a line that was sent; "": not known
}

// Want is a document as it was sent.
type Want struct {
	CustomerID  string // internal id, or
	CustomerRef string // external id
	CurrencyID  string
	Date, Due   string // Due is "" where the destination works it out
	Period      string // id; "" where the date decides
	Number      string // "" where the destination numbers
	OtherRef    string // "" is not compared, nor is the memo
	Memo        string
	Fields      []Field   // of the header; one without a value is to be empty
	NoTax       bool      // a tax that the destination adds is a difference
	Total       decimal.D // with the sign of the document's own amounts
	Lines       []Line
}

// Doc is a document as the destination holds it. Total and Net have the sign
// that they have for whoever sells: a credit memo's is below zero.
type Doc struct {
	ID, Ref, Number string
	Kind            string
	Customer        string // internal id
	CustomerName    string
	CustomerRef     string // external id
	Home            string // the customer's subsidiary
	Date, Due       string
	Period          string // id
	Currency        string // the destination's id
	Subsidiary      string
	Total           decimal.D // with tax
	Posting         bool
	Voided          bool
	Stamp           string // of the last change, as Acceptance has it
	OtherRef, Memo  string
	URL             string

	Net    decimal.D // without tax; known once the lines are
	Held   Values    // fields of the header, once the lines are read
	Lines  []Line
	Broken string // why the lines are not to be trusted, in words
}

// Period is an accounting period of the destination.
type Period struct {
	ID, Name, From, To string
	State              string // open, locked, closed
}

// Query chooses documents.
type Query struct {
	Span     Span
	Periods  []string // ids; nil: by date
	Prefixes []string // of external ids: what is ours
	Head     []Field  // of the header to read with the lines, whatever their values
	Line     []Field  // of lines
	NoMoney  bool     // the account has one currency, and its documents name none
}

// Count is what a query comes to as the destination itself adds it up.
type Count struct {
	Currency string
	Kind     string
	N        int
	Total    decimal.D
}

// Customer is what the destination knows of an account.
type Customer struct{ ID, Name, Subsidiary string }

// Books is the destination's side. Each call is at most one request for a page,
// but for those that retry with fewer columns.
type Books interface {
	// Periods are the accounting periods that overlap the dates, without years,
	// quarters and adjustments.
	Periods(ctx context.Context, from, to string) ([]Period, error)
	// Currencies maps the destination's ids to ISO 4217 codes, Subsidiaries to names.
	Currencies(ctx context.Context) (map[string]string, error)
	Subsidiaries(ctx context.Context) (map[string]string, error)
	// Counts adds the documents of a query up, by currency and kind.
	Counts(ctx context.Context, q Query) ([]Count, error)
	// Heads is a page of documents after the one with that id, in the order of
	// their ids, without lines. more tells that there are others.
	Heads(ctx context.Context, q Query, after string) (page []Doc, more bool, err error)
	// HeadsOf reads documents by their ids; those that are not shown are left out.
	HeadsOf(ctx context.Context, q Query, ids []string) ([]Doc, error)
	// ReadLines fills in Lines, Net, Held and Broken of documents; it may take several
	// requests, which each goes through turn.
	ReadLines(ctx context.Context, q Query, docs []*Doc, turn Turn) error
	// Same tells whether a field holds what was sent, as the proof compares it.
	Same(f Field, held string) bool
	// Reread reads the fields of a query of one document by itself, which is what they
	// are: queries may show them otherwise. false: it is not there, or not to be read.
	Reread(ctx context.Context, q Query, d *Doc) (Doc, bool, error)
	// Strangers are documents of these customers within the query that are not
	// ours, after the one with that id.
	Strangers(ctx context.Context, q Query, customers []string, after string) (page []Doc, more bool, err error)
	// Numbered finds documents by their number.
	Numbered(ctx context.Context, q Query, number string) ([]Doc, error)
	// Exists reads one document by itself, which no restriction of a query hides.
	Exists(ctx context.Context, kind, id string) (bool, error)
	// Customers finds what references name: an internal id, or ext: and an external id.
	Customers(ctx context.Context, refs []string) (map[string]Customer, error)
	// Balances are what the posted lines of items come to, at the end of the query's
	// span or, opening, before it. It is a request for each few items.
	Balances(ctx context.Context, q Query, items []string, opening bool) ([]ItemBalance, error)
	// CustomerBalances are what the posted lines of items come to by customer, at the
	// end of the query's span or now: a page after the customer with that id, in the
	// order of their ids and never with part of a customer. more tells that there are
	// others.
	CustomerBalances(ctx context.Context, q Query, items []string, now bool, after string) (page []CustomerBalance, more bool, err error)
	// RowsAtOnce is how many rows of lines one request shows.
	RowsAtOnce() int
}

// Turn makes one call when it is its turn: within the slots of the account, and
// again when it was refused for load.
type Turn func(ctx context.Context, call func(context.Context) error) error

// Owner says whose a document is that no Bill of the span has.
type Owner struct {
	Bill  string // the Bill's id
	Ref   string
	Run   string // whose attempt has the document as it was sent; "": not known
	Other bool   // of another integration
	Late  *Bill  // it came while the destination was read, and lies in the span
}

// Ledger is our side.
type Ledger interface {
	// Bills are those dated within the span, each once.
	Bills(ctx context.Context, s Span, progress func(done int)) ([]Bill, error)
	// Want is the document of a run as it was sent; false when it is not kept.
	Want(ctx context.Context, run string) (Want, bool, error)
	// Owners finds whose documents these are, by their ids.
	Owners(ctx context.Context, s Span, docs []Doc) (map[string]Owner, error)
	// CustomerRef is how the destination's customer of a Bill is referred to; "" when
	// that is not known.
	CustomerRef(ctx context.Context, b *Bill) (string, error)
	// Holdings are what the source holds of prepayments, an account and a currency each;
	// the error says in a sentence why that is not known.
	Holdings(ctx context.Context, s Span, of Stands) ([]Holding, error)
	// Billed is what Bills of any date have asked for of commitments, by their ids.
	Billed(ctx context.Context, commitments []string) (map[string]decimal.D, error)
}
