package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
)

// monthEnd is a store in the middle of a month's Bills: three currencies, most of
// it proven, some on its way, some that needs a person.
func monthEnd() *servicetest.Fake {
	f := seeded()
	at := servicetest.Start
	n := 0
	add := func(many int, r integration.Run) {
		for range many {
			n++
			r.ID, r.IntegrationID, r.EntityID, r.Created = fmt.Sprint("m-", n), "us", fmt.Sprint("b-", n),
				at.Add(-time.Duration(n*n%700)*time.Minute)
			f.AddRun(r)
		}
	}
	sent := func(iso, amount string, p integration.Proof) integration.Run {
		return integration.Run{Status: integration.Complete, Outcome: integration.Created, Proof: p, Currency: iso, ExternalID: "1",
			AmountIn: decimal.MustParse(amount), AmountOut: decimal.MustParse(amount)}
	}
	open := func(iso, amount string, st integration.Status, cause string) integration.Run {
		return integration.Run{Status: st, Cause: cause, Currency: iso, AmountIn: decimal.MustParse(amount)}
	}
	add(40, sent("USD", "24010.05", integration.Proven))
	add(4, open("USD", "9800.25", integration.Waiting, ""))
	add(12, open("USD", "4017.50", integration.PeriodClosed, "period_closed"))
	add(3, open("EUR", "1340.04", integration.Errored, "account_mapping_missing"))
	add(20, sent("EUR", "15922.00", integration.Proven))
	add(5, sent("JPY", "2400822", integration.Proven))
	add(1, sent("JPY", "372000", integration.NotPosted))
	f.AddEvent(integration.Event{Name: integration.EventSource, Time: at, Message: "m3ter does not answer"})
	f.SetPaces(service.AccountPace{Account: "1234567", Integrations: []string{"us"}, Slots: 5, InUse: 4, PerMinute: 984, Left: 1842})
	return f
}

// Home tells the state at a glance, with its figures as text, and folds away.
func TestHomeTellsTheState(t *testing.T) {
	t.Parallel()
	drive(t, monthEnd(), 120, 36, onHome, func(d *driver) {
		d.shows("August 2026", "24 h ", "88 Bills", "USD", "proven", "in the way",
			"slots ●●●●○ 4 of 5 · 16.4 Bills/s · 1,842 to go · done by 12:01",
			"Needs you", "1 Period closed", "12 Bills", "48,210.00 USD", "enter its runs", "░")
		for _, l := range strings.Split(d.view(), "\n") {
			if strings.Contains(l, "EUR ") && strings.Contains(l, "█") && !strings.Contains(l, " 99 % proven · 1 % in the way") {
				t.Errorf("EUR: %q", l)
			}
		}
		d.keys("T")
		d.shows("30 d ")
		d.keys("z")
		d.hides("August 2026", "Needs you")
		d.shows("NetSuite US")
		d.keys("z")
		d.shows("August 2026")
	})
	drive(t, monthEnd(), 80, 23, onHome, func(d *driver) { d.hides("August 2026"); d.shows("NetSuite DE") })
}

// The cursor goes up into what needs a person, and enter does what the row says.
func TestWhatNeedsYouIsOneKeyAway(t *testing.T) {
	t.Parallel()
	drive(t, monthEnd(), 120, 36, onHome, func(d *driver) {
		d.keys("up", "up", "up", "up")
		d.shows("▸ 1 Period closed")
		d.hides("▸ NetSuite")
		d.keys("enter")
		d.shows("cause:period_closed", "12 runs")
		d.keys("esc", "esc")
		d.shows("▸ 1 Period closed")
		d.keys("down", "down", "down", "down")
		d.shows("▸ NetSuite US")
		d.keys("4")
		d.shows("events that nobody has seen to yet")
	})
}

// A need of one run opens it, by its number and by enter, and esc leads back; R asks
// about it as about many.
func TestANeedOfOneRunOpensIt(t *testing.T) {
	t.Parallel()
	f := monthEnd()
	f.AddRun(integration.Run{ID: "only", IntegrationID: "us", EntityID: "only", BillRef: "INVOICE-ONLY", Status: integration.Errored,
		Cause: "role_permission", Currency: "USD", AmountIn: decimal.MustParse("9000000"), AccountCode: "acme"})
	drive(t, f, 120, 36, onHome, func(d *driver) {
		d.shows("1 Role permission", "enter its run ")
		d.keys("1")
		d.shows("INVOICE-ONLY", "[1 Summary]")
		d.keys("esc")
		d.shows("Needs you")
		for range 5 {
			d.keys("up")
		}
		d.shows("▸ 1 Role permission")
		d.keys("enter")
		d.shows("INVOICE-ONLY", "[1 Summary]")
		d.keys("esc", "R")
		d.shows("Retry all failed runs that match?", "1 eligible", "cause:role_permission")
	})
}

