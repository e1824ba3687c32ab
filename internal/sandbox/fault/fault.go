// Package fault decides which request of a simulator goes wrong, and how:
// by a rate, drawn from a seed so that a run can be repeated, or by a script
// that names the nth request.
package fault

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is what goes wrong.
type Kind string

// The kinds. "Commit" is the moment at which a write has had its effect.
const (
	Refuse       Kind = "refuse"      // concurrency refusal, HTTP 429
	Refuse400    Kind = "refuse-400"  // the same with HTTP 400
	Refuse401    Kind = "refuse-401"  // the same dressed as INVALID_LOGIN, after a hang
	RetryAfter   Kind = "retry-after" // HTTP 429 with Retry-After: 1
	Expire       Kind = "expire"      // every token given out so far stops working
	Error        Kind = "500"         // HTTP 500 before the commit
	ErrorAfter   Kind = "500-after"   // HTTP 500 after the commit
	HTML         Kind = "html"        // HTTP 502 with an HTML body, before the commit
	HTMLAfter    Kind = "html-after"  // the same after the commit
	Reset        Kind = "reset"       // connection reset before the commit
	ResetAfter   Kind = "reset-after" // connection reset after the commit
	Hang         Kind = "hang"        // no answer for a long time, then a reset; nothing committed
	HangAfter    Kind = "hang-after"  // committed, then no answer
	Truncate     Kind = "truncate"    // committed; the answer breaks off in the middle
	Drip         Kind = "drip"        // committed; the answer comes a few bytes at a time
	NoLocation   Kind = "no-location" // committed; 204 without Location
	DropField    Kind = "drop-field"  // committed without the field named by Arg, as a role that may not write it
	Locked       Kind = "locked"      // "locked by a user defined workflow"
	Changed      Kind = "changed"     // "Record has been changed"
	Skew         Kind = "skew"        // a token request is judged, and its answer dated, by a clock that is off by For
	TooMany      Kind = "429"         // m3ter's own rate limit answer
	Unauthorized Kind = "403"         // m3ter's answer to a token it does not know
)

var kinds = []Kind{
	Refuse, Refuse400, Refuse401, RetryAfter, Expire, Error, ErrorAfter, HTML, HTMLAfter, Reset, ResetAfter,
	Hang, HangAfter, Truncate, Drip, NoLocation, DropField, Locked, Changed, Skew, TooMany, Unauthorized,
}

// Target says which requests a fault can hit.
type Target string

// The targets.
const (
	Any   Target = "any"   // any record call or query of NetSuite
	Write Target = "write" // creates, changes and deletions of records
	Read  Target = "read"  // reads of records
	Query Target = "query" // SuiteQL
	Token Target = "token" // NetSuite's token endpoint
	M3ter Target = "m3ter" // any call of m3ter
)

var targets = []Target{Any, Write, Read, Query, Token, M3ter}

// Fault is one thing that goes wrong for some requests.
type Fault struct {
	Kind   Kind    `json:"kind"`
	Target Target  `json:"target,omitempty"` // empty: write; any for those that strike before the record is looked at
	Rate   float64 `json:"rate,omitempty"`   // share of the target's requests, 0 to 1
	Nth    []int64 `json:"nth,omitempty"`    // or exactly these, counted from 1
	Arg    string  `json:"arg,omitempty"`    // drop-field: the field
	// hang, refuse-401, drip: how long; skew: how far ahead NetSuite's clock is; 0: a default that
	// suits the kind
	For time.Duration `json:"for,omitempty"`
}

// Parse reads "[target:]kind[(arg)]=rate" or "[target:]kind[(arg)]@n,n": for
// example refuse=0.01, token:500@1, drop-field(memo)=0.1, hang(2s)@5.
func Parse(text string) (Fault, error) {
	var f Fault
	head, tail, sign := text, "", byte(0)
	if i := strings.IndexAny(text, "=@"); i >= 0 {
		head, tail, sign = text[:i], text[i+1:], text[i]
	}
	if t, rest, ok := strings.Cut(head, ":"); ok {
		f.Target, head = Target(t), rest
	}
	if name, arg, ok := strings.Cut(head, "("); ok {
		head = name
		f.Arg = strings.TrimSuffix(arg, ")")
		if d, err := time.ParseDuration(f.Arg); err == nil {
			f.Arg, f.For = "", d
		}
	}
	f.Kind = Kind(head)
	switch sign {
	case '=':
		rate, err := strconv.ParseFloat(tail, 64)
		if err != nil {
			return f, fmt.Errorf("fault %q: the rate %q is not a number from 0 to 1", text, tail)
		}
		f.Rate = rate
	case '@':
		for n := range strings.SplitSeq(tail, ",") {
			i, err := strconv.ParseInt(n, 10, 64)
			if err != nil {
				return f, fmt.Errorf("fault %q: %q is not the number of a request", text, n)
			}
			f.Nth = append(f.Nth, i)
		}
	default:
		return f, fmt.Errorf("fault %q: write KIND=RATE or KIND@N, for example refuse=0.01", text)
	}
	f, err := f.check()
	if err != nil {
		return f, fmt.Errorf("fault %q: %w", text, err)
	}
	return f, nil
}

// check fills the target in and says what is wrong.
func (f Fault) check() (Fault, error) {
	if !slices.Contains(kinds, f.Kind) {
		return f, fmt.Errorf("unknown kind %q; known are %s", f.Kind, join(kinds))
	}
	if f.Target == "" {
		f.Target = Write
		switch f.Kind {
		case Refuse, Refuse400, Refuse401, RetryAfter, Expire:
			f.Target = Any
		case TooMany, Unauthorized:
			f.Target = M3ter
		case Skew:
			f.Target = Token
		}
	}
	if !slices.Contains(targets, f.Target) {
		return f, fmt.Errorf("unknown target %q; known are %s", f.Target, join(targets))
	}
	if math.IsNaN(f.Rate) || f.Rate < 0 || f.Rate > 1 {
		return f, fmt.Errorf("the rate %v is not from 0 to 1", f.Rate)
	}
	for _, n := range f.Nth {
		if n < 1 {
			return f, fmt.Errorf("requests are counted from 1, not %d", n)
		}
	}
	if f.Kind == DropField && f.Arg == "" {
		return f, fmt.Errorf("name the field to drop: drop-field(memo)=0.1")
	}
	return f, nil
}

func join[S ~string](names []S) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = string(n)
	}
	return strings.Join(out, ", ")
}
