// Package memory weighs the memory of the program against processor time.
package memory

import (
	"os"
	"runtime/debug"
)

// percent is how much the heap may grow before it is collected, in hundredths
// of what is in use. billferry needs some 5 MB, and Go's 100 would collect six
// times a second while Bills are sent: a twelfth of their processor time. 200
// halves that for 9 MB.
const percent = 200

// Ease has the heap collected half as often as Go would, unless GOGC says how
// often. A limit of GOMEMLIMIT counts as ever.
func Ease() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}
