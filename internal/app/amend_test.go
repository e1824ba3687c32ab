package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/suitetalk"
	"billferry/internal/spec"
)

// amending are settings under which what changes after a document is final is
// posted beside it.
func amending(with ...string) spec.Values {
	v := withMemos()
	v.Set("billferry.whenFinal", "DELTA")
	v.Set("netsuiteItemMapping", map[string]any{"STANDING_CHARGE": "101"})
	for i := 0; i < len(with); i += 2 {
		if with[i+1] == "true" {
			v.Set("billferry."+with[i], true)
			continue
		}
		v.Set("billferry."+with[i], with[i+1])
	}
	return v
}

// changing is a Bill in some version and status with a charge on one item and usage
// on another.
func changing(account string, version int, status, charge, usage string) []byte {
	day := time.Now().UTC().Format(time.DateOnly)
	line := `{"id":"l%d","lineItemType":%q,"productName":"Platform","description":%q,"quantity":1,"units":1,"subtotal":%s,"currency":"USD",` +
		`"conversionRate":1,"convertedSubtotal":%[4]s,"servicePeriodStartDate":"2026-10-01T00:00:00Z",` +
		`"servicePeriodEndDate":"2026-11-01T00:00:00Z"}`
	return fmt.Appendf(nil, `{"id":"b-amend","version":%d,"accountId":%q,"accountCode":"northwind","startDate":"2026-10-01",`+
		`"endDate":"2026-11-01","billDate":%[3]q,"externalInvoiceDate":%[3]q,"timezone":"UTC","currency":"USD","status":%[4]q,`+
		`"lastCalculatedDate":"2026-11-01T00:0%[1]d:00Z","billTotal":%[5]s,"sequentialInvoiceNumber":"INVOICE-9","lineItems":[%[6]s,%[7]s]}`,
		version, account, day, status, decimal.MustParse(charge).Add(decimal.MustParse(usage)),
		fmt.Sprintf(line, 1, "STANDING_CHARGE", "Standing Charge", charge), fmt.Sprintf(line, 2, "COUNTER_RUNNING_TOTAL_CHARGE", "Seats", usage))
}

