package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/internal/service"
)

type sendOptions struct {
	integration string
	from        string
	dryRun      bool
	explain     bool
	concurrency int
	wait        time.Duration
	noProof     bool
}

func sendCommand(e *env) *cobra.Command {
	var o sendOptions
	c := &cobra.Command{
		Use: "send --integration ID [--from FILE|-]", Short: "Send Bills from a file and wait until each is settled",
		Long: `Send reads m3ter Bills (one JSON document a line, an array, or pages as the API
returns them), delivers each exactly once and waits until every one is settled
and what is there now was read back and compared (--no-wait-proof leaves that
to whoever goes on with the store).

A Bill that cannot be read is reported with its line, and the rest goes on. The
table at the end counts Bills by status and adds up what came in with them and
what the destination holds. Exit code 3 means that some were not delivered, or
that it holds something else than was sent.

While the destination does not answer, send says so and waits on; --wait gives
it an end. What is left by then is on disk and goes by itself.`,
		Example: "  billferry send --integration 'Acme US' --from bills.ndjson\n  billferry send --integration 'Acme US' --from " +
			"bills.ndjson --dry-run --explain",
		RunE: func(c *cobra.Command, _ []string) error {
			return e.send(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.integration, "integration", "", "id or name of the integration")
	f.StringVar(&o.from, "from", "-", "file of Bills; - is standard input")
	f.BoolVar(&o.dryRun, "dry-run", false, "print what would be sent; send nothing")
	f.BoolVar(&o.explain, "explain", false, "only with --dry-run: a readable invoice with the reason of every line")
	f.IntVar(&o.concurrency, "concurrency", 0, "requests to the destination at once, at most (default: the integration's setting)")
	f.DurationVar(&o.wait, "wait", 0, "how long to wait for the Bills, such as 10m; then exit code 3 (default: until all are settled)")
	f.BoolVar(&o.noProof, "no-wait-proof", false, "end when all is delivered, before the last documents are read back")
	_ = c.MarkFlagRequired("integration")
	completeFlag(c, "integration", e.completeIntegrations)
	return c
}

func (e *env) send(ctx context.Context, o sendOptions) error {
	if o.explain && !o.dryRun {
		return usagef("--explain shows what would be sent, and sends nothing: give --dry-run as well; " +
			"'billferry explain DOCUMENT' explains what was sent")
	}
	if o.wait < 0 {
		return usagef("--wait %s: give a duration such as 10m", o.wait)
	}
	if err := atLeast(0, "concurrency", o.concurrency); err != nil {
		return err
	}
	in, err := e.input(o.from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	s, err := e.open(ctx, noPoll, ceiling(o.concurrency))
	if err != nil {
		return err
	}
	target, err := resolve(ctx, s, o.integration)
	if err != nil {
		return err
	}
	if o.dryRun {
		return e.dryRun(ctx, s, target, in, o)
	}
	if target.Enabled && !target.Authorized {
		return &integration.Failure{
			Class: integration.ClassAuth, Cause: "not_connected",
			Message: target.Name + " is not connected to " + e.system(target.EntityType, target.Destination) + ": nothing was sent",
			Advice:  "run 'billferry integration connect " + target.ID + " ...' first",
		}
	}
	w := newWaiter(e, s, target.ID)
	w.limit, w.unproven = o.wait, o.noProof
	if e.owned != nil { // else another process sends, and goes on
		defer context.AfterFunc(ctx, func() {
			w.note("stopping: calls under way are finished, which takes at most 7 seconds, and nothing new is sent; Ctrl-C again ends at once")
		})()
	}
	bad, err := submitAll(ctx, s, target.ID, in, o.from, w.add, w.note)
	cut := err != nil // before the end of the file
	if err == nil {
		err = w.wait(ctx)
	}
	if e.owned != nil && err != nil {
		e.owned.StopDelivering() // first: the table is of what is left then
	}
	return e.summarise(w, bad, cut, err)
}

// submitAll hands every Bill over. Many at once, so that the store can commit
// them together. It ends with the first Bill that cannot be kept, or with ctx.
func submitAll(ctx context.Context, s service.Service, id string, in io.Reader, name string, add func([]integration.Run),
	note func(format string, args ...any)) (bad int, err error) {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(64)
	var mu sync.Mutex
	refused := func(line int, err error) {
		mu.Lock()
		defer mu.Unlock()
		bad++
		note("%s:%d: %v", source(name), line, err)
	}
	err = bill.Read(in, func(line int, raw []byte, err error) error {
		if err != nil {
			refused(line, err)
			return gctx.Err()
		}
		g.Go(func() error {
			runs, err := s.Submit(gctx, id, raw, "file")
			var f *integration.Failure
			switch {
			case errors.As(err, &f) && f.Class == integration.ClassData:
				refused(line, err)
				return nil
			case err != nil:
				return fmt.Errorf("%s:%d: %w", source(name), line, err)
			}
			add(runs)
			return nil
		})
		return gctx.Err()
	})
	if failed := g.Wait(); failed != nil {
		return bad, failed // err is only that gctx ended with it
	}
	return bad, err
}

func source(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}
