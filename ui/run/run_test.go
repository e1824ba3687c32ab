package run

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/mapping"
	"billferry/ui/screen"
	"billferry/ui/uitest"
)

const sentBody = `{"externalId":"m3b-1","entity":{"id":"7"},"total":1727.00,"item":{"items":[{"item":{"id":"12"},` +
	`"amount":1727.00,"quantity":3}]}}`

const heldBody = `{"links":[],"id":"48213","tranId":"INV00042","total":1700.5,"entity":{"id":"7","refName":"Acme UK"},` +
	`"item":{"items":[{"item":{"id":"12","refName":"Usage"},"amount":1700.5},{"item":{"id":"13"},"amount":1}]}}`

// tried is a run with three attempts: a refusal for load, a failure in
// NetSuite's words, and a success that holds other figures.
func tried(f *servicetest.Fake) service.RunDetail {
	in := f.AddIntegration(integration.Integration{Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite", Enabled: true})
	at := servicetest.Start
	post := integration.Exchange{Purpose: "create", Method: "POST",
		URL:     "https://1234567.suitetalk.api.netsuite.com/services/rest/record/v1/invoice",
		ReqHead: map[string]string{"Content-Type": "application/json", "Authorization": "Bearer abc"}, ReqBody: []byte(sentBody),
		Duration: 312 * time.Millisecond}
	refused, created := post, post
	refused.Status, refused.RespBody = 429, []byte(`{"title":"Too many","status":429}`)
	created.Status, created.RespHead = 204, map[string]string{"Location": "/invoice/48213"}
	read := integration.Exchange{Purpose: "read back", Method: "GET", URL: post.URL + "/48213", Status: 200, RespBody: []byte(heldBody),
		Duration: 90 * time.Millisecond}
	return f.AddRunDetail(service.RunDetail{
		Run: integration.Run{IntegrationID: in.ID, EntityID: "bill-1", BillRef: "INVOICE-101", AccountID: "id-acme",
			AccountCode: "acme_uk", Currency: "USD",
			PeriodStart: "2026-07-01", PeriodEnd: "2026-08-01", BillVersion: 2, BillStatus: "APPROVED", Trigger: "poll",
			Status: integration.Errored, Cause: "account_mapping_missing", Error: "The account acme_uk has no\x1b[31m NetSuite customer.",
			Advice:   "Map the account acme_uk to a NetSuite customer.",
			URL:      "https://1234567.app.netsuite.com/app/accounting/transactions/custinvc.nl?id=48213",
			AmountIn: decimal.MustParse("1727"), AmountIncluded: decimal.MustParse("1700.5"), AmountExcluded: decimal.MustParse("26.5"),
			AmountOut: decimal.MustParse("1700.5"), ExternalID: "48213", ExternalRef: "m3b-1"},
		Attempts: []integration.Attempt{
			{N: 1, Start: at, End: at.Add(400 * time.Millisecond), Status: integration.RateLimitRetry, Cause: "concurrency_limit",
				Exchanges: []integration.Exchange{refused}},
			{N: 2, Start: at.Add(4 * time.Second), End: at.Add(5 * time.Second), Status: integration.Errored, Cause: "account_mapping_missing",
				Error: "no mapping"},
			{N: 3, Start: at.Add(time.Minute), End: at.Add(61 * time.Second), Status: integration.Complete,
				Exchanges: []integration.Exchange{created, read}},
		},
		Bill: []byte(`{"id":"bill-1","billTotal":1727.00,` +
			`"lineItems":[{"id":"l1","convertedSubtotal":1727.00,"description":"Überlänge 初音ミク"}]}`),
		Document: &service.Preview{Source: "INVOICE-101", Verdict: "would be sent", Encoded: mapping.Encoded{Body: []byte(sentBody),
			Document: mapping.Document{
				Currency: "USD", Total: decimal.MustParse("1727"),
				Lines: []mapping.Line{{ItemID: "12", Description: "API calls", Quantity: decimal.MustParse("3"),
					Rate: decimal.MustParse("575.66666667"), Amount: decimal.MustParse("1727"),
					Why: mapping.Provenance{Rule: "external mapping of the product, linked", Fallback: "Netsuite Default Item Id",
						Money: "convertedSubtotal 1727.00", Sources: []string{"l1"}}}}}}},
	})
}

func start(t testing.TB, w, h int) (*uitest.Driver, *servicetest.Fake, *Screen) {
	f := servicetest.New()
	s := New(uitest.Env(f), tried(f).ID).(*Screen)
	return uitest.Start(t, s, w, h), f, s
}

func bubble(t *testing.T, test func(t *testing.T)) { t.Parallel(); synctest.Test(t, test) }

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, size := range uitest.Sizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			bubble(t, func(t *testing.T) { d, _, _ := start(t, size[0], size[1]); d.Golden() })
		})
	}
	for i, name := range tabNames[1:] {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) { d, _, _ := start(t, 80, 22); d.Press(fmt.Sprint(i + 2)); d.Golden() })
		})
	}
}

