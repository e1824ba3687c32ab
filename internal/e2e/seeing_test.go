package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// What something would do is seen before it is done: the preview of any Bill.
func TestSeeingBeforeDoing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(folder(t), "bills.json")
	if err := os.WriteFile(file, []byte(`{"id":"b1","sequentialInvoiceNumber":"FILED-1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s := connected(t, 120, 36)
	delivered(s)
	s.press("esc")
	s.see("Connected since")

	s.press("e")
	s.see("Preview of ")
	s.press("ctrl+n")
	s.see("Preview which Bill", "the latest of the chosen accounts")
	s.press("INVOICE-103")
	s.until("it is found", func(screen string) bool { return onRow(screen, "INVOICE-103") })
	s.press("enter")
	s.see("Preview of INVOICE-103", "would be sent, as an update of")
	s.press("ctrl+n", file)
	s.see("FILED-1")
	s.press("enter")
	s.see("Preview of FILED-1")
	s.press("ctrl+n", "enter")
	s.gone("Preview of FILED-1")
	s.press("esc")
	s.see("Connected since")
}