// documents tells what NetSuite holds, in short.
func (w *world) documents() string {
	var out []string
	for _, d := range w.sb.NetSuite().Invoices() {
		text := d.Get("type").TextOf("id")
		if ext := d.TextOf("externalId"); len(ext) > 4 {
			text += " " + ext[:4]
		}
		for _, l := range d.Get("item").Get("items").Items {
			text += " " + l.Get("item").TextOf("id") + ":" + l.TextOf("amount")
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// sum is what all documents come to without tax.
func (w *world) sum() decimal.D {
	var sum decimal.D
	for _, d := range w.sb.NetSuite().Invoices() {
		for _, l := range d.Get("item").Get("items").Items {
			n, _ := l.Get("amount").Decimal()
			if d.Get("type").TextOf("id") == "CustCred" {
				n = n.Neg()
			}
			sum = sum.Add(n)
		}
	}
	return sum
}

// TestAFinalBillIsAmended: what people do to the document of a Bill, and what a newer
// version then posts. All documents together are the newest Bill.
func TestAFinalBillIsAmended(t *testing.T) {
	t.Parallel()
	pay := func(w *world) error { _, err := w.sb.NetSuite().Pay("m3b-b-amend", decimal.D{}); return err }
	closing := func(w *world) error {
		return w.sb.NetSuite().SetPeriod(time.Now().UTC().Format(time.DateOnly), suitetalk.Closed)
	}
	for name, c := range map[string]struct {
		with []string
		tax  string
		acts []func(w *world) error // after the first version
		now  [][2]string            // charge and usage of later versions
		want string
	}{
		"not final": {now: [][2]string{{"130", "20"}}, want: "CustInvc m3b- 101:130.00 199:20.00"},
		"increase": {acts: []func(*world) error{pay}, now: [][2]string{{"130", "20"}},
			want: "CustInvc m3b- 101:100.00 199:20.00; CustInvc m3d- 101:30.00"},
		"decrease, with tax": {tax: "20", acts: []func(*world) error{pay}, now: [][2]string{{"100", "5.5"}},
			want: "CustInvc m3b- 101:100.00 199:20.00; CustCred m3d- 199:14.50"},
		"mixed": {acts: []func(*world) error{pay}, now: [][2]string{{"90", "50"}},
			want: "CustInvc m3b- 101:100.00 199:20.00; CustInvc m3d- 101:-10.00 199:30.00"},
		"mixed, with revenue": {with: []string{"revenueManagement", "true"}, acts: []func(*world) error{pay}, now: [][2]string{{"90", "50"}},
			want: "CustInvc m3b- 101:100.00 199:20.00; CustInvc m3d- 199:30.00; CustCred m3d- 101:10.00"},
		"up, down and as it was": {acts: []func(*world) error{pay}, now: [][2]string{{"130", "20"}, {"90", "20"}, {"100", "20"}},
			want: "CustInvc m3b- 101:100.00 199:20.00; CustInvc m3d- 101:30.00; CustCred m3d- 101:40.00; CustInvc m3d- 101:10.00"},
		"below zero and back": {acts: []func(*world) error{pay}, now: [][2]string{{"-40", "20"}, {"100", "20"}},
			want: "CustInvc m3b- 101:100.00 199:20.00; CustCred m3d- 101:140.00; CustInvc m3d- 101:140.00"},
		"closed": {acts: []func(*world) error{closing}, now: [][2]string{{"130", "20"}},
			want: "CustInvc m3b- 101:100.00 199:20.00; CustInvc m3d- 101:30.00"},
		"mailed": {with: []string{"whenIssued", "AS_FINAL"},
			acts: []func(*world) error{func(w *world) error { return w.sb.NetSuite().Issue("m3b-b-amend", "email") }},
			now:  [][2]string{{"130", "20"}},
			want: "CustInvc m3b- 101:100.00 199:20.00; CustInvc m3d- 101:30.00"},
		"printed": {with: []string{"whenIssued", "AS_FINAL"},
			acts: []func(*world) error{func(w *world) error { return w.sb.NetSuite().Issue("m3b-b-amend", "print") }},
			now:  [][2]string{{"130", "20"}},
			want: "CustInvc m3b- 101:100.00 199:20.00; CustInvc m3d- 101:30.00"},
		"not issued": {with: []string{"whenIssued", "AS_FINAL"}, now: [][2]string{{"130", "20"}}, want: "CustInvc m3b- 101:130.00 199:20.00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			in := w.create(t, "amending", amending(c.with...))
			w.connect(t, in)
			account := w.sb.World().Accounts[0].ID
			if c.tax != "" {
				if err := w.sb.NetSuite().SetTax(decimal.MustParse(c.tax)); err != nil {
					t.Fatal(err)
				}
			}
			first := w.send(t, in, changing(account, 1, "APPROVED", "100", "20"))
			if first.Outcome != integration.Created {
				t.Fatalf("%+v", first)
			}
			for _, act := range c.acts {
				if err := act(w); err != nil {
					t.Fatal(err)
				}
			}
			for i, v := range c.now {
				r := w.send(t, in, changing(account, i+2, "APPROVED", v[0], v[1]))
				want := decimal.MustParse(v[0]).Add(decimal.MustParse(v[1]))
				if r.Status != integration.Complete || !r.AmountOut.Equal(want) || !r.AmountIn.Equal(want) {
					t.Fatalf("version %d: %s %s %s: %s; in %s, out %s", i+2, r.Status, r.Cause, r.Outcome, r.Error, r.AmountIn, r.AmountOut)
				}
				if got := w.sum(); !got.Equal(want) {
					t.Errorf("version %d: the documents come to %s, the Bill to %s", i+2, got, want)
				}
			}
			if got := w.documents(); got != c.want {
				t.Errorf("NetSuite holds %s\nwant           %s", got, c.want)
			}
			if s := w.sb.Stats(); s.DuplicateCreates != 0 {
				t.Errorf("%d creates were refused as duplicates", s.DuplicateCreates)
			}
		})
	}
}
