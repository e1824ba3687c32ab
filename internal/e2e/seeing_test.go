package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// What something would do is seen before it is done: the preview of any Bill, what an
// import would change, and both sides of a document that is not evidently the Bill's.
func TestSeeingBeforeDoing(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	file, table := filepath.Join(dir, "bills.json"), filepath.Join(dir, "mappings.csv")
	for name, text := range map[string]string{
		file: `{"id":"b1","sequentialInvoiceNumber":"FILED-1"}`,
		table: "m3terEntity,m3terId,externalSystem,externalTable,externalId\n" +
			"Account,seen-first,Netsuite,Customer,601\nAccount,,Netsuite,Customer,602\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := connected(t, 120, 36)
	delivered(s)
	s.press("esc")
	s.see("Connected since")

	s.press("e")
	s.see("Preview of ")
	s.press("ctrl+n")
	s.see("Preview which Bill", "the latest of its accounts")
	s.press("INVOICE-103")
	s.until("it is found", func(screen string) bool { return onRow(screen, "INVOICE-103") })
	s.press("enter")
	s.see("Preview of INVOICE-103", "would be sent, as an update of")
	s.press("ctrl+n", file)
	s.see("FILED-1")
	s.press("enter")
	s.see("Preview of FILED-1")
	s.press("ctrl+n", "enter")
	s.see("Preview of INVOICE-") // the dialog is closed
	s.press("esc")
	s.see("Connected since")

	s.press("m")
	s.see("Café Lumière")
	s.press("I")
	s.see("Path: ")
	s.press(table, "enter")
	s.see("Import these mappings?", "1 new, 0 to change, 0 unchanged, 1 refused", "line 3", "Nothing is changed yet")
	s.press("esc")
	s.gone("Import these mappings?")
	s.press("/", "seen-first")
	s.see("0 of ")
	s.press("esc", "esc")
	s.see("Connected since")

	s.press("r", "/", "bill:INVOICE-103", "enter")
	id := regexp.MustCompile(`created #(\w+)`).FindStringSubmatch(s.see("1 run ", "created #"))[1]
	s.press("esc")
	s.see("40 runs")
	s.filters("cause:negative_total", "1 run ")
	s.press("x", "s")
	s.see("Mark as sent", "internal id")
	s.press(id, "tab", "put there by hand", "ctrl+s")
	s.see("customer", "amount", "It is this Bill's all the same", "✗ ")
}
