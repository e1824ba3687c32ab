package cli

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/integration"
	"billferry/internal/service"
)

func eventsCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "events", Short: "What happened that a person should know of"}
	var all bool
	list := &cobra.Command{
		Use: "list", Short: "List events, newest first", Args: cobra.NoArgs, Example: "  billferry events list --all",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), noPoll)
			if err != nil {
				return err
			}
			ev, err := s.Events(c.Context(), service.EventFilter{IncludeActioned: all})
			if err != nil {
				return err
			}
			return e.print(ev, func(w io.Writer) {
				rows := make([][]string, len(ev))
				for i, x := range ev {
					done := "NOT ACTIONED"
					if !x.Actioned.IsZero() {
						done = "ACTIONED"
					}
					rows[i] = []string{x.ID, x.Name, when(x.Time), done, x.Message}
				}
				table(w, "ID|NAME|DATE|STATE|MESSAGE", rows)
			})
		},
	}
	list.Flags().BoolVar(&all, "all", false, "also those that were actioned")
	action := &cobra.Command{
		Use: "action ID", Short: "Mark an event as actioned", Args: cobra.ExactArgs(1), Example: "  billferry events action 0199...",
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.open(c.Context(), noPoll)
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
	c.AddCommand(list, action)
	return c
}

func mappingCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "mapping", Short: "External mappings: which NetSuite record a m3ter entity is"}
	c.AddCommand(mappingListCommand(e), mappingAddCommand(e), mappingDeleteCommand(e), mappingImportCommand(e), mappingExportCommand(e), mappingPullCommand(e))
	return c
}

func mappingListCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List external mappings", Args: cobra.NoArgs, Example: "  billferry mapping list",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), noPoll)
			if err != nil {
				return err
			}
			ms, err := s.Mappings(c.Context(), service.MappingFilter{})
			if err != nil {
				return err
			}
			return e.print(ms, func(w io.Writer) {
				rows := make([][]string, len(ms))
				for i, m := range ms {
					rows[i] = []string{m.ID, m.M3terEntity, m.M3terID, m.ExternalSystem, m.ExternalTable, m.ExternalID, m.IntegrationID}
				}
				table(w, "ID|ENTITY|M3TER ID|SYSTEM|TABLE|EXTERNAL ID|LINKED INTEGRATION", rows)
			})
		},
	}
}

func mappingAddCommand(e *env) *cobra.Command {
	var m integration.ExternalMapping
	var ref string
	c := &cobra.Command{
		Use: "add --entity Account --m3ter-id ID --external-id ID", Short: "Add an external mapping", Args: cobra.NoArgs,
		Example: "  billferry mapping add --entity Account --m3ter-id 62eaad67-... --external-id 614",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), noPoll)
			if err != nil {
				return err
			}
			if ref != "" {
				in, err := resolve(c.Context(), s, ref)
				if err != nil {
					return err
				}
				m.IntegrationID = in.ID
			}
			if m.ExternalTable == "" {
				m.ExternalTable = tableOf(m.M3terEntity)
			}
			got, err := s.PutMapping(c.Context(), m)
			if err != nil {
				return err
			}
			return e.print(got, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s %s is %s %s %s (%s)\n", got.M3terEntity, got.M3terID, got.ExternalSystem, got.ExternalTable, got.ExternalID, got.ID)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&m.M3terEntity, "entity", "Account", "Account, Product, AccountingProduct or Aggregation")
	f.StringVar(&m.M3terID, "m3ter-id", "", "id of the m3ter entity")
	f.StringVar(&m.ExternalSystem, "system", "Netsuite", "external system")
	f.StringVar(&m.ExternalTable, "table", "", "external table (default: Customer for an Account, else Item)")
	f.StringVar(&m.ExternalID, "external-id", "", "internal id of the NetSuite record")
	f.StringVar(&ref, "integration", "", "link it to this integration alone")
	_ = c.MarkFlagRequired("m3ter-id")
	_ = c.MarkFlagRequired("external-id")
	return c
}

