package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"billferry/internal/decimal"
)

// Options shape a reconciliation.
type Options struct {
	Span          Span
	IntegrationID string
	Integration   string // its name
	System        string // what texts call the destination
	Source        string // where the Bills are from, in words
	Prefixes      []string
	NoMoney       bool              // see Query
	Prepaid       map[string]Stands // by item, those that stand for prepayments, whatever is on them in the span
	Slots         int               // calls at once; 0 is one
	Turn          Turn              // nil makes each call at once
	Now           func() time.Time
	Progress      func(Progress) // nil tells nobody
	Rows          bool           // keep Report.Rows
	Row           func(Row)      // hears of each row, one at a time and in any order; nil tells nobody
	Document      func(DocRow)   // hears of each document that the destination shows, one at a time; nil tells nobody
}

// Progress tells how far a reconciliation is.
type Progress struct {
	Step string `json:"step"` // what is read, in words
	Done int    `json:"done"`
	All  int    `json:"all"` // 0: not known
}

// session is one reconciliation under way.
type session struct {
	o      Options
	ledger Ledger
	books  Books
	q      Query
	fields fields

	bills  []Bill
	byDoc  map[string]int // by internal id of the document
	byRef  map[string]int // by external id, lower-case
	byBill map[string]int

	periods        []Period
	currencies     map[string]string
	companies      map[string]string
	accountCompany map[string]string // subsidiary of an account's customer, by account

	before  []Count       // of the documents of the span, before they were read
	got     map[Count]int // of those read, by currency and kind
	gotSums map[Count]decimal.D

	mu       sync.Mutex // guards all below
	calls    int
	seen     []bool // the document of a Bill was met
	foreign  []Doc  // documents that no Bill of the span has
	customer map[string]bool
	alike    map[string]int // customer, date, currency and total of our documents -> Bill
	sums     map[[2]string]*Total
	cuts     map[[3]string]*CutOff   // by item, currency and subsidiary
	unposted map[[3]string]decimal.D // of cuts, what documents have that do not post
	stands   map[string]Stands       // by item, the fees and draw-downs that the span has on it
	out      Report
	steps    map[string]*Step
	done     int
}

func newSession(o Options, l Ledger, b Books) *session {
	s := &session{o: o, ledger: l, books: b, byDoc: map[string]int{}, byRef: map[string]int{}, byBill: map[string]int{},
		accountCompany: map[string]string{}, customer: map[string]bool{}, alike: map[string]int{}, sums: map[[2]string]*Total{},
		steps: map[string]*Step{}, cuts: map[[3]string]*CutOff{}, unposted: map[[3]string]decimal.D{},
		stands: map[string]Stands{}, got: map[Count]int{}, gotSums: map[Count]decimal.D{}}
	for _, name := range stepNames {
		s.steps[name] = &Step{Name: name, Money: map[string]decimal.D{}}
	}
	if s.o.Now == nil {
		s.o.Now = time.Now
	}
	if s.o.Slots < 1 {
		s.o.Slots = 1
	}
	if s.o.Document == nil {
		s.o.Document = func(DocRow) {}
	}
	if s.o.Progress == nil {
		s.o.Progress = func(Progress) {}
	}
	s.q = Query{Span: o.Span, Prefixes: o.Prefixes, NoMoney: o.NoMoney}
	s.out = Report{ID: o.IntegrationID + "." + o.Span.Key(), IntegrationID: o.IntegrationID, Integration: o.Integration, System: o.System,
		Span: o.Span, Source: o.Source, Begun: s.o.Now().UTC()}
	return s
}

// doubt says why the result is not to be trusted. The caller holds s.mu, unless
// nothing else runs.
func (s *session) doubt(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); len(s.out.Doubts) < 20 && !slices.Contains(s.out.Doubts, text) {
		s.out.Doubts = append(s.out.Doubts, text)
	}
}

// at is the sum of a currency and a subsidiary.
func (s *session) at(currency, company string) *Total {
	k := [2]string{currency, company}
	if s.sums[k] == nil {
		s.sums[k] = &Total{Currency: currency, Subsidiary: company}
	}
	return s.sums[k]
}

// keep puts breaks into the report.
func (s *session) keep(bs ...Break) { s.out.Breaks = append(s.out.Breaks, bs...) }

func (s *session) newBreak(c Code, b *Bill, company string) Break {
	k := KindOf(c)
	return Break{
		ID: breakID(s.o.IntegrationID, c, b.ID), Code: c, Title: s.named(k.Title), Advice: s.named(k.Advice),
		Bill: b.ID, Ref: b.Ref, Account: cmp.Or(b.Code, b.Account), Run: b.Run, Date: b.Date, Currency: b.Currency, Subsidiary: company,
		Sent: b.State == Sent, Worth: b.source(), Cause: b.Cause, Since: s.out.Begun,
	}
}

// docBreak is a break about a document that is no Bill's.
func (s *session) docBreak(c Code, d *Doc, currency string) Break {
	k := KindOf(c)
	return Break{
		ID: breakID(s.o.IntegrationID, c, d.ID), Code: c, Title: s.named(k.Title), Advice: s.named(k.Advice), Doc: d.ID, Number: d.Number,
		URL:     d.URL,
		Account: d.CustomerName, Date: d.Date, Currency: currency, Subsidiary: s.companyName(d.Subsidiary), Since: s.out.Begun,
	}
}

