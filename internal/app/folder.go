package app

import (
	"fmt"
	"os"
	"runtime"
)

// makeFolder makes the data folder, for this user alone. One that exists is
// left as it is, but one that every user may write to is refused: the files in
// it are private, yet anybody could put others, or links, in their place.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at the data folder: %w", err)
	}
	if info.Mode().Perm()&0o002 != 0 && runtime.GOOS != "windows" {
		return fmt.Errorf("every user may write to the data folder %s: run chmod 700 on it, or name another with --data-dir", dir)
	}
	return nil
}
