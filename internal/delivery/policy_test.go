package delivery_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

func TestEveryClassOfFailure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		class   integration.Class
		status  integration.Status
		outcome integration.Outcome
		event   string
	}{
		{integration.ClassLoad, integration.RateLimitRetry, "", ""},
		{integration.ClassTransient, integration.AwaitingRetry, "", ""},
		{integration.ClassAuth, integration.AuthFailed, "", integration.EventAuthentication},
		{integration.ClassPeriod, integration.PeriodClosed, "", integration.EventPerform},
		{integration.ClassPaid, integration.AlreadyPaid, "", integration.EventPerform},
		{integration.ClassMapping, integration.Errored, "", integration.EventMissingMapping},
		{integration.ClassData, integration.Errored, "", integration.EventValidation},
		{integration.ClassRefused, integration.Errored, "", integration.EventPerform},
		{integration.ClassHeld, integration.Errored, integration.Held, integration.EventValidation},
	} {
		t.Run(string(c.class), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
					return &integration.Failure{Class: c.class, Cause: "because", Message: "it did not work", Advice: "mend it", After: time.Hour}
				}
				b.start()
				r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
				time.Sleep(time.Minute) // a passing failure waits for the hour it was asked to
				got := b.want(r.ID, c.status, c.outcome)
				if got.Cause != "because" || got.Advice != "mend it" || got.Tries != 1 || got.InFlight {
					t.Errorf("the run says %+v", got)
				}
				evs := b.ledger.Events()
				switch {
				case c.event == "" && len(evs) != 0:
					t.Errorf("events: %+v", evs)
				case c.event != "":
					if len(evs) != 1 || evs[0].Name != c.event || evs[0].RunID != r.ID || evs[0].ID == "" ||
						!strings.Contains(evs[0].Message, "it did not work") || !strings.Contains(evs[0].Message, "mend it") {
						t.Errorf("events: %+v", evs)
					}
				}
				_ = b.end()
			})
		})
	}
}

func TestAnUnknownOutcomeIsLookedUpAndBackedOff(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		var at []time.Time
		var looks []bool
		b.ns.after = func(n int, _ mapping.Document, look bool) *integration.Failure {
			at, looks = append(at, time.Now()), append(looks, look)
			if n < 6 {
				return &integration.Failure{Class: integration.ClassTransient, Cause: "reset", Message: "reset", Unknown: true}
			}
			return nil
		}
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(time.Hour)
		if r := b.want(r.ID, integration.Complete, integration.Unchanged); r.Tries != 6 {
			t.Errorf("%d tries", r.Tries)
		}
		if fmt.Sprint(looks) != "[false true true true true true]" || b.ns.creates["m3b-b1"] != 1 {
			t.Errorf("looked first %v, created %d", looks, b.ns.creates["m3b-b1"])
		}
		for i := 1; i < len(at); i++ {
			if wait, most := at[i].Sub(at[i-1]), time.Second<<(i-1)+time.Second; wait > most {
				t.Errorf("try %d came after %s, more than %s", i+1, wait, most)
			}
		}
		if n := len(b.ledger.Attempts(r.ID)); n != 6 {
			t.Errorf("%d attempts kept", n)
		}
	})
}

func TestABudgetEnds(t *testing.T) {
	for _, class := range []integration.Class{integration.ClassTransient, integration.ClassLoad} {
		t.Run(string(class), func(t *testing.T) {
			story(t, func(t *testing.T, b *bench) {
				b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
					return &integration.Failure{Class: class, Cause: "down", Message: "down"}
				}
				r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
				time.Sleep(23 * time.Hour)
				if got := b.run(r.ID); got.Status.Settled() {
					t.Errorf("it is %s before its time is up", got.Status)
				}
				time.Sleep(2 * time.Hour)
				got := b.want(r.ID, integration.TimeoutExceeded, "")
				if took := got.Completed.Sub(got.Started); took < 24*time.Hour || took > 24*time.Hour+5*time.Minute {
					t.Errorf("it was given up after %s", took)
				}
				if got.Tries > 3000 || got.Tries < 20 {
					t.Errorf("%d tries in a day", got.Tries)
				}
				if b.events()[integration.EventPerform] != 1 {
					t.Errorf("events: %v", b.events())
				}
			})
		})
	}
}

