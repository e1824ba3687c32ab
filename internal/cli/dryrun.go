package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"billferry/internal/bill"
	"billferry/internal/decimal"
	"billferry/internal/service"
)

// dryRun prints what each Bill would become: one JSON document a line, or
// readable invoices and then where the money of all of them goes.
func (e *env) dryRun(ctx context.Context, s service.Service, target service.Summary, in io.Reader, o sendOptions) error {
	failed := 0
	sums := newCoverage()
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
			ConfigData: target.ConfigData, Bill: raw,
		})
		switch {
		case err != nil:
			failed++
			e.say("%s:%d: %s", source(o.from), line, explain(err))
		case p.Document == nil:
			failed++
			e.say("%s:%d: %s: %s", source(o.from), line, p.Source, p.Verdict)
		case e.json:
			return enc.Encode(p)
		case o.explain:
			sums.add(p)
			_, _ = fmt.Fprintln(safe{e.out}, strings.TrimRight(p.Text, "\n")+"\n")
		default:
			return enc.Encode(json.RawMessage(p.Document))
		}
		return ctx.Err()
	})
	if o.explain && !e.json {
		sums.write(e.out)
	}
	if err == nil && failed > 0 {
		err = errNotDelivered
	}
	return err
}

// coverage adds up where the money of many documents goes.
type coverage struct {
	documents int
	items     map[share]*part
	rules     map[share]*part
	defaults  map[share]*part // what only the default item caught; also among the others
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
		count(c.items, share{p.Currency, l.Item}, 1, signed(l.Amount))
		count(c.rules, share{p.Currency, l.Rule}, 1, signed(l.Amount))
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
			rows = append(rows, []string{k.currency, money(t.parts[k].amount), strconv.Itoa(t.parts[k].lines), k.name})
		}
		_, _ = fmt.Fprintln(w)
		table(w, "CURRENCY|>AMOUNT|>LINES|"+t.head, rows)
	}
}
