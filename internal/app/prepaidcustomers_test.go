package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/m3ter"
	"billferry/internal/reconcile"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/seed"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// paying is an integration with an item of its own for prepayments and balances.
func paying(t *testing.T, o sandbox.Options) (*world, integration.Integration) {
	t.Helper()
	w := newWorld(t, o)
	in := w.create(t, "NetSuite US", spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault, "netsuiteCommitmentItemId": "102",
		"netsuiteItemMapping": spec.Values{"BALANCE_FEE": "102", "BALANCE_CONSUMED": "102"},
		"billferry":           spec.Values{"prepaymentItems": "TYPE_FIRST", "negativeBills": "CREDIT_MEMO"}})
	w.connect(t, in)
	if err := w.app.ConnectSource(t.Context(), w.sb.Source(), nil); err != nil {
		t.Fatal(err)
	}
	return w, in
}

// prepaid are the customers of a report by account code and currency.
func prepaid(r reconcile.Report) map[string]reconcile.PrepaidCustomer {
	out := map[string]reconcile.PrepaidCustomer{}
	for _, p := range r.PrepaidCustomers {
		out[strings.Join(p.Accounts, " ")+" "+p.Currency] = p
	}
	return out
}

// What NetSuite has of a customer's prepayments is what m3ter holds, to what documents
// round; what a person adds on either side is the difference, what expired is told, and
// without the right to read it the rest of the report stands.
func TestPrepaymentsBesideTheSource(t *testing.T) {
	t.Parallel()
	w, in := paying(t, sandbox.Options{Clean: true, Bills: 60})
	w.submitAll(t, in.ID)
	r := w.reconcile(t, in, month())
	if r.NoHoldings != "" || len(r.PrepaidCustomers) == 0 {
		t.Fatal(r.NoHoldings, r.PrepaidCustomers)
	}
	var one reconcile.PrepaidCustomer
	expired, apart, unbilled := 0, 0, 0
	closing := map[string]decimal.D{}
	for _, p := range r.PrepaidCustomers {
		closing[p.Currency] = closing[p.Currency].Add(p.Closing)
		switch {
		case p.Apart:
			apart++
			continue
		case !p.Agrees():
			t.Errorf("%+v differs by %s", p, p.Difference())
		case p.ExpiredHere.Sign() > 0:
			expired++
		}
		if p.Unbilled.Sign() > 0 {
			unbilled++
		}
		if one.Currency == "" && p.Customer != "" && p.Currency == "USD" {
			one = p
		}
	}
	if expired == 0 || apart == 0 || unbilled == 0 || one.Customer == "" || one.Name == "" {
		t.Fatalf("%d expired, %d in two currencies, %d to be billed, %+v: this shows nothing", expired, apart, unbilled, one)
	}
	for currency, p := range rolled(t, r) {
		if !p.Closing.Equal(closing[currency]) {
			t.Errorf("%s: items come to %s, customers to %s", currency, p.Closing, closing[currency])
		}
	}

	accounts := w.sb.World().Accounts
	account := accounts[slices.IndexFunc(accounts, func(a seed.Account) bool { return a.Code == one.Accounts[0] })]
	w.byHand(t, "credits", fmt.Sprintf(`{"account":%q,"currency":%q,"amount":75}`, account.ID, one.Currency))
	key := one.Accounts[0] + " " + one.Currency
	want := one.Difference().Sub(decimal.New(75, 0))
	if p := prepaid(w.reconcile(t, in, month()))[key]; !p.Difference().Equal(want) || p.Agrees() || !p.Tells() {
		t.Errorf("a credit of 75 makes it %+v, differing by %s", p, p.Difference())
	}
	w.byHand(t, "rights", `{"deny":["commitments"]}`)
	r = w.reconcile(t, in, month())
	if r.Verdict != reconcile.Equal || len(r.Prepayments) == 0 || len(r.PrepaidCustomers) != 0 ||
		!strings.Contains(r.NoHoldings, "may not read") {
		t.Errorf("%s, %q, %+v", r.Verdict, r.NoHoldings, r.PrepaidCustomers)
	}
}

// paidIn is what a test knows of one account's prepayments.
type paidIn struct {
	posted decimal.D
	left   map[string]decimal.D // by commitment or balance, by all Bills
}

