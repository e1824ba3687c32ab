// Package plan is what would be sent, Bill by Bill, as one person made it and
// another approved it: a value that can be read, compared and proven, and no IO.
package plan
