package reconcile_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/reconcile"
	"billferry/internal/sandbox"
	"billferry/internal/secret"
	"billferry/netsuite"
)

var documents = flag.Int("reconcile.documents", 0,
	"reconcile so many documents of 20 lines, and hold memory, requests and slots to their goals")

const (
	scaleLines = 20
	scaleSlots = 5
	scaleEnv   = "RECONCILE_SCALE_SIMULATOR"
)

func scaleID(n int) string { return fmt.Sprintf("%032d", n) }

func scaleWant(n int) reconcile.Want {
	w := reconcile.Want{CustomerID: "601", Date: "2026-10-15"}
	for i := range scaleLines {
		amount := decimal.New(int64(100+(n+i)%900), -2)
		w.Total = w.Total.Add(amount)
		w.Lines = append(w.Lines, reconcile.Line{Item: "101", Amount: amount, Text: "Usage"})
	}
	return w
}

// TestScaleSimulator is the other process of TestScale: it holds the documents.
func TestScaleSimulator(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv(scaleEnv))
	if n == 0 {
		t.Skip("it is started by TestScale")
	}
	b := newBooks(t, sandbox.Options{Bills: 1, Clean: true, Latency: 100 * time.Millisecond, Concurrency: scaleSlots})
	for i := range n {
		var items strings.Builder
		for k, l := range scaleWant(i).Lines {
			if k > 0 {
				items.WriteByte(',')
			}
			fmt.Fprintf(&items, `{"item":"101","amount":%s,"description":"Usage"}`, l.Amount)
		}
		_, err := b.box.NetSuite().Make("invoice",
			object(`{"entity":"601","tranDate":"2026-10-15","externalId":"m3b-`+scaleID(i)+`","item":{"items":[`+items.String()+`]}}`))
		if err != nil {
			t.Fatal(err)
		}
	}
	c, err := b.box.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(map[string]string{"account": c.AccountID, "client": c.ClientID, "key": c.KeyID, "pem": c.PrivateKey.Reveal(),
		"rest": c.RESTURL, "token": c.TokenURL})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(line))
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // until the parent is done
}

// scaleDesk makes Bills and what was sent as they are asked for.
type scaleDesk struct {
	nothingHeld
	n int
}

func (d scaleDesk) Bills(context.Context, reconcile.Span, func(int)) ([]reconcile.Bill, error) {
	out := make([]reconcile.Bill, d.n)
	for i := range out {
		id := scaleID(i)
		out[i] = reconcile.Bill{ID: id, Ref: "INVOICE-" + strconv.Itoa(i), Account: "account-" + strconv.Itoa(i%500), Currency: "USD",
			Date:  "2026-10-15",
			Total: scaleWant(i).Total, State: reconcile.Sent, Approved: true, Proven: true, Run: id, Kind: "invoice",
			DocID: strconv.Itoa(48001 + i), SentRun: id,
			Refs: []string{"m3b-" + id, "m3c-" + id}, Lines: scaleLines}
	}
	return out, nil
}

func (scaleDesk) Want(_ context.Context, run string) (reconcile.Want, bool, error) {
	n, err := strconv.Atoi(run)
	return scaleWant(n), true, err
}

func (scaleDesk) Owners(context.Context, reconcile.Span, []reconcile.Doc) (map[string]reconcile.Owner, error) {
	return nil, nil
}

func (scaleDesk) CustomerRef(context.Context, *reconcile.Bill) (string, error) { return "", nil }

// At scale memory is bounded, no request is made that is not needed, and the slots
// of the account are full: go test ./internal/reconcile -run TestScale$ -reconcile.documents 100000 -v.
func TestScale(t *testing.T) {
	n := *documents
	if n == 0 {
		t.Skip("takes minutes: -reconcile.documents 100000")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "TestScaleSimulator$")
	cmd.Env = append(os.Environ(), scaleEnv+"="+strconv.Itoa(n), "GOGC=800") // its own heap is no part of what is measured
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close(); _ = cmd.Wait() }()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(line, err)
	}
	var c map[string]string
	if err := json.Unmarshal([]byte(line), &c); err != nil {
		t.Fatal(line, err)
	}
	conn, err := netsuite.New(netsuite.Credentials{AccountID: c["account"], ClientID: c["client"], KeyID: c["key"],
		PrivateKey: secret.New(c["pem"]),
		RESTURL:    c["rest"], TokenURL: c["token"]}, netsuite.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	slots := make(chan struct{}, scaleSlots)
	var busy atomic.Int64
	turn := func(ctx context.Context, call func(context.Context) error) error {
		slots <- struct{}{}
		defer func() { <-slots }()
		at := time.Now()
		defer func() { busy.Add(int64(time.Since(at))) }()
		return call(ctx)
	}
	span, _ := reconcile.ParseSpan(october, "")
	began := time.Now()
	r, err := reconcile.Run(t.Context(), reconcile.Options{Span: span, IntegrationID: "in", System: "NetSuite",
		Prefixes: []string{"m3b-", "m3c-", "m3d-"},
		Slots:    scaleSlots, Turn: turn, Now: func() time.Time { return now }}, scaleDesk{n: n}, conn)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	needed := (n+conn.RowsAtOnce()-1)/conn.RowsAtOnce() + (n*scaleLines+conn.RowsAtOnce()-1)/conn.RowsAtOnce()
	full := float64(busy.Load()) / float64(took) / scaleSlots
	t.Logf("%d documents of %d lines: %s, %d requests for %d pages, slots %.1f %% full, at most %d MB", n, scaleLines,
		took.Round(time.Second/10), r.Requests, needed, 100*full, peak(t))
	if r.Verdict != reconcile.Equal || r.Documents != n {
		t.Errorf("%s, %d documents, %d breaks, doubts %v", r.Verdict, r.Documents, len(r.Breaks), r.Doubts)
	}
	const whateverTheSize = 6 // periods, currencies, subsidiaries, both counts, documents beside ours
	if float64(r.Requests) > 1.05*float64(needed)+whateverTheSize {
		t.Errorf("%d requests for %d pages", r.Requests, needed)
	}
	if mb := peak(t); mb > 300 {
		t.Errorf("%d MB", mb)
	}
}

// peak is the most memory that this process had, in MB; 0 where the system does not say.
func peak(t *testing.T) int {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kb / 1024
		}
	}
	t.Log("no VmHWM")
	return 0
}
