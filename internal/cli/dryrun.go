package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"billferry/internal/bill"
	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
)

// dryRun prints what each Bill would become: one JSON document a line, or
// readable invoices and then where the money of all of them goes; with --json
// the whole preview, also of a Bill without a document. Bills that would not be
// sent by the integration's own rules are no failure, those that would stop are.
func (e *env) dryRun(ctx context.Context, s service.Service, target service.Summary, in io.Reader, o sendOptions) error {
	if !target.Enabled {
		e.say("%s is disabled: nothing would be sent until it is enabled", target.Name)
	}
	d := dryRun{env: e, from: source(o.from), explained: o.explain && !e.json, sums: newCoverage()}
	err := bill.Read(in, func(line int, raw []byte, err error) error {
		var p service.Preview
		if err == nil {
			p, err = s.Preview(ctx, service.PreviewRequest{
				IntegrationID: target.ID, EntityType: target.EntityType, Destination: target.Destination,
				ConfigData: target.ConfigData, Bill: raw,
			})
		}
		return cmp.Or(d.bill(line, p, err), ctx.Err())
	})
	if d.explained {
		d.sums.name(ctx, s, target.ID)
		d.sums.write(e.out)
		err = cmp.Or(err, e.lost())
	}
	d.total()
	if err == nil && d.stop+d.unread > 0 {
		err = errNotDelivered
	}
	return err
}

// dryRun counts what would become of Bills.
type dryRun struct {
	*env
	from      string
	explained bool
	sums      *coverage

	sent, skipped, stop, unread int
}

// bill prints what one Bill would become; err is why that is not known.
func (d *dryRun) bill(line int, p service.Preview, err error) error {
	if err != nil {
		d.unread++
		d.say("%s:%d: %v", d.from, line, err)
		if f := new(integration.Failure); errors.As(err, &f) && f.Advice != "" {
			d.say("  %s", f.Advice)
		}
		return nil
	}
	switch {
	case len(p.Body) > 0:
		d.sent++
		d.sums.add(p)
	case p.Skipped:
		d.skipped++
		d.say("%s:%d: %s: %s", d.from, line, p.Source, p.Verdict)
	default:
		d.stop++
		d.say("%s:%d: %s: %s", d.from, line, p.Source, p.Verdict)
		for _, advice := range p.Warnings {
			d.say("    what to do: %s", advice)
		}
	}
	switch {
	case d.json:
		return d.compact(p)
	case len(p.Body) == 0:
		return nil
	case d.explained:
		_, err := fmt.Fprintln(safe{d.out}, strings.TrimRight(p.Text, "\n")+"\n")
		return err
	}
	return d.compact(p.Body)
}

// total says in one line how it went, unless all would be sent.
func (d *dryRun) total() {
	if d.skipped+d.stop+d.unread == 0 {
		return
	}
	line := fmt.Sprintf("%d would be sent, %d would not be sent, %d would stop", d.sent, d.skipped, d.stop)
	if d.unread > 0 {
		line += fmt.Sprintf(", %d could not be read", d.unread)
	}
	d.say("%s", line)
}

// coverage adds up where the money of many documents goes.
type coverage struct {
	documents int
	items     map[share]*part
	rules     map[share]*part
	defaults  map[share]*part // what only the default item caught; also among the others
	names     map[string]string
}

// name asks what the items are called; those that nobody can tell keep their ids.
func (c *coverage) name(ctx context.Context, s service.Service, integrationID string) {
	q := service.NamesRequest{IntegrationID: integrationID}
	for k := range c.items {
		q.Items = append(q.Items, k.name)
	}
	c.names, _ = s.Names(ctx, q)
}

type share struct{ currency, name string }

type part struct {
	lines  int
	amount decimal.D
}

func newCoverage() *coverage {
	return &coverage{items: map[share]*part{}, rules: map[share]*part{}, defaults: map[share]*part{}}
}

func (c *coverage) add(p service.Preview) {
	c.documents++
	signed := func(d decimal.D) decimal.D {
		if p.BillTotal.Sign() < 0 { // a credit memo, which has its amounts without the sign
			return d.Neg()
		}
		return d
	}
	for _, l := range p.Lines {
		count(c.items, share{p.Currency, l.ItemID}, 1, signed(l.Amount))
		count(c.rules, share{p.Currency, l.Why.Rule}, 1, signed(l.Amount))
	}
	if p.DefaultLines > 0 {
		count(c.defaults, share{p.Currency, "for want of a mapping"}, p.DefaultLines, signed(p.DefaultAmount))
	}
}

func count(parts map[share]*part, of share, lines int, amount decimal.D) {
	if parts[of] == nil {
		parts[of] = &part{}
	}
	parts[of].lines += lines
	parts[of].amount = parts[of].amount.Add(amount)
}

func (c *coverage) write(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%d documents\n", c.documents)
	for _, t := range []struct {
		head  string
		parts map[share]*part
	}{{"ITEM", c.items}, {"RULE", c.rules}, {"DEFAULT ITEM", c.defaults}} {
		if len(t.parts) == 0 {
			continue
		}
		var rows [][]string
		for _, k := range slices.SortedFunc(maps.Keys(t.parts), func(a, b share) int {
			return cmp.Or(cmp.Compare(a.currency, b.currency), t.parts[b].amount.Cmp(t.parts[a].amount), cmp.Compare(a.name, b.name))
		}) {
			rows = append(rows, []string{k.currency, money(t.parts[k].amount), strconv.Itoa(t.parts[k].lines),
				clean(strings.TrimSpace(k.name + " " + c.names[k.name]))})
		}
		_, _ = fmt.Fprintln(w)
		table(w, "CURRENCY|>AMOUNT|>LINES|"+t.head, rows)
	}
}
