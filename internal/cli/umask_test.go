//go:build unix

package cli

import "syscall"

// Data folders of tests are their user's alone whatever the umask is: others are
// refused.
func init() { syscall.Umask(0o077) }
