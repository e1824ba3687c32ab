package e2e

import (
	"path/filepath"
	"testing"

	"billferry/internal/api"
	"billferry/internal/app"
	"billferry/internal/integration"
)

// What somebody else made of a run meanwhile is not taken back: u names the run and how
// it stands by then, and takes back what is as this session left it.
func TestUndoAfterSomebodyElse(t *testing.T) {
	t.Parallel()
	kept := filepath.Join(folder(t), "kept")
	s := start(t, 120, 36, nil, "demo", "--latency", "5ms", "--bills", "5", "--keep", kept)
	create(s, "NetSuite US")
	s.goes("r", "○ WAITING", "5 runs")
	other := api.Dial(app.SocketPath(filepath.Join(kept, "data")), app.Catalog())
	page, err := other.Runs(t.Context(), integration.RunFilter{Text: "INVOICE-102"}, "", 1)
	if err != nil || len(page.Runs) != 1 {
		t.Fatal(err, page)
	}
	theirs := []string{page.Runs[0].ID}
	they := func() {
		t.Helper()
		if _, err := other.ReleaseRuns(t.Context(), theirs); err != nil {
			t.Fatal(err)
		}
		if r, err := other.HoldRuns(t.Context(), theirs, "not before the audit"); err != nil || r.Done != 1 {
			t.Fatal(err, r)
		}
	}
	hold := func() {
		t.Helper()
		s.goes("h", "Hold: ", "Reason")
		s.press("ask the controller", "ctrl+s")
		s.see("held; u takes it back", "HELD")
	}
	s.filters("INVOICE-102", "1 run ")
	s.goes("x", "hold …")
	hold()
	they()
	s.goes("u", "✗ nothing is taken back: by now INVOICE-102 is HELD (not before the audit)")
	s.press("esc")
	s.see("5 runs", "HELD")

	if _, err := other.ReleaseRuns(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	s.gone("HELD")
	s.press("g", "V", "G", "V")
	s.see("5 marked")
	s.goes("x", "5 marked runs")
	hold()
	they()
	s.goes("u", "✗ 4 of 5 runs taken back: by now INVOICE-102 is HELD (not before the audit)")
}
