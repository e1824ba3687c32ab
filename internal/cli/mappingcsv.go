package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"billferry/internal/integration"
	"billferry/internal/mappingcsv"
	"billferry/internal/readfile"
	"billferry/internal/service"
)

func mappingExportCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "export", Short: "Print all external mappings as CSV", Example: "  billferry mapping export > mappings.csv",
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
		Use: "import FILE.csv", Short: "Add and change external mappings from a CSV file",
		Long: "Import reads a CSV with the head\n  " + strings.Join(mappingcsv.Columns, ",") + `,
in any order; the last column may be left out. A mapping that exists already is
left as it is, or gets the new external id. A line that is refused is told with its
number and the rest goes on; exit code 1 then. A file whose quotes are broken is
refused as a whole, before anything is changed. Stopped half-way, it tells how far
it got: import the file again, and what is there already is left as it is.`,
		Example: "  billferry mapping import mappings.csv --dry-run",
		RunE: func(c *cobra.Command, args []string) error {
			in, err := e.mappingFile(args[0])
			if err != nil {
				return err
			}
			defer func() { _ = in.Close() }()
			return e.importMappings(c.Context(), source(args[0]), in, dry)
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "count, change nothing")
	return c
}

// mappingFile opens what is read twice: to find what is wrong before anything
// is changed, and to import it.
func (e *env) mappingFile(name string) (io.ReadSeekCloser, error) {
	if name != "-" {
		f, err := readfile.Open(name)
		return f, orStdin(err)
	}
	b, err := readfile.All(e.in, source(name), maxPiped)
	return nopCloser{bytes.NewReader(b)}, err
}

// maxPiped bounds what is kept of standard input: some 600,000 mappings.
const maxPiped = 64 << 20

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

func (e *env) importMappings(ctx context.Context, name string, in io.ReadSeeker, dry bool) error {
	out := imported{DryRun: dry}
	f, err := mappingcsv.Open(stoppable{in, ctx})
	if err != nil {
		return fmt.Errorf("%s: %w; nothing was imported", name, err)
	}
	s, err := e.open(ctx, idle)
	if err != nil {
		return err
	}
	i := &importer{env: e, s: s, name: name, sum: f.SHA256, out: &out, rows: f.Rows, bar: newBar(e.err), start: time.Now()}
	i.bar.what = "mappings"
	err = f.Scan(func(r mappingcsv.Row) error { return i.add(ctx, r) }, func(r mappingcsv.Refused) {
		out.Refused++
		i.bar.clear()
		e.say("%s:%d: %s", name, r.Line, r.Reason)
	})
	if err == nil {
		err = i.send(ctx, false)
	}
	i.bar.clear()
	if err != nil {
		return fmt.Errorf("%s: %d of %d mappings were imported (%d added, %d changed, %d unchanged), then: %w; import the "+
			"file again for the rest",
			name, i.done, f.Rows, out.Added, out.Changed, out.Unchanged, err)
	}
	return e.imported(out)
}

// stoppable ends reading when ctx does.
type stoppable struct {
	io.ReadSeeker
	ctx context.Context
}

func (s stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.ReadSeeker.Read(p)
}

// importer hands mappings over many at a time.
type importer struct {
	*env
	s     service.Service
	name  string
	sum   string // SHA-256 of the file
	out   *imported
	rows  int
	done  int
	bar   *bar
	start time.Time
	lines []int
	batch []integration.ExternalMapping
}

func (i *importer) add(ctx context.Context, r mappingcsv.Row) error {
	if len(i.batch) == service.MaxImport {
		if err := i.send(ctx, true); err != nil {
			return err
		}
	}
	i.lines, i.batch = append(i.lines, r.Line), append(i.batch, r.ExternalMapping)
	return nil
}

// mostAtOnce bounds what waits to be re-queued at the end, and the memory it
// takes: a file of more lines goes through the runs that wait more than once.
const mostAtOnce = 100 * service.MaxImport

// send hands over what has come together. With the last of a file the runs that
// waited are gone through.
func (i *importer) send(ctx context.Context, more bool) error {
	if err := ctx.Err(); err != nil || len(i.batch) == 0 {
		return err
	}
	more = more && (i.done+len(i.batch))%mostAtOnce != 0
	if !more {
		defer i.requeueing(ctx)()
	}
	got, err := i.s.ImportMappings(ctx, service.MappingImport{
		Mappings: i.batch, DryRun: i.out.DryRun, Source: i.name, SHA256: i.sum, More: more,
	})
	if err != nil {
		return err
	}
	i.out.Added, i.out.Changed, i.out.Unchanged = i.out.Added+got.Added, i.out.Changed+got.Changed, i.out.Unchanged+got.Unchanged
	i.out.Refused += len(got.Refused)
	if len(got.Refused) > 0 {
		i.bar.clear()
	}
	for _, r := range got.Refused {
		i.say("%s:%d: %s", i.name, i.lines[r.Index], r.Reason)
	}
	i.done += len(i.batch)
	i.lines, i.batch = i.lines[:0], i.batch[:0]
	i.bar.draw(i.done, i.rows, time.Since(i.start))
	return nil
}

// requeueing shows how far the runs are that waited for the mappings, until it is
// ended.
func (i *importer) requeueing(ctx context.Context) (end func()) {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(300 * time.Millisecond)
		defer tick.Stop()
		b := newBar(i.err)
		b.what = "runs that waited"
		start := time.Now()
		defer b.clear()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if info, err := i.s.Info(ctx); err == nil && info.Requeueing > 0 {
				i.bar.clear()
				b.draw(info.RequeueingOf-info.Requeueing, info.RequeueingOf, time.Since(start))
			}
		}
	}()
	return func() { stop(); <-ended }
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
