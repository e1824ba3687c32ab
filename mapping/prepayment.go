package mapping

import (
	"fmt"
	"slices"
	"strings"

	"billferry/internal/integration"
)

// prepaid tells the types of line whose money is paid before it is earned, or
// that settle it: what Prepayment Items is about.
func prepaid(lineType string) bool {
	return Drawn(lineType) || classOf(lineType) == minimumSpendClass
}

// Drawn tells whether a line item type is the fee or the draw-down of a prepayment
// or a balance.
func Drawn(lineType string) bool {
	return classOf(lineType) == commitmentClass || lineType == balanceFee || lineType == balanceConsumed
}

// Prepaid tells what a line of a document is about, by the line item types that it was
// made of: the fee of a prepayment or a balance, its draw-down, or neither.
func Prepaid(types []string) (fee, drawn bool) {
	fee, drawn = len(types) > 0, len(types) > 0
	for _, t := range types {
		fee = fee && (t == commitmentFee || t == balanceFee)
		drawn = drawn && (t == commitmentConsumed || t == balanceConsumed)
	}
	return fee, drawn
}

// Liability says whose fees and draw-downs are on an item or a line: those of
// prepayments (m3ter's Commitments), of Balances, or of both.
type Liability struct{ Commitments, Balances bool }

// LiabilityOf is that of a line, by the line item types that it was made of.
func LiabilityOf(types []string) Liability {
	var of Liability
	for _, t := range types {
		of.Commitments = of.Commitments || t == commitmentFee || t == commitmentConsumed
		of.Balances = of.Balances || t == balanceFee || t == balanceConsumed
	}
	return of
}

// PrepaidItems are the items that the settings alone give fees and draw-downs, without
// the default item and those of usage, which stand for no liability.
func PrepaidItems(cfg Config) map[string]Liability {
	items := map[string]Liability{}
	r, usage := newResolver(cfg, Lookups{}), cfg.usageItems()
	for _, t := range []string{commitmentFee, commitmentConsumed, balanceFee, balanceConsumed} {
		if c := r.decide(t, [3]Want{}); c.item != "" && !c.byDefault && !usage[c.item] {
			was, of := items[c.item], LiabilityOf([]string{t})
			items[c.item] = Liability{was.Commitments || of.Commitments, was.Balances || of.Balances}
		}
	}
	return items
}

// usageItems are the items that the settings give usage.
func (cfg *Config) usageItems() map[string]bool {
	items := map[string]bool{}
	for _, t := range []string{usage, overageUsage, usageCredit} {
		if item := cfg.ItemByType[t]; item != "" {
			items[item] = true
		}
	}
	return items
}

// prepayments looks for fees and draw-downs on items that take usage as well: a
// fee there is revenue at once, and its draw-down lowers that of the usage.
func (m *mapper) prepayments(parts []part) error {
	if !slices.ContainsFunc(parts, func(p part) bool { return Drawn(p.types[0]) }) {
		return nil
	}
	use := newItemUse(&m.cfg)
	for i := range parts {
		use.add(parts[i].types, parts[i].item, parts[i].byDefault)
	}
	shared := use.shared()
	for i := range parts {
		p := &parts[i]
		if m.cfg.StrictItems && Drawn(p.types[0]) && !p.byDefault && slices.Contains(shared, p.item) {
			return fail(integration.ClassHeld, "prepayment_item_shared",
				fmt.Sprintf("%s goes to item %s, which takes usage as well, and Strict Items is on", describe(p.src), p.item),
				"give prepayments an item of their own ("+m.cfg.itemAdvice(p.types[0], [3]Want{})+
					") and set Prepayment Items to TYPE_FIRST, then retry")
		}
	}
	if len(shared) > 0 {
		m.warn("prepayments go to item %s, which takes usage as well: a fee there is revenue at once; see Prepayment Items",
			strings.Join(shared, ", "))
	}
	if use.byDefault > 0 {
		m.warn("%s of prepayments on the default item: they need an item of their own, whose account is a liability",
			counted(use.byDefault, "line"))
	}
	return nil
}
