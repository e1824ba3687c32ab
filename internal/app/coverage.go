package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"billferry/internal/bill"
	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/mapping"
)

// Coverage implements service.Service. It reads the Bills that are kept and maps
// them as an attempt would: m3ter is not asked for them, and nothing is sent.
func (a *App) Coverage(ctx context.Context, q service.CoverageRequest, step func(service.Step)) (service.Coverage, error) {
	in, err := a.store.Integration(ctx, q.IntegrationID)
	if err != nil {
		return service.Coverage{}, err
	}
	f, err := a.form(in.EntityType, in.Destination)
	if err != nil {
		return service.Coverage{}, err
	}
	sys, err := a.dest.System(f.EntityType, f.Destination)
	if err != nil {
		return service.Coverage{}, err
	}
	c := &covering{app: a, in: in, sys: sys, before: f.Fill(in.ConfigData), money: map[moneyKey]*service.ItemMoney{}}
	cfg, err := sys.Config(in.ID, c.before)
	if err != nil {
		return service.Coverage{}, err
	}
	c.defaultRule = cfg.Terms.Settings.DefaultItem
	if q.ConfigData != nil {
		data := f.Texts(q.ConfigData)
		if err := f.Validate(in.Name, data).Err(); err != nil {
			return service.Coverage{}, err
		}
		if c.after, err = a.saved(ctx, in.ID, f, f.Fill(data)); err != nil {
			return service.Coverage{}, err
		}
		c.out.Change = &service.WhatIf{Bills: []service.ChangedBill{}}
	}
	for _, v := range []spec.Values{c.before, c.after} {
		for _, t := range targets(f, v) {
			if !slices.ContainsFunc(c.out.Fields, func(x service.FieldCoverage) bool { return x.Field == t }) {
				c.out.Fields = append(c.out.Fields, service.FieldCoverage{Field: t})
			}
		}
	}
	runs, err := a.keptRuns(ctx, integration.RunFilter{IntegrationID: in.ID, Since: q.Since}, cmp.Or(q.Limit, service.CoverageLimit))
	if err != nil {
		return service.Coverage{}, err
	}
	told := time.Time{}
	for i, r := range runs {
		if now := a.now(); step != nil && (now.Sub(told) >= progressEvery || i == 0) {
			told = now
			step(service.Step{Name: "Bills", State: "running", Detail: fmt.Sprintf("%d of %d", i, len(runs))})
		}
		if err := c.add(ctx, r); err != nil {
			return service.Coverage{}, err
		}
	}
	return c.done(ctx), nil
}

// progressEvery is how often work that takes a while tells how far it is.
const progressEvery = 200 * time.Millisecond

// targets are the fields that settings fill: by rules, and with the dates of
// service.
func targets(f spec.Form, v spec.Values) []string {
	out := integration.Targets(v)
	for _, x := range f.Fields {
		if x.Kind != spec.FieldMap {
			continue
		}
		fields := v.Map(x.Key)
		for _, from := range slices.Sorted(maps.Keys(fields)) {
			if to := fields[from]; to != "" {
				out = append(out, "line."+to)
			}
		}
	}
	return out
}

// covering is one Coverage under way.
type covering struct {
	app           *App
	in            integration.Integration
	sys           delivery.System
	before, after spec.Values // after is nil without other settings
	defaultRule   string      // what chose an item that nothing else did
	out           service.Coverage
	money         map[moneyKey]*service.ItemMoney
}

type moneyKey struct{ currency, rule, item string }

// add takes a Bill.
func (c *covering) add(ctx context.Context, r integration.Run) error {
	raw, err := c.app.store.Bill(ctx, r.ID)
	if err != nil {
		return err
	}
	before, was, err := c.mapped(ctx, c.before, raw)
	if err != nil {
		return err
	}
	after, would := before, was
	if c.after != nil {
		if after, would, err = c.mapped(ctx, c.after, raw); err != nil {
			return err
		}
		c.spread(after.Document, true)
		c.differs(r, before, after, was, would)
		c.out.Change.Stops = countStop(c.out.Change.Stops, would)
	}
	c.spread(before.Document, false)
	c.out.Bills++
	switch was.Verdict {
	case service.WouldSend:
		c.out.Documents++
	case service.WouldSkip:
		c.out.LeftOut++
	default:
		c.out.Stops = countStop(c.out.Stops, was)
	}
	if would.Verdict != service.WouldSkip { // the fields are those of the settings that are asked for
		c.fill(r, after.Document)
	}
	return nil
}

func (c *covering) mapped(ctx context.Context, v spec.Values, raw []byte) (delivery.Mapped, service.DryRun, error) {
	m, err := c.app.engine.Preview(ctx, c.sys, c.in.ID, v, raw)
	verdict, err := verdictOf(err)
	if verdict.Verdict != service.WouldSend {
		m.Document = mapping.Encoded{}
	}
	return m, verdict, err
}

// countStop adds a Bill that stops to those of its cause.
func countStop(list []service.DryRun, v service.DryRun) []service.DryRun {
	if v.Verdict == service.WouldSend || v.Verdict == service.WouldSkip {
		return list
	}
	i := slices.IndexFunc(list, func(o service.DryRun) bool { return o.Cause == v.Cause })
	if i < 0 {
		i, list = len(list), append(list, v)
	}
	list[i].Runs++
	return list
}

