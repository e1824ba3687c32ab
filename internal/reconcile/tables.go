package reconcile

import (
	"context"
	"strconv"
	"strings"
	"time"

	"billferry/internal/decimal"
)

// DocRow is one document as the destination shows it.
type DocRow struct {
	ID, Ref, Number string
	Kind            string
	Customer        string
	Date, Period    string
	Currency        string
	Subsidiary      string
	Total, Net      decimal.D // with tax, without
	Posting, Voided bool
	Within          bool   // it is one of the span
	Bill            string // the id of its Bill; "" where none of the span has it
}

// Asked is one query, as it was put to the destination.
type Asked struct {
	Purpose string
	Text    string
	Params  []string
	Rows    int
}

type askedKey struct{}

// Recording gives a context whose queries are told to record, from any goroutine.
func Recording(ctx context.Context, record func(Asked)) context.Context {
	return context.WithValue(ctx, askedKey{}, record)
}

// Record tells of a query, where somebody wants to hear.
func Record(ctx context.Context, a Asked) {
	if record, ok := ctx.Value(askedKey{}).(func(Asked)); ok {
		record(a)
	}
}

// The columns of the tables that a report is written as.
var (
	BillColumns = []string{"integration", "bill_id", "bill", "account", "date", "currency", "subsidiary", "state", "total", "excluded",
		"rounding", "document_id", "document", "document_date", "posting_period", "posting", "net", "tax",
		"document_total", "breaks"}
	BreakColumns = []string{"integration", "break_id", "kind", "state", "bill_id", "bill", "account", "run_id", "document_id", "document",
		"date", "age_days", "currency", "subsidiary", "amount", "difference", "counts_as", "text", "advice", "since", "as", "reason",
		"reference", "by", "at", "url"}
	TotalColumns = []string{"integration", "from", "to", "by", "currency", "subsidiary", "bills", "m3ter", "posted", "not_posting",
		"excluded_types", "excluded_accounts", "not_approved", "other_period", "rounding", "open", "accepted", "documents", "ledger",
		"from_other_periods", "other_integrations", "unknown", "misplaced", "verdict"}
	CutOffColumns = []string{"integration", "from", "to", "item", "currency", "subsidiary", "lines", "ended_before", "ended_within",
		"ends_after", "no_service_period", "total", "prepayment_fees", "prepayment_consumed"}
	PrepaymentColumns = []string{"integration", "from", "to", "item", "currency", "subsidiary", "opening", "fees", "consumed",
		"other_lines", "not_posting", "elsewhere", "closing"}
	PrepaidCustomerColumns = []string{"integration", "from", "to", "customer_id", "customer", "accounts", "currency", "closing", "since",
		"m3ter", "not_billed", "expired", "expired_in_period", "difference", "other_currency"}
	DocColumns = []string{"document_id", "document", "external_id", "kind", "customer", "date", "posting_period", "in_span",
		"posting", "voided",
		"currency", "subsidiary", "total", "net", "bill_id"}
	CountColumns = []string{"currency", "kind", "counted", "sum", "shown", "sum_shown", "complete"}
)

// BillRow is a row of the table of Bills.
func (r Report) BillRow(x Row) []string {
	codes := make([]string, len(x.Breaks))
	for i, c := range x.Breaks {
		codes[i] = string(c)
	}
	return []string{r.Integration, x.Bill, x.Ref, x.Account, x.Date, x.Currency, x.Subsidiary, string(x.State), x.Total.String(),
		x.Excluded.String(), x.Rounding.String(), x.Doc, x.Number, x.DocDate, x.Period, strconv.FormatBool(x.Posting), x.Net.String(),
		x.Tax.String(), x.DocTotal.String(), strings.Join(codes, " ")}
}