func TestARefusedLoginMakesTheRunsWait(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		bad := true
		b.ns.after = func(int, mapping.Document, bool) *integration.Failure {
			if bad {
				return &integration.Failure{Class: integration.ClassAuth, Cause: "invalid_login", Message: "invalid login", Advice: "connect it again"}
			}
			return nil
		}
		var bills [][]byte
		for i := range 20 {
			bills = append(bills, billOf(fmt.Sprintf("b%d", i), "acc", 1, "APPROVED"))
		}
		rs := b.submit("us", bills...)
		time.Sleep(time.Minute)
		if in, _ := b.ledger.Integration(t.Context(), "us"); in.Authorized || !in.Enabled {
			t.Errorf("authorised %v, enabled %v", in.Authorized, in.Enabled)
		}
		if b.events()[integration.EventAuthentication] != 1 {
			t.Errorf("one refused login, events %v", b.events())
		}
		got := map[integration.Status]int{}
		for _, r := range rs {
			got[b.run(r.ID).Status]++
		}
		if got[integration.AuthFailed] != b.ns.calls || got[integration.Waiting] != 20-b.ns.calls || b.ns.calls > 2 {
			t.Errorf("%d calls; %v", b.ns.calls, got) // no more than the slots that it began with
		}
		bad = false
		if _, err := b.ledger.SetAuthorized(t.Context(), "us", "", true); err != nil {
			t.Fatal(err)
		}
		b.engine.Wake()
		time.Sleep(time.Minute)
		for _, r := range rs {
			b.want(r.ID, integration.Complete, b.run(r.ID).Outcome)
		}
		if len(b.ns.records) != 20 {
			t.Errorf("%d invoices", len(b.ns.records))
		}
	})
}

func TestFiveRefusedLoginsDisable(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
			return &integration.Failure{Class: integration.ClassAuth, Cause: "invalid_login", Message: "invalid login"}
		}
		b.submit("us", billOf("b1", "acc", 1, "APPROVED"))
		for i := 1; i <= 5; i++ {
			time.Sleep(time.Minute)
			in, _ := b.ledger.Integration(t.Context(), "us")
			if in.Enabled != (i < 5) {
				t.Fatalf("after %d refusals enabled is %v", i, in.Enabled)
			}
			_, _ = b.ledger.SetAuthorized(t.Context(), "us", "", true) // connected again, still wrong
			b.engine.Wake()
		}
		if b.events()[integration.EventDisabled] != 1 {
			t.Errorf("events: %v", b.events())
		}
	})
}

func TestTwentyFivePermanentErrorsDisable(t *testing.T) {
	for _, c := range []struct {
		name   string
		class  integration.Class
		good   int // every so many Bills one goes well; 0: none
		enable bool
	}{
		{"refused", integration.ClassRefused, 0, false},
		{"refused, some go well", integration.ClassRefused, 20, true},
		{"customers without a mapping", integration.ClassMapping, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			story(t, func(t *testing.T, b *bench) {
				b.ns.before = func(n int, _ mapping.Document, _ bool) *integration.Failure {
					if c.good > 0 && n%c.good == 0 {
						return nil
					}
					time.Sleep(b.ns.latency())
					return &integration.Failure{Class: c.class, Cause: "no", Message: "no"}
				}
				var bills [][]byte
				for i := range 60 {
					bills = append(bills, billOf(fmt.Sprintf("b%d", i), fmt.Sprintf("acc%d", i), 1, "APPROVED"))
				}
				rs := b.submit("us", bills...)
				time.Sleep(time.Hour)
				in, _ := b.ledger.Integration(t.Context(), "us")
				if in.Enabled != c.enable || (!c.enable && in.DisabledWhy == "") {
					t.Errorf("enabled %v: %s", in.Enabled, in.DisabledWhy)
				}
				disabled := 0
				for _, r := range rs {
					if s := b.run(r.ID).Status; s == integration.Disabled {
						disabled++
					} else if !s.Settled() {
						t.Errorf("a run is left %s", s)
					}
				}
				if c.enable != (disabled == 0) || !c.enable && disabled < 60-25-14 {
					t.Errorf("%d runs are DISABLED", disabled)
				}
			})
		})
	}
}

// adders are the two ways in which mappings arrive.
var adders = map[string]func(*delivery.Engine, context.Context, integration.ExternalMapping) error{
	"one": func(e *delivery.Engine, ctx context.Context, m integration.ExternalMapping) error {
		return e.MappingsAdded(ctx, []integration.ExternalMapping{m})
	},
	"many": func(e *delivery.Engine, ctx context.Context, m integration.ExternalMapping) error {
		elsewhere := m
		elsewhere.ExternalSystem, elsewhere.M3terID = "Salesforce", "acc2"
		stranger := m
		stranger.M3terID = "nobody"
		return e.MappingsAdded(ctx, []integration.ExternalMapping{stranger, m, elsewhere})
	},
}

