package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"billferry/internal/evidence"
	"billferry/internal/reconcile"
)

// csvFiles are what writeCSV writes, in words.
const csvFiles = "documents.csv, breaks.csv, totals.csv, cutoff.csv, prepayments.csv and customers.csv"

// writeCSV writes one row a Bill, a break, a total, an item, a prepayment and a customer
// with prepayments. Each file appears whole or not at all.
func writeCSV(dir string, reports []reconcile.Report) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	docs, breaks, totals := [][]string{reconcile.BillColumns}, [][]string{reconcile.BreakColumns}, [][]string{reconcile.TotalColumns}
	cuts, prepaid := [][]string{reconcile.CutOffColumns}, [][]string{reconcile.PrepaymentColumns}
	customers := [][]string{reconcile.PrepaidCustomerColumns}
	for _, r := range reports {
		for _, x := range r.Rows {
			docs = append(docs, evidence.Plain(r.BillRow(x)))
		}
		for _, b := range r.Breaks {
			breaks = append(breaks, evidence.Plain(r.BreakRow(b)))
		}
		for _, t := range r.Totals {
			totals = append(totals, evidence.Plain(r.TotalRow(t)))
		}
		for _, c := range r.CutOff {
			cuts = append(cuts, evidence.Plain(r.CutOffRow(c)))
		}
		for _, p := range r.Prepayments {
			prepaid = append(prepaid, evidence.Plain(r.PrepaymentRow(p)))
		}
		for _, p := range r.PrepaidCustomers {
			customers = append(customers, evidence.Plain(r.PrepaidCustomerRow(p)))
		}
	}
	for name, rows := range map[string][][]string{"documents.csv": docs, "breaks.csv": breaks, "totals.csv": totals, "cutoff.csv": cuts,
		"prepayments.csv": prepaid, "customers.csv": customers} {
		if err := wholeFile(filepath.Join(dir, name), 0o644, func(w io.Writer) error { return csv.NewWriter(w).WriteAll(rows) }); err != nil {
			return err
		}
	}
	return nil
}

// wholeFile writes a file beside its place and moves it there.
func wholeFile(path string, perm os.FileMode, write func(io.Writer) error) error {
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
		err = os.Chmod(f.Name(), perm)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
