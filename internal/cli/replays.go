package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"billferry/internal/service"
)

func runsReplaysCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "replays", Short: "List the retries of the billferry that runs, newest first", Args: cobra.NoArgs,
		Long:    "Replays lists what 'runs retry' and the screens have re-queued since the process\nthat has the store began, and what is still at it.",
		Example: "  billferry runs replays --json",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			all, err := s.Replays(c.Context())
			if err != nil {
				return err
			}
			return e.print(listed(all), func(w io.Writer) {
				rows := make([][]string, len(all))
				for i, r := range all {
					rows[i] = []string{r.Name, replayState(r), strconv.Itoa(r.Done), strconv.Itoa(r.Total), when(r.Started), when(r.Ended)}
				}
				table(w, "NAME|STATE|>DONE|>OF|STARTED|ENDED", rows)
			})
		},
	}
}

func replayState(r service.Replay) string {
	switch {
	case r.Ended.IsZero():
		return "UNDER WAY"
	case r.Stopped:
		return "STOPPED"
	}
	return "DONE"
}

func runsStopCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "stop NAME", Short: "End a retry that is under way", Args: cobra.ExactArgs(1),
		Long:    "Stop ends a retry after the step it is at. What it has re-queued by then stays so.",
		Example: "  billferry runs stop 'retry 2026-11-22 17:00:00.000'",
		ValidArgsFunction: e.offer(func(ctx context.Context, s service.Service, _ string) ([]string, error) {
			all, err := s.Replays(ctx)
			var out []string
			for _, r := range all {
				if r.Ended.IsZero() {
					out = append(out, fmt.Sprintf("%s\t%d of %d", r.Name, r.Done, r.Total))
				}
			}
			return out, err
		}),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			r, err := s.StopReplay(c.Context(), args[0])
			if err != nil {
				return err
			}
			return e.print(r, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s: %d of %d were re-queued\n", r.Name, r.Done, r.Total) })
		},
	}
}
