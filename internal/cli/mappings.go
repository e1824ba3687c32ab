package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
)

func mappingCommand(e *env) *cobra.Command {
	return group("mapping", "External mappings: which record of a destination a m3ter entity is",
		mappingListCommand(e), mappingAddCommand(e), mappingDeleteCommand(e), mappingImportCommand(e), mappingExportCommand(e),
		mappingPullCommand(e))
}

func mappingListCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List external mappings", Example: "  billferry mapping list",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			ms, err := s.Mappings(c.Context(), service.MappingFilter{})
			if err != nil {
				return err
			}
			return e.print(listed(ms), func(w io.Writer) {
				rows := make([][]string, len(ms))
				for i, m := range ms {
					rows[i] = []string{m.ID, m.M3terEntity, m.M3terID, m.M3terName, m.ExternalSystem, m.ExternalTable, m.ExternalID,
						cmp.Or(m.ExternalName, unchecked(m)), m.IntegrationID}
				}
				table(w, "ID|ENTITY|M3TER ID|NAME|SYSTEM|TABLE|EXTERNAL ID|NAME THERE|LINKED INTEGRATION", rows)
			})
		},
	}
}

// unchecked says that a mapping's record was not looked up.
func unchecked(m integration.ExternalMapping) string {
	if m.Unchecked == "" {
		return ""
	}
	return "(not checked)"
}

// named is an id with the name of the thing, where that is known.
func named(id, name string) string {
	if name == "" {
		return clean(id)
	}
	return clean(id) + " " + clean(name)
}

// systemWords are the names of each destination, once.
func (e *env) systemWords() (out []spec.Words) {
	for _, f := range e.catalog() {
		if !slices.Contains(out, f.Words) {
			out = append(out, f.Words)
		}
	}
	return out
}

// wordsFor are the names of the system of a mapping; for one that no destination
// of ours is, those of the first.
func (e *env) wordsFor(system string) spec.Words {
	all := e.systemWords()
	for _, w := range all {
		if strings.EqualFold(w.Mapped, system) {
			return w
		}
	}
	return all[0]
}

// oneOf refuses a word that is not among those that a flag takes.
func oneOf(flag, word string, words []string) error {
	if slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, word) }) {
		return nil
	}
	return usagef("--%s %q: use one of %s", flag, word, strings.Join(words, ", "))
}

func mappingAddCommand(e *env) *cobra.Command {
	var m integration.ExternalMapping
	var ref string
	c := &cobra.Command{
		Use: "add --entity Account --m3ter-id ID --external-id ID", Short: "Add an external mapping",
		Example: "  billferry mapping add --entity Account --m3ter-id 62eaad67-... --external-id 614",
		RunE: func(c *cobra.Command, _ []string) error {
			words := e.wordsFor(m.ExternalSystem)
			tables := []string{words.CustomerTable, words.ItemTable}
			err := cmp.Or(
				oneOf("entity", m.M3terEntity, integration.MappedEntities),
				oneOf("table", cmp.Or(m.ExternalTable, tables[0]), tables))
			if err != nil {
				return err
			}
			s, err := e.open(c.Context(), idle)
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
				m.ExternalTable = words.ItemTable
				if strings.EqualFold(m.M3terEntity, "Account") {
					m.ExternalTable = words.CustomerTable
				}
			}
			got, err := s.PutMapping(c.Context(), m)
			if err != nil {
				return err
			}
			if got.Unchecked != "" {
				e.say("the mapping is kept, and was not checked: %s", got.Unchecked)
			}
			return e.print(got, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s %s is %s %s %s (%s)\n", got.M3terEntity, named(got.M3terID, got.M3terName),
					got.ExternalSystem, got.ExternalTable,
					named(got.ExternalID, got.ExternalName), got.ID)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&m.M3terEntity, "entity", "Account", "Account, Product, AccountingProduct or Aggregation")
	f.StringVar(&m.M3terID, "m3ter-id", "", "id of the m3ter entity")
	f.StringVar(&m.ExternalSystem, "system", e.systemWords()[0].Mapped, "external system")
	f.StringVar(&m.ExternalTable, "table", "", "external table (default: Customer for an Account, else Item)")
	f.StringVar(&m.ExternalID, "external-id", "", "internal id of the record, or ext: and its external id, or name: and its name")
	f.StringVar(&ref, "integration", "", "link it to this integration alone")
	_ = c.MarkFlagRequired("m3ter-id")
	_ = c.MarkFlagRequired("external-id")
	completeFlag(c, "integration", e.completeIntegrations)
	completeWords(c, "entity", integration.MappedEntities...)
	var systems, tables []string
	for _, w := range e.systemWords() {
		systems, tables = append(systems, w.Mapped), append(tables, w.CustomerTable, w.ItemTable)
	}
	completeWords(c, "table", tables...)
	completeWords(c, "system", systems...)
	return c
}

func mappingDeleteCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "delete ID", Short: "Delete an external mapping", Example: "  billferry mapping delete 0b1b...",
		ValidArgsFunction: e.completeMappings(),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.open(c.Context(), idle)
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

func mappingPullCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "pull", Short: "Copy the external mappings that m3ter has", Example: "  billferry mapping pull",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), idle)
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
