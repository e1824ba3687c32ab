package runs

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"pgregory.net/rapid"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
	"billferry/ui/uitest"
)

// seeded is an integration with a run of every kind that the list shows.
func seeded() (*servicetest.Fake, string) {
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite", Enabled: true})
	add := func(ref, acct string, st integration.Status, change func(*integration.Run)) {
		r := integration.Run{
			IntegrationID: in.ID, EntityID: "bill-" + ref, BillRef: ref, AccountID: "id-" + acct, AccountCode: acct, Currency: "USD",
			PeriodStart: "2026-07-01", PeriodEnd: "2026-08-01", AmountIn: decimal.MustParse("1727"), AmountIncluded: decimal.MustParse("1727"),
			Tries: 1, Status: st,
		}
		change(&r)
		f.AddRun(r)
	}
	now := servicetest.Start
	add("INVOICE-106", "acme_eu", integration.Complete, func(r *integration.Run) {
		r.Outcome, r.Proof, r.ExternalID, r.AmountOut = integration.Created, integration.Drift, "48215", decimal.MustParse("1700.5")
	})
	add("INVOICE-105", "umbrella", integration.PeriodClosed, func(r *integration.Run) {
		r.Cause, r.Advice = "period_closed", "Open the period Jul 2026, or send the Bill with a later date."
	})
	add("INVOICE-104", "初音ミク株式会社", integration.Waiting, func(r *integration.Run) { r.Currency, r.Tries = "JPY", 0 })
	add("INVOICE-103", "initech", integration.RateLimitRetry, func(r *integration.Run) { r.Next, r.Tries = now.Add(4*time.Second), 2 })
	add("INVOICE-102", "globex", integration.Complete, func(r *integration.Run) {
		r.Outcome, r.ExternalID, r.AmountIn, r.AmountOut = integration.Created, "48213", decimal.MustParse("912.4"), decimal.MustParse("912.4")
	})
	add("INVOICE-101", "acme_uk", integration.Errored, func(r *integration.Run) {
		r.Cause, r.Tries, r.Advice = "account_mapping_missing", 3, "Map the account acme_uk to a NetSuite customer."
	})
	return f, in.ID
}

func start(t testing.TB, w, h int) (*uitest.Driver, *servicetest.Fake) {
	f, id := seeded()
	return uitest.Start(t, New(uitest.Env(f), screen.Route{ID: id}), w, h), f
}

// bubble runs a test where timers pass by themselves.
func bubble(t *testing.T, test func(t *testing.T)) { t.Parallel(); synctest.Test(t, test) }

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, size := range uitest.Sizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			bubble(t, func(t *testing.T) { d, _ := start(t, size[0], size[1]); d.Golden() })
		})
	}
	for name, keys := range map[string][]string{"groups": {"b"}, "menu": {"x"}, "typing": {"/", "s", "t", "a"},
		"fault": {"/", "x", ":", "y", "enter"}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) { d, _ := start(t, 80, 22); d.Press(keys...); d.Golden() })
		})
	}
}

// A list that was opened before there was anything in it fills up.
func TestAnEmptyListFillsUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := servicetest.New()
		d := uitest.Start(t, New(uitest.Env(f), screen.Route{}), 80, 20)
		d.Shows("No runs yet")
		f.AddRun(integration.Run{ID: "r1", BillRef: "INVOICE-7", Status: integration.Waiting})
		d.Changed("run")
		d.Shows("INVOICE-7")
	})
}

// answers does what cmd asks, and keeps the answers back.
func answers(cmd tea.Cmd) (out []tea.Msg) {
	if cmd == nil {
		return nil
	}
	msg := cmd()
	batch, several := msg.(tea.BatchMsg)
	if !several {
		return []tea.Msg{msg}
	}
	for _, c := range batch {
		out = append(out, answers(c)...)
	}
	return out
}

// Rows that were read before a change, and come after it, are read again; so are sums.
func TestAChangeWhileRowsAreRead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 20)
		d.Shows("6 runs")
		changed := func() tea.Cmd { // asks for the rows, after a while
			return d.Update(answers(d.Update(screen.ChangedMsg{Change: service.Change{Kind: "run"}}))[0])
		}
		late := answers(changed())
		f.AddRun(integration.Run{IntegrationID: d.Screen.(*Screen).integration, BillRef: "INVOICE-107", Status: integration.Waiting})
		d.Do(changed())
		for _, msg := range late {
			d.Tell(msg)
		}
		d.Shows("INVOICE-107", "7 runs")
	})
}

// Until the rows of another filter are there, nothing tells how many they are.
func TestRowsOfAnotherFilterAreNotCounted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 20)
		release := f.Hold("Runs")
		defer release()
		d.Press("s")
		d.Shows("status:failed", "…", "INVOICE-102")
		d.Hides(" runs")
	})
}

