package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"billferry/internal/service"
)

func runsBulkRetriesCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "retries", Short: "List the latest retries, newest first",
		Long: "Retries lists what 'runs retry' and the screens have re-queued. A retry whose\nprocess was killed is INTERRUPTED: 'runs retry " +
			"--continue NAME' goes on with it,\n'runs stop NAME' leaves it at that. No run is retried twice.",
		Example: "  billferry runs retries --json",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			all, err := s.BulkRetries(c.Context())
			if err != nil {
				return err
			}
			return e.print(listed(all), func(w io.Writer) {
				rows := make([][]string, len(all))
				for i, r := range all {
					rows[i] = []string{r.Name, bulkRetryState(r), strconv.Itoa(r.Done), strconv.Itoa(r.Total), when(r.Started), when(r.Ended)}
				}
				table(w, "NAME|STATE|>DONE|>OF|STARTED|ENDED", rows)
			})
		},
	}
}

func bulkRetryState(r service.BulkRetry) string {
	switch {
	case r.Interrupted:
		return "INTERRUPTED"
	case r.Ended.IsZero():
		return "UNDER WAY"
	case r.Stopped:
		return "STOPPED"
	case unfinished(r):
		return "ENDED EARLY"
	}
	return "DONE"
}

// unfinished tells whether a retry can be gone on with.
func unfinished(r service.BulkRetry) bool {
	return r.Interrupted || !r.Ended.IsZero() && r.Done < r.Total
}

// completeBulkRetries offers the names of retries.
func (e *env) completeBulkRetries(match func(service.BulkRetry) bool) cobra.CompletionFunc {
	return e.offer(func(ctx context.Context, s service.Service, _ string) ([]string, error) {
		all, err := s.BulkRetries(ctx)
		var out []string
		for _, r := range all {
			if match(r) {
				out = append(out, fmt.Sprintf("%s\t%d of %d", r.Name, r.Done, r.Total))
			}
		}
		return out, err
	})
}

func runsStopCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "stop NAME", Short: "End a retry that is under way or was interrupted",
		Long:              "Stop ends a retry after the step it is at. What it has re-queued by then stays so.",
		Example:           "  billferry runs stop 'retry 2026-11-22 17:00:00.000'",
		ValidArgsFunction: e.completeBulkRetries(func(r service.BulkRetry) bool { return r.Ended.IsZero() }),
		RunE: onNamed(e, service.Service.StopBulkRetry, func(r service.BulkRetry) error {
			return e.print(r, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s: %d of %d were re-queued\n", r.Name, r.Done, r.Total) })
		}),
	}
}
