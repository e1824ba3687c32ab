// Package pattern has regular expressions that cost a start nothing. Compiled
// in package variables, those of all rooms take a millisecond before the first
// frame and before every command, though few processes need more than one.
package pattern

import (
	"regexp"
	"sync"
)

// Expression is compiled when it is first asked for.
type Expression func() *regexp.Regexp

var all []Expression

// New is for package variables. What is no regular expression panics when it is
// asked for; the program's tests ask for all.
func New(expr string) Expression {
	e := Expression(sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) }))
	all = append(all, e)
	return e
}

// All are those of the packages that a program has.
func All() []Expression { return all }
