//go:build unix

package app

import (
	"os"
	"syscall"
)

// foreignOwner tells whether somebody else than the user me owns a file.
func foreignOwner(info os.FileInfo, me int) (uid uint32, other bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return st.Uid, int(st.Uid) != me
}
