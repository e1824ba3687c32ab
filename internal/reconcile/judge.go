package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/currency"
	"billferry/internal/decimal"
)

// judge says what is to be said of one Bill: which sums its money belongs to, and
// what is not as it should be. d is its document, nil when there is none; w is
// what was sent, where that is kept.
func (s *session) judge(b *Bill, d *Doc, w *Want) {
	if d == nil {
		s.judgeAbsent(b)
		return
	}
	j := judgement{s: s, b: b, d: d, w: w, company: s.companyOf(d)}
	j.money()
	if b.State == Sent {
		j.compare()
	} else {
		j.left()
	}
	j.settle()
	s.count(b, j.breaks)
	s.row(b, d, j.company, j.breaks)
}

// judgement is one Bill and its document under comparison.
type judgement struct {
	s       *session
	b       *Bill
	d       *Doc
	w       *Want
	company string    // that the Bill belongs to
	placed  bool      // the document is in the Bill's currency and subsidiary
	here    bool      // it is in the span
	rest    decimal.D // of the Bill's total, that nothing explains yet
	breaks  []Break
}

// source is what the Bill adds to the source's side.
func (b *Bill) source() decimal.D {
	if b.Gone {
		return decimal.D{}
	}
	return b.Total
}

// sent is what went out of the Bill's total, with the digits of its currency.
func (b *Bill) sent() decimal.D {
	d := b.Total.Sub(b.Excluded).Sub(b.Rounding)
	places, _ := currency.Exponent(b.Currency)
	return d.Round(max(places, d.Places()))
}

// money puts the document's money where it is.
func (j *judgement) money() {
	b, d, s := j.b, j.d, j.s
	t := s.at(b.Currency, j.company)
	if !b.Part {
		t.Bills++
	}
	t.Source = t.Source.Add(b.source())
	j.rest = b.source()
	held := s.at(s.iso(d, b.Currency), s.companyName(d.Subsidiary))
	j.placed, j.here = held == t, s.within(d)
	if j.here {
		held.Documents++
		held.Ledger = held.Ledger.Add(d.Net)
		s.cut(d, j.w, held.Currency)
	}
	take := func(sum *decimal.D, x decimal.D) { *sum, j.rest = sum.Add(x), j.rest.Sub(x) }
	switch {
	case j.here && j.placed && d.Posting:
		take(&t.Posted, d.Net)
	case j.here && j.placed:
		take(&t.NotPosting, d.Net)
	case j.here:
		held.Misplaced = held.Misplaced.Add(d.Net)
	case j.placed:
		take(&t.OtherPeriod, d.Net)
	}
	switch {
	case b.Gone:
	case b.State == Sent:
		take(&t.ExcludedTypes, b.Excluded)
		take(&t.Rounding, b.Rounding)
	case b.State == ExcludedAccount:
		take(&t.ExcludedAccounts, j.rest)
	case b.State == ExcludedTypes:
		take(&t.ExcludedTypes, j.rest)
	case b.State == SkippedByHand:
		take(&t.Accepted, j.rest)
	}
}

// left tells of the document of a Bill that did not go out in its newest version.
func (j *judgement) left() {
	b := j.b
	facts := []Fact{{"total", b.Total.String(), j.d.Net.String()}}
	switch b.State {
	case ExcludedAccount, ExcludedTypes, SkippedByHand:
		if !j.d.Voided {
			j.add(Superseded, "", j.d.Net, facts, "%s holds %s over %s, and the Bill is not to be sent: %s", j.s.o.System, j.d.name(),
				j.holds(), b.Why)
		}
	default:
		code := codeOf[b.State]
		j.add(code, bucketOf(code), b.Total, facts, "%s; %s holds %s over %s", cmp.Or(b.Why, KindOf(code).Title), j.s.o.System, j.d.name(),
			j.holds())
	}
}

// holds is what the document comes to, for a person.
func (j *judgement) holds() string { return currency.Money(j.d.Net, j.s.iso(j.d, j.b.Currency)) }

