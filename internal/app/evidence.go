package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"billferry/internal/api"
	"billferry/internal/evidence"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/service"
	"billferry/store"
)

var (
	_ service.Auditor = (*App)(nil)
	_ service.Auditor = (*api.Client)(nil)
)

// gathered is what a reconciliation was made of, beside its report. Rows lie in files
// until the pack is written.
type gathered struct {
	mu          sync.Mutex
	docs, bills *evidence.Spool
	integration string // its name
	asked       []reconcile.Asked
	err         error
}

// gather makes room for what a reconciliation is made of.
func (a *App) gather() (g *gathered, err error) {
	g = &gathered{}
	if g.docs, err = evidence.NewSpool(a.cfg.DataDir); err != nil {
		return nil, err
	}
	if g.bills, err = evidence.NewSpool(a.cfg.DataDir); err != nil {
		return nil, errors.Join(err, g.docs.Close())
	}
	return g, nil
}

func (g *gathered) close() { _, _ = g.docs.Close(), g.bills.Close() }

func (g *gathered) document(d reconcile.DocRow) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = cmp.Or(g.err, g.docs.Put(fmt.Sprintf("%03d%s", len(d.ID), d.ID), d.Row())) // in the order of the numbers
}

func (g *gathered) row(x reconcile.Row) {
	g.mu.Lock()
	defer g.mu.Unlock()
	row := reconcile.Report{Integration: g.integration}.BillRow(x)
	g.err = cmp.Or(g.err, g.bills.Put(x.Date+"\x00"+x.Ref+"\x00"+x.Bill, row))
}

func (g *gathered) query(a reconcile.Asked) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, a)
}

// Evidence implements service.Auditor. Documents and queries come in any order and
// are sorted, so that two packs of a period can be compared.
func (a *App) Evidence(ctx context.Context, q service.ReconcileRequest, w io.Writer, progress func(reconcile.Progress)) (
	out service.EvidencePack, err error) {
	key, err := a.signing.get(ctx) // before the work: what cannot be signed is not gathered
	if err != nil {
		return out, err
	}
	g, err := a.gather()
	if err != nil {
		return out, err
	}
	defer g.close()
	r, err := a.reconcile(reconcile.Recording(ctx, g.query), q, func(o *reconcile.Options) {
		o.Progress, o.Document, o.Row, g.integration = progress, g.document, g.row, o.Integration
	})
	if err = cmp.Or(err, g.err); err != nil {
		return out, err
	}
	in, err := a.store.Integration(ctx, r.IntegrationID)
	if err != nil {
		return out, err
	}
	progress(reconcile.Progress{Step: "settings and the audit trail"})
	counted := &byteCount{w: w}
	p := evidence.New(counted, r.Ended)
	m := a.manifest(r)
	for _, write := range []func() error{
		func() error { return writeSummary(p, r, m) },
		func() error { return g.writeBills(p) },
		func() error { return writeTables(p, r) },
		func() error { return g.write(p) },
		func() error { return a.writeSettings(ctx, p, in) },
		func() error { return a.writeAccess(ctx, p, in) },
		func() error { return a.writeTrail(ctx, p, r, &m.Audit) },
	} {
		if err := cmp.Or(ctx.Err(), write()); err != nil {
			return out, fmt.Errorf("write the evidence: %w", err)
		}
	}
	sum, err := p.Close(m, key)
	if err != nil {
		return out, fmt.Errorf("write the evidence: %w", err)
	}
	a.did("make evidence", fmt.Sprintf("%s %s, %s; manifest SHA-256 %s, key %s", r.Integration, r.Span.Period, r.Verdict, sum,
		evidence.PublicKey(key)))
	return service.EvidencePack{Integration: r.Integration, Span: r.Span, Verdict: r.Verdict, Bills: r.Bills, Documents: r.Documents,
		Open: m.Open, Resolved: m.Resolved, Bytes: counted.n, Manifest: sum, Key: evidence.PublicKey(key)}, nil
}

type byteCount struct {
	w io.Writer
	n int64
}

func (c *byteCount) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

