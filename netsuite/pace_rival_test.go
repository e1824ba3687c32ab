package netsuite_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/netsuite"
)

var rival = flag.String("netsuite.rival", "", "a `benthos` program (github.com/redpanda-data/benthos/v4, components io and pure) for BenchmarkRival")

// BenchmarkRival is the processor time of a Bill beside that of Benthos, which
// people take for such a bridge. They take turns on the same Bills and the same
// look-alike. Benthos reads a file, maps each Bill and posts it with ten
// connections: it keeps nothing, reads nothing back, rounds with floats, and
// was given a token and the number of slots.
//
//	go test ./netsuite -run '^$' -bench Rival -benchtime 3x -netsuite.long -netsuite.rival PATH
func BenchmarkRival(b *testing.B) {
	if *rival == "" {
		b.Skip("name a benthos program with -netsuite.rival")
	}
	bills := paceBills()
	p := paces[0]
	var ours, theirs float64
	for b.Loop() {
		theirs += p.benthos(b, bills)
		box, l := p.prepare(b, bills)
		ours += l.deliverAll(b, box, bills)
	}
	b.ReportMetric(ours/float64(b.N), "cpu-ms/Bill")
	b.ReportMetric(theirs/float64(b.N), "rival-cpu-ms/Bill")
	b.ReportMetric(ours/theirs, "cpu-of-rival")
	b.ReportMetric(0.63, "wanted") // 1.2 ms where Benthos took 1.9
}

// benthos is the processor time of the rival for one Bill, in ms.
func (p paced) benthos(b *testing.B, bills int) float64 {
	box, l := p.prepare(b, bills)
	creds, err := box.Credentials()
	if err != nil {
		b.Fatal(err)
	}
	wire := &tokenSpy{RoundTripper: &http.Transport{}}
	client, err := netsuite.New(creds, netsuite.Options{HTTP: &http.Client{Transport: wire}})
	if err != nil {
		b.Fatal(err)
	}
	ids := map[string]string{}
	for _, iso := range []string{"USD", "EUR", "GBP", "JPY"} {
		if ids[iso], err = client.CurrencyID(b.Context(), iso, func(integration.Exchange) {}); err != nil {
			b.Fatal(err)
		}
	}
	file := filepath.Join(l.Dir, "benthos.yaml")
	text := fmt.Sprintf(pipeline, l.billsFile(), ids["USD"], ids["EUR"], ids["GBP"], ids["JPY"], sandbox.ItemDefault, creds.RESTURL, wire.authorization)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), *rival, "-c", file)
	cmd.Cancel, cmd.WaitDelay = func() error { return cmd.Process.Signal(os.Interrupt) }, time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	if n := box.Stats().Creates; n != int64(bills) {
		b.Fatalf("the rival made %d of %d invoices", n, bills)
	}
	return milliseconds(cmd, bills)
}

// pipeline is the rival's configuration: a line for each pricing band.
const pipeline = `
http: {enabled: false}
logger: {level: ERROR}
input:
  file: {paths: [%q], scanner: {lines: {max_buffer_size: 10000000}}}
pipeline:
  threads: 2
  processors:
    - mapping: |
        let ids = {"USD": %q, "EUR": %q, "GBP": %q, "JPY": %q}
        let unit = if this.currency == "JPY" { 1 } else { 100 }
        root.externalId = "m3b-" + this.id
        root.entity.externalId = this.accountId
        root.currency.id = $ids.get(this.currency)
        root.tranDate = this.billDate
        root.memo = this.sequentialInvoiceNumber.or("")
        root.toBeEmailed = false
        root.item.items = this.lineItems.map_each(l -> l.usagePerPricingBand.or([{}]).map_each(b -> {
          "item": {"id": %q}, "quantity": 1, "price": {"id": "-1"}, "description": l.description.or(""),
          "amount": (b.convertedBandSubtotal.or(l.convertedSubtotal).or(l.subtotal) * $unit).round() / $unit
        })).flatten()
output:
  http_client:
    url: %s/services/rest/record/v1/invoice
    verb: POST
    headers: {Authorization: %q, Content-Type: application/json}
    max_in_flight: 10
    timeout: 30s
    drop_on: [400]
`
