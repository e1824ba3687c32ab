package seed

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/tree"
)

// Bill is a m3ter Bill: its own fields, and its line items as JSON.
type Bill struct {
	Head  tree.Value // without lineItems, with billTotal
	Lines []byte     // a JSON array
}

// Append writes the Bill as m3ter's API does, with or without its line items
// and its total (lists leave them out on request).
func (b Bill) Append(out []byte, lines, total bool) []byte {
	head := b.Head
	if !total {
		head = b.Head.Clone()
		head.Delete("billTotal")
	}
	out = head.Append(out)
	if lines {
		out = append(out[:len(out)-1], `,"lineItems":`...)
		out = append(append(out, b.Lines...), '}')
	}
	return out
}

// Stream writes n Bills of the company as newline-delimited JSON; NetSuite
// takes every one of them. The total of their billTotals comes back by currency.
func Stream(w io.Writer, o Options, n int) (map[string]decimal.D, error) {
	o.Clean = true
	if o.Accounts == 0 {
		o.Accounts = len(known) + 1
	}
	g := newGenerator(o, accounts(o, o.Accounts))
	sums := map[string]decimal.D{}
	var buf []byte
	for i := range n {
		b := g.normal(i)
		b.Head.Set("sequentialInvoiceNumber", tree.Str(fmt.Sprintf("INVOICE-%d", 101+i)))
		if t, err := b.Head.Get("billTotal").Decimal(); err == nil {
			iso := b.Head.TextOf("currency")
			sums[iso] = sums[iso].Add(t)
		}
		buf = append(b.Append(buf[:0], true, true), '\n')
		if _, err := w.Write(buf); err != nil {
			return nil, fmt.Errorf("writing Bill %d of %d: %w", i+1, n, err)
		}
	}
	return sums, nil
}

// More makes n Bills of the company beyond the first from, as if bill jobs had just
// made them.
func More(o Options, accounts []Account, from, n int) []Bill {
	g := newGenerator(o, accounts)
	out := make([]Bill, n)
	for i := range out {
		b := g.normal(from + i)
		b.Head.Set("sequentialInvoiceNumber", tree.Str(fmt.Sprintf("INVOICE-%d", 101+from+i)))
		b.Head.Delete("dtCreated")
		b.Head.Delete("dtLastModified")
		out[i] = b
	}
	return out
}

// generator makes Bills; Bill i depends on the seed and i alone.
type generator struct {
	o        Options
	accounts []Account
}

func newGenerator(o Options, list []Account) *generator { return &generator{o, list} }

// all makes the Bills of the company, oldest first.
func (g *generator) all() []Bill {
	n := g.o.Bills
	var out []Bill
	if !g.o.Clean && n > 3 {
		n -= 3
		out = append(out,
			g.bill(special, g.accounts[len(g.accounts)-1], 1, ordinary), // no such customer in NetSuite
			g.bill(special+1, g.accounts[0], monthsOpen+2, ordinary),    // its period is closed
			g.bill(special+2, g.accounts[1], 1, credit))                 // its total is below zero
	}
	for i := range n {
		out = append(out, g.normal(i))
	}
	slices.SortStableFunc(out, func(a, b Bill) int {
		return strings.Compare(a.Head.TextOf("createdDate"), b.Head.TextOf("createdDate"))
	})
	for i := range out {
		out[i].Head.Set("sequentialInvoiceNumber", tree.Str(fmt.Sprintf("INVOICE-%d", 101+i)))
	}
	return out
}

func (g *generator) normal(i int) Bill {
	known := len(g.accounts) - 1 // the last is the stranger
	back := 1 + (i/known)%monthsOpen
	shape := ordinary
	if back == 1 && i%4 == 2 && i < known {
		shape = pending
	}
	return g.bill(uint64(i), g.accounts[i%known], back, shape)
}

// special is the number of the first Bill that NetSuite refuses.
const special = 1 << 20

