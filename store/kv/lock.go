package kv

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"billferry/internal/readfile"
)

// LockedError tells that another process has the file open.
type LockedError struct {
	Path  string
	PID   int       // 0: not known
	Since time.Time // zero: not known
}

// Error says who has the file and what to do.
func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("%s is in use by another process; stop that process, or give another data folder", e.Path)
	}
	return fmt.Sprintf("%s is in use by process %d since %s; stop that process, or give another data folder",
		e.Path, e.PID, e.Since.Local().Format("2 Jan 15:04"))
}

// owner is the sidecar file that names who has the lock. It only informs: the
// lock itself is bbolt's flock, so a sidecar left over by a crash does no harm.
type owner struct {
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
}

// OwnerPath is where the note lies of who has the file at path open.
func OwnerPath(path string) string { return path + ".owner" }

func writeOwner(path string, now time.Time) error {
	b, err := json.Marshal(owner{os.Getpid(), now.UTC()})
	if err != nil {
		return err
	}
	// A rename, so that a reader never sees half a file.
	tmp := OwnerPath(path) + ".new"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, OwnerPath(path))
}

// lockedError reads the sidecar; what cannot be read stays unknown.
func lockedError(path string) *LockedError {
	e := &LockedError{Path: path}
	var o owner
	if b, err := readfile.Read(OwnerPath(path), readfile.Key); err == nil && json.Unmarshal(b, &o) == nil {
		e.PID, e.Since = o.PID, o.Since
	}
	return e
}
