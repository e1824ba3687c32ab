//go:build !unix

package mapping_test

import "time"

var began = time.Now()

// cpuTime is wall time where the system gives no other.
func cpuTime() time.Duration { return time.Since(began) }
