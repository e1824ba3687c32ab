// Package pattern has regular expressions that cost a start nothing. Compiled
// in package variables, those of all rooms take a millisecond before the first
// frame and before every command, though few processes need more than one.
package pattern

import (
	"regexp"
	"sync"
)

// New is the expression, compiled when it is first asked for. One that is no
// regular expression panics then.
func New(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
