package sandbox_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"billferry/internal/sandbox"
)

func faults(t *testing.T, texts ...string) []sandbox.Fault {
	t.Helper()
	var list []sandbox.Fault
	for _, text := range texts {
		f, err := sandbox.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, f)
	}
	return list
}

func TestFaultsBeforeAndAfterTheCommit(t *testing.T) {
	t.Parallel()
	for fault, tc := range map[string]struct {
		status    int // 0: no usable answer
		text      string
		committed bool
	}{
		"500@1":               {500, "UNEXPECTED_ERROR", false},
		"500-after@1":         {500, "UNEXPECTED_ERROR", true},
		"html@1":              {502, "<html>", false},
		"html-after@1":        {502, "<html>", true},
		"reset@1":             {0, "", false},
		"reset-after@1":       {0, "", true},
		"hang(20ms)@1":        {0, "", false},
		"hang-after(20ms)@1":  {0, "", true},
		"truncate@1":          {0, "", true},
		"drip(20ms)@1":        {204, "", true},
		"locked@1":            {400, "locked by a user defined workflow", false},
		"changed@1":           {400, "Record has been changed", false},
		"refuse@1":            {429, "CONCURRENCY_LIMIT_EXCEEDED", false},
		"refuse-400@1":        {400, "CONCURRENCY_LIMIT_EXCEEDED", false},
		"refuse-401(20ms)@1":  {401, "INVALID_LOGIN", false},
		"retry-after@1":       {429, "CONCURRENCY_LIMIT_EXCEEDED", false},
		"expire@1":            {401, "INVALID_LOGIN", false},
		"no-location@1":       {204, "", true},
		"drop-field(memo)=1":  {204, "", true},
		"write:reset-after=1": {0, "", true},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			c := start(t, sandbox.Options{Faults: faults(t, fault)}).login()
			a := c.post(strings.Replace(invoice("x", "1"), "{", `{"memo":"m",`, 1))
			if tc.status == 0 && a.err == nil {
				t.Fatalf("got %d %s, want a broken connection", a.status, a.body)
			}
			if tc.status != 0 {
				a.expect(t, tc.status, tc.text)
			}
			if strings.HasPrefix(fault, "no-location") != (a.status == 204 && a.header.Get("Location") == "") {
				t.Errorf("Location: %q", a.header.Get("Location"))
			}
			if strings.HasPrefix(fault, "retry-after") != (a.header.Get("Retry-After") != "") {
				t.Errorf("Retry-After: %q", a.header.Get("Retry-After"))
			}
			if err := c.box.SetFaults(); err != nil {
				t.Fatal(err)
			}
			g := c.login().get("eid:x")
			if (g.status == 200) != tc.committed {
				t.Errorf("committed: %d, want %v", g.status, tc.committed)
			}
			if dropped := tc.committed && g.text("memo") == ""; dropped != strings.HasPrefix(fault, "drop-field") {
				t.Errorf("memo %q", g.text("memo"))
			}
		})
	}
}

func TestReadsBreakOffToo(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Faults: faults(t, "read:truncate@1", "query:500@1", "token:500@2")}).login()
	c.post(invoice("x", "1")).expect(t, 204, "")
	if a := c.get("eid:x"); a.err == nil {
		t.Fatalf("whole: %s", a.body)
	}
	c.get("eid:x").expect(t, 200, "")
	c.query(`SELECT id FROM currency`).expect(t, 500, "UNEXPECTED_ERROR")
	c.tokenRequest("x").expect(t, 500, "server_error")
	if st := c.box.Stats(); st.Faults["truncate"] != 1 || st.Faults["500"] != 2 {
		t.Errorf("faults counted: %v", st.Faults)
	}
}

func TestTheLimitHoldsAndRefusalsTakeNoSlot(t *testing.T) {
	t.Parallel()
	const limit = 3
	c := start(t, sandbox.Options{Concurrency: limit, Latency: 15 * time.Millisecond}).login()
	var ok, refused atomic.Int64
	var wg sync.WaitGroup
	for w := range 12 {
		wg.Go(func() {
			for i := range 5 {
				switch a := c.post(invoice(fmt.Sprintf("w%d-%d", w, i), "1")); a.status {
				case 204:
					ok.Add(1)
				case 429:
					refused.Add(1)
				default:
					t.Errorf("%d %s %v", a.status, a.body, a.err)
				}
			}
		})
	}
	wg.Wait()
	st := c.box.Stats()
	if st.HighestConcurrency != limit || st.ConcurrencyRefusals != refused.Load() || refused.Load() == 0 || st.Creates != ok.Load() {
		t.Fatalf("%d ok, %d refused, stats %+v", ok.Load(), refused.Load(), st)
	}
	c.box.NetSuite().SetConcurrency(1)
	c.call("GET", "/system/v1/governanceLimits", "").expect(t, 200, `"accountConcurrencyLimit":1`)
}

// A client that goes on as soon as it has its answer is never refused by its
// own former request.
func TestExactlyAsManyWorkersAsSlotsAreNeverRefused(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Concurrency: 4, Latency: time.Millisecond}).login()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 25 {
				if a := c.post(invoice(fmt.Sprintf("w%d-%d", w, i), "1")); a.status != 204 {
					t.Errorf("%d %s %v", a.status, a.body, a.err)
				}
			}
		})
	}
	wg.Wait()
}

func TestLatencyFollowsTheDistribution(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{LatencyDist: &sandbox.Lognormal{Median: 4 * time.Millisecond, Sigma: 0.5,
		Max: 20 * time.Millisecond}}).login()
	for range 20 {
		c.get("eid:x").expect(t, 404, "")
	}
	if held := c.box.Stats().SlotSeconds; held < 0.040 || held > 2 {
		t.Errorf("20 calls held their slots for %.3f s, want about 0.09", held)
	}
}
