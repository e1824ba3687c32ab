package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/integration"
	"billferry/internal/mappingcsv"
	"billferry/internal/service"
	"billferry/internal/spec"
)

func mappingExportCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "export", Short: "Print all external mappings as CSV", Args: cobra.NoArgs, Example: "  billferry mapping export > mappings.csv",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			ms, err := s.Mappings(c.Context(), service.MappingFilter{})
			if err != nil {
				return err
			}
			if e.json {
				return e.printJSON(listed(ms))
			}
			return mappingcsv.Write(e.dataOut(), ms)
		},
	}
}

// imported says what an import did, or would do.
type imported struct {
	Added     int  `json:"added"`
	Changed   int  `json:"changed"`
	Unchanged int  `json:"unchanged"`
	Refused   int  `json:"refused"`
	DryRun    bool `json:"dryRun,omitempty"`
}

func mappingImportCommand(e *env) *cobra.Command {
	var dry bool
	c := &cobra.Command{
		Use: "import FILE.csv", Short: "Add and change external mappings from a CSV file", Args: cobra.ExactArgs(1),
		Long: "Import reads a CSV with the head " + strings.Join(mappingcsv.Columns, ",") + ",\nin any order; the last column may be left out. " +
			"A mapping that exists already is\nleft as it is, or gets the new external id. A line that is refused is told with its\nnumber and the rest goes on; exit code 1 then.",
		Example: "  billferry mapping import mappings.csv --dry-run",
		RunE: func(c *cobra.Command, args []string) error {
			b, err := e.readFile(args[0])
			if err != nil {
				return err
			}
			rows, refused, err := mappingcsv.Read(bytes.NewReader(b))
			if err != nil {
				return fmt.Errorf("%s: %w", source(args[0]), err)
			}
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			for _, r := range refused {
				e.say("%s:%d: %s", source(args[0]), r.Line, r.Reason)
			}
			done, err := e.importRows(c.Context(), s, source(args[0]), rows, dry)
			if err != nil {
				return err
			}
			done.Refused += len(refused)
			return e.imported(done)
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "count, change nothing")
	return c
}

func (e *env) importRows(ctx context.Context, s service.Service, name string, rows []mappingcsv.Row, dry bool) (imported, error) {
	out := imported{DryRun: dry}
	have, err := s.Mappings(ctx, service.MappingFilter{})
	if err != nil {
		return out, err
	}
	put, unchanged := mappingcsv.Plan(have, rows)
	out.Unchanged = unchanged
	for _, r := range put {
		if !dry {
			if _, err := s.PutMapping(ctx, r.ExternalMapping); err != nil {
				if !ofTheLine(err) {
					return out, fmt.Errorf("%s:%d: %w", name, r.Line, err)
				}
				out.Refused++
				e.say("%s:%d: %v", name, r.Line, err)
				continue
			}
		}
		if r.ID == "" {
			out.Added++
		} else {
			out.Changed++
		}
	}
	return out, nil
}

// ofTheLine tells a refusal of one mapping from what ends the import.
func ofTheLine(err error) bool {
	var p spec.Problems
	return errors.As(err, &p) || errors.Is(err, integration.ErrNotFound) || errors.Is(err, integration.ErrExists) || errors.Is(err, integration.ErrConflict)
}

func (e *env) imported(done imported) error {
	if err := e.print(done, func(w io.Writer) {
		would := ""
		if done.DryRun {
			would = "would be: "
		}
		_, _ = fmt.Fprintf(w, "%s%d added, %d changed, %d unchanged, %d refused\n", would, done.Added, done.Changed, done.Unchanged, done.Refused)
	}); err != nil {
		return err
	}
	if done.Refused > 0 {
		return fmt.Errorf("%d lines were refused: mend them and import the file again", done.Refused)
	}
	return nil
}
