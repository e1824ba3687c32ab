package delivery_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

func TestABillBecomesAnInvoice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.ns.before = func(_ int, d mapping.Document, look bool) *integration.Failure {
			up, err := b.ledger.InFlight(t.Context())
			if err != nil || len(up) != 1 || !up[0].InFlight || up[0].ExternalRef != d.ExternalID ||
				up[0].PayloadHash != (fakeSystem{}).Encode(d).Hash() {
				t.Errorf("at the call the ledger has no intent: %+v, %v", up, err)
			}
			if look {
				t.Error("a new Bill is looked up first")
			}
			return nil
		}
		b.start()
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		synctest.Wait()
		time.Sleep(time.Second)
		r = b.want(r.ID, integration.Complete, integration.Created)
		if r.AmountIn.String() != "101.50" || !r.AmountOut.Equal(r.AmountIn) || !r.AmountIncluded.Equal(r.AmountIn) || r.Lines != 2 ||
			r.DefaultLines != 2 || r.ExternalID != "1" || r.Tries != 1 || r.InFlight || r.DocumentKind != "invoice" || r.Completed.IsZero() {
			t.Errorf("the run says %+v", r)
		}
		as := b.ledger.Attempts(r.ID)
		if len(as) != 1 || len(as[0].Exchanges) != 2 || as[0].Status != integration.Complete {
			t.Fatalf("attempts: %+v", as)
		}
		var x mapping.Encoded
		err := json.Unmarshal(as[0].Document, &x)
		if err != nil || len(x.Lines) != 2 || x.Lines[0].Why.Rule == "" || x.ExternalID != r.ExternalRef || !x.Total.Equal(r.AmountOut) {
			t.Errorf("the kept document is %+v, %v", x, err)
		}
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatCannotBeReadIsSaidWithItsPlace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := delivery.New(b.o)
	if _, err := e.Submit(t.Context(), "us", []byte(`{"id":"b1","version":"x"}`), "file"); err == nil ||
		!strings.Contains(err.Error(), "version") {
		t.Errorf("a Bill with a wrong version gave %v", err)
	}
	if _, err := e.Submit(t.Context(), "gone", billOf("b1", "acc", 1, "APPROVED"), "file"); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("an unknown integration gave %v", err)
	}
	subs, err := e.SubmitBatch(t.Context(), "us", [][]byte{[]byte(`{"id":`), billOf("b1", "acc", 1, "APPROVED")}, "file")
	if err != nil || subs[0].Err == nil || len(subs[1].Runs) != 1 || subs[1].Added != 1 {
		t.Errorf("one bad Bill of two gave %+v, %v", subs, err)
	}
}

func TestWhatWasInFlightIsLookedUpFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.start()
		b.ns.latency = func() time.Duration { return time.Hour }
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(time.Second)
		b.want(r.ID, integration.Started, "")
		stopped := time.Now()
		if err := b.end(); err != nil {
			t.Error(err)
		}
		if took := time.Since(stopped); took != 7*time.Second {
			t.Errorf("the call under way had %s", took)
		}
		if r := b.run(r.ID); !r.InFlight {
			t.Fatalf("nothing is known to be in flight: %+v", r)
		}
		// The answer never came, but the request had its effect.
		looked := false
		b.ns.latency = func() time.Duration { return time.Millisecond }
		b.ns.before = func(_ int, _ mapping.Document, look bool) *integration.Failure { looked = look; return nil }
		b.start()
		time.Sleep(time.Minute)
		b.want(r.ID, integration.Complete, integration.Created)
		if !looked {
			t.Error("it was sent without looking")
		}
		_ = b.end()
	})
}

func TestAKilledProcessLooksUpItsIntents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.engine = delivery.New(b.o) // never run: the process that died
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		r.Status, r.InFlight = integration.Started, true
		if err := b.ledger.SaveRun(t.Context(), r, nil); err != nil {
			t.Fatal(err)
		}
		var looks []bool
		b.ns.before = func(_ int, _ mapping.Document, look bool) *integration.Failure {
			looks = append(looks, look)
			return nil
		}
		b.start()
		time.Sleep(time.Minute)
		b.want(r.ID, integration.Complete, integration.Created)
		if len(looks) != 1 || !looks[0] {
			t.Errorf("calls looked first: %v", looks)
		}
		_ = b.end()
	})
}

func TestTheEngineStopsWhenTheLedgerDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		full := errors.New("no space left on device")
		b.ledger.OnSave = func(r integration.Run, _ *integration.Attempt) error {
			if r.Status == integration.Complete {
				return full
			}
			return nil
		}
		b.start()
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		if err := <-b.done; !errors.Is(err, full) {
			t.Errorf("Run ended with %v", err)
		}
		if got := b.want(r.ID, integration.Started, ""); !got.InFlight {
			t.Error("the intent is gone")
		}
		b.ledger.OnSave = nil
		b.start()
		time.Sleep(time.Minute)
		b.want(r.ID, integration.Complete, integration.Unchanged)
		if n := b.ns.creates["m3b-b1"]; n != 1 {
			t.Errorf("%d invoices", n)
		}
		_ = b.end()
	})
}

