package world

import (
	"context"
	"slices"
	"sync"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// amendBreaks are faults made on purpose of what becomes of final documents.
var amendBreaks = []breakage{
	{amends: true, name: "an amendment's intent is not written", ledger: ledgerOf(func(b *brokenLedger) {
		b.soon = func(ctx context.Context, r integration.Run, a *integration.Attempt) error {
			if r.Status == integration.Started && r.Amends {
				return nil
			}
			return b.Ledger.SaveRunSoon(ctx, r, a)
		}
	})},
	{quick: true, amends: true, name: "an amendment is counted twice", destination: holdingsOf(twice)},
	{amends: true, name: "amendments that stand are not counted", destination: holdingsOf(func(_ string, h mapping.Holdings) mapping.Holdings {
		h.Documents = slices.DeleteFunc(h.Documents, func(d mapping.Held) bool { return d.Amends })
		return h
	})},
	{amends: true, name: "what stands is read stale", destination: stale(20 * time.Minute)},
	{amends: true, name: "what is final is changed", destination: holdingsOf(func(_ string, h mapping.Holdings) mapping.Holdings {
		for i := range h.Documents {
			h.Documents[i].Issued = ""
		}
		return h
	})},
	{amends: true, name: "an amendment does not wait for what may still come", ledger: ledgerOf(func(b *brokenLedger) {
		b.siblings = func(all []integration.Run) []integration.Run {
			for i := range all {
				all[i].LateChange, all[i].LateCreate = time.Time{}, time.Time{}
				all[i].Doubt = slices.Clone(all[i].Doubt)
				for j := range all[i].Doubt {
					all[i].Doubt[j].Since = all[i].Doubt[j].Since.Add(-lateFor)
				}
			}
			return all
		}
	})},
}

// twice has each amendment twice.
func twice(_ string, h mapping.Holdings) mapping.Holdings {
	for _, d := range h.Documents {
		if d.Amends {
			d.ID += "0"
			h.Documents = append(slices.Clip(h.Documents), d)
		}
	}
	return h
}

// brokenBookkeeper changes what is told of the documents of a Bill.
type brokenBookkeeper struct {
	*lookups
	told func(prefix string, h mapping.Holdings) mapping.Holdings
}

func holdingsOf(f func(string, mapping.Holdings) mapping.Holdings) func(*lookups) delivery.Destination {
	return func(d *lookups) delivery.Destination { return brokenBookkeeper{d, f} }
}

func (b brokenBookkeeper) Holdings(
	ctx context.Context, q delivery.HoldingsQuery, rec func(integration.Exchange),
) (mapping.Holdings, error) {
	h, err := b.lookups.Holdings(ctx, q, rec)
	if err == nil {
		h = b.told(q.Prefix, h)
	}
	return h, err
}

// stale tells for so long what was there when it was asked first.
func stale(life time.Duration) func(*lookups) delivery.Destination {
	type kept struct {
		mapping.Holdings
		since time.Time
	}
	return func(d *lookups) delivery.Destination {
		var of sync.Map
		return brokenBookkeeper{d, func(prefix string, h mapping.Holdings) mapping.Holdings {
			was, ok := of.Load(prefix)
			if ok && time.Since(was.(kept).since) < life {
				return was.(kept).Holdings
			}
			of.Store(prefix, kept{h, time.Now()})
			return h
		}}
	}
}