// duplicate is a break about another document of a Bill.
func (s *session) duplicate(b *Bill, d *Doc, amount decimal.D) Break {
	x := s.docBreak(Duplicate, d, s.iso(d, b.Currency))
	x.Bill, x.Ref, x.Account, x.Run, x.Amount = b.ID, b.Ref, cmp.Or(b.Code, b.Account), b.Run, amount
	x.Sent, x.Worth = b.State == Sent, b.source()
	return x
}

func (s *session) named(text string) string { return strings.ReplaceAll(text, "%s", s.o.System) }

// iso is the currency of a document; own is that of its Bill, for accounts
// whose documents name none.
func (s *session) iso(d *Doc, own string) string {
	if d.Currency == "" {
		return own
	}
	return cmp.Or(s.currencies[d.Currency], "currency "+d.Currency)
}

func (s *session) companyName(id string) string { return cmp.Or(s.companies[id], id) }

// companyOf is the subsidiary that a document belongs to: its customer's.
func (s *session) companyOf(d *Doc) string {
	if d.Home == "" || d.Subsidiary == "" {
		return s.companyName(d.Subsidiary)
	}
	return s.companyName(d.Home)
}

// within tells whether a document is one of the span.
func (s *session) within(d *Doc) bool {
	if s.o.Span.By == ByDate {
		return s.o.Span.Has(d.Date)
	}
	return slices.Contains(s.q.Periods, d.Period)
}

// periodOf is the accounting period of a date, "" when it is not known.
func (s *session) periodOf(date string) string {
	for _, p := range s.periods {
		if p.From <= date && date <= p.To {
			return p.ID
		}
	}
	return ""
}

func (s *session) periodName(id string) string {
	if i := slices.IndexFunc(s.periods, func(p Period) bool { return p.ID == id }); i >= 0 {
		return s.periods[i].Name
	}
	return "period " + id
}

// count adds a Bill to the steps it has come through.
func (s *session) count(b *Bill, breaks []Break) {
	add := func(name string, ok bool) {
		if ok {
			if !b.Part {
				s.steps[name].Bills++
			}
			s.steps[name].Money[b.Currency] = s.steps[name].Money[b.Currency].Add(b.source())
		}
	}
	sent := b.State == Sent && !slices.ContainsFunc(breaks, func(x Break) bool { return x.Code == Deleted })
	add(StepSource, true)
	add(StepApproved, b.Approved)
	add(StepSent, b.State == Sent)
	add(StepProven, sent && b.Proven)
}

func (s *session) row(b *Bill, d *Doc, company string, breaks []Break) {
	s.done++
	if !s.o.Rows && s.o.Row == nil {
		return
	}
	r := Row{Bill: b.ID, Ref: b.Ref, Account: cmp.Or(b.Code, b.Account), Date: b.Date, Currency: b.Currency, Subsidiary: company,
		State: b.State,
		Total: b.source(), Excluded: b.Excluded, Rounding: b.Rounding}
	if d != nil {
		r.Doc, r.Number, r.DocDate, r.Period, r.Posting = d.ID, d.Number, d.Date, s.periodName(d.Period), d.Posting
		r.Net, r.Tax = d.Net, d.Total.Sub(d.Net)
		r.DocTotal = r.Net.Add(r.Tax)
	}
	for _, x := range breaks {
		r.Breaks = append(r.Breaks, x.Code)
	}
	if s.o.Row != nil {
		s.o.Row(r)
	}
	if s.o.Rows {
		s.out.Rows = append(s.out.Rows, r)
	}
}

// tell says what was shown of a document, and whose it is.
func (s *session) tell(d *Doc, bill string) {
	s.o.Document(DocRow{ID: d.ID, Ref: d.Ref, Number: d.Number, Kind: d.Kind, Customer: d.CustomerName, Date: d.Date,
		Period: s.periodName(d.Period), Currency: s.iso(d, s.onlyCurrency()), Subsidiary: s.companyName(d.Subsidiary), Total: d.Total,
		Net: d.Net, Posting: d.Posting, Voided: d.Voided, Within: s.within(d), Bill: bill})
}

// finish makes the report of what was added up.
func (s *session) finish() Report {
	r := s.out
	r.Ended, r.Bills, r.Requests, r.Periods = s.o.Now().UTC(), s.steps[StepSource].Bills, s.calls, s.periods
	for _, t := range s.sums {
		r.Totals = append(r.Totals, *t)
		r.Documents += t.Documents
	}
	r.CutOff, r.NotCompared = s.cutOff(), s.fields.blind()
	for _, name := range stepNames {
		r.Steps = append(r.Steps, *s.steps[name])
	}
	r.sorted()
	slices.SortFunc(r.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Bill, b.Bill))
	})
	return r.With(nil)
}

// Currencies lists the currencies of the report.
func (r Report) Currencies() []string {
	set := map[string]bool{}
	for _, t := range r.Totals {
		set[t.Currency] = true
	}
	return slices.Sorted(maps.Keys(set))
}
