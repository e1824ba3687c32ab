package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	raw, err := os.ReadFile(b.path())
	if err != nil {
		t.Fatal(err)
	}
	_, pages, whole := lastMeta(bytes.NewReader(raw))
	if whole != 2 {
		t.Fatal("the meta pages of a whole file are not understood")
	}
	return raw[:pages*int64(os.Getpagesize())] // bbolt makes files longer ahead
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
	_, checked := s.Check(ctx, false)
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
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "put the last backup in its place") {
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
		for _, from := range []int{0, pageHeader} { // the page itself may look right, and lead nowhere
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

// bugs are faults of the program, of the kinds that damage raises as well.
var bugs = map[string]func(){
	"a panic":            func() { panic("ours") },
	"a nil pointer":      func() { var r *integration.Run; r.Tries++ },
	"an index":           func() { var list []int; list[len(list)]++ },
	"a key of no length": func() { _ = key([]byte{1}) },
	"a type":             func() { var v any = 1; _ = v.(string) },
	"what we call":       func() { _ = bytes.Repeat([]byte{1}, -1) },
}

// A fault of the program is not blamed on the file, and ends nobody else: the
// change that has it goes back to who made it, and the writer goes on.
func TestOurOwnBugIsNotDamage(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	raised := func(f func() error) (p any) {
		defer func() { p = recover() }()
		t.Errorf("it became %v", f())
		return nil
	}
	for name, bug := range bugs {
		if p := raised(func() error { return b.view(t.Context(), func(*tx) error { bug(); return nil }) }); p == nil {
			t.Errorf("reading, %s: no panic", name)
		}
		before := b.submit(func(x *tx) error { return x.put(bMeta, []byte("before "+name), []byte("v")) }, 1)
		p := raised(func() error {
			return b.write(t.Context(), func(x *tx) error {
				if err := x.put(bMeta, []byte("half"), []byte("v")); err != nil {
					return err
				}
				bug()
				return nil
			})
		})
		if own, ok := p.(*ownFault); !ok || errors.Is(own, ErrDamaged) || !strings.Contains(own.Error(), "billferry itself") || !strings.Contains(own.Error(), "damage_test.go") {
			t.Errorf("writing, %s: raised %v", name, p)
		}
		if err := b.wait(t.Context(), before); err != nil {
			t.Errorf("a change beside it: %v", err)
		}
		if v, err := b.Meta(t.Context(), "before "+name); err != nil || string(v) != "v" {
			t.Errorf("a change beside it is %q, %v", v, err)
		}
	}
	if v, err := b.Meta(t.Context(), "half"); err != nil || v != nil {
		t.Errorf("half a change stayed: %q, %v", v, err)
	}
	b.checkClean()
}