func TestTabsGoRound(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, _, s := start(t, 100, 24)
		for i := range tabNames {
			d.Shows(fmt.Sprintf("[%d %s]", i+1, tabNames[i]))
			d.Press([]string{"tab", "l", "right"}[i%3])
		}
		if s.tab != summaryTab {
			t.Errorf("after the last tab comes %s", tabNames[s.tab])
		}
		d.Press("h")
		d.Shows("[7 Lines]")
	})
}

func TestAttempts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f, s := start(t, 100, 24)
		d.Press("5")
		d.Shows("[3 ✓ 12:01:00]", "✓ 204", "Location: /invoice/48213")
		d.Press("[")
		d.Shows("got no answer", "no mapping")
		d.Press("[")
		d.Shows("✗ 429", `"title": "Too many"`)
		d.Press("[")
		d.Shows("[1 ◷ 12:00:00]")
		f.ChangeRun(s.id, func(r *service.RunDetail) {
			r.Attempts = append(r.Attempts, integration.Attempt{N: 4, Exchanges: []integration.Exchange{
				{Purpose: "look up currencies", Method: "POST", URL: "https://x/query"},
				{Purpose: "create", Method: "POST", URL: "https://x/invoice"}}})
		})
		d.Tell(screen.ChangedMsg{Change: service.Change{Kind: "run", ID: s.id}})
		if s.attempt != 0 || len(s.run.Attempts) != 4 {
			t.Errorf("a new attempt moved the view to attempt %d of %d", s.attempt+1, len(s.run.Attempts))
		}
		d.Press("1")
		d.Press("G")
		d.Shows("look up currencies POST /query", "create             POST /invoice")
	})
}

// The document and its lines are those of the attempt in view: a mapping that
// was mended between two attempts is seen.
func TestEachAttemptHasItsDocument(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f, s := start(t, 100, 30)
		f.ChangeRun(s.id, func(r *service.RunDetail) {
			old := *r.Document
			old.Body, old.Lines = []byte(`{"entity":{"id":"9"}}`),
				[]mapping.Line{{ItemID: "99", Why: mapping.Provenance{Rule: "Netsuite Default Item Id"}}}
			r.Attempts[0].Document, r.Attempts[2].Document = old.Body, r.Document.Body
			r.Documents = map[int]*service.Preview{1: &old}
		})
		d.Tell(screen.ChangedMsg{Change: service.Change{Kind: "run", ID: s.id}})
		d.Press("3")
		d.Shows(`"id": "7"`)
		d.Press("7")
		d.Shows("item 12")
		d.Press("[")
		d.Shows("No document", "Another attempt made one")
		d.Press("[")
		d.Shows("item 99")
		d.Press("3")
		d.Shows(`"id": "9"`)
	})
}

func TestNothingFromOutsideMovesTheCursor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, _, _ := start(t, 100, 40)
		d.Shows("The account acme_uk has no NetSuite customer.")
		if strings.Contains(d.View(), "\x1b[31m") {
			t.Error("an escape sequence of an answer reached the terminal")
		}
		if !strings.Contains(d.View(), "\x1b]8;;https://1234567.app.netsuite.com") {
			t.Error("the address of the invoice is not a link")
		}
	})
}

