package mapping

import (
	"strings"

	"billferry/internal/bill"
	"billferry/internal/integration"
)

// The m3ter entities that external mappings tie to items of the destination.
const (
	entityAggregation       = "Aggregation"
	entityAccountingProduct = "AccountingProduct"
	entityProduct           = "Product"
)

// Want is an item mapping to look up before mapping a Bill.
type Want struct{ Entity, ID string }

// Key is where Lookups.Items has the answer.
func (w Want) Key() string { return strings.ToLower(w.Entity) + "|" + w.ID }

// Wants lists the item mappings that can decide an item of this Bill, each
// once, in the order of its lines. Excluded lines want none.
func Wants(cfg Config, b bill.Bill) []Want {
	var out []Want
	seen := map[Want]bool{}
	for i := range b.Lines {
		if cfg.excludes(b.Lines[i].Type) {
			continue
		}
		for _, w := range cfg.wants(&b.Lines[i]) {
			if w.ID != "" && !seen[w] {
				seen[w] = true
				out = append(out, w)
			}
		}
	}
	return out
}

// wants lists what can decide the item of a line, first choice first; some
// have no ID.
func (cfg Config) wants(l *bill.Line) [3]Want {
	w := [3]Want{1: {entityAccountingProduct, l.AccountingProductID}, 2: {entityProduct, l.ProductID}}
	if cfg.Split == PerAggregation && classOf(l.Type) == usageClass {
		w[0] = Want{entityAggregation, aggregationOf(l)}
	}
	return w
}

// aggregationOf gives the id of the line's aggregation, plain or compound.
func aggregationOf(l *bill.Line) string {
	if l.AggregationID != "" {
		return l.AggregationID
	}
	return l.CompoundAggregationID
}

// choice is an item and the rule that chose it.
type choice struct {
	item, rule, match, fallback string
	byDefault                   bool
}

// nothingElse is the fallback of the last rule that applies.
const nothingElse = "nothing: the Bill would have stopped"

// resolver chooses items. Lines of one product and type share the answer.
type resolver struct {
	cfg   Config
	items map[string]Item
	known map[question]choice
}

type question struct {
	lineType, aggregation, accountingProduct, product string
}

func newResolver(cfg Config, l Lookups) *resolver {
	return &resolver{cfg: cfg, items: l.Items, known: map[question]choice{}}
}

func (r *resolver) choose(l *bill.Line) (choice, error) {
	wants := r.cfg.wants(l)
	q := question{l.Type, wants[0].ID, l.AccountingProductID, l.ProductID}
	c, ok := r.known[q]
	if !ok {
		c = r.decide(l.Type, wants)
		r.known[q] = c
	}
	switch t := r.cfg.terms(); {
	case c.item == "":
		return c, fail(integration.ClassData, "item_missing", describe(l)+" has no "+t.System+" "+strings.ToLower(t.ItemTable),
			r.cfg.itemAdvice(l.Type, wants))
	case c.byDefault && r.cfg.StrictItems:
		return c, fail(integration.ClassHeld, "default_item_strict",
			"only "+t.Settings.DefaultItem+" would catch "+describe(l)+", and Strict Items is on", r.cfg.itemAdvice(l.Type, wants))
	}
	return c, nil
}

// TypeItem is the item that the settings alone give a type of line, with the
// setting that does; "" when none does. External mappings come before it.
func TypeItem(cfg Config, lineType string) (item, rule string) {
	c := newResolver(cfg, Lookups{}).decide(lineType, [3]Want{})
	return c.item, c.rule
}

// decide walks the rules in their order; the second that applies is what the
// first would have fallen back to.
func (r *resolver) decide(lineType string, wants [3]Want) choice {
	found := make([]choice, 0, 6) // each of the rules below
	labels := &r.cfg.terms().Settings
	add := func(item, rule, match string) {
		if item != "" {
			found = append(found, choice{item: item, rule: rule, match: match})
		}
	}
	if r.cfg.TypeFirst && prepaid(lineType) {
		r.byType(lineType, add)
		r.byMapping(wants, add)
	} else {
		r.byMapping(wants, add)
		r.byType(lineType, add)
	}
	byDefault := len(found) == 0
	add(r.cfg.DefaultItem, labels.DefaultItem, "")
	if len(found) == 0 {
		return choice{}
	}
	c := found[0]
	c.byDefault = byDefault
	c.fallback = nothingElse
	if len(found) > 1 {
		c.fallback = found[1].rule + ": item " + found[1].item
	}
	return c
}

// byMapping adds what external mappings say.
func (r *resolver) byMapping(wants [3]Want, add func(item, rule, match string)) {
	for _, w := range wants {
		if w.ID == "" {
			continue
		}
		if it, ok := r.items[w.Key()]; ok {
			rule := "external mapping of the " + w.Entity
			if it.Linked {
				rule += ", linked to this integration"
			}
			add(it.ID, rule, w.ID)
		}
	}
}

// byType adds what the settings say of the line's type.
func (r *resolver) byType(lineType string, add func(item, rule, match string)) {
	labels := &r.cfg.terms().Settings
	if item, ok := r.cfg.ItemByType[lineType]; ok {
		add(item, labels.ItemMapping+" for "+lineType, "")
	}
	switch classOf(lineType) {
	case commitmentClass:
		add(r.cfg.CommitmentItem, labels.CommitmentItem, "")
	case minimumSpendClass:
		add(r.cfg.MinimumSpendItem, labels.MinimumSpendItem, "")
	}
}

// itemAdvice names every mapping and setting that would decide the item.
func (cfg *Config) itemAdvice(lineType string, wants [3]Want) string {
	t := cfg.terms()
	var ways []string
	for _, w := range wants {
		if w.ID != "" {
			ways = append(ways, "add an external mapping from "+w.Entity+" "+w.ID+" to a "+t.System+" "+t.ItemTable)
		}
	}
	ways = append(ways, "set "+t.Settings.ItemMapping+" for "+lineType)
	switch classOf(lineType) {
	case commitmentClass:
		ways = append(ways, "set "+t.Settings.CommitmentItem)
	case minimumSpendClass:
		ways = append(ways, "set "+t.Settings.MinimumSpendItem)
	}
	return strings.Join(ways, ", or ") + ", or set " + t.Settings.DefaultItem
}

// describe names a line of the Bill for a message.
func describe(l *bill.Line) string {
	s := "line item " + l.ID + " (" + l.Type
	if l.Description != "" {
		s += ", " + clean(l.Description)
	}
	return s + ")"
}

func fail(class integration.Class, cause, message, advice string) error {
	return &integration.Failure{Class: class, Cause: cause, Message: message, Advice: advice}
}
