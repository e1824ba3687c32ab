package cli

import (
	"cmp"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"billferry/internal/service"
)

func eventsCommand(e *env) *cobra.Command {
	var all bool
	list := &cobra.Command{
		Use: "list", Short: "List events, newest first", Example: "  billferry events list --all",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			ev, err := s.Events(c.Context(), service.EventFilter{IncludeActioned: all})
			if err != nil {
				return err
			}
			ins, err := s.Integrations(c.Context())
			if err != nil {
				return err
			}
			names := map[string]string{}
			for _, in := range ins {
				names[in.ID] = in.Name
			}
			return e.print(listed(ev), func(w io.Writer) {
				rows := make([][]string, len(ev))
				for i, x := range ev {
					done := "NOT ACTIONED"
					switch {
					case x.Resolved:
						done = "RESOLVED"
					case !x.Actioned.IsZero():
						done = "ACTIONED"
					}
					rows[i] = []string{x.ID, x.Name, cmp.Or(names[x.IntegrationID], x.IntegrationID), when(x.Time),
						strconv.Itoa(x.Times()), done, x.Message}
				}
				table(w, "ID|NAME|INTEGRATION|SINCE|>TIMES|STATE|MESSAGE", rows)
			})
		},
	}
	list.Flags().BoolVar(&all, "all", false, "also those that were actioned or resolved")
	action := &cobra.Command{
		Use: "action ID", Short: "Mark an event as actioned", Example: "  billferry events action 0199...",
		ValidArgsFunction: e.completeEvents(),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			ev, err := s.ActionEvent(c.Context(), args[0], true)
			if err != nil {
				return err
			}
			return e.print(ev, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is actioned\n", ev.Name) })
		},
	}
	return group("events", "What happened that a person should know of", list, action)
}