func TestPreviewIsWhatWouldBeSent(t *testing.T) {
	t.Parallel()
	in := connected("us", "onlySendBillOnApproval", true)
	b := newBench(t, in)
	e := delivery.New(b.o)
	m, err := e.Preview(t.Context(), fakeSystem{}, "us", in.ConfigData, billOf("b1", "acc", 1, "APPROVED"))
	if err != nil || m.Document.Total.String() != "101.50" || m.Document.CurrencyID != "1" {
		t.Errorf("preview: %+v, %v", m.Document, err)
	}
	var skip *delivery.Skip
	if _, err = e.Preview(t.Context(), fakeSystem{}, "", in.ConfigData, billOf("b1", "acc", 1, "PENDING")); !errors.As(err, &skip) ||
		skip.Cause != mapping.CauseNotApproved {
		t.Errorf("a pending Bill under the gate previews as %v", err)
	}
	if len(b.ledger.All()) != 0 || b.ns.calls != 0 {
		t.Error("a preview left something behind")
	}
}

// A preview knows what was sent of the Bill: it would be updated, whatever keeps
// other Bills of its date from being sent; a bare preview knows of nothing.
func TestPreviewOfWhatWasSent(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		b.submit("us", billOf("b1", "acc", 1, "APPROVED"))
		time.Sleep(time.Minute)
		v := connected("us", "billferry.sendFrom", "2999-01-01").ConfigData
		var skip *delivery.Skip
		for _, c := range []struct {
			integration, bill string
			there             bool
		}{{"us", "b1", true}, {"us", "b2", false}, {"", "b1", false}} {
			m, err := b.engine.Preview(t.Context(), fakeSystem{}, c.integration, v, billOf(c.bill, "acc", 2, "APPROVED"))
			if m.There != c.there || errors.As(err, &skip) == c.there || !c.there && err == nil {
				t.Errorf("%+v: there %v, %v", c, m.There, err)
			}
		}
	})
}

// A preview asks the destination with a slot, before what is delivered, and what
// it has learned need not be asked again.
func TestPreviewAsksInASlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, connected("us", "billferry.maxConcurrency", 1))
		_ = b.ledger.SetMeta(t.Context(), "pace/TSTDRV1", []byte(`{"limit":1}`))
		b.ns.latency = func() time.Duration { return 10 * time.Second }
		b.start()
		for i := range 5 {
			b.submit("us", billOf(fmt.Sprint("b", i), "acc", 1, "APPROVED"))
		}
		time.Sleep(time.Second) // one is on its way, the others wait
		in := connected("us")
		eur := bytes.ReplaceAll(billOf("p", "acc", 1, "APPROVED"), []byte("USD"), []byte("EUR"))
		began := time.Now()
		if _, err := b.engine.Preview(t.Context(), fakeSystem{}, "us", in.ConfigData, eur); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 8*time.Second || took > 10*time.Second {
			t.Errorf("it was asked after %s, not when the call under way had ended", took)
		}
		asked := b.ns.asked
		began = time.Now()
		_, err := b.engine.Preview(t.Context(), fakeSystem{}, "us", in.ConfigData, eur)
		if took := time.Since(began); err != nil || b.ns.asked != asked || took > 0 {
			t.Errorf("the second: %v, asked %d times, after %s", err, b.ns.asked-asked, took)
		}
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestAPanicKeepsToItsBill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.ns.before = func(_ int, d mapping.Document, _ bool) *integration.Failure {
			if d.ExternalID == "m3b-b1" {
				panic("boom")
			}
			return nil
		}
		b.start()
		rs := b.submit("us", billOf("b1", "acc", 1, "APPROVED"), billOf("b2", "acc", 1, "APPROVED"))
		time.Sleep(time.Minute)
		if r := b.want(rs[0].ID, integration.Errored, ""); r.Cause != "internal_error" || !r.InFlight {
			t.Errorf("the run that panicked: %+v", r)
		}
		b.want(rs[1].ID, integration.Complete, integration.Created)
		_ = b.end()
	})
}

// A panic gives its slot back: however many Bills make one, the account keeps
// its slots for the others.
func TestAPanicGivesItsSlotBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.ns.before = func(n int, _ mapping.Document, _ bool) *integration.Failure {
			if n <= 4 {
				panic("boom")
			}
			return nil
		}
		b.start()
		var bills [][]byte
		for i := range 6 {
			bills = append(bills, billOf(fmt.Sprintf("b%d", i), "acc", 1, "APPROVED"))
		}
		rs := b.submit("us", bills...)
		time.Sleep(time.Minute)
		created := 0
		for _, r := range rs {
			if b.run(r.ID).Outcome == integration.Created {
				created++
			}
		}
		if p := b.engine.Paces()[0]; created != 2 || p.InUse != 0 {
			t.Errorf("%d of 2 Bills went through, and %d slots are in use by nobody", created, p.InUse)
		}
		_ = b.end()
	})
}
