package mapping

import "fmt"

// tally counts what was decided for lines one by one and is told of them all.
type tally struct {
	noBands, noAggregation int // usage lines that could not be split as asked
	noPeriod               int // no service period for the custom fields
	instant                int // service periods that end where they begin
	inWords                int // the true quantity stands in the description alone
	perMany                int // told per 1,000 units or more
	unsummed               int // joined of lines that count different things
	cut, zero              int
	unlisted               int    // joined of lines whose texts did not all fit a field
	leftOut                []left // fields that no rule filled
}

func (t *tally) quantity(q quantified, note string) {
	switch {
	case q.why == "" || q.why == noQuantity:
	case q.per != "":
		t.perMany++
	case note == "":
		t.unsummed++
	default:
		t.inWords++
	}
}

// remark tells what was decided or lost for lines, once for all of them.
func (m *mapper) remark() {
	for _, r := range []struct {
		n    int
		text string
	}{
		{m.tally.noBands, "of usage sent whole, for want of pricing bands"},
		{m.tally.noAggregation, "of usage sent whole, for want of an aggregation"},
		{m.tally.noPeriod, "without a service period to write into custom fields" + bracketed(m.terms.WantsPeriod)},
		{m.tally.instant, "with a service period that ends where it begins: both dates are that day"},
		{m.tally.perMany, "priced per 1,000 units or more, with the true quantity in the description"},
		{m.tally.inWords, "sent as quantity 1, with the true quantity in the description"},
		{m.tally.unsummed, "sent as quantity 1, joined of usage whose quantities do not add up"},
		{m.tally.cut, "with a description that was shortened or cleaned"},
		{m.tally.unlisted, "joined of lines whose texts do not all fit a field"},
	} {
		if r.n > 0 {
			m.warn("%s %s", counted(r.n, "line"), r.text)
		}
	}
	for _, x := range m.tally.leftOut {
		where := "the header"
		if x.line {
			where = counted(x.n, "line of the Bill")
			if x.n > 1 {
				where = fmt.Sprintf("%d lines of the Bill", x.n)
			}
		}
		m.warn("%s is left out of %s: the sources of its rules are empty", x.name, where)
	}
	if m.tally.zero == len(m.doc.Lines) {
		m.warn("every line is zero")
	}
	if n, most := len(m.doc.Lines), m.terms.Limits.AdviseLines; beyond(n, most) {
		m.warn("%d lines: %s advises at most %d", n, m.terms.System, most)
	}
}

// bracketed is an aside to a text, "" for none.
func bracketed(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}
