package netsuite_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"billferry/internal/sandbox"
	"billferry/netsuite"
)

// paced is one situation of BenchmarkPace.
type paced struct {
	name           string
	setting, slots int    // Max Concurrency, and what the account really allows
	learned        string // what is kept of an earlier run
	box            sandbox.Options
	faults         []string
	lowered        int     // the account allows only so many after a third of the Bills
	poison         bool    // 1 % of the Bills have no customer in NetSuite
	least          float64 // of the ideal time that is wanted of a quiet machine
}

var slow = sandbox.Lognormal{Median: 800 * time.Millisecond, Sigma: 0.8, Max: 8 * time.Second}

var paces = []paced{
	{name: "known", setting: 10, slots: 10, learned: `{"limit":10}`, box: sandbox.Options{Latency: 50 * time.Millisecond}, least: 0.96},
	{name: "lognormal-known", setting: 10, slots: 10, learned: `{"limit":10}`, box: sandbox.Options{LatencyDist: &slow}, least: 0.99},
	{name: "lognormal-unknown", setting: 64, slots: 10, box: sandbox.Options{LatencyDist: &slow}, least: 0.97},
	{name: "unknown-64-to-10", setting: 64, slots: 10, box: sandbox.Options{Latency: 50 * time.Millisecond}, least: 0.94},
	{name: "unknown-10-to-5", setting: 10, slots: 5, box: sandbox.Options{Latency: 50 * time.Millisecond}, least: 0.94},
	{name: "lowered-10-to-5", setting: 10, slots: 10, learned: `{"limit":10}`, box: sandbox.Options{Latency: 50 * time.Millisecond},
		lowered: 5, least: 0.94},
	{name: "poison", setting: 10, slots: 10, learned: `{"limit":10}`, box: sandbox.Options{Latency: 50 * time.Millisecond}, poison: true,
		least: 0.96 * 0.97},
	{name: "faults", setting: 10, slots: 10, learned: `{"limit":10}`, box: sandbox.Options{Latency: 50 * time.Millisecond},
		faults: []string{"500=0.01", "reset-after=0.01"}, least: 0.96 * 0.95},
	{name: "tokens-of-5s", setting: 10, slots: 10, learned: `{"limit":10}`, box: sandbox.Options{Latency: 50 * time.Millisecond,
		TokenLife: 5 * time.Second}, least: 0.96},
}

// BenchmarkPace is the whole sender, store and all, in a process of its own
// against the simulator: how much of the account's slots it fills. of-ideal is
// the time that requests held a slot, divided by slots, over the time from the
// first call to the last answer; look-ups at the start and slots that the last
// Bills leave empty count against it, and so does a machine that is busy with
// other things: sender and simulator need about a core between them. fill
// leaves out the tail: it ends with the admission of the last write. Where
// latencies differ it is what counts, for the last Bill may take eight seconds.
//
//	go test ./netsuite -run '^$' -bench Pace -benchtime 1x              400 Bills
//	go test ./netsuite -run '^$' -bench Pace -benchtime 1x -netsuite.long -timeout 60m     2,000 Bills
func BenchmarkPace(b *testing.B) {
	for _, p := range paces {
		b.Run(p.name, func(b *testing.B) {
			for b.Loop() {
				p.measure(b)
			}
		})
	}
}

// paceBills is how many Bills a benchmark delivers.
func paceBills() int {
	if flag.Lookup("netsuite.long").Value.String() == "true" {
		return 2000
	}
	return 400
}

