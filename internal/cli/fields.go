package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/integration"
)

func fieldsCommand(e *env) *cobra.Command {
	var of, query string
	var all bool
	var limit int
	c := &cobra.Command{
		Use: "fields ID", Short: "List the fields of the destination's documents, or the values of one",
		ValidArgsFunction: e.firstIntegration,
		Long: `Fields lists what the connected account has on its documents: standard fields,
custom ones and segments, with the labels of its forms. Those of lines begin with
line. as in rules. With --options it lists the values that one field takes.

Mandatory are those that their definition demands. A form or a preference of the
account may demand more, which no destination tells before it refuses a document.`,
		Example: "  billferry integration fields US --query department\n  billferry integration fields US --options line.class",
		RunE: func(c *cobra.Command, args []string) error {
			if err := atLeast(1, "limit", limit); err != nil {
				return err
			}
			s, in, err := e.openOne(c.Context(), args[0])
			if err != nil {
				return err
			}
			if of != "" {
				values, err := s.FieldOptions(c.Context(), in.ID, of, query, limit)
				if err != nil {
					return err
				}
				return e.print(listed(values), func(w io.Writer) {
					rows := make([][]string, len(values))
					for i, v := range values {
						rows[i] = []string{v.ID, v.Name}
					}
					table(w, "ID|NAME", rows)
				})
			}
			found, err := s.Fields(c.Context(), in.ID)
			if err != nil {
				return err
			}
			found = fieldsLike(found, query, all)
			return e.print(listed(found), func(w io.Writer) { showFields(w, found) })
		},
	}
	f := c.Flags()
	f.StringVar(&of, "options", "", "list the values of this field, such as line.class")
	f.StringVar(&query, "query", "", "only those with this in key, label or name")
	f.BoolVar(&all, "all", false, "also the fields that cannot be filled")
	f.IntVar(&limit, "limit", 200, "values to list at most")
	return c
}

// fieldsLike leaves out fields that are not asked for.
func fieldsLike(all []integration.Field, query string, locked bool) []integration.Field {
	out := []integration.Field{}
	query = strings.ToLower(query)
	for _, f := range all {
		if (locked || f.Writable) && strings.Contains(strings.ToLower(f.Key+"\n"+f.Label), query) {
			out = append(out, f)
		}
	}
	return out
}

func showFields(w io.Writer, all []integration.Field) {
	rows := make([][]string, len(all))
	for i, f := range all {
		var notes []string
		if f.Mandatory {
			notes = append(notes, "mandatory")
		}
		if f.Only != "" {
			notes = append(notes, "only "+f.Only)
		}
		if !f.Writable {
			notes = append(notes, "cannot be filled: "+f.Why)
		}
		rows[i] = []string{f.Key, f.Label, strings.ToLower(strings.ReplaceAll(f.Type, "_", " ")), strings.Join(notes, "; ")}
	}
	table(w, "FIELD|LABEL|TYPE|NOTES", rows)
	if len(all) == 0 {
		_, _ = fmt.Fprintln(w, "no field is like that")
	}
}
