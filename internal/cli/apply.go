package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/service"
)

type applyOptions struct {
	files              []string
	prune, dryRun, yes bool
}

func applyCommand(e *env) *cobra.Command {
	var o applyOptions
	c := &cobra.Command{
		Use: "apply --file FILE|DIR", Short: "Make integrations what files say",
		Long: `Apply reads integrations from YAML or JSON files, or from all of a folder, compares
them with what is stored, shows the difference and asks before it changes
anything. Names tell integrations apart. A setting that a file leaves out gets its
default; 'enabled' left out stays as it is. Credentials are not touched.

An integration that no file names is left alone, unless --prune is given: then it
is deleted with its credentials. Doing it twice changes nothing the second time.`,
		Example: "  billferry integration apply --file integrations/ --dry-run\n  billferry integration apply --file integrations/ --prune --yes",
		RunE:    func(c *cobra.Command, _ []string) error { return e.apply(c.Context(), o) },
	}
	f := c.Flags()
	f.StringArrayVarP(&o.files, "file", "f", nil, "file, folder, or - for standard input; may be given more than once")
	f.BoolVar(&o.prune, "prune", false, "delete the integrations that no file names")
	f.BoolVar(&o.dryRun, "dry-run", false, "show the difference, change nothing")
	f.BoolVar(&o.yes, "yes", false, "do not ask")
	_ = c.MarkFlagRequired("file")
	return c
}

func (e *env) apply(ctx context.Context, o applyOptions) error {
	docs, err := e.readAll(o.files)
	if err != nil {
		return err
	}
	s, err := e.open(ctx, idle)
	if err != nil {
		return err
	}
	stored, err := s.Integrations(ctx)
	if err != nil {
		return err
	}
	changes, unchanged, err := changesOf(s.Catalog(), stored, docs)
	if err != nil {
		return err
	}
	if o.prune {
		more, err := strangers(ctx, s, stored, docs)
		if err != nil {
			return err
		}
		changes = append(changes, more...)
	}
	shown := e.out
	if e.json {
		shown = e.err
	}
	if !e.json || !o.dryRun {
		showChanges(safe{shown}, changes, unchanged)
	}
	done := !o.dryRun && len(changes) > 0
	if done {
		if err := e.confirm(o.yes, "make "+many(len(changes), "change")); err != nil {
			return err
		}
		if err := e.carryOut(ctx, s, changes); err != nil {
			return err
		}
	}
	return e.print(map[string]any{"changes": listed(changes), "unchanged": unchanged, "applied": done}, func(w io.Writer) {
		if done {
			_, _ = fmt.Fprintf(w, "%s made\n", many(len(changes), "change"))
		}
	})
}

// strangers are the stored integrations that no document names.
func strangers(ctx context.Context, s service.Service, stored []service.Summary, docs []document) ([]change, error) {
	var out []change
	for _, in := range stored {
		if slices.ContainsFunc(docs, func(d document) bool { return nameKey(d.Name) == nameKey(in.Name) }) {
			continue
		}
		d, err := s.Integration(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, change{Action: doDelete, Name: in.Name, ID: in.ID, old: in.Integration,
			takes: fmt.Sprintf(", with its credentials and %s (its runs are kept)", many(d.Mappings, "linked mapping"))})
	}
	return out, nil
}

// carryOut makes the changes one after the other. What fails ends it: what was
// done stays, and applying again goes on from there.
func (e *env) carryOut(ctx context.Context, s service.Service, changes []change) error {
	for i, c := range changes {
		in := c.old
		var err error
		switch c.Action {
		case doCreate:
			in, err = create(ctx, s, c.doc)
		case doUpdate:
			in, err = update(ctx, s, c.old, c.doc)
		case doDelete:
			_, err = s.Delete(ctx, c.ID)
		}
		if err != nil {
			return fmt.Errorf("%s %s, after %d of %s: %w", c.Action, c.Name, i, many(len(changes), "change"), err)
		}
		changes[i].ID = in.ID
		if c.Action != doDelete {
			e.warn(ctx, s, in)
		}
	}
	return nil
}

// readAll reads files, and the YAML and JSON files of folders.
func (e *env) readAll(names []string) ([]document, error) {
	var out []document
	for _, name := range names {
		files := []string{name}
		if i, err := os.Stat(name); name != "-" && err == nil && i.IsDir() {
			if files, err = configFiles(name); err != nil {
				return nil, err
			}
		}
		for _, f := range files {
			docs, err := e.readDocuments(f)
			if err != nil {
				return nil, err
			}
			out = append(out, docs...)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("there is no integration in %s", strings.Join(names, ", "))
	}
	return out, nil
}

func configFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, err
	}
	var out []string
	for _, x := range entries {
		switch strings.ToLower(filepath.Ext(x.Name())) {
		case ".yaml", ".yml", ".json":
			out = append(out, filepath.Join(dir, x.Name()))
		}
	}
	return out, nil
}

// many is a number of things in words.
func many(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
