package mapping

import (
	"maps"
	"slices"
)

// ItemUse gathers, over documents, which items take usage and which prepayments.
type ItemUse struct {
	Bills   int // documents that have prepayments
	Default int // documents that have them on the default item

	label string // of the default item
	use   itemUse
}

// itemUse tells which items take usage and which prepayments, other than by
// default: that is told by itself.
type itemUse struct {
	usage, prepaid   map[string]bool
	lines, byDefault int // of prepayments, and of them on the default item
}

// newItemUse begins with the items that the settings give usage.
func newItemUse(cfg *Config) itemUse {
	return itemUse{usage: cfg.usageItems(), prepaid: map[string]bool{}}
}

func (u *itemUse) add(types []string, item string, byDefault bool) {
	if slices.ContainsFunc(types, func(t string) bool { return classOf(t) == usageClass }) {
		u.usage[item] = true
	}
	if !slices.ContainsFunc(types, Drawn) {
		return
	}
	if u.lines++; byDefault {
		u.byDefault++
		return
	}
	u.prepaid[item] = true
}

// shared are the items that take both.
func (u *itemUse) shared() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(u.prepaid)), func(item string) bool { return !u.usage[item] })
}

// NewItemUse makes one for the documents of an integration.
func NewItemUse(cfg *Config) *ItemUse {
	return &ItemUse{label: cfg.terms().Settings.DefaultItem, use: newItemUse(cfg)}
}

// Add takes a document.
func (u *ItemUse) Add(d *Document) {
	before := u.use
	for i := range d.Lines {
		l := &d.Lines[i]
		u.use.add(l.Why.Types, l.ItemID, l.Why.Rule == u.label)
	}
	if u.use.lines > before.lines {
		u.Bills++
	}
	if u.use.byDefault > before.byDefault {
		u.Default++
	}
}

// Shared are the items that take both, other than by default.
func (u *ItemUse) Shared() []string { return u.use.shared() }