// compare holds a document to what was sent.
func (j *judgement) compare() {
	b, d, s := j.b, j.d, j.s
	if d.Voided {
		j.add(Voided, InOpen, b.Total, []Fact{{"total", j.expected().String(), d.Net.String()}}, "%s was voided", d.name())
		return
	}
	if b.Gone {
		j.add(GoneCode, InOpen, d.Net, []Fact{{"total", "", d.Net.String()}}, "m3ter has this Bill no more, and %s stands", d.name())
	}
	if iso := s.iso(d, b.Currency); iso != b.Currency {
		j.add(CurrencyOff, InOpen, d.Net, []Fact{{"currency", b.Currency, iso}}, "%s is in %s, the Bill in %s", d.name(), iso, b.Currency)
	}
	if have := s.companyName(d.Subsidiary); have != j.company {
		j.add(CompanyOff, InOpen, d.Net, []Fact{{"subsidiary", j.company, have}}, "%s is in %s, its customer in %s", d.name(), have, j.company)
	}
	if w := j.w; w != nil && !w.isFor(d) {
		j.add(CustomerOff, InOpen, d.Net, []Fact{{"customer", cmp.Or(w.CustomerID, w.CustomerRef),
			strings.TrimSpace(d.Customer + " " + d.CustomerName)}},
			"%s is for another customer: %s", d.name(), cmp.Or(d.CustomerName, d.Customer))
	}
	j.amounts()
	j.when()
	j.others()
	if !d.Posting {
		bucket := InNotPosting
		if !j.here {
			bucket = InOtherPeriod
		}
		j.add(PendingAppr, bucket, d.Net, []Fact{{"posting", "yes", "no"}}, "%s does not post until it is approved", d.name())
	}
	if b.Newer {
		j.add(NewerCode, InOpen, b.Total, nil, "m3ter has a newer version of this Bill")
	}
}

// expected is what the document should come to, with the sign of the Bill.
func (j *judgement) expected() decimal.D {
	if j.w == nil {
		return j.b.sent()
	}
	if j.d.Kind == creditMemo {
		return j.w.Total.Neg()
	}
	return j.w.Total
}

// creditMemo is the kind whose own amounts have the sign turned.
const creditMemo = "creditMemo"

func (j *judgement) amounts() {
	d := j.d
	want := j.expected()
	if j.w == nil && (j.b.Newer || j.b.Gone) {
		return // the Bill's total is of another version
	}
	if d.Broken != "" {
		j.s.doubt("%s: %s", d.name(), d.Broken)
		return
	}
	if !want.Equal(d.Net) {
		facts := []Fact{{"total", want.String(), d.Net.String()}}
		if j.w != nil {
			facts = append(facts, lineFacts(j.w.Lines, d.Lines, j.s.sameLine)...)
		}
		j.add(Amount, InOpen, want.Sub(d.Net), facts, "%s comes to %s, and %s was sent", d.name(), j.holds(),
			currency.Money(want, j.b.Currency))
		return
	}
	if j.w == nil {
		return
	}
	if facts := lineFacts(j.w.Lines, d.Lines, j.s.sameLine); len(facts) > 0 {
		j.add(LineDiffers, InOpen, d.Net, facts, "%s has other lines than were sent: %s", d.name(), facts[0].words(j.b.Currency))
	}
}

// when compares dates and periods.
func (j *judgement) when() {
	d, s := j.d, j.s
	want := j.b.Date
	if j.w != nil {
		want = j.w.Date
	}
	bucket := InOpen
	if !j.here {
		bucket = InOtherPeriod
	}
	switch {
	case d.Date != want && (j.w != nil || !s.o.Span.Has(d.Date)):
		j.add(DateOff, bucket, d.Net, []Fact{{"date", want, d.Date}}, "%s is dated %s, and %s was sent", d.name(), d.Date, want)
	case j.w != nil && j.w.Period != "":
		if d.Period != j.w.Period {
			j.add(PeriodOff, bucket, d.Net, []Fact{{"period", s.periodName(j.w.Period), s.periodName(d.Period)}},
				"%s is posted to %s, and %s was sent", d.name(), s.periodName(d.Period), s.periodName(j.w.Period))
		}
	case d.Period != "":
		if p := s.periodOf(d.Date); p != "" && p != d.Period {
			j.add(PeriodOff, bucket, d.Net, []Fact{{"period", s.periodName(p), s.periodName(d.Period)}},
				"%s is dated %s and posted to %s", d.name(), d.Date, s.periodName(d.Period))
		}
	}
}

// others compares what is left of the header.
func (j *judgement) others() {
	w, d := j.w, j.d
	var facts []Fact
	differs := func(name, ours, theirs string) {
		if ours != "" && !SameText(ours, theirs) {
			facts = append(facts, Fact{name, ours, theirs})
		}
	}
	if !j.b.ByHand && len(j.b.Refs) > 0 && !slices.ContainsFunc(j.b.Refs, func(r string) bool { return strings.EqualFold(r, d.Ref) }) {
		differs("external id", j.b.Refs[0], d.Ref)
	}
	if w != nil {
		differs("due date", w.Due, d.Due)
		differs("number", w.Number, d.Number)
		differs("purchase order", w.OtherRef, d.OtherRef)
		differs("memo", w.Memo, d.Memo)
		if tax := d.Total.Sub(d.Net); w.NoTax && d.Broken == "" && !tax.IsZero() {
			facts = append(facts, Fact{"tax", decimal.D{}.String(), tax.String()})
		}
		for i := range w.Fields {
			if f := &w.Fields[i]; !j.s.sameHead(f, d.Held) {
				facts = append(facts, Fact{f.Name, f.Value, d.Held.of(f)})
			}
		}
	}
	if len(facts) > 0 {
		j.add(Changed, InOpen, d.Net, facts, "%s is not as it was sent: %s", d.name(), facts[0].words(j.b.Currency))
	}
}

