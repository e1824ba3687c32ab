package service

import "fmt"

// MapLimit is how many Bills a dry run maps at most.
const MapLimit = 5000

// The verdicts of a DryRun.
const (
	WouldSend = "sent"    // there is a document for the destination
	WouldSkip = "skipped" // nothing is to be sent
	WouldStop = "stops"   // it fails again until a person mends the cause
	WouldWait = "waits"   // an outside system cannot be asked now: it is tried again by itself
)

// DryRun is what a retry would make of some runs.
type DryRun struct {
	Verdict string `json:"verdict"`
	Cause   string `json:"cause,omitempty"`
	Reason  string `json:"reason,omitempty"` // of the first of them
	Advice  string `json:"advice,omitempty"`
	Runs    int    `json:"runs"`
}

// Words say what would become of so many runs, as "12 would be sent".
func (d DryRun) Words() string {
	text := fmt.Sprintf("%d would ", d.Runs)
	switch d.Verdict {
	case WouldSend:
		return text + "be sent"
	case WouldSkip:
		return text + "not be sent (" + d.Cause + "): " + d.Reason
	case WouldWait:
		return text + "wait and be tried again (" + d.Cause + "): " + d.Reason
	}
	return text + "stop again (" + d.Cause + "), for example: " + d.Reason
}

// Mapped is how many of the eligible runs DryRun tells of, in words; "" without any.
func (r RetryResult) Mapped() string {
	n := 0
	for _, d := range r.DryRun {
		n += d.Runs
	}
	switch {
	case n == 0:
		return ""
	case n < r.Eligible:
		return fmt.Sprintf("of the first %d of those eligible, as things are now:", n)
	}
	return "of those eligible, as things are now:"
}
