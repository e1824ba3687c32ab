package store

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/store/kv"
)

// A file that was removed or replaced under the store takes no change, of
// whatever kind: it would be lost with the file. It can be read and copied, what
// was recorded stays whole, and put back in its place it is taken again.
func TestAReplacedFileTakesNothing(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows lets nobody remove an open file")
	}
	for name, replaced := range map[string]bool{"removed": false, "replaced": true} {
		b := newTestbed(t)
		in := b.integration("x")
		b.add(newRun(in.ID, "b1", 1)) // staged: not in the trees yet
		if err := b.InPlace(); err != nil {
			t.Fatal(err)
		}
		away := b.path() + ".away"
		if err := os.Rename(b.path(), away); err != nil {
			t.Fatal(err)
		}
		if replaced {
			raw, err := os.ReadFile(away)
			err = errors.Join(err, os.WriteFile(b.path(), raw, 0o600), os.WriteFile(kv.OwnerPath(b.path()), []byte(`{"pid":1}`), 0o600))
			if err != nil {
				t.Fatal(err)
			}
		}
		ctx := t.Context()
		_, adding := b.AddRuns(ctx, []delivery.NewRun{newRun(in.ID, "b2", 1)})
		_, checking := b.Check(ctx, false, nil)
		_, repairing := b.Check(ctx, true, nil)
		_, purging := b.Purge(ctx, b.clock.now().Add(time.Hour), 0)
		for what, err := range map[string]error{
			"looking": b.InPlace(), "a small thing": b.SetMeta(ctx, "k", []byte("v")), "runs": adding, "an audit entry": b.Audit(ctx, "me", "x", ""),
			"a check": checking, "a repair": repairing, "a purge": purging,
		} {
			if !errors.Is(err, ErrReplaced) {
				t.Errorf("%s: %s gave %v", name, what, err)
			}
		}
		if v, err := b.Meta(ctx, "k"); err != nil || v != nil {
			t.Errorf("%s: %q was kept, %v", name, v, err)
		}
		var copied bytes.Buffer
		if _, err := b.Backup(&copied); err != nil {
			t.Errorf("%s: it cannot be copied: %v", name, err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		if note, err := os.ReadFile(kv.OwnerPath(b.path())); replaced && (err != nil || string(note) != `{"pid":1}`) {
			t.Errorf("the note of the new file's owner is %q, %v", note, err)
		}
		for _, raw := range [][]byte{copied.Bytes(), nil} { // the copy, and then the file itself
			if raw != nil {
				err := os.WriteFile(b.path(), raw, 0o600)
				if err != nil {
					t.Fatal(err)
				}
			} else if err := os.Rename(away, b.path()); err != nil {
				t.Fatal(err)
			}
			b.open()
			if rep, err := b.Check(ctx, false, nil); err != nil || rep.Found != 0 || rep.Runs != 1 {
				t.Errorf("%s: afterwards %+v, %v", name, rep, err)
			}
			b.add(newRun(in.ID, "b3", 1))
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
