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

var rival = flag.String("netsuite.rival", "",
	"a `benthos` program (github.com/redpanda-data/benthos/v4, components io and pure) for BenchmarkRival")

// BenchmarkRival is what a user waits for, and what else it costs, beside what
// he would take instead: Benthos, which people use for such a bridge, and a
// loader that only creates. They take turns on the same Bills and the same
// simulator. Benthos reads a file, maps each Bill and posts it with ten
// connections: it keeps nothing, reads nothing back, rounds with floats, and
// was given a token and the number of slots.
//
//	go test ./netsuite -run '^$' -bench Rival -benchtime 3x -netsuite.long -netsuite.rival PATH
func BenchmarkRival(b *testing.B) {
	b.Run("benthos-10-slots-50ms", func(b *testing.B) {
		if *rival == "" {
			b.Skip("name a benthos program with -netsuite.rival")
		}
		besides(b, paces[0], paceBills(), paced.benthos, 1.05)
	})
	b.Run("creates-5-slots-300ms", func(b *testing.B) {
		p := paced{setting: 5, slots: 5, learned: `{"limit":5}`, box: sandbox.Options{Latency: 300 * time.Millisecond}}
		besides(b, p, min(400, paceBills()), paced.floor, 1.08)
	})
}

// besides delivers Bills with billferry and with another, in turns; wanted is
// the most wall time, as a multiple of the other's.
func besides(b *testing.B, p paced, bills int, other func(paced, *testing.B, int) cost, wanted float64) {
	var ours, theirs cost
	for b.Loop() {
		theirs = theirs.plus(other(p, b, bills))
		box, l := p.prepare(b, bills)
		ours = ours.plus(l.deliverAll(b, box, bills))
	}
	n := float64(b.N)
	b.ReportMetric(ours.wall/n, "wall-s")
	b.ReportMetric(theirs.wall/n, "other-wall-s")
	b.ReportMetric(ours.wall/theirs.wall, "wall-of-other")
	b.ReportMetric(wanted, "wanted")
	b.ReportMetric(ours.calls/n, "calls/Bill")
	b.ReportMetric(ours.cpu/n, "cpu-ms/Bill")
	b.ReportMetric(ours.cpu/theirs.cpu, "cpu-of-other")
}

// cost is what a delivery of Bills took.
type cost struct {
	wall  float64 // seconds from the first call to the last answer
	calls float64 // for one Bill, tokens apart
	cpu   float64 // milliseconds of processor time for one Bill
}

func (c cost) plus(o cost) cost { return cost{c.wall + o.wall, c.calls + o.calls, c.cpu + o.cpu} }

// costOf reads the cost off an ended program and the account it worked on,
// which must hold an invoice for every Bill.
func costOf(b *testing.B, cmd *exec.Cmd, box *sandbox.Sandbox, bills int) cost {
	b.Helper()
	s := box.Stats()
	if s.Creates != int64(bills) {
		b.Fatalf("%d of %d invoices were made", s.Creates, bills)
	}
	return cost{s.SpanSeconds, float64(s.Requests) / float64(bills), milliseconds(cmd, bills)}
}

// benthos delivers the Bills with the rival.
func (p paced) benthos(b *testing.B, bills int) cost {
	box, l := p.prepare(b, bills)
	creds, err := box.Credentials()
	if err != nil {
		b.Fatal(err)
	}
	wire := &tokenSpy{RoundTripper: &http.Transport{}}
	client, err := netsuite.New(netsuite.Credentials(creds), netsuite.Options{HTTP: &http.Client{Transport: wire}})
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
	text := fmt.Sprintf(pipeline, l.billsFile(), ids["USD"], ids["EUR"], ids["GBP"], ids["JPY"], sandbox.ItemDefault, creds.RESTURL,
		wire.authorization)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), *rival, "-c", file)
	cmd.Cancel, cmd.WaitDelay = func() error { return cmd.Process.Signal(os.Interrupt) }, time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return costOf(b, cmd, box, bills)
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
