package glance

import (
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/ui/widget"
)

// What the charts show can be read out: each figure is in a sentence.
func TestWordsSayTheFigures(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", Enabled: true})
	f.AddCredentials("us", integration.Credentials{CertificateEnds: servicetest.Start.Add(12 * 24 * time.Hour)})
	for i, r := range []integration.Run{
		{Status: integration.Complete, Outcome: integration.Created, Proof: integration.Proven, AmountOut: decimal.MustParse("75")},
		{Status: integration.Complete, Outcome: integration.Created, Proof: integration.Pending, AmountOut: decimal.MustParse("75")},
		{Status: integration.Waiting},
		{Status: integration.PeriodClosed, Cause: "period_closed"},
	} {
		r.IntegrationID, r.EntityID, r.Currency, r.AmountIn = "us", string(rune('a'+i)), "USD", decimal.MustParse("75")
		f.AddRun(r)
	}
	f.AddRun(integration.Run{IntegrationID: "us", EntityID: "before", Currency: "USD", AmountIn: decimal.MustParse("9"),
		Status:  integration.Complete,
		Outcome: integration.Created, AmountOut: decimal.MustParse("9"), Created: MonthStart(servicetest.Start).Add(-time.Second)})
	f.SetPaces(service.AccountPace{Integrations: []string{"us"}, Slots: 5, InUse: 2, PerMinute: 30, Left: 90, ToProve: 2,
		Paused: servicetest.Start.Add(8 * time.Second)})
	all, err := f.Integrations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := Read(t.Context(), f, all, servicetest.Start)
	if err != nil {
		t.Fatal(err)
	}
	month, err := ReadMonth(t.Context(), f, servicetest.Start)
	if err != nil {
		t.Fatal(err)
	}
	s.Month = &month
	got := strings.Join(s.Words(), "\n")
	want := strings.Join([]string{
		"August 2026, USD: in 300.00, of which 25 % proven · 50 % waiting · 25 % in the way.",
		"In 24 hours 5 Bills, in 30 days 5.",
		"From an answer to its proof it takes 2 s.",
		"NetSuite US: slots 2 of 5 · 0.5 Bills/s · 90 to go · done by 12:03 · paused for 8s.",
		"Needs you: Period closed, 1 Bill, 75.00 USD.",
		"Needs you: Certificate ends in 12d of NetSuite US.",
	}, "\n")
	if got != want {
		t.Errorf("it is read out as\n%s\nwant\n%s", got, want)
	}
	for width, shown := range map[int]bool{120: true, 80: false} {
		if head := s.Head(Room{Width: width, Currencies: 2, Accounts: 1}, false)[0]; strings.Contains(head, " · 2 s to prove") != shown {
			t.Errorf("at %d columns: %q", width, head)
		}
	}
}

// An account that nothing is asked of says when it answered last: that it is connected
// is as old as that. Where there is little room, what tells least gives way.
func TestAQuietAccountSaysWhenItAnswered(t *testing.T) {
	t.Parallel()
	now := servicetest.Start
	s := State{Now: now, names: map[string]string{"us": "NetSuite US"}}
	p := service.AccountPace{Integrations: []string{"us"}, Slots: 2, PerMinute: 396, LastAnswer: now.Add(-105 * time.Second)}
	at := p.LastAnswer.Local().Format("15:04:05")
	if got, want := s.paceIn(p, 120), "NetSuite US  slots ○○ 0 of 2 · 6.6 Bills/s · nothing to send · last answer "+at; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := s.paceIn(p, 78), "NetSuite US  slots ○○ 0 of 2 · nothing to send · last answer "+at; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if p.InUse = 1; strings.Contains(s.paceIn(p, 120), "last answer") {
		t.Error("an account that is being asked tells of its last answer")
	}
}

// Parts of a cent that no document can hold are nothing that was left out.
func TestRoundingIsNotLeftOut(t *testing.T) {
	t.Parallel()
	d := decimal.MustParse
	all := integration.NewTotals()
	m := integration.Money{In: d("18115.09490469"), Out: d("18115.10"), Rounding: d("-0.00509531")}
	all.Add(integration.Run{Status: integration.Complete, Proof: integration.Proven, Currency: "EUR"}, 11, m)
	if got := strings.TrimSpace(stand("EUR", all).text()); got != "100 % proven" {
		t.Errorf("it says %q", got)
	}
}

// A row that is about no Bills has the room of their number and their money for the
// integration that it names; the others keep theirs.
func TestACertificateNamesItsIntegration(t *testing.T) {
	t.Parallel()
	const name = "NetSuite Deutschland GmbH"
	s := State{Needs: []Need{
		{What: "Period closed", Thing: "Bill", Count: 12, Money: map[string]decimal.D{"USD": decimal.MustParse("1048210")},
			Who: []string{"globex", "hooli"}, IDs: []string{"a", "b"}, All: true, Does: "its runs", Retry: true},
		{What: "Certificate ends in 12d", Of: name, Does: "connect", Connect: true},
	}}
	for _, width := range []int{60, 78, 100, 118} {
		lines := s.NeedLines(Room{Width: width, Needs: 4})
		for i, words := range [][]string{{"12 Bills", "1,048,210.00 USD"}, {"Certificate ends in 12d", name}} {
			for _, w := range words {
				if width >= 78 && !strings.Contains(lines[i], w) || widget.Cells(lines[i]) > width {
					t.Errorf("%d cells: %q lacks %q", width, lines[i], w)
				}
			}
		}
		if at := widget.Cells(strings.Split(lines[0], "enter")[0]); width >= 78 && at != widget.Cells(strings.Split(lines[1], "c connect")[0]) {
			t.Errorf("the keys are not below each other:\n%s", strings.Join(lines, "\n"))
		}
	}
}