// A row of what needs a person names whose Bills they are, and has the keys that mend
// it: R asks whether its runs are retried, m maps the account.
func TestANeedNamesItsAccountsAndIsActedOn(t *testing.T) {
	t.Parallel()
	f := monthEnd()
	for i, code := range []string{"acme", "globex", "hooli"} {
		id := fmt.Sprintf("11111111-0000-4000-8000-00000000000%d", i+1)
		f.AddRun(integration.Run{ID: "who-" + code, IntegrationID: "us", EntityID: code, Status: integration.Errored,
			Cause: "account_mapping_missing", Currency: "EUR", AmountIn: decimal.MustParse("1"), AccountID: id, AccountCode: code})
	}
	f.SetPaces(service.AccountPace{Integrations: []string{"us"}, Slots: 5, Refusals: 3})
	drive(t, f, 120, 36, onHome, func(d *driver) {
		d.shows("hooli, Globex, 1 more", "m map · R retry", "3 refusals ▁")
		d.keys("2")
		d.shows("cause:account_mapping_missing", "6 runs")
		d.keys("esc", "esc", "up", "up", "up")
		d.shows("▸ 2 Customer has no mapping")
		d.keys("m")
		d.shows("Create external mapping", "11111111-0000")
		d.keys("esc", "esc", "R")
		d.shows("Retry all failed runs that match?", "6 eligible", "[  No  ]", "cause:account_mapping_missing")
		d.keys("y")
		d.shows("6 runs queued again")
		d.keys("esc", "esc", "down", "down", "down", "R")
		d.shows("R does not work now: it retries what needs you: go up to it")
	})
}

// When figures change, the row under the cursor stays the row under the cursor, and
// where it is.
func TestNothingMovesUnderTheCursor(t *testing.T) {
	t.Parallel()
	line := func(d *driver, text string) int {
		for i, l := range strings.Split(d.view(), "\n") {
			if strings.Contains(l, text) {
				return i
			}
		}
		return -1
	}
	drive(t, monthEnd(), 120, 36, onHome, func(d *driver) {
		d.keys("down")
		at := line(d, "▸ NetSuite UK")
		d.fake.ChangeRun("run-1", func(r *service.RunDetail) { r.Status, r.Outcome = integration.Complete, integration.Created })
		for i := range 12 {
			d.fake.ChangeRun(fmt.Sprint("m-", 45+i), func(r *service.RunDetail) { r.Status, r.Outcome = integration.Complete, integration.Created })
		}
		d.settle()
		d.settle()
		d.hides("Period closed")
		if now := line(d, "▸ NetSuite UK"); now != at || at < 0 {
			t.Errorf("the cursor's row went from line %d to %d:\n%s", at, now, d.view())
		}
		d.keys("up", "up")
		d.shows("▸ 2 ")
		d.fake.AddRun(integration.Run{ID: "big", IntegrationID: "us", EntityID: "big", Status: integration.Errored,
			Cause: "role_permission", Currency: "USD",
			AmountIn: decimal.MustParse("9000000")})
		d.settle()
		d.settle()
		d.shows("1 Role permission", "▸ 3 ")
	})
}

// A certificate that ends soon needs somebody, and c there opens Connect; one that has
// ended comes before all else, since nothing is sent with it.
func TestACertificateThatEnds(t *testing.T) {
	t.Parallel()
	f := expiring()
	f.AddCredentials("uk", integration.Credentials{CertificateEnds: servicetest.Start})
	f.AddCredentials("de", integration.Credentials{CertificateEnds: servicetest.Start.Add(integration.CertificateWarned + 1)})
	drive(t, f, 120, 36, onHome, func(d *driver) {
		d.shows("1 Certificate has ended", "NetSuite UK", "Certificate ends in 20d", "NetSuite US", "c connect")
		if text := d.view(); strings.Count(text, "Certificate ") != 2 {
			t.Errorf("a certificate that is good for long needs nobody:\n%s", text)
		}
		d.keys("c")
		d.shows("c does not work now: it connects where a certificate ends")
		d.keys("up", "c")
		d.shows("Netsuite Connection", "NetSuite US")
		d.keys("esc", "esc", "1")
		d.shows("Netsuite Connection", "NetSuite UK")
	})
}

// While Bills go out the state is read once a second: what changes in between does not
// have it read more often from then on.
func TestTheStateIsReadOnceASecond(t *testing.T) {
	t.Parallel()
	drive(t, monthEnd(), 120, 36, onHome, func(d *driver) {
		for i := range 6 {
			d.fake.ChangeRun(fmt.Sprint("m-", 45+i), func(r *service.RunDetail) { r.Tries++ })
			d.settle()
		}
		was := d.fake.Calls("Activity")
		for range 5 {
			d.settle()
		}
		if n := d.fake.Calls("Activity") - was; n < 4 || n > 6 {
			t.Errorf("it was read %d times in five seconds", n)
		}
	})
}
