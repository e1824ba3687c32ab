package app

import (
	"errors"
	"os"
	"testing"

	"billferry/store"
)

func asLocked(t *testing.T, err error) *store.LockedError {
	t.Helper()
	var locked *store.LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("the file was not told as locked: %v", err)
	}
	if locked.PID != os.Getpid() {
		t.Fatalf("the owner is said to be %d", locked.PID)
	}
	return locked
}
