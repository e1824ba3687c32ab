package netsuite_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"

	"billferry/internal/bill"
	"billferry/internal/decimal"
	"billferry/internal/sandbox"
)

// writeBills writes the stream of the simulator. Every fifth Bill comes a
// second time, some Bills later, in a newer version with other amounts: to be
// updated, or to supersede what has not gone out yet. Every fourth Bill begins as
// a credit memo, and half of those that come again change their sign: what the
// first version may have made must not stand beside what the second one makes.
func (o *torture) writeBills() {
	stream := func(lines int) [][]byte {
		var buf bytes.Buffer
		_, err := sandbox.BillStream(&buf, sandbox.StreamOptions{Seed: 11, Bills: o.bills + mostRounds*freshBills, Lines: lines})
		if err != nil {
			o.Fatal(err)
		}
		return bytes.SplitAfter(bytes.TrimSpace(buf.Bytes()), []byte("\n"))
	}
	o.first, o.second = stream(0), stream(2)
	o.fresh = o.bills
	o.want, o.was, o.sums = map[string]decimal.D{}, map[string]decimal.D{}, map[string]decimal.D{}
	var out bytes.Buffer
	again := map[int][]int{} // by where in the stream
	for n := 0; n < o.bills; n += everyRevised {
		at := n + 15 + n%45 // some while the first version is on its way
		again[at] = append(again[at], n)
	}
	for i := range o.bills + 60 {
		if i < o.bills {
			o.write(&out, o.first[i], credit(i))
		}
		for _, n := range again[i] {
			o.revise(&out, n, n%10 == 0)
		}
	}
	if err := os.WriteFile(o.life.billsFile(), out.Bytes(), 0o600); err != nil {
		o.Fatal(err)
	}
}

// everyRevised is the distance of the Bills that come again from the beginning.
const everyRevised = 5

// credit tells whether a Bill of the stream begins as a credit memo.
func credit(n int) bool { return n%4 == 1 }

// write adds a version of a Bill to what the children read. A negative one is a
// single credit of as much as it came to.
func (o *torture) write(out *bytes.Buffer, line []byte, negative bool) {
	if negative {
		line = o.below(line)
	}
	out.Write(bytes.TrimSpace(line))
	out.WriteByte('\n')
	h, err := bill.DecodeHead(line)
	if err != nil {
		o.Fatal(err)
	}
	if was, ok := o.want[h.ID]; ok {
		o.sums[h.Currency] = o.sums[h.Currency].Sub(was)
		o.was[h.ID] = was
	}
	o.want[h.ID] = h.BillTotal
	o.sums[h.Currency] = o.sums[h.Currency].Add(h.BillTotal)
}

// revise has a Bill come again, with the other sign if it turns.
func (o *torture) revise(out *bytes.Buffer, n int, turn bool) {
	o.write(out, bytes.Replace(o.second[n], []byte(`"version":2`), []byte(`"version":3`), 1), credit(n) != turn)
	o.revised++
	if turn {
		o.turned++
	}
}

const (
	freshBills = 24 // in a round of traffic
	mostRounds = 60
)

// traffic adds Bills that lead a sender past every step, once all that there was
// is settled: new ones of both kinds, as many as are read back together; some in
// NetSuite that come again and are updated; one that changes its sign, so that
// the other kind is looked for. No child needs luck to die where nobody died yet.
func (o *torture) traffic() {
	if o.rounds++; o.rounds > mostRounds {
		o.Fatalf("%d rounds of traffic led nobody past %q", mostRounds, o.untried())
	}
	var out bytes.Buffer
	for range freshBills {
		o.write(&out, o.first[o.fresh], credit(o.fresh))
		o.fresh++
		o.bills++
	}
	for range 8 {
		if o.old++; o.old%everyRevised == 0 {
			o.old++
		}
		o.revise(&out, o.old, o.old%8 == 1) // of these one, and it begins as a credit memo
	}
	f, err := os.OpenFile(o.life.billsFile(), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.Write(out.Bytes())
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		o.Fatal(err)
	}
}

// below makes a Bill one that comes to less than zero.
func (o *torture) below(line []byte) []byte {
	var b map[string]any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&b); err != nil {
		o.Fatal(err)
	}
	h, err := bill.DecodeHead(line)
	if err != nil {
		o.Fatal(err)
	}
	amount := json.Number(h.BillTotal.Neg().String())
	b["billTotal"] = amount
	b["lineItems"] = []any{map[string]any{"id": "credit", "lineItemType": "CREDIT_MEMO", "description": "Credit", "quantity": 1, "units": 1,
		"subtotal": amount, "currency": h.Currency, "conversionRate": 1, "convertedSubtotal": amount,
		"servicePeriodStartDate": h.StartDate + "T00:00:00Z", "servicePeriodEndDate": h.EndDate + "T00:00:00Z"}}
	out, err := json.Marshal(b)
	if err != nil {
		o.Fatal(err)
	}
	return out
}
