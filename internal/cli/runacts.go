package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// unsettled are the statuses of runs that a person can hold.
var unsettled = []integration.Status{integration.Waiting, integration.AwaitingRetry, integration.RateLimitRetry}

// failedStatuses are those of runs that a person can do something about.
func failedStatuses() []integration.Status {
	var f integration.RunFilter
	f.OnlyFailed()
	return f.Statuses
}

func runsMarkSentCommand(e *env) *cobra.Command {
	var externalID, reason string
	var confirmed bool
	systems := e.catalog().Systems()
	c := &cobra.Command{
		Use: "mark-sent RUN --external-id ID --reason TEXT", Short: "Settle a run whose Bill a person put into " + systems,
		Long: "Looks the document up in " + systems + " and settles the run with it. Customer,\n" +
			"currency and amount must be the Bill's, and no other run's document will do;\n" +
			"otherwise both sides are shown and nothing is done, until the same is asked for\nwith --confirm.\n\n" +
			"--external-id is the internal id that " + systems + " itself gives the record, as in the\n" +
			"record's address: neither the document's number nor an external id.",
		Example:           "  billferry runs mark-sent 0199... --external-id 4711 --reason 'keyed in by hand, ticket 88'",
		ValidArgsFunction: e.completeRuns(failedStatuses()...),
		RunE: func(c *cobra.Command, args []string) error {
			return e.settle(c.Context(), func(ctx context.Context, s service.Service) (integration.Run, error) {
				r, err := s.MarkSent(ctx, args[0], externalID, reason, confirmed)
				var m *integration.Mismatch
				if errors.As(err, &m) {
					table(e.err, " |BILL|IN "+strings.ToUpper(m.System), sideRows(m))
					return r, fmt.Errorf("%w; nothing was done: if it is this Bill's all the same, say so with --confirm", m)
				}
				return r, err
			})
		},
	}
	c.Flags().StringVar(&externalID, "external-id", "", "internal id of the record in "+systems+", not its number")
	c.Flags().BoolVar(&confirmed, "confirm", false, "settle the run although the document is not evidently the Bill's")
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit trail")
	_ = c.MarkFlagRequired("external-id")
	_ = c.MarkFlagRequired("reason")
	return c
}

func sideRows(m *integration.Mismatch) (rows [][]string) {
	for _, r := range m.Rows() {
		rows = append(rows, []string{r[0], clean(r[1]), clean(r[2])})
	}
	return rows
}

func runsSkipCommand(e *env) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "skip RUN --reason TEXT", Short: "Settle a run whose Bill shall not be sent, or whose document differs and shall stay so",
		Example:           "  billferry runs skip 0199... --reason 'test account'",
		ValidArgsFunction: e.completeRuns(failedStatuses()...),
		RunE: func(c *cobra.Command, args []string) error {
			return e.settle(c.Context(), func(ctx context.Context, s service.Service) (integration.Run, error) {
				return s.SkipRun(ctx, args[0], reason)
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit trail")
	_ = c.MarkFlagRequired("reason")
	return c
}

// settle does an act on one run and prints what it became.
func (e *env) settle(ctx context.Context, act func(context.Context, service.Service) (integration.Run, error)) error {
	s, err := e.open(ctx, idle)
	if err != nil {
		return err
	}
	r, err := act(ctx, s)
	if err != nil {
		return err
	}
	return e.print(r, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%s %s is %s %s\n", r.ID, clean(r.BillRef), r.Standing(), r.OutcomeText())
	})
}

func runsHoldCommand(e *env) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "hold RUN... --reason TEXT", Short: "Keep runs that wait from being sent until they are released",
		Example:           "  billferry runs hold 0199... --reason 'asked by accounting'",
		ValidArgsFunction: e.completeRuns(unsettled...),
		RunE: func(c *cobra.Command, args []string) error {
			return e.act(c.Context(), "held", func(ctx context.Context, s service.Service) (service.ActResult, error) {
				return s.HoldRuns(ctx, args, reason)
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit trail")
	_ = c.MarkFlagRequired("reason")
	return c
}

func runsReleaseCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "release RUN...", Short: "Let held runs be sent",
		Example:           "  billferry runs release 0199...",
		ValidArgsFunction: e.completeRunsOf(integration.RunFilter{Outcomes: []integration.Outcome{integration.Held}}),
		RunE: func(c *cobra.Command, args []string) error {
			return e.act(c.Context(), "released", func(ctx context.Context, s service.Service) (service.ActResult, error) {
				return s.ReleaseRuns(ctx, args)
			})
		},
	}
}

// act does an act on many runs and counts those that could not take it.
func (e *env) act(ctx context.Context, did string, act func(context.Context, service.Service) (service.ActResult, error)) error {
	s, err := e.open(ctx, idle)
	if err != nil {
		return err
	}
	r, err := act(ctx, s)
	if err != nil {
		return err
	}
	if err := e.print(r, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%d %s\n", r.Done, did)
		showReasons(w, r.Not)
	}); err != nil {
		return err
	}
	if len(r.Not) > 0 {
		return fmt.Errorf("not every run could be %s", did)
	}
	return nil
}

// showReasons lists counts by their reasons, in an order that stays.
func showReasons(w io.Writer, counts map[string]int) {
	for _, why := range slices.Sorted(maps.Keys(counts)) {
		_, _ = fmt.Fprintf(w, "  %d %s\n", counts[why], why)
	}
}
