package e2e

import (
	"path/filepath"
	"testing"
	"time"

	"billferry/internal/api"
	"billferry/internal/integration"
)

// What people do in NetSuite to documents of the month that has ended, by demo's menu,
// stands on its page, each by its kind.
func TestTheMonthsEndFindsWhatPeopleDid(t *testing.T) {
	t.Parallel()
	kept := filepath.Join(folder(t), "kept")
	s := start(t, 120, 36, nil, "demo", "--latency", "5ms", "--keep", kept)
	s.see("Press n to create an integration.")
	create(s, "NetSuite US")
	connect(s)
	delivered(s)
	now := time.Now().UTC()
	month := now.AddDate(0, 0, -now.Day()).Format("2006-01")
	var ids []string
	watch(t, filepath.Join(kept, "data"), func(c *api.Client) bool {
		page, err := c.Runs(t.Context(), integration.RunFilter{Outcomes: []integration.Outcome{integration.Created}}, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Runs {
			if len(r.DocumentDate) > 7 && r.DocumentDate[:7] == month && r.DocumentKind == "invoice" {
				ids = append(ids, r.ExternalID)
			}
		}
		return true
	})
	if len(ids) < 5 {
		t.Fatalf("%d documents of %s", len(ids), month)
	}
	for i, x := range []struct{ key, told string }{
		{"e", " is another one"}, {"d", " is deleted"}, {"i", " is the same once more"}, {"u", " is of Europe Ltd now"}, {"v", " is voided"},
	} {
		s.press("D")
		s.see("Make something happen in the simulators")
		s.press(x.key)
		s.see("Internal id", "esc back")
		s.press("ctrl+u", ids[i], "ctrl+s")
		s.see("demo: document ", x.told)
	}
	s.press("esc", "esc")
	s.see("Needs you")
	s.press("M")
	s.see("was not reconciled yet")
	s.press("enter")
	s.see("○ BREAKS", "Another amount", "Changed in NetSuite since", "Deleted in NetSuite", "Made by hand beside ours", "Another subsidiary",
		"Voided in NetSuite")
}
