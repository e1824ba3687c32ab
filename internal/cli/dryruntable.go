package cli

import (
	"fmt"
	"io"

	"billferry/internal/service"
)

// showDryRun says what a retry would make of the eligible runs, and what a
// person has to do before those that stop are worth retrying.
func showDryRun(w io.Writer, r service.RetryResult) {
	mapped := 0
	for _, o := range r.DryRun {
		mapped += o.Runs
	}
	if mapped == 0 {
		return
	}
	head := "of those eligible, as things are now:"
	if mapped < r.Eligible {
		head = fmt.Sprintf("of the first %d of those eligible, as things are now:", mapped)
	}
	_, _ = fmt.Fprintln(w, head)
	for _, o := range r.DryRun {
		line := fmt.Sprintf("  %d would ", o.Runs)
		switch o.Verdict {
		case service.WouldSend:
			line += "be sent"
		case service.WouldSkip:
			line += "not be sent (" + o.Cause + "): " + o.Reason
		case service.WouldWait:
			line += "wait and be tried again (" + o.Cause + "): " + o.Reason
		default:
			line += "stop again (" + o.Cause + "), for example: " + o.Reason
		}
		_, _ = fmt.Fprintln(w, clean(line))
		if o.Advice != "" {
			_, _ = fmt.Fprintln(w, "      what to do: "+clean(o.Advice))
		}
	}
}
