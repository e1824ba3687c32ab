package mapping

import (
	"maps"
	"slices"
)

// ItemUse gathers, over documents, which items take usage and which prepayments.
type ItemUse struct {
	Bills   int // documents that have prepayments
	Default int // documents that have them on the default item

	cfg            *Config
	usage, prepaid map[string]bool
}

// NewItemUse begins with the items that the settings give usage.
func NewItemUse(cfg *Config) *ItemUse {
	return &ItemUse{cfg: cfg, usage: cfg.usageItems(), prepaid: map[string]bool{}}
}

// Add takes a document.
func (u *ItemUse) Add(d *Document) {
	label := u.cfg.terms().Settings.DefaultItem
	has, byDefault := false, false
	for i := range d.Lines {
		l := &d.Lines[i]
		if slices.ContainsFunc(l.Why.Types, func(t string) bool { return classOf(t) == usageClass }) {
			u.usage[l.ItemID] = true
		}
		if !slices.ContainsFunc(l.Why.Types, Drawn) {
			continue
		}
		has = true
		if l.Why.Rule == label {
			byDefault = true // which is told by itself
		} else {
			u.prepaid[l.ItemID] = true
		}
	}
	if has {
		u.Bills++
	}
	if byDefault {
		u.Default++
	}
}

// Shared are the items that take both, other than by default.
func (u *ItemUse) Shared() []string {
	var out []string
	for _, item := range slices.Sorted(maps.Keys(u.prepaid)) {
		if u.usage[item] {
			out = append(out, item)
		}
	}
	return out
}
