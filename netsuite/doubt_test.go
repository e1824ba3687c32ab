package netsuite_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/spec"
	"billferry/netsuite"
	"billferry/store"
)

// lossy stands between the sender and NetSuite. It loses the answer to the first
// create, and all that the sender asks afterwards, until it is mended.
type lossy struct {
	how    string        // the name of a loss
	posted chan struct{} // closed once that create has had its effect, or not
	goOn   chan struct{} // its answer is lost then
	mended chan struct{}
	once   sync.Once
}

// The ways in which the answer to a create is lost; those with "after" leave
// the document in NetSuite.
var losses = []string{"lost before", "lost after", "500 before", "500 after", "killed before", "killed after"}

func newLossy(how string) *lossy {
	return &lossy{how: how, posted: make(chan struct{}), goOn: make(chan struct{}), mended: make(chan struct{})}
}

var errLost = errors.New("connection reset by peer")

func (w *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-w.mended:
		return http.DefaultTransport.RoundTrip(r)
	default:
	}
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/invoice") && !strings.HasSuffix(r.URL.Path, "/creditMemo") {
		select {
		case <-w.posted:
			return nil, errLost
		default:
			return http.DefaultTransport.RoundTrip(r)
		}
	}
	var res *http.Response
	err := errLost
	first := false
	w.once.Do(func() {
		first = true
		if strings.HasSuffix(w.how, "after") {
			if got, gotErr := http.DefaultTransport.RoundTrip(r); gotErr == nil {
				_ = got.Body.Close()
			}
		}
		if strings.HasPrefix(w.how, "500") {
			res, err = &http.Response{StatusCode: 500, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
		}
		close(w.posted)
	})
	if first {
		<-w.goOn
	}
	return res, err
}

// doubtful is a sender with one Bill, whose first version is on its way.
type doubtful struct {
	*testing.T
	box    *sandbox.Sandbox
	store  *store.Store
	engine *delivery.Engine
	wire   *lossy
	in     string
	tried  chan struct{}
	stop   context.CancelFunc
	done   chan error
	dir    string
	bill   string // its id
	creds  sandbox.Credentials
}

func (d *doubtful) open(dir string) {
	d.Helper()
	var err error
	if d.store, err = openStore(dir); err != nil {
		d.Fatal(err)
	}
	c, err := netsuite.New(netsuite.Credentials(d.creds), netsuite.Options{HTTP: &http.Client{Transport: d.wire}, Worked: true,
		Timeout: 5 * time.Second, Settle: time.Millisecond, Late: 50 * time.Millisecond})
	if err != nil {
		d.Fatal(err)
	}
	d.tried, d.dir = make(chan struct{}, 100), dir
	d.engine = delivery.New(delivery.Options{Ledger: d.store, Resolver: fixed{c}, Backoff: 20 * time.Millisecond,
		OnRun: func(r integration.Run) {
			if r.Status != integration.Started {
				select {
				case d.tried <- struct{}{}:
				default:
				}
			}
		}})
	ctx, stop := context.WithCancel(context.Background())
	d.stop, d.done = stop, make(chan error, 1)
	go func() { d.done <- d.engine.Run(ctx) }()
}

// close ends this life in order.
func (d *doubtful) close() {
	d.stop()
	if err := <-d.done; err != nil {
		d.Error(err)
	}
	if err := d.store.Close(); err != nil {
		d.Error(err)
	}
}

func (d *doubtful) integrate(name string, more ...any) string {
	d.Helper()
	v := spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault}
	v.Set("billferry.negativeBills", "CREDIT_MEMO")
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i].(string), more[i+1])
	}
	in, err := d.store.CreateIntegration(d.Context(), integration.Integration{
		EntityType: "Bill", Destination: "Netsuite", Name: name, Enabled: true, ConfigData: v}, "")
	if err != nil {
		d.Fatal(err)
	}
	if err := d.store.PutCredentials(d.Context(), in.ID, integration.Credentials{Values: d.creds.Values(), Secrets: d.creds.Secrets(),
		Verified: true}); err != nil {
		d.Fatal(err)
	}
	return in.ID
}

func (d *doubtful) submit(version int, total string) integration.Run {
	d.Helper()
	runs, err := d.engine.Submit(d.Context(), d.in, billOver(d.bill, d.box.World().Accounts[0].ID, version, total), "file")
	if err != nil || len(runs) != 1 {
		d.Fatal(err, runs)
	}
	return runs[0]
}

