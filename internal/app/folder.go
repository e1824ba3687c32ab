package app

import (
	"fmt"
	"os"
	"runtime"
)

// makeFolder makes the data folder, for this user alone. One that exists is
// left as it is, but one that others own or may write to is refused: the files
// in it are private, yet they could put others, or links, in their place.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	return private(dir, os.Geteuid())
}

// private tells why a folder is not the user me's alone to write to.
func private(dir string, me int) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at the data folder: %w", err)
	}
	if uid, other := foreignOwner(info, me); other {
		return fmt.Errorf("the data folder %s belongs to another user (uid %d): run billferry as that user, run chown on the folder,"+
			" or name another (one in it, say) with --data-dir", dir, uid)
	}
	if info.Mode().Perm()&0o022 != 0 && runtime.GOOS != "windows" {
		return fmt.Errorf("other users may write to the data folder %s: run chmod 700 on it, or name another with --data-dir", dir)
	}
	return nil
}