func (p paced) measure(b *testing.B) {
	bills := paceBills()
	box, l := p.prepare(b, bills)
	lower := make(chan float64, 1) // ideal seconds until the limit was lowered
	if p.lowered > 0 {
		go p.lower(box, bills, lower)
	}
	cmd, said, failed, err := l.command(b.Context())
	if err == nil {
		err = cmd.Run()
	}
	if err != nil {
		b.Fatalf("%v\n%s", err, failed)
	}
	s := box.Stats()
	ideal := s.SlotSeconds / float64(p.slots)
	if p.lowered > 0 {
		before := <-lower
		ideal = before + (s.SlotSeconds-before*float64(p.slots))/float64(p.lowered)
	}
	refused := float64(s.ConcurrencyRefusals) / float64(bills)
	var kib float64
	if _, text, ok := strings.Cut(said.String(), mostMemory); ok {
		if _, err := fmt.Sscan(text, &kib); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(ideal/s.SpanSeconds, "of-ideal")
	b.ReportMetric(s.Fill(), "fill")
	b.ReportMetric(p.least, "wanted")
	b.ReportMetric(100*refused, "%refused")
	cpu := milliseconds(cmd, bills)
	b.ReportMetric(cpu, "cpu-ms/Bill")
	if p.name == "known" {
		b.ReportMetric(cpu/p.floor(b, bills).cpu, "cpu-of-bare")
	}
	b.ReportMetric(kib/1024, "anon-MiB")
	b.ReportMetric(float64(s.ByStatus["401"]), "401s")
	b.ReportMetric(float64(s.TokenRequests), "tokens")
	if s.DuplicateCreates != 0 {
		b.Errorf("%d duplicates", s.DuplicateCreates)
	}
}

// milliseconds is the processor time of an ended child for one Bill.
func milliseconds(cmd *exec.Cmd, bills int) float64 {
	t := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return t.Seconds() * 1000 / float64(bills)
}

// prepare makes the account, and a store that knows it.
func (p paced) prepare(b *testing.B, bills int) (*sandbox.Sandbox, life) {
	o := p.box
	o.Seed, o.Concurrency = 5, p.slots
	for _, text := range p.faults {
		f, err := sandbox.ParseFault(text)
		if err != nil {
			b.Fatal(err)
		}
		o.Faults = append(o.Faults, f)
	}
	box, err := sandbox.Start(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(box.Close)
	l := life{Dir: b.TempDir(), Calm: true}
	if l.Integration, err = connect(b.Context(), l.Dir, box, p.setting); err != nil {
		b.Fatal(err)
	}
	if p.learned != "" {
		keepLearned(b, l.Dir, p.learned)
	}
	var stream bytes.Buffer
	if _, err := sandbox.BillStream(&stream, sandbox.StreamOptions{Seed: 5, Bills: bills, Lines: 14}); err != nil {
		b.Fatal(err)
	}
	lines := bytes.SplitAfter(bytes.TrimSpace(stream.Bytes()), []byte("\n"))
	for i := 50; p.poison && i < len(lines); i += 100 {
		lines[i] = bytes.Replace(lines[i], []byte(`"accountId":"`), []byte(`"accountId":"nobody-`), 1)
	}
	if err := os.WriteFile(l.billsFile(), append(bytes.Join(lines, nil), '\n'), 0o600); err != nil {
		b.Fatal(err)
	}
	return box, l
}

// keepLearned puts into the store what an earlier run would have left: the
// limit of the account, and the ids of its currencies.
func keepLearned(b *testing.B, dir, limit string) {
	b.Helper()
	twin, err := sandbox.Start(b.Context(), sandbox.Options{Seed: 5}) // asking the account itself would be measured
	if err != nil {
		b.Fatal(err)
	}
	defer twin.Close()
	creds, err := twin.Credentials()
	if err != nil {
		b.Fatal(err)
	}
	client, err := netsuite.New(netsuite.Credentials(creds), netsuite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	ids := map[string]string{}
	for _, iso := range []string{"USD", "EUR", "GBP", "JPY"} {
		if ids[iso], err = client.CurrencyID(b.Context(), iso, nil); err != nil {
			b.Fatal(err)
		}
	}
	currencies, err := json.Marshal(map[string]any{"ids": ids, "at": time.Now()})
	if err != nil {
		b.Fatal(err)
	}
	st, err := openStore(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	for key, kept := range map[string][]byte{"pace/": []byte(limit), "currencies/": currencies} {
		if err := st.SetMeta(b.Context(), key+sandbox.AccountID, kept); err != nil {
			b.Fatal(err)
		}
	}
}

// lower takes slots away once a third of the Bills is through.
func (p paced) lower(box *sandbox.Sandbox, bills int, ideal chan<- float64) {
	for box.Stats().Creates < int64(bills/3) {
		time.Sleep(10 * time.Millisecond)
	}
	ideal <- box.Stats().SlotSeconds / float64(p.slots)
	box.NetSuite().SetConcurrency(p.lowered)
}
