package accessible

import (
	"context"
	"errors"
	"fmt"
	"os"

	"billferry/internal/integration"
	"billferry/internal/mappingcsv"
	"billferry/internal/readfile"
	"billferry/internal/service"
	"billferry/ui/widget"
)

// mappingsAtOnce is how many mappings one call of an import holds.
const mappingsAtOnce = 500

// exportMappings writes mappings as CSV. A file that exists is left alone.
func (s *session) exportMappings(ctx context.Context, list []integration.ExternalMapping) error {
	path, err := s.ask(ctx, "Path of the new CSV file", "")
	if err != nil || path == "" {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("export the mappings: %w", err)
	}
	if err = errors.Join(mappingcsv.Write(f, list), f.Close()); err == nil {
		s.say("%s written to %s.", widget.Many(len(list), "mapping"), path)
	}
	return err
}

// importMappings says what the import of a CSV file would do, and does it after a yes.
func (s *session) importMappings(ctx context.Context) error {
	path, err := s.ask(ctx, "Path of the CSV file, with the columns m3terEntity, m3terId, externalSystem, externalTable, externalId and, "+
		"if wanted, integrationConfigId", "")
	if err != nil || path == "" {
		return err
	}
	f, err := readfile.Open(path)
	if err != nil {
		return fmt.Errorf("import mappings: %w", err)
	}
	defer f.Close() // it is only read
	rows, refused, err := mappingcsv.Read(f)
	if err != nil {
		return fmt.Errorf("import mappings: %s: %w", path, err)
	}
	for _, r := range refused {
		s.say("Line %d is refused: %s.", r.Line, r.Reason)
	}
	would, err := s.put(ctx, path, rows, true)
	if err != nil {
		return err
	}
	if would.Added+would.Changed == 0 {
		s.say("There is nothing to import.")
		return nil
	}
	yes, err := s.confirm(ctx, "Import them?")
	if err != nil || !yes {
		return err
	}
	_, err = s.put(ctx, path, rows, false)
	return err
}

// put imports rows, or only says what it would do.
func (s *session) put(ctx context.Context, path string, rows []mappingcsv.Row, dry bool) (sum service.MappingsImported, err error) {
	for at := 0; at < len(rows); at += mappingsAtOnce {
		now := rows[at:min(at+mappingsAtOnce, len(rows))]
		q := service.MappingImport{DryRun: dry, Source: path, More: at+len(now) < len(rows)}
		for _, r := range now {
			q.Mappings = append(q.Mappings, r.ExternalMapping)
		}
		got, err := s.svc.ImportMappings(ctx, q)
		if err != nil {
			return sum, fmt.Errorf("import mappings: %w", err)
		}
		sum.Added, sum.Changed, sum.Unchanged = sum.Added+got.Added, sum.Changed+got.Changed, sum.Unchanged+got.Unchanged
		for _, r := range got.Refused {
			if dry {
				s.say("Line %d is refused: %s.", now[r.Index].Line, r.Reason)
			}
		}
	}
	words := [...]string{"new", "to change"}
	if !dry {
		words = [...]string{"created", "changed"}
	}
	s.say("%d %s, %d %s, %d unchanged.", sum.Added, words[0], sum.Changed, words[1], sum.Unchanged)
	return sum, nil
}