func (a *App) manifest(r reconcile.Report) evidence.Manifest {
	m := evidence.Manifest{Program: "billferry " + a.cfg.Version, Checksum: programSum(), Integration: r.Integration, System: r.System,
		Period: r.Span.Period, From: r.Span.From, To: r.Span.To, By: string(r.Span.By), Made: r.Ended, MadeBy: a.who,
		Verdict: string(r.Verdict), Doubts: r.Doubts, Bills: r.Bills, Documents: r.Documents}
	for _, b := range r.Breaks {
		if b.Open() {
			m.Open++
		} else {
			m.Resolved++
		}
	}
	return m
}

// programSum is the checksum of the program that runs; "" where it cannot be read.
var programSum = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
})

// writeTables writes the result: as tables for a person, as JSON for a program.
func writeTables(p *evidence.Pack, r reconcile.Report) error {
	return errors.Join(
		p.CSV("breaks.csv", reconcile.BreakColumns, func(row func(...string)) {
			for _, b := range r.Breaks {
				row(r.BreakRow(b)...)
			}
		}),
		p.CSV("totals.csv", reconcile.TotalColumns, func(row func(...string)) {
			for _, t := range r.Totals {
				row(r.TotalRow(t)...)
			}
		}),
		p.CSV("cutoff.csv", reconcile.CutOffColumns, func(row func(...string)) {
			for _, c := range r.CutOff {
				row(r.CutOffRow(c)...)
			}
		}),
		p.CSV("prepayments.csv", reconcile.PrepaymentColumns, func(row func(...string)) {
			for _, x := range r.Prepayments {
				row(r.PrepaymentRow(x)...)
			}
		}),
		p.CSV("customers.csv", reconcile.PrepaidCustomerColumns, func(row func(...string)) {
			for _, x := range r.PrepaidCustomers {
				row(r.PrepaidCustomerRow(x)...)
			}
		}),
		p.CSV("completeness.csv", reconcile.CountColumns, func(row func(...string)) {
			for _, c := range r.Counted {
				row(c.Row()...)
			}
		}),
		p.JSON("report.json", r),
	)
}

// writeBills writes the population of the source.
func (g *gathered) writeBills(p *evidence.Pack) error {
	return writeSpool(p, "bills.csv", reconcile.BillColumns, g.bills)
}

func writeSpool(p *evidence.Pack, name string, columns []string, rows *evidence.Spool) error {
	var failed error
	err := p.CSV(name, columns, func(row func(...string)) { failed = rows.Each(row) })
	return errors.Join(failed, err)
}

// write writes the population of the destination, and how it was asked for.
func (g *gathered) write(p *evidence.Pack) error {
	slices.SortFunc(g.asked, func(a, b reconcile.Asked) int {
		return cmp.Or(cmp.Compare(a.Purpose, b.Purpose), cmp.Compare(a.Text, b.Text), slices.Compare(a.Params, b.Params),
			cmp.Compare(a.Rows, b.Rows))
	})
	return errors.Join(
		writeSpool(p, "documents.csv", reconcile.DocColumns, g.docs),
		p.CSV("queries.csv", []string{"purpose", "text", "parameters", "rows"}, func(row func(...string)) {
			for _, q := range g.asked {
				row(q.Purpose, q.Text, strings.Join(q.Params, " | "), strconv.Itoa(q.Rows))
			}
		}),
	)
}

// settingsInForce is an integration with its defaults filled in, and no secret.
type settingsInForce struct {
	integration.Integration
	Source      *integration.Source      `json:"source,omitempty"`
	Credentials *integration.Credentials `json:"credentials,omitempty"`
}

