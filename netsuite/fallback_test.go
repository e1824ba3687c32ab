package netsuite_test

import (
	"testing"
	"time"

	"billferry/internal/sandbox"
	"billferry/netsuite"
)

// Where queries are not permitted, or a role hides the rows, every document is
// read by itself: two calls a Bill, and hardly one more. When the rows are shown
// again, so are documents proven together.
func TestWhatNoQueryShowsIsReadOneByOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hide, show func(*sandbox.Sandbox) error
		after      time.Duration
		more       int64 // calls beyond two a Bill
	}{
		"no SuiteAnalytics": {
			hide:  func(box *sandbox.Sandbox) error { return box.NetSuite().Deny("suiteanalytics") },
			show:  func(box *sandbox.Sandbox) error { return box.NetSuite().Deny() },
			after: 61 * time.Minute, more: 1,
		},
		"hidden rows": {
			hide:  func(box *sandbox.Sandbox) error { return box.NetSuite().Restrict("601") },
			show:  func(box *sandbox.Sandbox) error { return box.NetSuite().Restrict() },
			after: 61 * time.Minute, more: 7, // 40 Bills in 40 s: after 1, 2, 4, 8, 16 s
		},
		"queries that lag behind": {
			hide: func(box *sandbox.Sandbox) error { box.NetSuite().SetQueryLag(3 * time.Hour); return nil },
			show: func(box *sandbox.Sandbox) error { box.NetSuite().SetQueryLag(0); return nil }, after: 61 * time.Minute, more: 7,
		},
	} {
		now := time.Now()
		clock := func() time.Time { return now }
		box, client := start(t, sandbox.Options{Now: clock}, netsuite.Options{Now: clock})
		if err := c.hide(box); err != nil {
			t.Fatal(err)
		}
		for n := range 40 {
			now = now.Add(time.Second)
			w := written(t, client, document(n, 100+n))
			if rows := client.Rows(w.Doc); rows != 0 {
				t.Errorf("%s: document %d takes %d rows", name, n, rows)
			}
			if p, err := client.Prove(t.Context(), w.Doc, w.ID, nil); err != nil || len(p.Differs) > 0 || p.Unread != "" {
				t.Fatalf("%s: %+v %v", name, p, err)
			}
		}
		if got := box.Stats().Requests - 80; got > c.more {
			t.Errorf("%s: %d calls beyond two a Bill", name, got)
		}
		if err := c.show(box); err != nil {
			t.Fatal(err)
		}
		now = now.Add(c.after)
		w := written(t, client, document(100, 100))
		if first := client.Rows(w.Doc); first != 0 {
			t.Errorf("%s: the first takes %d rows", name, first)
		}
		if _, err := client.Prove(t.Context(), w.Doc, w.ID, nil); err != nil {
			t.Fatal(err)
		}
		if rows := client.Rows(w.Doc); rows == 0 {
			t.Errorf("%s: documents are still read one by one", name)
		}
	}
}
