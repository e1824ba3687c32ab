package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/testkit/pgtest"
	"billferry/store"
)

func quiet(string, int) {}

// A data folder is copied to PostgreSQL and back; nothing is copied on top of
// anything, nor out of a store that is in use, and what fails leaves no file.
func TestCopyToADatabaseAndBack(t *testing.T) {
	t.Parallel()
	pg, dir := pgtest.New(t), t.TempDir()
	from, back := filepath.Join(dir, "from"), filepath.Join(dir, "back")
	url := pg.URL("postgres", "postgres", "")
	if _, err := CopyToDatabase(t.Context(), from, url, quiet); err == nil || !strings.Contains(err.Error(), "there is no store at") {
		t.Errorf("a copy of nothing: %v", err)
	}
	s, err := store.Open(StorePath(from), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateIntegration(t.Context(), integration.Integration{Name: "US"}, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Audit(t.Context(), "anna", "made", "US"); err != nil {
		t.Fatal(err)
	}
	if _, err := CopyToDatabase(t.Context(), from, url, quiet); asLocked(t, err) == nil {
		t.Errorf("a store in use was copied: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := CopyFromDatabase(t.Context(), "postgres://127.0.0.1:1/x?connect_timeout=1", back, quiet); err == nil {
		t.Error("a copy from nowhere")
	}
	if _, err := os.Stat(StorePath(back)); err == nil {
		t.Error("what failed left a store")
	}
	there, err := CopyToDatabase(t.Context(), from, url, quiet)
	if err != nil || there.Records[store.KindIntegration] != 1 || there.Records[store.KindAudit] != 1 {
		t.Fatalf("%+v, %v", there, err)
	}
	if _, err := CopyToDatabase(t.Context(), from, url, quiet); err == nil || !strings.Contains(err.Error(), "something already") {
		t.Errorf("a copy on top: %v", err)
	}
	here, err := CopyFromDatabase(t.Context(), url, back, quiet)
	if err != nil || string(here.Digest) != string(there.Digest) {
		t.Errorf("%+v, want %+v, %v", here, there, err)
	}
	if _, err := CopyFromDatabase(t.Context(), url, back, quiet); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a copy on top: %v", err)
	}
}
