package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/evidence"
	"billferry/internal/reconcile"
	"billferry/internal/service"
)

func evidenceCommand(e *env) *cobra.Command {
	var ref, by, out string
	c := &cobra.Command{
		Use: "evidence PERIOD", Short: "Write a signed pack of what stands behind a reconciled period",
		Long: `Evidence reconciles a period afresh and writes a ZIP file for an auditor: the
Bills, the documents of the destination, what differs and who resolved it how
and why, the queries and what they were checked against, the settings and
mappings in force, who has access, and the audit trail since the period began.
summary.txt in it is the page to begin with; tables are CSV, and report.json is
for a program. No secret is in it.

The pack is signed. Tell your auditor the key that is printed, by another way
than the pack itself: 'billferry evidence verify FILE --key KEY' shows with it
that nothing was changed since.

A period that is not equal makes a pack too, which says so. Exit codes are those
of reconcile: 0 equal, 3 open breaks, 1 that it cannot be told.`,
		Example: "  billferry evidence 2026-10 --integration US --out evidence-2026-10.zip",
		RunE: func(c *cobra.Command, args []string) error {
			return e.evidence(c.Context(), service.ReconcileRequest{Period: args[0], By: by}, ref, out)
		},
	}
	f := c.Flags()
	f.StringVar(&ref, "integration", "", "id or name of the integration (default: the one that is connected)")
	f.StringVar(&by, "by", "", "PERIOD or DATE: what puts a document into the period")
	f.StringVar(&out, "out", "", "file of the pack, which must not exist yet (default: evidence-PERIOD.zip)")
	completeFlag(c, "integration", e.completeIntegrations)
	completeWords(c, "by", string(reconcile.ByPeriod), string(reconcile.ByDate))
	c.AddCommand(evidenceVerifyCommand(e))
	return c
}

func (e *env) evidence(ctx context.Context, q service.ReconcileRequest, ref, out string) error {
	if err := e.localOnly("evidence"); err != nil {
		return err
	}
	span, err := reconcile.ParseSpan(q.Period, reconcile.By(q.By))
	if err != nil {
		return usagef("%w", err)
	}
	if out == "" {
		out = "evidence-" + span.Period + ".zip"
	}
	if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
		return usagef("%s exists already: name another file with --out", out)
	}
	s, err := e.open(ctx, idle)
	if err != nil {
		return err
	}
	targets, err := reconciled(ctx, s, ref)
	if err != nil {
		return err
	}
	if len(targets) > 1 {
		return usagef("several integrations are connected: name one with --integration; a pack is about one")
	}
	auditor, ok := s.(service.Auditor)
	if !ok {
		return fmt.Errorf("no evidence can be made here: %T has no store", s)
	}
	q.IntegrationID = targets[0].ID
	var pack service.EvidencePack
	err = wholeFile(out, 0o600, func(w io.Writer) (err error) {
		b := newBar(e.err)
		pack, err = auditor.Evidence(ctx, q, w, b.documents())
		b.clear()
		return unlessStopped(err, "no pack was made")
	})
	if err != nil {
		return err
	}
	err = e.print(map[string]any{"file": out, "pack": pack}, func(w io.Writer) {
		facts(w, "Pack", fmt.Sprintf("%s (%d bytes)", out, pack.Bytes), "Integration", pack.Integration,
			"Period", fmt.Sprintf("%s to %s by %s", pack.Span.From, pack.Span.To, strings.ToLower(string(pack.Span.By))),
			"Holds", fmt.Sprintf("%s, %s, %s open, %d resolved", many(pack.Bills, "Bill"), many(pack.Documents, "document"),
				many(pack.Open, "break"), pack.Resolved),
			"Manifest", pack.Manifest, "Key", pack.Key)
		_, _ = fmt.Fprintf(w, "\n%s\n", map[reconcile.Verdict]string{
			reconcile.Equal: "EQUAL", reconcile.Breaks: "BREAKS", reconcile.Cannot: "CANNOT TELL"}[pack.Verdict])
	})
	if err != nil {
		return err
	}
	return worst([]reconcile.Report{{Verdict: pack.Verdict}})
}

func evidenceVerifyCommand(e *env) *cobra.Command {
	var key string
	c := &cobra.Command{
		Use: "verify FILE", Short: "Check that a pack is what was signed",
		Long: `Verify needs no store: an auditor runs it where the pack is. It tells which
members were changed, added, removed or put in twice since the pack was signed,
and whether the chain of the audit trail in it holds to its end.

Without --key it shows only that the pack is whole: somebody who alters a pack
can sign it with a key of their own. Ask the company for its key.`,
		Example: "  billferry evidence verify evidence-2026-10.zip --key 7hJ0c1Vq8mZf0G3Jt1s0fZyS8XoYb1mVxkqv2mJ3t5E=",
		RunE: func(_ *cobra.Command, args []string) error {
			found, err := verifyPack(args[0], key)
			if err != nil {
				return err
			}
			if err := e.print(found, func(w io.Writer) { showFound(w, args[0], found) }); err != nil {
				return err
			}
			if n := len(found.Problems); n > 0 {
				return fmt.Errorf("%s is not what was signed: problems found: %d", args[0], n)
			}
			return nil
		},
	}
	c.Flags().StringVar(&key, "key", "", "the public key that it must be signed with, as 'billferry evidence' printed it")
	return c
}

func verifyPack(path, key string) (evidence.Found, error) {
	f, err := os.Open(path)
	if err != nil {
		return evidence.Found{}, fmt.Errorf("verify the pack: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return evidence.Found{}, fmt.Errorf("verify the pack: %w", err)
	}
	found, err := evidence.Verify(f, info.Size(), key)
	if err != nil {
		return found, fmt.Errorf("verify %s: %w", path, err)
	}
	return found, nil
}

func showFound(w io.Writer, path string, f evidence.Found) {
	m := f.Manifest
	for _, p := range f.Problems {
		_, _ = fmt.Fprintf(w, "problem: %s\n", clean(p))
	}
	if len(f.Problems) > 0 {
		return
	}
	facts(w, "Pack", path, "Integration", m.Integration, "Period", fmt.Sprintf("%s to %s by %s", m.From, m.To, strings.ToLower(m.By)),
		"Made", fmt.Sprintf("%s by %s, with %s", when(m.Made), m.MadeBy, m.Program), "Holds",
		fmt.Sprintf("%s, %s, %s open, %d resolved, %d members", many(m.Bills, "Bill"), many(m.Documents, "document"),
			many(m.Open, "break"), m.Resolved, len(m.Members)),
		"Result", m.Verdict, "Audit trail", fmt.Sprintf("%d entries, unbroken; head %s", m.Audit.Entries, m.Audit.Head),
		"Manifest", f.Sum, "Key", m.Key)
	if f.Known {
		_, _ = fmt.Fprintln(w, "\nunchanged, and signed with the key that you gave")
		return
	}
	_, _ = fmt.Fprintln(w, "\nwhole, but without --key nothing tells who signed it: compare the key with the one that the company tells you")
}
