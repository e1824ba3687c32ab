package run

import (
	"slices"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/ui/uitest"
)

// looked is a run whose document was proven, and seen again to be something else.
func looked(t testing.TB, width int, proof integration.Proof, cause, said, held string) *uitest.Driver {
	f := servicetest.New()
	r := tried(f)
	f.ChangeRun(r.ID, func(r *service.RunDetail) {
		r.Tries = len(r.Attempts)
		sent := &r.Attempts[2].Exchanges[1]
		sent.RespBody = []byte(strings.NewReplacer("1700.5", "1727.00", `,{"item":{"id":"13"},"amount":1}`, "").Replace(heldBody))
		a := integration.Attempt{N: 4, Look: true, Status: integration.Complete, Cause: cause, Error: said,
			Start: servicetest.Start.Add(2 * time.Hour), End: servicetest.Start.Add(2 * time.Hour)}
		if held != "" {
			x := *sent
			x.RespBody = []byte(held)
			customer := integration.Exchange{Purpose: "look up customer", Method: "GET", Status: 200,
				RespBody: []byte(`{"id":"7","entityId":"Acme"}`)}
			a.Exchanges = []integration.Exchange{x, customer}
		}
		r.Attempts = append(r.Attempts, a)
		r.Status, r.Outcome, r.Proof, r.Cause, r.Error = integration.Complete, integration.Created, proof, cause, said
		r.Advice, r.AmountTax = "ask who did it and why", decimal.D{}
		if cause == "" {
			r.Advice = ""
		}
	})
	d := uitest.Start(t, New(uitest.Env(f), r.ID).(*Screen), width, 24)
	d.Press("6")
	return d
}

// What people did to a document after it was proven stands beside what was sent: both
// sides of what they changed, and when it was seen; of one that is gone, that.
func TestWhatChangedSinceHasBothSides(t *testing.T) {
	t.Parallel()
	const seen = "Seen 2026-08-01 14:00:00 UTC, "
	t.Run("changed", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			d := looked(t, 100, integration.Drift, integration.CauseChanged,
				"its document was changed: total: sent 1,727.00 USD", heldBody)
			d.Shows(seen, "it is not as it was sent.", "3 differ", "≠ total", "1727.00", "1700.5",
				"≠ item.items", "1 line", "2 lines", "[4 ≠ 14:00:00]")
			d.Press("3")
			d.Shows("As NetSuite gets it", `"externalId": "m3b-1"`) // the document that was looked at
			d.Press("1", "G")
			d.Shows("≠ looked again")
			d.Press("6", "[")
			d.Shows("0 differ")
			d.Hides("Seen ")
		})
	})
	t.Run("voided", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			const voided = "its document INV00042 (id 48213) was voided in NetSuite: it came to 1,727.00 USD, and comes to 0.00 USD now"
			d := looked(t, 100, integration.Drift, integration.CauseVoidedSince, voided, strings.ReplaceAll(heldBody, "1700.5", "0"))
			d.Shows(seen, "was voided in NetSuite", "comes to 0.00 USD now", "≠ total", "ask who did it and why")
		})
	})
	t.Run("deleted", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			d := looked(t, 80, integration.Accepted, integration.CauseDeleted,
				"NetSuite has its document INV00042 no more: it was deleted", "")
			d.Shows(seen, "it was deleted.", "ACCEPTED")
			d.Hides("differ ·", "= entity") // what was read before says nothing of now
		})
	})
	t.Run("deleted and nobody knows", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			d := looked(t, 80, integration.Drift, integration.CauseDeleted, "NetSuite has its document INV00042 no more: it was deleted", "")
			d.Press("1")
			d.Shows("#48213", ", deleted", "enter says what to do")
			d.Hides("Link ") // its address leads nowhere
			d.Press("enter")
			d.Shows("was deleted: what to do", "no more: it was deleted. That", "found out on 2026-08-01 14:00:00 UTC", "address leads",
				"Make it anew: retry")
			if d.Press("y"); !strings.Contains(d.Toast(), "queued again") {
				t.Errorf("it is not sent again: %s", d.Toast())
			}
		})
	})
	t.Run("set back", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			d := looked(t, 80, integration.Proven, "", "", "")
			d.Shows(seen, "it is as it was sent.", "0 differ", "[4 ✓ 14:00:00]")
		})
	})
}

// What differs is told in sentences as well, for who hears it read out.
func TestWhatDiffersIsSaid(t *testing.T) {
	t.Parallel()
	at := func(sent, held string) *service.RunDetail {
		d := &service.RunDetail{}
		x := integration.Exchange{Purpose: "create", Method: "POST", ReqBody: []byte(sent), Status: 204}
		back := integration.Exchange{Purpose: "read back", Method: "GET", RespBody: []byte(held), Status: 200}
		d.Attempts = []integration.Attempt{{N: 1, Exchanges: []integration.Exchange{x, back}}}
		return d
	}
	proven := at(`{"memo":"a"}`, "")
	proven.Proof, proven.Attempts[0].Exchanges = integration.Proven, proven.Attempts[0].Exchanges[:1]
	look := func(cause, said string, held ...integration.Exchange) *service.RunDetail {
		d := at(`{"memo":"a"}`, `{"id":"5","memo":"a"}`)
		d.Document = &service.Preview{}
		d.Document.Body = []byte(`{"memo":"a"}`)
		d.Attempts = append(d.Attempts, integration.Attempt{N: 2, Look: true, Start: servicetest.Start, Cause: cause, Error: said,
			Exchanges: held})
		return d
	}
	seen := "Seen " + stamp(servicetest.Start) + ": "
	for name, c := range map[string]struct {
		run  *service.RunDetail
		want []string
	}{
		"apart": {at(`{"memo":"a","otherRefNum":"7","x":"1"}`, `{"id":"5","memo":"b","otherRefNum":"7"}`),
			[]string{"memo differs: sent a, NetSuite holds b.", "x was not returned: sent 1.", "id is only in NetSuite: 5.", "1 the same."}},
		"by query": {proven, []string{"NetSuite's copy was read back with others in one query, and is what was sent. " +
			"Which document it is: see Response."}},
		"deleted": {look(integration.CauseDeleted, "it was deleted."), []string{seen + "it was deleted."}},
		"changed": {look(integration.CauseChanged, "memo", integration.Exchange{Purpose: "read back", Method: "GET", Status: 200,
			RespBody: []byte(`{"id":"5","memo":"c"}`)}), []string{seen + "it is not as it was sent.", "memo differs: sent a, NetSuite holds c.",
			"id is only in NetSuite: 5.", "0 the same."}},
		"not sent":  {&service.RunDetail{}, []string{"Nothing was sent, so there is nothing to compare."}},
		"no object": {at(`<html>`, `{"id":"5"}`), []string{"What was sent or what NetSuite answered is not a JSON object, or was cut."}},
	} {
		if got := Apart(c.run, "NetSuite"); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