// settled waits until nothing is under way and returns a run.
func (d *doubtful) settled(id string) integration.Run {
	d.Helper()
	for {
		open := 0
		p, err := d.store.Runs(d.Context(), integration.RunFilter{}, "", 100)
		if err != nil {
			d.Fatal(err)
		}
		for _, r := range p.Runs {
			if !r.Status.Settled() {
				open++
			}
		}
		if open == 0 {
			r, err := d.store.Run(d.Context(), id)
			if err != nil {
				d.Fatal(err)
			}
			return r
		}
		select {
		case <-d.tried:
		case <-time.After(20 * time.Second):
			d.Fatalf("%d runs are not settled: %+v", open, p.Runs)
		}
	}
}

// live are the documents that count, as "externalId total".
func (d *doubtful) live() string {
	var out []string
	for _, v := range d.box.NetSuite().Invoices() {
		status, ext := v.Get("status"), v.TextOf("externalId")
		if strings.HasSuffix(ext, "-"+d.bill) && status.TextOf("id") != "V" {
			out = append(out, ext+" "+v.TextOf("total"))
		}
	}
	return strings.Join(out, ", ")
}

// billOver is a Bill that comes to total: "" has no lines at all.
func billOver(id, account string, version int, total string) []byte {
	day := time.Now().UTC().Format(time.DateOnly)
	lines := ""
	if total == "" {
		total = "0"
	} else {
		lines = fmt.Sprintf(`{"id":"l1","lineItemType":"CREDIT_MEMO","description":"Platform","quantity":1,"units":1,"subtotal":%[1]s,`+
			`"currency":"USD","conversionRate":1,"convertedSubtotal":%[1]s,`+
			`"servicePeriodStartDate":"2026-10-01T00:00:00Z","servicePeriodEndDate":"2026-11-01T00:00:00Z"}`, total)
	}
	return fmt.Appendf(nil, `{"id":%[6]q,"version":%[1]d,"accountId":%[2]q,"startDate":"2026-10-01","endDate":"2026-11-01",`+
		`"billDate":%[3]q,"timezone":"UTC","currency":"USD","status":"APPROVED","lastCalculatedDate":"2026-11-01T00:0%[1]d:00Z",`+
		`"billTotal":%[4]s,"lineItems":[%[5]s]}`, version, account, day, total, lines, id)
}