// Whatever Bills ask for and draw down, whether they arrived or not, and whatever a
// person puts into a Balance: each customer differs by just what did not happen on both
// sides, and what expired is what was left, to the last unit.
func TestPrepaymentsAddUp(t *testing.T) {
	t.Parallel()
	w, in := paying(t, sandbox.Options{Clean: true, Bills: 1, M3terRateLimit: -1})
	if _, err := w.app.m3ter(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.app.source.client = m3ter.New(w.sb.Source(), m3ter.Options{HTTP: w.app.http, Rate: 1_000_000})
	accounts := w.sb.World().Accounts[:5]
	know := make([]paidIn, len(accounts))
	for i := range know {
		know[i].left = map[string]decimal.D{}
	}
	bills := 0
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 4).Draw(rt, "bills") {
			at := rapid.IntRange(0, len(accounts)-1).Draw(rt, "account")
			k, a := &know[at], accounts[at]
			bills++
			lines, sum := []string{}, decimal.D{}
			for n := range rapid.IntRange(1, 3).Draw(rt, "lines") {
				kind := rapid.SampledFrom([]string{"COMMITMENT_FEE", "COMMITMENT_CONSUMED", "BALANCE_FEE", "BALANCE_CONSUMED"}).Draw(rt, "kind")
				amount := decimal.New(rapid.Int64Range(1, 99_999).Draw(rt, "amount"), -2)
				field, pot, signed := "commitmentId", fmt.Sprintf("c-%d-%d", at, rapid.IntRange(0, 1).Draw(rt, "commitment")), amount
				if strings.HasPrefix(kind, "BALANCE") {
					field, pot = "balanceId", fmt.Sprintf("b-%d", at)
				}
				if strings.HasSuffix(kind, "CONSUMED") {
					signed = amount.Neg()
				}
				k.left[pot], sum = k.left[pot].Add(signed), sum.Add(signed)
				lines = append(lines, fmt.Sprintf(`{"id":"l%d-%d","lineItemType":%q,%q:%q,"productName":"Prepayments","description":"paid ahead",`+
					`"quantity":1,"units":1,"subtotal":%s,"currency":"USD","conversionRate":1,"convertedSubtotal":%[6]s,`+
					`"servicePeriodStartDate":"2026-01-01T00:00:00Z","servicePeriodEndDate":"2026-02-01T00:00:00Z"}`, bills, n, kind, field, pot, signed))
			}
			bill := fmt.Appendf(nil, `{"id":"b-%d","version":1,"accountId":%q,"accountCode":%q,"startDate":"2026-01-01","endDate":"2026-02-01",`+
				`"billDate":%[4]q,"externalInvoiceDate":%[4]q,"timezone":"UTC","currency":"USD","status":"APPROVED",`+
				`"lastCalculatedDate":"2026-02-01T00:00:00Z","billTotal":%[5]s,"sequentialInvoiceNumber":"INVOICE-%[1]d","lineItems":[%[6]s]}`,
				bills, a.ID, a.Code, rapid.SampledFrom([]string{month() + "-15", time.Now().UTC().Format(time.DateOnly)}).Draw(rt, "date"), sum,
				strings.Join(lines, ","))
			if err := w.sb.M3ter().PutBill(bill); err != nil {
				rt.Fatal(err)
			}
			if sum.Sign() != 0 && rapid.IntRange(0, 3).Draw(rt, "arrives") > 0 {
				w.handOver(t, in.ID, [][]byte{bill})
				k.posted = k.posted.Add(sum)
			}
		}
		if rapid.Bool().Draw(rt, "a credit") {
			at, amount := rapid.IntRange(0, len(accounts)-1).Draw(rt, "credited"), decimal.New(rapid.Int64Range(1, 99_999).Draw(rt, "credit"), -2)
			pot := fmt.Sprintf("b-%d", at)
			know[at].left[pot] = know[at].left[pot].Add(amount)
			w.sb.M3ter().Credit(accounts[at].ID, "USD", amount)
		}
		r, err := w.app.Reconcile(t.Context(), service.ReconcileRequest{IntegrationID: in.ID, Period: month()}, func(reconcile.Progress) {})
		if err != nil || r.NoHoldings != "" || r.NoPrepayments != "" {
			rt.Fatal(err, r.NoHoldings, r.NoPrepayments)
		}
		got, closing := prepaid(r), decimal.D{}
		for i, k := range know {
			left, expired := decimal.D{}, decimal.D{}
			for _, x := range k.left {
				if left = left.Add(x); x.Sign() > 0 && i%3 == 2 { // each third account's have ended
					expired = expired.Add(x)
				}
			}
			p := got[accounts[i].Code+" USD"]
			if !p.Closing.Add(p.Since).Equal(k.posted) || !p.Remaining.Sub(p.Unbilled).Equal(left) || !p.Difference().Equal(k.posted.Sub(left)) {
				rt.Errorf("%s: %+v; posted %s, left %s", accounts[i].Code, p, k.posted, left)
			}
			if !p.Expired.Equal(expired) || !p.ExpiredHere.Equal(expired) {
				rt.Errorf("%s: %s of %s expired, want %s", accounts[i].Code, p.ExpiredHere, left, expired)
			}
		}
		for _, p := range r.PrepaidCustomers {
			closing = closing.Add(p.Closing)
		}
		if items := rolled(t, r)["USD"].Closing; !items.Equal(closing) {
			rt.Errorf("items come to %s, customers to %s", items, closing)
		}
	})
}

