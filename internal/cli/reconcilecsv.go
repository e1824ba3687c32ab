package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"billferry/internal/reconcile"
)

// writeCSV writes one row a Bill, one a break and one a total. Each file appears
// whole or not at all.
func writeCSV(dir string, reports []reconcile.Report) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	docs := [][]string{{"integration", "bill_id", "bill", "account", "date", "currency", "subsidiary", "state", "total", "excluded",
		"rounding", "document_id",
		"document", "document_date", "posting_period", "posting", "net", "tax", "document_total", "breaks"}}
	breaks := [][]string{{"integration", "break_id", "kind", "state", "bill_id", "bill", "account", "run_id", "document_id", "document",
		"date", "age_days", "currency",
		"subsidiary", "amount", "difference", "counts_as", "text", "advice", "since", "as", "reason", "reference", "by", "at", "url"}}
	totals := [][]string{{"integration", "from", "to", "by", "currency", "subsidiary", "bills", "m3ter", "posted", "not_posting",
		"excluded_types",
		"excluded_accounts", "not_approved", "other_period", "rounding", "open", "accepted", "documents", "ledger", "from_other_periods",
		"other_integrations",
		"unknown", "misplaced", "verdict"}}
	for _, r := range reports {
		for _, x := range r.Rows {
			var codes []string
			for _, c := range x.Breaks {
				codes = append(codes, string(c))
			}
			docs = append(docs, []string{r.Integration, x.Bill, x.Ref, x.Account, x.Date, x.Currency, x.Subsidiary, string(x.State),
				x.Total.String(),
				x.Excluded.String(), x.Rounding.String(), x.Doc, x.Number, x.DocDate, x.Period, strconv.FormatBool(x.Posting), x.Net.String(),
				x.Tax.String(), x.DocTotal.String(), strings.Join(codes, " ")})
		}
		for _, b := range r.Breaks {
			breaks = append(breaks, breakRow(r, b))
		}
		for _, t := range r.Totals {
			totals = append(totals, []string{r.Integration, r.Span.From, r.Span.To, string(r.Span.By), t.Currency, t.Subsidiary,
				strconv.Itoa(t.Bills), t.Source.String(),
				t.Posted.String(), t.NotPosting.String(), t.ExcludedTypes.String(), t.ExcludedAccounts.String(), t.NotApproved.String(),
				t.OtherPeriod.String(),
				t.Rounding.String(), t.Open.String(), t.Accepted.String(), strconv.Itoa(t.Documents), t.Ledger.String(), t.FromOther.String(),
				t.Others.String(),
				t.Unknown.String(), t.Misplaced.String(), string(r.Verdict)})
		}
	}
	for name, rows := range map[string][][]string{"documents.csv": docs, "breaks.csv": breaks, "totals.csv": totals} {
		if err := wholeFile(filepath.Join(dir, name),
			func(w io.Writer) error { return csv.NewWriter(w).WriteAll(plainCells(rows)) }); err != nil {
			return err
		}
	}
	return nil
}

func breakRow(r reconcile.Report, b reconcile.Break) []string {
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

// plainCells keeps a spreadsheet from taking a text of a stranger for a formula.
func plainCells(rows [][]string) [][]string {
	for _, row := range rows {
		for i, c := range row {
			if c != "" && strings.ContainsRune("=+@\t\r", rune(c[0])) || len(c) > 1 && c[0] == '-' && (c[1] < '0' || c[1] > '9') {
				row[i] = "'" + c
			}
		}
	}
	return rows
}

// wholeFile writes a file beside its place and moves it there.
func wholeFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".billferry-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	err = write(f)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