// A version of a Bill is on its way when the next one comes, and its answer is
// lost, in every way there is; then the next one is of any kind, and goes
// through any integration and settings. Whatever comes, NetSuite never holds
// two documents of the Bill that count.
func TestDoubtBelongsToTheBill(t *testing.T) {
	t.Parallel()
	box, err := sandbox.Start(t.Context(), sandbox.Options{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(box.Close)
	creds, err := box.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string][2]string{"invoice": {"30", "40"}, "credit memo": {"-30", "-40"}, "nothing": {"", ""}}
	for _, how := range losses {
		for first, totals := range kinds {
			if first == "nothing" {
				continue // nothing of it is ever sent
			}
			for second := range kinds {
				for i, change := range []string{"as it was", "other prefix", "anew", "anew, other prefix"} {
					if i > 0 && how != "lost after" && how != "killed before" {
						continue // the settings change nothing about how an answer is lost
					}
					t.Run(strings.Join([]string{how, first, second, change}, "/"), func(t *testing.T) {
						t.Parallel()
						d := startDoubt(t, box, creds, how)
						defer d.close()
						one := d.submit(1, totals[0])
						<-d.wire.posted
						d.change(change)
						two := d.submit(2, kinds[second][1])
						d.lose(how)
						r := d.settled(two.ID)
						d.judge(r, one, strings.HasSuffix(how, "after"), first, second, strings.HasSuffix(change, "prefix"))
					})
				}
			}
		}
	}
}

var lastBill atomic.Int64 // numbers the Bills, which share one NetSuite

func startDoubt(t *testing.T, box *sandbox.Sandbox, creds sandbox.Credentials, how string) *doubtful {
	t.Helper()
	d := &doubtful{T: t, wire: newLossy(how), box: box, creds: creds, bill: strconv.FormatInt(lastBill.Add(1), 10)}
	d.open(t.TempDir())
	d.in = d.integrate("first")
	d.engine.Wake()
	return d
}

// change makes the settings others, or the integration another.
func (d *doubtful) change(how string) {
	d.Helper()
	var more []any
	if strings.HasSuffix(how, "prefix") {
		more = []any{"billferry.externalIdPrefix", "acme-"}
	}
	switch {
	case strings.HasPrefix(how, "anew"):
		if _, err := d.store.DeleteIntegration(d.Context(), d.in); err != nil {
			d.Fatal(err)
		}
		d.in = d.integrate("second", more...)
	case more != nil:
		in, err := d.store.Integration(d.Context(), d.in)
		if err != nil {
			d.Fatal(err)
		}
		in.ConfigData = in.ConfigData.Clone()
		in.ConfigData.Set(more[0].(string), more[1])
		if _, err := d.store.UpdateIntegration(d.Context(), in); err != nil {
			d.Fatal(err)
		}
	}
}

// lose lets the first create end without an answer: it fails, or its process is
// killed and another goes on with what is on disk at that moment.
func (d *doubtful) lose(how string) {
	d.Helper()
	if strings.HasPrefix(how, "killed") {
		next := d.TempDir()
		copyStore(d, next)
		close(d.wire.goOn)
		d.close() // whatever it still asks for is lost
		d.wire = newLossy("")
		close(d.wire.mended)
		d.open(next)
		return
	}
	for len(d.tried) > 0 {
		<-d.tried
	}
	close(d.wire.goOn)
	<-d.tried // it failed, with nothing known
	close(d.wire.mended)
}

// judge says what has to be in the end.
func (d *doubtful) judge(two, one integration.Run, landed bool, first, second string, renamed bool) {
	d.Helper()
	names := map[string]string{"invoice": "m3b-" + d.bill, "credit memo": "m3c-" + d.bill}
	was, own := names[first]+" 30.00", names[second]
	if renamed {
		own = map[string]string{"invoice": "acme-" + d.bill, "credit memo": "acme-c-" + d.bill}[second]
	}
	switch {
	case second == "nothing":
		want := ""
		if landed {
			want = was
		}
		if two.Status != integration.Errored || two.Outcome != integration.Held || two.Cause != "earlier_version_left" || d.live() != want {
			d.Errorf("the Bill that came to nothing is %s/%s (%s); live: %s", two.Status, two.Outcome, two.Error, d.live())
		}
	case landed && first != second:
		if two.Status != integration.Errored || two.Outcome != integration.Held || two.Cause != "other_kind_exists" || d.live() != was {
			d.Fatalf("version 2 is %s/%s (%s: %s); live: %s", two.Status, two.Outcome, two.Cause, two.Error, d.live())
		}
		d.repair(two, own)
	default:
		if two.Status != integration.Complete || two.ExternalRef == "" || d.live() != own+" 40.00" {
			d.Errorf("version 2 is %s/%s (%s: %s); live: %s, want %s", two.Status, two.Outcome, two.Cause, two.Error, d.live(), own)
		}
		d.trusted(one.ID, two.ID)
	}
	if s := d.box.Stats(); s.DuplicateCreates != 0 {
		d.Errorf("%d creates were accepted twice", s.DuplicateCreates)
	}
}

// repair does as advised: the other document is voided, and the run retried.
func (d *doubtful) repair(two integration.Run, own string) {
	d.Helper()
	ext, _, _ := strings.Cut(d.live(), " ")
	if err := d.box.NetSuite().Void(ext); err != nil {
		d.Fatal(err)
	}
	again, err := d.engine.Retry(d.Context(), []string{two.ID})
	if err != nil || len(again) != 1 {
		d.Fatal(err, again)
	}
	if r := d.settled(again[0].ID); r.Status != integration.Complete || d.live() != own+" 40.00" {
		d.Errorf("the retry is %s/%s (%s: %s); live: %s, want %s", r.Status, r.Outcome, r.Cause, r.Error, d.live(), own)
	}
	d.trusted(two.ID, again[0].ID)
}

// trusted wants no doubt left, and the next version to cost no look-up but its own.
func (d *doubtful) trusted(ids ...string) {
	d.Helper()
	for _, id := range ids {
		if r, err := d.store.Run(d.Context(), id); err != nil || len(r.Doubt) != 0 || r.InFlight {
			d.Errorf("run %s is %s/%s and still in doubt: %+v, %v", id, r.Status, r.Outcome, r.Doubt, err)
		}
	}
}

// copyStore keeps what is on disk now, as a killed process leaves it.
func copyStore(d *doubtful, dir string) {
	d.Helper()
	f, err := os.Create(filepath.Join(dir, "billferry.db"))
	if err == nil {
		_, err = d.store.Backup(f)
		err = errors.Join(err, f.Close())
	}
	var key []byte
	if err == nil {
		key, err = os.ReadFile(filepath.Join(d.dir, "seal.key"))
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "seal.key"), key, 0o600)
	}
	if err != nil {
		d.Fatal(err)
	}
}