// What a Balance or a Commitment holds, and what of it has expired, as m3ter's figures
// have it before its end, within the time that a part rolls over, and after.
func TestWhatExpires(t *testing.T) {
	t.Parallel()
	d := decimal.MustParse
	span, err := reconcile.ParseSpan("2026-10", "")
	if err != nil {
		t.Fatal(err)
	}
	sum := m3ter.BalanceSummary{Credits: d("1500"), Debits: d("500"), Expired: d("200")}
	for _, tt := range []struct {
		name                     string
		b                        m3ter.Balance
		c                        m3ter.Commitment
		remaining, expired, here string
	}{
		{"under way", m3ter.Balance{Amount: d("1000"), EndDate: "2027-01-01T00:00:00Z"}, m3ter.Commitment{}, "1000", "0", "0"},
		{"without an end", m3ter.Balance{Amount: d("1000")}, m3ter.Commitment{}, "1000", "0", "0"},
		{"ended in the span", m3ter.Balance{EndDate: "2026-11-01T00:00:00Z"}, m3ter.Commitment{}, "1000", "1000", "1000"},
		{"ended after it", m3ter.Balance{EndDate: "2026-11-02T00:00:00Z"}, m3ter.Commitment{}, "1000", "1000", "0"},
		{"ended long ago", m3ter.Balance{Amount: d("7"), EndDate: "2025-11-01T00:00:00Z"}, m3ter.Commitment{}, "7", "7", "0"},
		{"rolls over", m3ter.Balance{EndDate: "2026-10-15T00:00:00Z", Rollover: "2027-01-01T00:00:00Z"}, m3ter.Commitment{},
			"1000", "200", "200"},
		{"rolled over", m3ter.Balance{EndDate: "2026-08-01T00:00:00Z", Rollover: "2026-11-01T00:00:00Z"}, m3ter.Commitment{},
			"1000", "1000", "800"},
		{"a commitment", m3ter.Balance{}, m3ter.Commitment{ID: "c", Amount: d("900"), PrePaid: d("300"), Spent: d("50"), EndDate: "2027-01-01"},
			"850", "0", "0"},
		{"one that has ended", m3ter.Balance{}, m3ter.Commitment{ID: "c", Amount: d("900"), Spent: d("50"), EndDate: "2026-10-31"},
			"850", "850", "850"},
		{"one that is spent", m3ter.Balance{}, m3ter.Commitment{ID: "c", Amount: d("900"), Spent: d("950"), EndDate: "2026-10-31"},
			"-50", "0", "0"},
	} {
		h := &holdings{span: span, now: time.Date(2026, 11, 10, 9, 0, 0, 0, time.UTC), of: map[[2]string]*reconcile.Holding{}}
		if tt.c.ID != "" {
			h.commitment(tt.c)
		} else {
			h.balance(tt.b)
		}
		for _, b := range h.ended {
			h.over(b, sum)
		}
		x := h.order[0]
		if !x.Remaining.Equal(d(tt.remaining)) || !x.Expired.Equal(d(tt.expired)) || !x.ExpiredHere.Equal(d(tt.here)) ||
			!x.Due["c"].Equal(tt.c.Amount.Sub(tt.c.PrePaid)) {
			t.Errorf("%s: %+v", tt.name, *x)
		}
	}
}