func tableOf(entity string) string {
	if strings.EqualFold(entity, "Account") {
		return "Customer"
	}
	return "Item"
}

func mappingDeleteCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "delete ID", Short: "Delete an external mapping", Args: cobra.ExactArgs(1), Example: "  billferry mapping delete 0b1b...",
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.open(c.Context(), noPoll)
			if err != nil {
				return err
			}
			if err := s.DeleteMapping(c.Context(), args[0]); err != nil {
				return err
			}
			return e.print(map[string]string{"deleted": args[0]}, func(w io.Writer) { _, _ = fmt.Fprintln(w, "deleted", args[0]) })
		},
	}
}

// mappingColumns is the head of a CSV of mappings, both ways.
var mappingColumns = []string{"m3terEntity", "m3terId", "externalSystem", "externalTable", "externalId", "integrationConfigId"}

func mappingExportCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "export", Short: "Print all external mappings as CSV", Args: cobra.NoArgs, Example: "  billferry mapping export > mappings.csv",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), noPoll)
			if err != nil {
				return err
			}
			ms, err := s.Mappings(c.Context(), service.MappingFilter{})
			if err != nil {
				return err
			}
			w := csv.NewWriter(e.out)
			_ = w.Write(mappingColumns)
			for _, m := range ms {
				_ = w.Write([]string{m.M3terEntity, m.M3terID, m.ExternalSystem, m.ExternalTable, m.ExternalID, m.IntegrationID})
			}
			w.Flush()
			return w.Error()
		},
	}
}

func mappingImportCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "import FILE.csv", Short: "Add the external mappings of a CSV file", Args: cobra.ExactArgs(1),
		Long:    "Import reads a CSV with the head " + strings.Join(mappingColumns, ",") + ".\nThe last column may be left out. A line that is refused is told with its number; the rest goes on.",
		Example: "  billferry mapping import mappings.csv",
		RunE: func(c *cobra.Command, args []string) error {
			b, err := e.readFile(args[0])
			if err != nil {
				return err
			}
			ms, err := parseMappings(string(b))
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			s, err := e.open(c.Context(), noPoll)
			if err != nil {
				return err
			}
			added, refused := 0, 0
			for i, m := range ms {
				if _, err := s.PutMapping(c.Context(), m); err != nil {
					refused++
					e.say("%s:%d: %v", args[0], i+2, err)
					continue
				}
				added++
			}
			if err := e.print(map[string]int{"added": added, "refused": refused}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%d added, %d refused\n", added, refused)
			}); err != nil {
				return err
			}
			if refused > 0 {
				return errors.New("some lines were refused")
			}
			return nil
		},
	}
}

func parseMappings(text string) ([]integration.ExternalMapping, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || len(rows[0]) < 5 || !strings.EqualFold(strings.Join(rows[0][:5], ","), strings.Join(mappingColumns[:5], ",")) {
		return nil, fmt.Errorf("the first line must be %s", strings.Join(mappingColumns, ","))
	}
	var out []integration.ExternalMapping
	for i, row := range rows[1:] {
		if len(row) < 5 {
			return nil, fmt.Errorf("line %d has %d columns, not 5 or 6", i+2, len(row))
		}
		m := integration.ExternalMapping{M3terEntity: row[0], M3terID: row[1], ExternalSystem: row[2], ExternalTable: row[3], ExternalID: row[4]}
		if len(row) > 5 {
			m.IntegrationID = row[5]
		}
		out = append(out, m)
	}
	return out, nil
}

func mappingPullCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "pull", Short: "Copy the external mappings that m3ter has", Args: cobra.NoArgs, Example: "  billferry mapping pull",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), noPoll)
			if err != nil {
				return err
			}
			n, err := s.PullMappings(c.Context())
			if err != nil {
				return err
			}
			return e.print(map[string]int{"copied": n}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%d mappings copied from m3ter\n", n) })
		},
	}
}
