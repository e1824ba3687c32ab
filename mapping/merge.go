package mapping

import (
	"fmt"
	"slices"

	"billferry/internal/integration"
)

// heap is what merged lines must share: the item, so that no money moves to
// another account, the service period, so that none moves to another time, and
// what rules fill.
type heap struct{ item, start, end, fields string }

// limit keeps a document within the lines that the destination takes: it merges
// the smallest usage lines per item if a setting says so, else the Bill is
// refused.
func (m *mapper) limit(parts []part) ([]part, error) {
	most := m.terms.Limits.Lines
	if !beyond(len(parts), most) {
		return parts, nil
	}
	refuse := func(why, advice string) error {
		return fail(integration.ClassData, "too_many_lines", fmt.Sprintf("the document has %d lines, and %s takes at most %d%s",
			len(parts), m.terms.System, most, why), advice)
	}
	if !m.cfg.MergeLines {
		return nil, refuse("", "set Merge Lines, or Split Usage Line Items to ITEM_PER_AGGREGATION or ITEM_PER_PRODUCT, then retry")
	}
	merge := smallest(parts, len(parts)-most)
	if merge == nil {
		return nil, refuse(", even with usage merged per item and service period",
			"exclude line item types, or have m3ter bill more often, then retry")
	}
	return m.merge(parts, merge), nil
}

// smallest picks usage lines, the smallest first, until merging those of a
// heap saves that many lines; nil when it never does.
func smallest(parts []part, save int) map[int]bool {
	var order []int
	for i := range parts {
		if classOf(parts[i].types[0]) == usageClass {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return parts[a].amount.Abs().Cmp(parts[b].amount.Abs()) })
	picked, heaps := map[int]bool{}, map[heap]bool{}
	for _, i := range order {
		h := parts[i].heap()
		if picked[i] = true; heaps[h] {
			save--
		}
		heaps[h] = true
		if save == 0 {
			return picked
		}
	}
	return nil
}

func (p *part) heap() heap {
	return heap{p.item, p.src.ServicePeriodStart, p.src.ServicePeriodEnd, fieldsKey(p.fields)}
}

// merge joins the picked parts of each heap where its first one stands.
func (m *mapper) merge(parts []part, picked map[int]bool) []part {
	sizes := map[heap]int{}
	for i := range picked {
		sizes[parts[i].heap()]++
	}
	at := map[heap]int{}
	out := make([]part, 0, len(parts))
	for i := range parts {
		p := parts[i]
		h := p.heap()
		size := sizes[h]
		if !picked[i] || size == 1 {
			out = append(out, p)
			continue
		}
		if j, ok := at[h]; ok {
			out[j].absorb(p)
			continue
		}
		at[h] = len(out)
		p.text, p.credits = fmt.Sprintf("%d usage lines", size), false
		if p.src.ProductName != "" {
			p.text = p.src.ProductName + between + p.text
		}
		out = append(out, p)
	}
	m.warn("%d lines became %d: the smallest usage lines were merged per item and service period", len(parts), len(out))
	return out
}
