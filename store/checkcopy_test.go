package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// While a copy is checked others record: each part of the check waits here for a
// run that is added meanwhile.
func TestACheckHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	b.add(newRun(in, "b1", 1), newRun(in, "b2", 1))
	var parts []string
	rep, err := b.CheckCopy(t.Context(), func(part string, _ int) {
		if slices.Contains(parts, part) {
			return
		}
		parts = append(parts, part)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := b.AddRuns(ctx, []delivery.NewRun{newRun(in, part, 1)}); err != nil {
			t.Errorf("%s: nothing is recorded: %v", part, err)
		}
	})
	if err != nil || rep.Found != 0 || rep.Runs < 2 {
		t.Errorf("%+v, %v", rep, err)
	}
	if want := []string{"copy", "pages", "records", "runs", "indexes", "events", "names and mappings", "counters"}; !slices.Equal(parts,
		want) {
		t.Errorf("told of %q", parts)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(b.path()), checkFolders+"*")); len(left) != 0 {
		t.Errorf("left over are %q", left)
	}
	b.checkClean()
}

// A copy shows what is wrong with the file, and one that was left by a process
// which was killed goes with the next check.
func TestACopyShowsWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	r := b.add(newRun(in, "b1", 1))[0]
	old := filepath.Join(filepath.Dir(b.path()), checkFolders+"old")
	if err := os.Mkdir(old, 0o700); err != nil {
		t.Fatal(err)
	}
	k, _ := parseKey(r.ID)
	if err := b.write(t.Context(), func(x *tx) error {
		run, err := x.mustRun(k)
		x.countRun(k, &run, 1)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	rep, err := b.CheckCopy(t.Context(), func(string, int) {})
	if err != nil || rep.Found == 0 || rep.Repaired != 0 {
		t.Errorf("%+v, %v", rep, err)
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an old copy is still there: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	if _, err := b.CheckCopy(ctx, func(part string, _ int) {
		if part == "runs" {
			stop()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("a check that is stopped says %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(b.path()), checkFolders+"*")); len(left) != 0 {
		t.Errorf("left over are %q", left)
	}
	if rep, err := b.Check(t.Context(), true, nil); err != nil || rep.Found != rep.Repaired {
		t.Errorf("%+v, %v", rep, err)
	}
	if got, err := b.Run(t.Context(), r.ID); err != nil || got.Status != integration.Waiting {
		t.Errorf("%+v, %v", got, err)
	}
}

// Two checks at once: the copy that one reads is not the other's to drop.
func TestACheckLeavesTheCopyOfAnother(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	b.add(newRun(b.integration("x").ID, "b1", 1))
	other, stop := context.WithCancel(t.Context())
	stop()
	rep, err := b.CheckCopy(t.Context(), func(string, int) {
		if _, err := b.CheckCopy(other, func(string, int) {}); !errors.Is(err, context.Canceled) {
			t.Errorf("the other check says %v", err)
		}
	})
	if err != nil || rep.Found != 0 || rep.Runs != 1 {
		t.Errorf("%+v, %v", rep, err)
	}
}
