package kv

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// bugs are faults of the program, of the kinds that damage raises as well.
var bugs = map[string]func(){
	"a panic":            func() { panic("ours") },
	"a nil pointer":      func() { var r *testbed; r.path += "x" },
	"an index":           func() { var list []int; list[len(list)]++ },
	"a key of no length": func() { _ = [16]byte([]byte{1}) },
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
		if p := raised(func() error { return b.View(t.Context(), func(*Tx) error { bug(); return nil }) }); p == nil {
			t.Errorf("reading, %s: no panic", name)
		}
		before := b.Submit(put("before "+name), 1)
		p := raised(func() error {
			return b.Write(t.Context(), 1, func(x *Tx) error {
				if err := x.Put(bSmall, []byte("half"), []byte("v")); err != nil {
					return err
				}
				bug()
				return nil
			})
		})
		if own, ok := p.(*ownFault); !ok || errors.Is(own, ErrDamaged) || !strings.Contains(own.Error(), "billferry itself") ||
			!strings.Contains(own.Error(), "damage_test.go") {
			t.Errorf("writing, %s: raised %v", name, p)
		}
		if err := b.Wait(t.Context(), before); err != nil {
			t.Errorf("a change beside it: %v", err)
		}
		if v, err := b.read(t.Context(), "before "+name); err != nil || v != "before "+name {
			t.Errorf("a change beside it is %q, %v", v, err)
		}
	}
	if v, err := b.read(t.Context(), "half"); err != nil || v != "" {
		t.Errorf("half a change stayed: %q, %v", v, err)
	}
}
