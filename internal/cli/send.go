package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

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
}

func sendCommand(e *env) *cobra.Command {
	var o sendOptions
	c := &cobra.Command{
		Use: "send --integration ID [--from FILE|-]", Short: "Send Bills from a file and wait until each is settled", Args: cobra.NoArgs,
		Long: `Send reads m3ter Bills (one JSON document a line, an array, or pages as the API
returns them), delivers each exactly once and waits until every one is settled.

A Bill that cannot be read is reported with its line, and the rest goes on. The
table at the end counts Bills by status and adds up what came in with them and
what NetSuite proved to hold. Exit code 3 means that some were not delivered.`,
		Example: "  billferry send --integration 'NetSuite US' --from bills.ndjson\n  billferry send --integration 'NetSuite US' --from bills.ndjson --dry-run --explain",
		RunE: func(c *cobra.Command, _ []string) error {
			return e.send(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.integration, "integration", "", "id or name of the integration")
	f.StringVar(&o.from, "from", "-", "file of Bills; - is standard input")
	f.BoolVar(&o.dryRun, "dry-run", false, "print what would be sent; send nothing")
	f.BoolVar(&o.explain, "explain", false, "with --dry-run: a readable invoice with the reason of every line")
	f.IntVar(&o.concurrency, "concurrency", 0, "NetSuite requests at once, at most (default: the integration's setting)")
	_ = c.MarkFlagRequired("integration")
	return c
}

func (e *env) send(ctx context.Context, o sendOptions) error {
	if o.explain && !o.dryRun {
		return usagef("--explain goes with --dry-run")
	}
	if o.concurrency < 0 {
		return usagef("--concurrency %d: use 1 or more", o.concurrency)
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
			Message: target.Name + " is not connected to NetSuite: nothing was sent",
			Advice:  "run 'billferry integration connect " + target.ID + " ...' first",
		}
	}
	w := newWaiter(e, s, target.ID)
	bad, err := e.submitAll(ctx, s, target.ID, in, o.from, w)
	if err == nil {
		err = w.wait(ctx)
	}
	return e.summarise(w, bad, err)
}

func (e *env) input(from string) (io.ReadCloser, error) {
	if from == "-" {
		return io.NopCloser(e.in), nil
	}
	return os.Open(from)
}

// submitAll hands every Bill over. Many at once, so that the store can commit
// them together.
func (e *env) submitAll(ctx context.Context, s service.Service, id string, in io.Reader, name string, w *waiter) (bad int, err error) {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(64)
	var mu sync.Mutex
	refused := func(line int, err error) {
		mu.Lock()
		defer mu.Unlock()
		bad++
		w.note("%s:%d: %v", source(name), line, err)
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
			w.add(runs)
			return nil
		})
		return gctx.Err()
	})
	return bad, errors.Join(g.Wait(), err)
}

func source(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// dryRun prints what each Bill would become, one JSON document a line, or
// readable invoices.
func (e *env) dryRun(ctx context.Context, s service.Service, target service.Summary, in io.Reader, o sendOptions) error {
	failed := 0
	enc := json.NewEncoder(e.out)
	enc.SetEscapeHTML(false)
	err := bill.Read(in, func(line int, raw []byte, err error) error {
		if err != nil {
			failed++
			e.say("%s:%d: %v", source(o.from), line, err)
			return ctx.Err()
		}
		p, err := s.Preview(ctx, service.PreviewRequest{
			IntegrationID: target.ID, EntityType: target.EntityType, Destination: target.Destination,
			ConfigData: target.ConfigData, Bill: append([]byte(nil), raw...),
		})
		switch {
		case err != nil:
			failed++
			e.say("%s:%d: %s", source(o.from), line, explain(err))
		case p.Document == nil:
			failed++
			e.say("%s:%d: %s: %s", source(o.from), line, p.Source, p.Verdict)
		case o.explain:
			_, _ = fmt.Fprintln(e.out, strings.TrimRight(p.Text, "\n")+"\n")
		case e.json:
			return enc.Encode(p)
		default:
			return enc.Encode(json.RawMessage(p.Document))
		}
		return ctx.Err()
	})
	if err == nil && failed > 0 {
		err = errNotDelivered
	}
	return err
}