// spread adds a document's money to the rules and items it went to. A credit
// memo's money is the Bill's with the sign turned.
func (c *covering) spread(d mapping.Encoded, after bool) {
	for i := range d.Lines {
		l := &d.Lines[i]
		k := moneyKey{d.Currency, l.Why.Rule, l.ItemID}
		m := c.money[k]
		if m == nil {
			m = &service.ItemMoney{Rule: k.rule, Item: k.item, Currency: k.currency, Default: k.rule == c.defaultRule}
			c.money[k] = m
		}
		amount := l.Amount
		if d.Kind == mapping.CreditMemo {
			amount = amount.Neg()
		}
		if after {
			m.After, m.AfterLines = m.After.Add(amount), m.AfterLines+1
		} else {
			m.Amount, m.Lines = m.Amount.Add(amount), m.Lines+1
		}
	}
}

// fill counts the fields that a document has.
func (c *covering) fill(r integration.Run, d mapping.Encoded) {
	for i := range c.out.Fields {
		f := &c.out.Fields[i]
		f.Of++
		if c.sys.Filled(&d.Document, f.Field) {
			f.Filled++
		} else if code := r.AccountRef(); !slices.Contains(f.NotOn, code) {
			f.NotOn = append(f.NotOn, code)
		}
	}
}

// differs notes a Bill whose document would be another.
func (c *covering) differs(r integration.Run, before, after delivery.Mapped, was, would service.DryRun) {
	what := mapping.Differences(before.Document, after.Document)
	if was.Verdict != would.Verdict || was.Cause != would.Cause {
		what = []string{verdictWords(was) + " → " + verdictWords(would)}
	}
	if len(what) == 0 {
		return
	}
	c.out.Change.Bills = append(c.out.Change.Bills, service.ChangedBill{RunID: r.ID, Bill: r.BillRef,
		Account: r.AccountRef(), What: what})
}

func verdictWords(v service.DryRun) string {
	switch v.Verdict {
	case service.WouldSend:
		return "is sent"
	case service.WouldSkip:
		return "is left out"
	}
	return "stops (" + v.Cause + ")"
}

// done sorts what was added up and names the items.
func (c *covering) done(ctx context.Context) service.Coverage {
	sums := map[string]decimal.D{}
	var ids []string
	for _, m := range c.money {
		sums[m.Currency] = sums[m.Currency].Add(m.Amount)
		if !slices.Contains(ids, m.Item) {
			ids = append(ids, m.Item)
		}
	}
	names := c.app.itemNames(ctx, c.in, ids)
	for _, k := range slices.SortedFunc(maps.Keys(c.money), func(a, b moneyKey) int {
		x, y := c.money[a], c.money[b]
		return cmp.Or(strings.Compare(a.currency, b.currency), y.Amount.Abs().Cmp(x.Amount.Abs()), strings.Compare(a.rule+a.item, b.rule+b.item))
	}) {
		m := *c.money[k]
		m.Name = names[m.Item]
		m.Percent = percent(m.Amount, sums[m.Currency])
		c.out.Money = append(c.out.Money, m)
	}
	for _, list := range [][]service.DryRun{c.out.Stops, c.changeStops()} {
		slices.SortStableFunc(list, func(x, y service.DryRun) int { return cmp.Compare(y.Runs, x.Runs) })
	}
	return c.out
}

// percent is a share for people, with one decimal; "" of nothing.
func percent(part, of decimal.D) string {
	a, okA := new(big.Rat).SetString(part.String())
	b, okB := new(big.Rat).SetString(of.String())
	if !okA || !okB || b.Sign() == 0 {
		return ""
	}
	return a.Quo(a.Mul(a, big.NewRat(100, 1)), b).FloatString(1)
}

func (c *covering) changeStops() []service.DryRun {
	if c.out.Change == nil {
		return nil
	}
	return c.out.Change.Stops
}

// keptRuns lists the latest runs of a filter, one for each Bill, up to a number.
func (a *App) keptRuns(ctx context.Context, f integration.RunFilter, most int) (out []integration.Run, err error) {
	seen := map[string]bool{}
	for token := ""; ; {
		page, err := a.store.Runs(ctx, f, token, min(most, 500))
		if err != nil {
			return nil, err
		}
		for _, r := range page.Runs {
			if len(out) == most {
				return out, nil
			}
			if !seen[r.EntityID] {
				seen[r.EntityID] = true
				out = append(out, r)
			}
		}
		if token = page.Next; token == "" {
			return out, nil
		}
	}
}

// keptBills goes through the Bills of the latest runs; one that cannot be read
// tells nothing.
func (a *App) keptBills(ctx context.Context, f integration.RunFilter, most int, visit func(bill.Bill)) error {
	runs, err := a.keptRuns(ctx, f, most)
	if err != nil {
		return err
	}
	for _, r := range runs {
		raw, err := a.store.Bill(ctx, r.ID)
		if err != nil {
			return err
		}
		if b, err := bill.Decode(raw); err == nil {
			visit(b)
		}
	}
	return nil
}