func TestAMappingFreesExactlyWhatWaitedForIt(t *testing.T) {
	for name, add := range adders {
		t.Run(name, func(t *testing.T) { mappingFrees(t, add) })
	}
}

func mappingFrees(t *testing.T, add func(*delivery.Engine, context.Context, integration.ExternalMapping) error) {
	story(t, func(t *testing.T, b *bench) {
		rs := b.submit("us", billOf("b1", "acc1", 1, "APPROVED"), billOf("b2", "acc1", 1, "APPROVED"), billOf("b3", "acc2", 1, "APPROVED"))
		time.Sleep(time.Minute)
		for _, r := range rs {
			if got := b.want(r.ID, integration.Errored, ""); got.Cause != "account_mapping_missing" {
				t.Fatalf("cause %s", got.Cause)
			}
		}
		if n := b.events()[integration.EventMissingMapping]; n != 2 {
			t.Errorf("%d events for two accounts", n)
		}
		// A newer version of b2 came meanwhile and failed as well.
		newer := b.submit("us", billOf("b2", "acc1", 2, "APPROVED"))[0]
		time.Sleep(time.Minute)
		m := integration.ExternalMapping{ExternalSystem: "NETSUITE", ExternalTable: "customer", M3terEntity: "account",
			M3terID: "acc1", ExternalID: "77"}
		b.ledger.PutMapping(m)
		if err := add(b.engine, t.Context(), m); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		b.want(rs[0].ID, integration.Complete, integration.Created)
		b.want(rs[1].ID, integration.Complete, integration.Superseded)
		b.want(newer.ID, integration.Complete, integration.Created)
		b.want(rs[2].ID, integration.Errored, "")
	}, connected("us", "useExternalMappingAccountCode", true))
}

func TestAnItemMappingFreesTheBillsThatWantIt(t *testing.T) {
	for name, add := range adders {
		t.Run(name, func(t *testing.T) { itemMappingFrees(t, add) })
	}
}

func itemMappingFrees(t *testing.T, add func(*delivery.Engine, context.Context, integration.ExternalMapping) error) {
	story(t, func(t *testing.T, b *bench) {
		item := func(id string) integration.ExternalMapping {
			return integration.ExternalMapping{ExternalSystem: "Netsuite", ExternalTable: "Item", M3terEntity: "Product",
				M3terID: id, ExternalID: "5"}
		}
		b.ledger.PutMapping(item("p1"))
		r := b.submit("us", billOf("b1", "acc1", 1, "APPROVED"))[0]
		time.Sleep(time.Minute)
		if got := b.want(r.ID, integration.Errored, ""); got.Cause != "item_missing" {
			t.Fatalf("cause %s", got.Cause)
		}
		if err := add(b.engine, t.Context(), item("p9")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if n := b.run(r.ID).Tries; n != 1 {
			t.Errorf("a mapping of another product made it try %d times", n)
		}
		b.ledger.PutMapping(item("p2"))
		if err := add(b.engine, t.Context(), item("p2")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		b.want(r.ID, integration.Complete, integration.Created)
	}, connected("us", "netsuiteDefaultItemId", ""))
}

func TestARetryOfAnOlderVersionIsRefused(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		fail := true
		b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
			if fail {
				return &integration.Failure{Class: integration.ClassPeriod, Cause: "period_closed", Message: "July 2026 is closed"}
			}
			return nil
		}
		old := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(time.Minute)
		b.want(old.ID, integration.PeriodClosed, "")
		fail = false
		retryOf, err := b.engine.Retry(t.Context(), []string{old.ID})
		if err != nil || len(retryOf) != 1 {
			t.Fatalf("retry: %v, %v", retryOf, err)
		}
		time.Sleep(time.Minute)
		b.want(retryOf[0].ID, integration.Complete, integration.Created)
		b.submit("us", billOf("b1", "acc", 2, "APPROVED"))
		time.Sleep(time.Minute)
		if why, err := b.engine.Retryability().Of(t.Context(), b.run(old.ID)); err != nil || why != "retried already" {
			t.Errorf("retryable: %q, %v", why, err)
		}
		if out, err := b.engine.Retry(t.Context(), []string{old.ID, retryOf[0].ID}); err != nil || len(out) != 0 {
			t.Errorf("retry gave %v, %v", out, err)
		}
	})
}