// settle gives the money that nothing explains to the gravest break that counts
// as open.
func (j *judgement) settle() {
	slices.SortStableFunc(j.breaks, func(a, b Break) int { return cmp.Compare(rank(a.Code), rank(b.Code)) })
	t := j.s.at(j.b.Currency, j.company)
	i := slices.IndexFunc(j.breaks, func(b Break) bool { return b.Bucket == InOpen || b.Bucket == InNotApproved })
	if i < 0 && !j.rest.IsZero() {
		j.add(Amount, InOpen, j.rest, []Fact{{"total", j.expected().String(), j.d.Net.String()}}, "%s comes to %s, and the Bill to %s",
			j.d.name(), j.holds(), currency.Money(j.b.Total, j.b.Currency))
		i = len(j.breaks) - 1
	}
	if i >= 0 {
		j.breaks[i].Difference = j.rest
		*t.bucket(j.breaks[i].Bucket) = t.bucket(j.breaks[i].Bucket).Add(j.rest)
	}
	for k := range j.breaks {
		if b := &j.breaks[k]; b.Bucket == InNotPosting || b.Bucket == InOtherPeriod {
			b.Difference = j.d.Net
		}
	}
	j.b.Accepted.resolve(j.d, j.breaks)
	j.s.keep(j.breaks...)
}

func (j *judgement) add(c Code, bucket Bucket, amount decimal.D, facts []Fact, format string, args ...any) {
	b := j.s.newBreak(c, j.b, j.company)
	b.Bucket, b.Amount, b.Facts, b.Text = bucket, amount, facts, fmt.Sprintf(format, args...)
	b.Doc, b.Number, b.URL = j.d.ID, j.d.Number, j.d.URL
	j.breaks = append(j.breaks, b)
}

// codeOf is what is told of Bills that have not arrived.
var codeOf = map[State]Code{Failed: FailedCode, Held: HeldCode, InFlight: FlightCode, Unreceived: Missing, NotApproved: Unapproved}

func bucketOf(c Code) Bucket {
	if c == Unapproved {
		return InNotApproved
	}
	return InOpen
}

// judgeAbsent is judge of a Bill without a document.
func (s *session) judgeAbsent(b *Bill) {
	if b.Gone && b.State != Sent {
		return // neither side has it
	}
	company := s.accountCompany[b.Account]
	t := s.at(b.Currency, company)
	if !b.Part {
		t.Bills++
	}
	t.Source = t.Source.Add(b.source())
	var breaks []Break
	switch b.State {
	case ExcludedAccount:
		t.ExcludedAccounts = t.ExcludedAccounts.Add(b.source())
	case ExcludedTypes:
		t.ExcludedTypes = t.ExcludedTypes.Add(b.source())
	case SkippedByHand:
		t.Accepted = t.Accepted.Add(b.source())
	default:
		code, rest, text := codeOf[b.State], b.source(), cmp.Or(b.Why, "it has no document in "+s.o.System)
		if b.State == Sent {
			code, text = Deleted, fmt.Sprintf("%s was sent, and %s has it no more", cmp.Or(b.Kind, "the document")+" "+b.DocID, s.o.System)
			if !b.Gone {
				t.ExcludedTypes, t.Rounding = t.ExcludedTypes.Add(b.Excluded), t.Rounding.Add(b.Rounding)
				rest = rest.Sub(b.Excluded).Sub(b.Rounding)
			}
		}
		x := s.newBreak(code, b, company)
		x.Bucket, x.Amount, x.Difference, x.Text = bucketOf(code), rest, rest, text
		x.Doc = b.DocID
		switch {
		case b.State != Sent:
			x.Facts = []Fact{{"total", b.Total.String(), ""}}
		case !b.Newer: // else the total is of a version that was not sent
			x.Facts = []Fact{{"total", b.sent().String(), ""}}
		}
		if b.ToDo != "" && b.State != Sent {
			x.Advice = b.ToDo
		}
		*t.bucket(x.Bucket) = t.bucket(x.Bucket).Add(rest)
		breaks = append(breaks, x)
		b.Accepted.resolve(nil, breaks)
		s.keep(breaks...)
	}
	s.count(b, breaks)
	s.row(b, nil, company, breaks)
}