func TestEmptyAndFailed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := servicetest.New()
		d := uitest.Start(t, New(uitest.Env(f), screen.Route{}), 80, 20)
		d.Shows("No runs yet")
		f.Fail("Runs", errors.New("the store is closed: start billferry again"))
		d.Do(d.Init())
		d.Shows("the store is closed")
		f.Fail("Runs", nil)
		f.AddRun(integration.Run{BillRef: "INV-1"})
		d.Changed("run")
		d.Shows("INV-1")
	})
}

func TestFilter(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 20)
		d.Press("/")
		d.Type("cause:acc")
		d.Shows("tab: cause:account_mapping_missing")
		calls := f.Calls("Runs")
		d.Press("tab", "enter")
		d.Shows("INVOICE-101", "1 run ")
		d.Hides("INVOICE-102")
		if f.Calls("Runs") != calls+1 {
			t.Errorf("%d requests for one filter", f.Calls("Runs")-calls)
		}
		d.Press("/")
		d.Type(" status:eror")
		d.Press("enter")
		d.Shows(`no status "eror"`, "INVOICE-101")
		if !d.Typing() {
			t.Error("a faulty line closed: what was typed is out of reach")
		}
		d.Press("esc")
		d.Shows("INVOICE-102", "6 runs")
		if back, _ := d.Back(); back {
			t.Error("esc on the bare list did not leave the screen")
		}
	})
}

func TestStatusRound(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, _ := start(t, 100, 20)
		d.Press("s")
		d.Shows("status:failed", "INVOICE-101", "INVOICE-105")
		d.Hides("INVOICE-102", "INVOICE-103")
		d.Press("s")
		d.Shows("status:open", "INVOICE-103", "INVOICE-104")
		d.Press("s")
		d.Shows("status:complete", "INVOICE-102")
		d.Press("s")
		d.Shows("all runs", "INVOICE-101", "INVOICE-104")
	})
}

func TestGroupRetryAsksOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 20)
		d.Press("b")
		d.Shows("account_mapping_missing", "period_closed", "Map the account acme_uk")
		d.Press("R")
		d.Shows("Retry the runs with “Customer has no mapping”?", "1 eligible", "1 would be sent.")
		d.Press("enter")
		if n := f.Calls("Retry"); n != 1 {
			t.Fatalf("no was answered, yet there were %d calls: one dry run was due", n)
		}
		d.Press("R", "y")
		if n := f.Calls("Retry"); n != 3 || d.Toast() != "1 run queued again" {
			t.Errorf("%d calls, toast %q", n, d.Toast())
		}
		d.Press("enter")
		d.Shows("cause:account_mapping_missing", "status:error")
	})
}

func TestRetryOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 20)
		d.Press("R")
		if d.Toast() != "1 run queued again" {
			t.Errorf("toast %q", d.Toast())
		}
		d.Changed("run")
		d.Shows("7 runs", "queued")
		d.Press("end", "k", "k", "k", "k", "R")
		if d.Toast() != "not retried: this run is complete" || f.Calls("Retry") != 1 {
			t.Errorf("toast %q after %d calls", d.Toast(), f.Calls("Retry"))
		}
	})
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	got := verdict(service.RetryResult{Eligible: 1996, Not: map[string]int{"a newer version of the Bill was sent": 3, "not failed": 1}})
	if want := "1,996 eligible, 4 not, because 3: a newer version of the Bill was sent; 1: not failed."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRoutes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 20)
		page, _ := f.Runs(t.Context(), integration.RunFilter{}, "", 1)
		d.Press("enter")
		if got := d.Pushed(); got != (screen.Route{Name: screen.Run, ID: page.Runs[0].ID}) {
			t.Errorf("enter opened %+v", got)
		}
		d.Press("x", "m")
		if got := d.Pushed(); got.Name != screen.Mappings || got.Arg != "id-acme_uk" {
			t.Errorf("m opened %+v", got)
		}
	})
}

func TestKeysAreTheirHelp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fresh := func() *uitest.Driver { d, _ := start(t, 100, 8); d.Press("down"); return d }
		uitest.CheckKeys(t, fresh)
		uitest.CheckKeys(t, func() *uitest.Driver { d := fresh(); d.Press("b"); return d })
	})
}

func TestNeverLargerThanTheTerminal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w, h := rapid.IntRange(60, 200).Draw(r, "width"), rapid.IntRange(12, 60).Draw(r, "height")
		keys := rapid.SliceOfN(rapid.SampledFrom([]string{"down", "g", "b", "x", "/", "s", "a", "R", "G", "f"}), 0, 5).Draw(r, "keys")
		synctest.Test(t, func(t *testing.T) {
			d, _ := start(t, w, h)
			d.Press(keys...)
			shown := d.View()
			d.Resize(60, 12)
			d.View()
			if d.Resize(w, h); d.View() != shown {
				t.Errorf("%d x %d after %q: shrunk and grown back it differs:\n%s\n---\n%s", w, h, keys, shown, d.View())
			}
		})
	})
}