func TestFind(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, _, s := start(t, 100, 12)
		d.Press("2", "/")
		d.Type("convertedsub")
		d.Press("enter")
		d.Shows("1 of 1", "convertedSubtotal")
		if d.Typing() {
			t.Error("enter did not give the keys back")
		}
		d.Press("esc")
		if s.search.Active() {
			t.Error("esc did not end the search")
		}
	})
}

func TestRemedy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f, s := start(t, 100, 24)
		d.Shows("→ Map the account acme_uk", "enter maps this account")
		d.Press("enter")
		if got := d.Pushed(); got.Name != screen.Mappings || got.Arg != "id-acme" || got.ID != s.run.IntegrationID {
			t.Errorf("enter opened %+v", got)
		}
		d.Press("R")
		page, _ := f.Runs(t.Context(), integration.RunFilter{}, "", 1)
		found := false
		for _, m := range d.Sent {
			r, ok := m.(screen.ReplaceMsg)
			found = found || ok && r.To == screen.Route{Name: screen.Run, ID: page.Runs[0].ID}
		}
		if !found {
			t.Errorf("a retry does not lead to the new run: %v", d.Sent)
		}
	})
}

func TestCurl(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, _, _ := start(t, 100, 24)
		d.Press("Y")
		c, ok := d.Sent[len(d.Sent)-1].(screen.CopyMsg)
		if !ok || strings.Contains(c.Text, "abc") || !strings.Contains(c.Text, "$TOKEN") ||
			!strings.Contains(c.Text, `--data-raw '{"externalId"`) {
			t.Errorf("copied %+v", d.Sent)
		}
	})
	if got := quote("it's"); got != `'it'\''s'` {
		t.Errorf("quote: %s", got)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, d := range compare([]byte(sentBody), []byte(heldBody)) {
		got[d.path+" "+d.kind] = d.sent + "|" + d.held
	}
	for key, want := range map[string]string{
		"total differs":                       "1727.00|1700.5",
		"entity same":                         "7|7 (Acme UK)",
		"externalId not returned":             "m3b-1|",
		"item.items[1].item same":             "12|12 (Usage)",
		"item.items[1].amount differs":        "1727.00|1700.5",
		"item.items[1].quantity not returned": "3|",
		"item.items differs":                  "1 line|2 lines",
		"tranId only there":                   "|INV00042",
	} {
		if got[key] != want {
			t.Errorf("%s: %q, want %q (all: %v)", key, got[key], want, got)
		}
	}
	for _, bad := range []string{"", "[]", "{", "null"} {
		if compare([]byte(bad), []byte(heldBody)) != nil {
			t.Errorf("%q compares", bad)
		}
	}
	if !same("12.50", "12.5") || same("1", "2") || !same("false", "F") {
		t.Error("same is wrong")
	}
}

func TestKeysAreTheirHelp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		uitest.CheckKeys(t, func() *uitest.Driver {
			d, _, _ := start(t, 80, 9)
			d.Press("2", "G", "k", "[")
			return d
		}, "2")
		uitest.CheckKeys(t, func() *uitest.Driver {
			d, _, _ := start(t, 80, 9)
			d.Press("2", "/")
			d.Type("a")
			d.Press("enter", "G", "k")
			return d
		}, "2", "/", "[")
	})
}

func TestNeverLargerThanTheTerminal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w, h := rapid.IntRange(60, 200).Draw(r, "width"), rapid.IntRange(12, 60).Draw(r, "height")
		keys := rapid.SliceOfN(rapid.SampledFrom([]string{"tab", "[", "]", "/", "a", "G", "ctrl+d", "enter"}), 0, 8).Draw(r, "keys")
		synctest.Test(t, func(t *testing.T) {
			d, _, _ := start(t, w, h)
			d.Press(keys...)
			d.View()
			d.Resize(61, 16)
			d.View()
			d.Resize(w, h)
			d.View()
		})
	})
}