// shape is what is peculiar about a Bill.
type shape int

const (
	ordinary shape = iota
	pending        // not approved yet
	credit         // credits exceed charges
)

func (g *generator) bill(n uint64, a Account, back int, s shape) Bill {
	start := month(g.o.Now, back)
	end := start.AddDate(0, 1, 0)
	created := end.Add(4*time.Second + time.Duration(n)*7*time.Millisecond)
	if n >= special { // earlier than the others, so that the newest Bill is an ordinary one
		created = end.Add(time.Duration(n-special) * 7 * time.Millisecond)
	}
	w := &writer{
		r: rand.New(rand.NewPCG(g.o.Seed, n)), seed: g.o.Seed, bill: n, a: a,
		from: local(start, a.TimeZone), to: local(end, a.TimeZone), rate: rate(a),
	}
	w.lines(s, g.o.Lines)
	if g.o.Annual && n == 0 {
		w.to = local(start.AddDate(1, 0, 0), a.TimeZone)
		w.plain(extra{"STANDING_CHARGE", "Support, a year in advance", platform, 1200_0000, 1200_0000})
	}
	return Bill{Head: g.head(n, a, start, end, created, s, w), Lines: w.json()}
}

func (g *generator) head(n uint64, a Account, start, end, created time.Time, s shape, w *writer) tree.Value {
	stamp := created.Format("2006-01-02T15:04:05.000Z")
	str := func(name, text string) tree.Member { return tree.M(name, tree.Str(text)) }
	head := tree.Obj(
		str("id", w.id()), tree.M("version", tree.Num("2")), str("accountId", a.ID), str("accountCode", a.Code),
		str("startDate", civil(start)), str("endDate", civil(end)),
		str("startDateTimeUTC", w.from), str("endDateTimeUTC", w.to),
		str("billDate", civil(end)), str("dueDate", civil(end.AddDate(0, 0, 30))),
		str("billingFrequency", "MONTHLY"), tree.M("billFrequencyInterval", tree.Num("1")), str("timezone", a.TimeZone),
		str("currency", a.Currency), str("status", "APPROVED"), tree.M("locked", tree.Boolean(false)),
		str("billJobId", uuid(g.o.Seed, 4, uint64(end.Unix()))),
		str("createdDate", stamp), str("lastCalculatedDate", stamp), str("externalInvoiceDate", civil(end)),
		tree.M("jsonStatementGenerated", tree.Boolean(false)), tree.M("csvStatementGenerated", tree.Boolean(false)),
		tree.M("statementStale", tree.Boolean(false)),
		tree.M("billTotal", tree.Dec(w.total)),
		str("dtCreated", stamp), str("dtLastModified", stamp), str("createdBy", user), str("lastModifiedBy", user),
	)
	if a.Pricing != a.Currency {
		head.Set("currencyConversions",
			tree.List(tree.Obj(str("from", a.Pricing), str("to", a.Currency), tree.M("multiplier", tree.Dec(w.rate)))))
	}
	if a.PurchaseOrder != "" {
		head.Set("purchaseOrderNumber", tree.Str(a.PurchaseOrder))
	}
	if s == pending {
		head.Set("status", tree.Str("PENDING"))
		return head
	}
	head.Set("dtApproved", tree.Str(created.Add(9*time.Hour).Format("2006-01-02T15:04:05.000Z")))
	head.Set("approvedBy", tree.Str(user))
	return head
}

func rate(a Account) decimal.D {
	if m, ok := multipliers[a.Pricing+">"+a.Currency]; ok {
		return decimal.MustParse(m)
	}
	return decimal.New(1, 0)
}

// local is the instant at which the civil day of t begins in the zone.
func local(t time.Time, zone string) string {
	if zone == "Asia/Tokyo" { // UTC+9 all year: no time zone database is needed
		t = t.Add(-9 * time.Hour)
	}
	return t.Format(time.RFC3339)
}
