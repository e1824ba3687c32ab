package mapping

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// entry is a line of a document in a test: item, amount, and the month of service.
func entry(item, amount, month string) Line {
	return Line{ItemID: item, Quantity: num("1"), Rate: num(amount), Amount: num(amount), Description: "line of " + item,
		Fields: []Field{{Name: "custcol_start", As: AsDate, Value: month + "-01"}}}
}

// newest is the document that a Bill would become by itself.
func newest(lines ...Line) Document {
	d := Document{Kind: Invoice, ExternalID: "m3b-1", OtherID: "m3c-1", Entity: Ref{ID: "614"}, CurrencyID: "1", Currency: "USD",
		TranDate: "2026-08-02", Memo: "INVOICE-7", DueDate: "2026-09-01", Number: "INVOICE-7", Lines: lines}
	for _, l := range lines {
		d.Total = d.Total.Add(l.Amount)
	}
	if d.Total.Sign() < 0 {
		d.Kind, d.ExternalID, d.OtherID, d.Total = CreditMemo, d.OtherID, d.ExternalID, d.Total.Neg()
		for i := range d.Lines {
			d.Lines[i].Amount = d.Lines[i].Amount.Neg()
		}
	}
	d.Included, d.BillTotal = d.Total, d.Total
	return d
}

// keptAs is a document as the destination holds it once it took it.
func keptAs(id string, d Document) Held {
	h := Held{Kind: d.Kind, ID: id, ExternalID: d.ExternalID, Number: "DOC" + id, Date: d.TranDate, Amends: d.Amends != nil, CustomerID: "614",
		CurrencyID: "1", Rate: "1.25", Posts: true}
	for _, l := range d.Lines {
		h.Lines = append(h.Lines, HeldLine{ItemID: l.ItemID, Amount: l.Amount, Text: l.Description, Fields: l.Fields})
		h.Total = h.Total.Add(l.Amount)
	}
	h.Tax = h.Total.Mul(num("0.2"))
	h.Total = h.Total.Add(h.Tax)
	h.Open = h.Total
	return h
}

var delta = with(func(c *Config) { c.Terms, c.Amend = &books, Amending{Delta: true} })

func deltaWith(change func(*Config)) Config {
	c := delta
	change(&c)
	return c
}

// told says what comes of a Bill in short.
func told(a Amendment, err error) string {
	var f *integration.Failure
	switch {
	case errors.As(err, &f):
		return f.Cause + ": " + strings.TrimPrefix(f.Message,
			"the Bill was recalculated after its document became final, and no amendment is made: ")
	case a.InPlace:
		return "in place"
	case a.Document == nil:
		return "nothing"
	}
	d := a.Document
	var lines []string
	for _, l := range d.Lines {
		lines = append(lines, l.ItemID+" "+l.Amount.String())
	}
	out := fmt.Sprintf("%s %s on %s: %s", d.Kind, d.Total, d.TranDate, strings.Join(lines, ", "))
	if d.PeriodID != "" {
		out += " in " + d.PeriodID
	}
	if d.Amends.Apply != nil {
		out += " pays " + d.Amends.Apply.Amount.String() + " of " + d.Amends.Apply.ID
	}
	if d.Amends.More {
		out += " and more"
	}
	return out
}