// BreakRow is a row of the table of breaks, with what a person made of it.
func (r Report) BreakRow(b Break) []string {
	state, as, reason, reference, by, at := "open", "", "", "", "", ""
	if x := b.Resolution; x != nil {
		as, reason, reference, by, at = x.As, x.Reason, x.Reference, x.By, x.At.Format(time.RFC3339)
		if state = "resolved"; b.Lapsed {
			state = "open again"
		}
	}
	return []string{r.Integration, b.ID, string(b.Code), state, b.Bill, b.Ref, b.Account, b.Run, b.Doc, b.Number, b.Date,
		strconv.Itoa(b.AgeDays(r.Ended)), b.Currency,
		b.Subsidiary, b.Amount.String(), b.Difference.String(), string(b.Bucket), b.Text, b.Advice, b.Since.Format(time.RFC3339), as, reason,
		reference, by, at, b.URL}
}

// TotalRow is a row of the table of sums.
func (r Report) TotalRow(t Total) []string {
	row := []string{r.Integration, r.Span.From, r.Span.To, string(r.Span.By), t.Currency, t.Subsidiary, strconv.Itoa(t.Bills)}
	for _, sum := range []decimal.D{t.Source, t.Posted, t.NotPosting, t.ExcludedTypes, t.ExcludedAccounts, t.NotApproved, t.OtherPeriod,
		t.Rounding, t.Open, t.Accepted} {
		row = append(row, sum.String())
	}
	row = append(row, strconv.Itoa(t.Documents))
	for _, sum := range []decimal.D{t.Ledger, t.FromOther, t.Others, t.Unknown, t.Misplaced} {
		row = append(row, sum.String())
	}
	return append(row, string(r.Verdict))
}

// CutOffRow is a row of the table of cut-off.
func (r Report) CutOffRow(c CutOff) []string {
	return []string{r.Integration, r.Span.From, r.Span.To, c.Item, c.Currency, c.Subsidiary, strconv.Itoa(c.Lines), c.Before.String(),
		c.Within.String(), c.After.String(), c.Undated.String(), c.Total().String(), c.Fees.String(), c.Drawn.String()}
}

// PrepaymentRow is a row of the table of prepayments.
func (r Report) PrepaymentRow(p Prepayment) []string {
	return []string{r.Integration, r.Span.From, r.Span.To, p.Item, p.Currency, p.Subsidiary, p.Opening.String(), p.Fees.String(),
		p.Consumed.String(), p.Other.String(), p.NotPosting.String(), p.Elsewhere.String(), p.Closing.String()}
}

// PrepaidCustomerRow is a row of the table of prepayments by customer.
func (r Report) PrepaidCustomerRow(p PrepaidCustomer) []string {
	difference := p.Difference().String()
	if p.Apart {
		difference = ""
	}
	return []string{r.Integration, r.Span.From, r.Span.To, p.Customer, p.Name, strings.Join(p.Accounts, " "), p.Currency, p.Closing.String(),
		p.Since.String(), p.Remaining.String(), p.Unbilled.String(), p.Expired.String(), p.ExpiredHere.String(), difference,
		strconv.FormatBool(p.Apart)}
}

// Row is a row of the table of documents.
func (d DocRow) Row() []string {
	return []string{d.ID, d.Number, d.Ref, d.Kind, d.Customer, d.Date, d.Period, strconv.FormatBool(d.Within), strconv.FormatBool(d.Posting),
		strconv.FormatBool(d.Voided), d.Currency, d.Subsidiary, d.Total.String(), d.Net.String(), d.Bill}
}

// Row is a row of the table of counts.
func (c Counted) Row() []string {
	return []string{c.Currency, c.Kind, strconv.Itoa(c.Counted), c.Sum.String(), strconv.Itoa(c.Read), c.ReadSum.String(),
		strconv.FormatBool(c.Complete())}
}

// Complete tells whether all that is counted was shown.
func (c Counted) Complete() bool { return c.Counted == c.Read && c.Sum.Equal(c.ReadSum) }