// writeSettings writes what was in force: settings, mappings, whose account it is.
func (a *App) writeSettings(ctx context.Context, p *evidence.Pack, in integration.Integration) error {
	s := settingsInForce{Integration: in}
	s.Sent = nil
	if f, err := a.form(in.EntityType, in.Destination); err == nil {
		s.ConfigData = f.Fill(in.ConfigData)
	}
	if src, err := a.store.Source(ctx); err == nil {
		s.Source = &src
	} else if !errors.Is(err, integration.ErrNotFound) {
		return err
	}
	if c, err := a.store.CredentialsInfo(ctx, in.ID); err == nil {
		s.Credentials = &c
	} else if !errors.Is(err, integration.ErrNotFound) {
		return err
	}
	ms, err := a.store.Mappings(ctx)
	if err != nil {
		return err
	}
	ms = slices.DeleteFunc(ms, func(m integration.ExternalMapping) bool { return m.IntegrationID != "" && m.IntegrationID != in.ID })
	slices.SortFunc(ms, func(a, b integration.ExternalMapping) int { return cmp.Compare(a.ID, b.ID) })
	return errors.Join(
		p.JSON("settings.json", s),
		p.CSV("mappings.csv", []string{"id", "version", "m3ter_entity", "m3ter_id", "m3ter_name", "external_system", "external_table",
			"external_id", "external_name", "integration_id", "created", "modified"}, func(row func(...string)) {
			for _, m := range ms {
				row(m.ID, strconv.FormatInt(m.Version, 10), m.M3terEntity, m.M3terID, m.M3terName, m.ExternalSystem, m.ExternalTable,
					m.ExternalID, m.ExternalName, m.IntegrationID, stamp(m.Created), stamp(m.Modified))
			}
		}),
	)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// writeAccess writes who can get at the store and the destination.
func (a *App) writeAccess(ctx context.Context, p *evidence.Pack, in integration.Integration) error {
	keys, err := a.APIKeys(ctx)
	if err != nil {
		return err
	}
	c, err := a.store.CredentialsInfo(ctx, in.ID)
	if err != nil && !errors.Is(err, integration.ErrNotFound) {
		return err
	}
	return p.CSV("access.csv", []string{"who", "id", "name", "may", "since"}, func(row func(...string)) {
		row("user of the machine", "", a.who, "everything", "")
		for _, k := range keys {
			row("API key", k.ID, k.Name, string(k.Scope), stamp(k.Created))
		}
		if c.ID != "" {
			row("credentials of the destination", c.ID, c.Account, "what their role may", stamp(c.ConnectedAt))
		}
	})
}

// trailAtOnce is how many entries of the audit trail are read at first.
const trailAtOnce = 1000

// writeTrail writes what people did since the period began, oldest first, with the
// chain up to the trail's head.
func (a *App) writeTrail(ctx context.Context, p *evidence.Pack, r reconcile.Report, at *evidence.Trail) error {
	if _, _, err := a.store.VerifyAudit(ctx); err != nil {
		return err
	}
	first, err := time.Parse(time.DateOnly, r.Span.From)
	if err != nil {
		return fmt.Errorf("the period's first day: %w", err)
	}
	var acts []store.AuditEntry
	n := -1                                       // entries since then
	for limit := trailAtOnce; n < 0; limit *= 4 { // a trail of years is not read for a month
		if acts, err = a.store.AuditTrail(ctx, limit); err != nil {
			return err
		}
		n = slices.IndexFunc(acts, func(e store.AuditEntry) bool { return e.Time.Before(first) })
		if n >= 0 {
			at.Before = hex.EncodeToString(acts[n].Hash)
		} else if len(acts) < limit {
			n = len(acts)
		}
	}
	at.Entries = n
	if len(acts) > 0 {
		at.Whole, at.Head = acts[0].Seq, hex.EncodeToString(acts[0].Hash)
	}
	acts = acts[:n]
	slices.Reverse(acts)
	w, err := p.Member(evidence.AuditName)
	if err != nil {
		return err
	}
	for _, e := range acts {
		act, err := e.Raw()
		if err != nil {
			return err
		}
		line, err := json.Marshal(evidence.Entry{Hash: hex.EncodeToString(e.Hash), Act: act})
		if err != nil {
			return err
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return p.CSV("audit.csv", []string{"number", "time", "who", "what", "detail", "hash"}, func(row func(...string)) {
		for _, e := range acts {
			row(strconv.FormatUint(e.Seq, 10), e.Time.Format(time.RFC3339Nano), e.Who, e.What, e.Detail, hex.EncodeToString(e.Hash))
		}
	})
}