// TestWhatIsPosted is the table of what becomes of a Bill whose document stands.
func TestWhatIsPosted(t *testing.T) {
	t.Parallel()
	hundred := newest(entry("1", "100", "2026-07"))
	paid := func(h Held) Held {
		h.Paid, h.Applied, h.Open = true, h.Total, num("0")
		return h
	}
	shut := func(h Held) Held { h.Shut, h.Period = "closed", "Aug 2026"; return h }
	issued := func(h Held) Held { h.Issued = "emailed"; return h }
	is := func(change func(*Held)) func(Held) Held {
		return func(h Held) Held { h = paid(h); change(&h); return h }
	}
	closed := Period{Name: "Aug 2026", Shut: "closed", OpenID: "109", OpenName: "Sep 2026", OpenFrom: "2026-09-01"}
	credit := newest(entry("1", "-20", "2026-07"))
	for name, c := range map[string]struct {
		cfg    Config
		was    Document
		now    Document
		held   func(Held) Held
		with   Holdings
		period Period
		want   string
	}{
		"not final":             {now: newest(entry("1", "130", "2026-07")), want: "in place"},
		"issued, which is open": {now: newest(entry("1", "130", "2026-07")), held: issued, want: "in place"},
		"increase":              {now: newest(entry("1", "130", "2026-07")), held: paid, want: "invoice 30 on 2026-08-02: 1 30"},
		"decrease":              {now: newest(entry("1", "70", "2026-07")), held: paid, want: "creditMemo 30 on 2026-08-02: 1 30"},
		"nothing changed":       {now: newest(entry("1", "60", "2026-07"), entry("1", "40", "2026-07")), held: paid, want: "nothing"},
		"another service period": {now: newest(entry("1", "100", "2026-06")), held: paid,
			want: "invoice 0 on 2026-08-02: 1 100, 1 -100"},
		"mixed, up": {now: newest(entry("1", "90", "2026-07"), entry("2", "50", "2026-07")), held: paid,
			want: "invoice 40 on 2026-08-02: 1 -10, 2 50"},
		"mixed, down": {now: newest(entry("1", "30", "2026-07"), entry("2", "50", "2026-07")), held: paid,
			want: "creditMemo 20 on 2026-08-02: 1 70, 2 -50"},
		"a line is gone": {now: newest(entry("2", "100", "2026-07")), held: paid,
			want: "invoice 0 on 2026-08-02: 2 100, 1 -100"},
		"mixed, with revenue": {cfg: deltaWith(func(c *Config) { c.Amend.Revenue = true }), held: paid,
			now: newest(entry("1", "90", "2026-07"), entry("2", "50", "2026-07")), want: "invoice 50 on 2026-08-02: 2 50 and more"},
		"not final, with revenue": {cfg: deltaWith(func(c *Config) { c.Amend.Revenue = true }),
			now:  newest(entry("1", "90", "2026-07")),
			want: "amendment_held: Revenue Management is on, and new lines of invoice DOC5"},
		"+100 to -20":            {now: credit, held: paid, want: "creditMemo 120 on 2026-08-02: 1 120"},
		"+100 to -20, not final": {now: credit, want: "creditMemo 120 on 2026-08-02: 1 120"},
		"-20 to +100":            {was: credit, now: hundred, want: "invoice 120 on 2026-08-02: 1 120"},
		"period closed": {now: newest(entry("1", "130", "2026-07")), held: shut, period: closed,
			want: "invoice 30 on 2026-09-01: 1 30"},
		"period closed, only it moves": {cfg: deltaWith(func(c *Config) { c.FirstOpen = true }),
			now: newest(entry("1", "130", "2026-07")), held: shut, period: closed, want: "invoice 30 on 2026-08-02: 1 30 in 109"},
		"period closed, none open": {now: newest(entry("1", "130", "2026-07")), held: shut,
			period: Period{Name: "Aug 2026", Shut: "locked"}, want: "period_closed: accounting period Aug 2026 is locked"},
		"issued": {cfg: deltaWith(func(c *Config) { c.Amend.IssuedFinal = true }),
			now: newest(entry("1", "130", "2026-07")), held: issued, want: "invoice 30 on 2026-08-02: 1 30"},
		"issued, and held": {cfg: deltaWith(func(c *Config) { c.Amend = Amending{IssuedFinal: true} }),
			now: newest(entry("1", "130", "2026-07")), held: issued,
			want: "amendment_held: invoice DOC5 was emailed; newest Bill less what is held: 30.00 USD"},
		"paid, and held": {cfg: deltaWith(func(c *Config) { c.Amend = Amending{IssuedFinal: true} }),
			now: newest(entry("1", "130", "2026-07")), held: paid, want: "invoice_paid: invoice DOC5 has 120.00 USD of 120.00 USD paid"},
		"closed, and held": {cfg: deltaWith(func(c *Config) { c.Amend = Amending{IssuedFinal: true} }),
			now: newest(entry("1", "130", "2026-07")), held: shut, want: "period_closed: the accounting period Aug 2026"},
		"applied to the original": {cfg: deltaWith(func(c *Config) { c.Amend.Apply = true }),
			now: newest(entry("1", "70", "2026-07")), held: shut, want: "creditMemo 30 on 2026-08-02: 1 30 pays 30 of 5"},
		"applied to what is open": {cfg: deltaWith(func(c *Config) { c.Amend.Apply = true }),
			now: newest(entry("1", "70", "2026-07")), held: is(func(h *Held) { h.Open = num("12.5") }),
			want: "creditMemo 30 on 2026-08-02: 1 30 pays 12.5 of 5"},
		"nothing is open": {cfg: deltaWith(func(c *Config) { c.Amend.Apply = true }),
			now: newest(entry("1", "70", "2026-07")), held: paid, want: "creditMemo 30 on 2026-08-02: 1 30"},
		"an earlier amendment": {now: newest(entry("1", "90", "2026-07")), held: paid,
			with: Holdings{Documents: []Held{amended("9", "30")}}, want: "creditMemo 40 on 2026-08-02: 1 40"},
		"an earlier one, not final now": {now: newest(entry("1", "130", "2026-07")),
			with: Holdings{Documents: []Held{amended("9", "30")}}, want: "nothing"},
		"settled by hand": {now: newest(entry("1", "130", "2026-07")),
			held: is(func(h *Held) { h.ByHand = []string{"credit memo CM9"} }),
			want: "amendment_held: people have settled part of invoice DOC5: credit memo CM9"},
		"voided": {now: newest(entry("1", "130", "2026-07")), held: is(func(h *Held) { h.Voided = true }),
			want: "amendment_held: invoice DOC5 was voided"},
		"voided beside one of the other kind, and nothing amended": {cfg: deltaWith(func(c *Config) { c.Amend = Amending{} }),
			now: newest(entry("1", "-30", "2026-07")), held: is(func(h *Held) { h.Voided = true }),
			with: Holdings{Documents: []Held{keptAs("6", credit)}}, want: "in place"},
		"deleted": {now: hundred, held: func(Held) Held { return Held{} },
			with: Holdings{Missing: []string{"m3b-1"}}, want: "amendment_held: m3b-1 was sent and is not in Books any more"},
		"never sent": {now: hundred, held: func(Held) Held { return Held{} }, want: "in place"},
		"not posted": {now: newest(entry("1", "130", "2026-07")), held: is(func(h *Held) { h.Posts = false }),
			want: "amendment_held: invoice DOC5 does not post"},
		"not posted, and nothing changed": {now: hundred, held: is(func(h *Held) { h.Posts = false }),
			want: "amendment_held: invoice DOC5 does not post: it waits for its approval in Books, or was rejected; " +
				"what is held comes to what the newest Bill says"},
		"settled by hand, and nothing changed": {now: hundred, held: is(func(h *Held) { h.ByHand = []string{"credit memo CM9"} }),
			want: "amendment_held: people have settled part of invoice DOC5: credit memo CM9; what is held comes to what the newest Bill says"},
		"another customer": {now: newest(entry("1", "130", "2026-07")),
			held: is(func(h *Held) { h.CustomerID = "615" }), with: Holdings{CustomerID: "614"},
			want: "amendment_held: invoice DOC5 is for customer 615"},
		"another currency": {now: newest(entry("1", "130", "2026-07")),
			held: is(func(h *Held) { h.CurrencyID = "2" }), want: "amendment_held: invoice DOC5 is in currency 2"},
		"another subsidiary": {now: newest(entry("1", "130", "2026-07")), held: is(func(h *Held) { h.Company = "3" }),
			with: Holdings{Company: "1"}, want: "amendment_held: invoice DOC5 is in subsidiary 3"},
		"lines that do not add up": {now: newest(entry("1", "130", "2026-07")),
			held: is(func(h *Held) { h.Total = num("90") }), want: "amendment_held: the lines of invoice DOC5 add up to 100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, was, holdings := c.cfg, c.was, c.with
			if cfg.Terms == nil {
				cfg = delta
			}
			if was.Kind == "" {
				was = hundred
			}
			h := keptAs("5", was)
			if c.held != nil {
				h = c.held(h)
			}
			if h.ID != "" {
				holdings.Documents = append([]Held{h}, holdings.Documents...)
			}
			got := told(Amend(cfg, "bill", c.now, holdings, c.period))
			if got != c.want && (!strings.Contains(c.want, "_") || !strings.HasPrefix(got, c.want)) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// amended is an amendment of 30, or of what is said, that is held.
func amended(id, amount string) Held {
	d := newest(entry("1", amount, "2026-07"))
	d.Amends = &Amends{}
	return keptAs(id, d)
}

func TestAnAmendmentNamesWhatItAmends(t *testing.T) {
	t.Parallel()
	h := keptAs("5", newest(entry("1", "100", "2026-07")))
	h.Paid = true
	cfg := deltaWith(func(c *Config) { c.Amend.OldRate = true })
	now := newest(entry("1", "130", "2026-07"))
	now.Fields = []Field{{Name: "memo", Own: OwnMemo, Value: "x"}, {Name: "custbody_a", As: AsText, Value: "y"}}
	a, err := Amend(cfg, "bill", now, Holdings{Documents: []Held{h}}, Period{})
	if err != nil {
		t.Fatal(err)
	}
	d := a.Document
	if d.Memo != "amends DOC5 of 2026-08-02 | INVOICE-7" || d.DueDate != "" || d.Number != "" || d.OtherID != "" {
		t.Errorf("its header is %+v", d)
	}
	if len(d.Fields) != 2 || d.Fields[0].Value != "y" || d.Fields[1].Name != "exchangeRate" || d.Fields[1].Value != "1.25" {
		t.Errorf("its fields are %+v", d.Fields)
	}
	l := d.Lines[0]
	if !l.Quantity.Equal(num("1")) || !l.Rate.Equal(num("30")) || l.Description != "difference: line of 1" || len(l.Fields) != 1 {
		t.Errorf("its line is %+v", l)
	}
	if !strings.HasPrefix(d.ExternalID, "m3d-") || len(d.ExternalID) != 40 || !strings.HasPrefix(d.ExternalID, AmendmentPrefix(cfg, "bill")) {
		t.Errorf("its external id is %s", d.ExternalID)
	}
	cfg.ExternalIDPrefix = "acme_12-"
	if p := AmendmentPrefix(cfg, "bill"); !strings.HasPrefix(p, "acme_12-d-") || len(p) > 30 {
		t.Errorf("with a prefix it begins with %s", p)
	}
	again, _ := Amend(cfg, "bill", now, Holdings{Documents: []Held{h}}, Period{})
	other, _ := Amend(cfg, "bill", newest(entry("1", "131", "2026-07")), Holdings{Documents: []Held{h}}, Period{})
	h.ID = "6"
	beside, _ := Amend(cfg, "bill", now, Holdings{Documents: []Held{h}}, Period{})
	same, _ := Amend(cfg, "bill", now, Holdings{Documents: []Held{h}}, Period{})
	ids := map[string]bool{again.Document.ExternalID: true, other.Document.ExternalID: true, beside.Document.ExternalID: true}
	if len(ids) != 3 || beside.Document.ExternalID != same.Document.ExternalID {
		t.Errorf("external ids: %v, %s", ids, same.Document.ExternalID)
	}
}

// TestMoneyOnAnotherDepartmentIsHeld: the header's dimension is that of all lines,
// and no document moves what another one has there.
func TestMoneyOnAnotherDepartmentIsHeld(t *testing.T) {
	t.Parallel()
	h := keptAs("5", newest(entry("1", "100", "2026-07")))
	h.Paid, h.Fields = true, []Field{{Name: "department", As: AsReference, Value: "3"}}
	now := newest(entry("1", "130", "2026-07"))
	now.Fields = []Field{{Name: "department", As: AsReference, Value: "5"}}
	if got := told(Amend(delta, "bill", now, Holdings{Documents: []Held{h}}, Period{})); !strings.Contains(got, "is posted to department 3") {
		t.Errorf("got %s", got)
	}
}

// A sentence writes an amount as every other does: with its currency, its digits and
// commas between thousands.
func TestWhatIsPaidIsSaidWithItsCurrency(t *testing.T) {
	t.Parallel()
	h := Held{Kind: Invoice, Number: "INV00042", Paid: true, Applied: decimal.MustParse("1500"), Total: decimal.MustParse("12004110.5")}
	if got, want := h.final(Amending{}, "USD"), "invoice INV00042 has 1,500.00 USD of 12,004,110.50 USD paid or applied"; got != want {
		t.Errorf("%s", got)
	}
}
