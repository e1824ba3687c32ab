package app

import (
	"testing"

	"billferry/internal/sandbox"
	"billferry/internal/service"
)

// Saved filters are there after a restart, and are changed by id.
func TestSavedFiltersAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	f, err := w.app.SaveFilter(t.Context(), service.SavedFilter{List: service.FilterRuns, Name: "Mine", Line: "status:failed"})
	if err != nil {
		t.Fatal(err)
	}
	f.Name = "Ours"
	if _, err := w.app.SaveFilter(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	w.close(t)
	w.open(t)
	all, err := w.app.SavedFilters(t.Context())
	if err != nil || len(all) != 1 || all[0] != f {
		t.Fatalf("%+v, %v", all, err)
	}
	if err := w.app.DeleteFilter(t.Context(), f.ID); err != nil {
		t.Fatal(err)
	}
	if all, err = w.app.SavedFilters(t.Context()); err != nil || len(all) != 0 {
		t.Fatalf("%+v, %v", all, err)
	}
}
