package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"billferry/internal/integration"
)

// wholeFile makes a store with something in every bucket that a run touches,
// and gives its bytes.
func wholeFile(t *testing.T) []byte {
	t.Helper()
	b := newTestbed(t)
	in := b.integration("x").ID
	for i := range 150 {
		b.add(newRun(in, fmt.Sprint("b", i), 1))
	}
	if err := b.AddEvent(t.Context(), integration.Event{Name: integration.EventDisabled, IntegrationID: in}); err != nil {
		t.Fatal(err)
	}
	if err := b.Audit(t.Context(), "anna", "did", "x"); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(b.path())
	if err != nil {
		t.Fatal(err)
	}
	raw(t, b.path(), func(x *bbolt.Tx) error { file = file[:x.Size()]; return nil }) // bbolt makes files longer ahead
	return file
}

// useAll puts a file at path, opens it and does with it what commands do.
func useAll(t *testing.T, path string, raw []byte) error {
	t.Helper()
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, Options{noSync: true})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	ctx := t.Context()
	_, checked := s.Check(ctx, false, nil)
	_, listed := s.Integrations(ctx)
	_, runs := s.Runs(ctx, integration.RunFilter{}, "", 500)
	_, events := s.Events(ctx, "", "", true, 10)
	_, _, audit := s.VerifyAudit(ctx)
	_, backup := s.Backup(&bytes.Buffer{})
	added := s.AddEvent(ctx, integration.Event{Name: integration.EventDisabled})
	return errors.Join(checked, listed, runs, events, audit, backup, added)
}

// A file that was cut short, emptied or written over is refused with what is
// wrong and what to do; nothing of it ends the process.
func TestAMutilatedFileIsRefused(t *testing.T) {
	t.Parallel()
	whole, path, page := wholeFile(t), filepath.Join(t.TempDir(), "x.db"), os.Getpagesize()
	if err := useAll(t, path, whole); err != nil {
		t.Fatalf("the whole file: %v", err)
	}
	noMetas := bytes.Clone(whole)
	clear(noMetas[:2*page])
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"zero length":      {nil, "it is empty"},
		"one byte":         {whole[:1], "does not begin as a store does"},
		"one page":         {whole[:page], "it was cut short"},
		"six pages":        {whole[:6*page], "it was cut short"},
		"inside a page":    {whole[:3*page+100], "it was cut short"},
		"no meta pages":    {noMetas, "does not begin as a store does"},
		"something else":   {bytes.Repeat([]byte("not a database\n"), 5000), "does not begin as a store does"},
		"only zero bytes":  {make([]byte, len(whole)), "does not begin as a store does"},
		"first meta alone": {append(bytes.Clone(whole[:page]), make([]byte, page)...), "it was cut short"},
	} {
		err := useAll(t, path, c.raw)
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(err.Error(), "put the last backup in its place") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// One of the two meta pages is enough, whichever it is.
	for i := range 2 {
		raw := bytes.Clone(whole)
		clear(raw[i*page : (i+1)*page])
		if err := useAll(t, path, raw); errors.Is(err, ErrDamaged) && strings.Contains(err.Error(), "does not begin") {
			t.Errorf("without meta page %d: %v", i, err)
		}
	}
}

// Whatever page is written over with whatever, the process goes on.
func TestAnyGarbagePageIsSurvived(t *testing.T) {
	t.Parallel()
	whole, path, page := wholeFile(t), filepath.Join(t.TempDir(), "x.db"), os.Getpagesize()
	told, all := 0, 0
	for at := 2 * page; at < len(whole); at += page {
		fill := []byte{0x00, 0xFF, 0x5A}[at/page%3]
		for _, from := range []int{0, 16} { // of its header: the page itself may look right, and lead nowhere
			raw := bytes.Clone(whole)
			for i := from; i < page; i++ {
				raw[at+i] = fill
			}
			all++
			if errors.Is(useAll(t, path, raw), ErrDamaged) {
				told++
			}
		}
	}
	if told == 0 {
		t.Error("no garbage was told as damage")
	}
	t.Logf("%d of %d pages written over were told as such", told, all)
}
