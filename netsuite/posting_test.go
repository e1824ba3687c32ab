package netsuite

import (
	"strings"
	"testing"

	"billferry/internal/delivery"
)

// Whether a document counts in the ledger is told by whatever shows it: the form
// may hide its approval status. Where nothing does, it is not proven.
func TestWhatTellsThatADocumentIsPosted(t *testing.T) {
	t.Parallel()
	id := func(id, name string) any { return map[string]any{"id": id, "refName": name} }
	for name, c := range map[string]struct {
		approval, status any
		posting          string // as a query shows it; "": not at all
		denied           bool   // the role may not query
		unposted         bool
		unread, fails    bool
		asks             int
	}{
		"approved":                           {approval: id("2", "Approved"), status: id("A", "Open")},
		"waits":                              {approval: id("1", "Pending Approval"), status: id("D", "Pending Approval"), unposted: true},
		"rejected":                           {approval: id("3", "Rejected"), status: id("E", "Rejected"), unposted: true},
		"needs no approval":                  {status: id("A", "Open")},
		"hidden, and waits":                  {status: id("D", "Pending Approval"), unposted: true},
		"hidden, and waits, by its text":     {status: id("Pending Approval", ""), unposted: true},
		"hidden, and rejected":               {status: id("E", ""), unposted: true},
		"hidden, and open by its text":       {status: id("Open", "Open")},
		"hidden, and paid":                   {status: id("B", "Paid In Full")},
		"the two disagree":                   {approval: id("2", "Approved"), status: id("D", "Pending Approval"), unposted: true},
		"both hidden, a query: it waits":     {posting: "F", unposted: true, asks: 1},
		"both hidden, a query: it is posted": {posting: "T", asks: 1},
		"an unknown status, a query":         {status: id("X", "?"), posting: "F", unposted: true, asks: 1},
		"both hidden, a query shows nothing": {asks: 1, fails: true}, // it lags behind: it is read again
		"both hidden, no query":              {denied: true, unread: true, asks: 1},
	} {
		f := newFake(t)
		client := f.client()
		ctx := t.Context()
		got, err := client.Deliver(ctx, encode(doc()), delivery.Before{}, nil)
		if err != nil {
			t.Fatal(name, err)
		}
		f.set("approvalStatus", c.approval)
		f.set("status", c.status)
		if c.posting != "" {
			f.queries["transaction WHERE"] = []string{`{"posting":"` + c.posting + `"}`}
		}
		if c.denied {
			f.refuse("POST /query", 400, "USER_ERROR", "Your current role does not have permission to perform this action.")
		}
		before := f.count("POST /query")
		d := doc()
		client.batch.may(&d, client.now())
		client.batch.set(&d, agreement{state: disagrees}) // no other query is asked
		p, err := client.Prove(ctx, d, got.ID, nil)
		if (err != nil) != c.fails || err == nil && (len(p.Differs) > 0 || p.Unposted != c.unposted || (p.Unread != "") != c.unread) ||
			f.count("POST /query")-before != c.asks {
			t.Errorf("%s: %+v, %v after %d queries", name, p, err, f.count("POST /query")-before)
		}
		if c.unread {
			if !strings.Contains(p.Unread, "Approval Status") {
				t.Errorf("%s: it says %q", name, p.Unread)
			}
			asked := f.count("POST /query")
			if p, err := client.Prove(ctx, doc(), got.ID, nil); err != nil || p.Unread == "" || f.count("POST /query") != asked {
				t.Errorf("%s: the second: %+v, %v", name, p, err)
			}
		}
	}
}

// A document that is found as it should be is not proven on the way either while
// nothing tells whether it is posted.
func TestAFoundDocumentThatHidesItsPostingIsReadAgain(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	client := f.client()
	if _, err := client.Deliver(t.Context(), encode(doc()), delivery.Before{}, nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		status any
		proven bool
	}{{nil, false}, {map[string]any{"id": "A"}, true}, {map[string]any{"id": "D"}, true}} {
		f.set("status", c.status)
		got, err := client.Deliver(t.Context(), encode(doc()), delivery.Before{Look: true}, nil)
		if err != nil || (got.Proof != nil) != c.proven {
			t.Errorf("status %v: %+v, %v", c.status, got.Proof, err)
		}
	}
}
