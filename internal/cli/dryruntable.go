package cli

import (
	"fmt"
	"io"

	"billferry/internal/service"
)

// showDryRun says what a retry would make of the eligible runs, and what a
// person has to do before those that stop are worth retrying.
func showDryRun(w io.Writer, r service.RetryResult) {
	if head := r.Mapped(); head != "" {
		_, _ = fmt.Fprintln(w, head)
	}
	for _, o := range r.DryRun {
		_, _ = fmt.Fprintln(w, "  "+clean(o.Words()))
		if o.Advice != "" {
			_, _ = fmt.Fprintln(w, "      what to do: "+clean(o.Advice))
		}
	}
}
