package store

import (
	"slices"

	"billferry/internal/integration"
)

// mates reads the other runs of a Bill. Most Bills have none.
func (t *tx) mates(k key, of *integration.Run) (out []integration.Run, err error) {
	t.billRuns(of.IntegrationID, of.EntityID, func(b billRun) bool {
		if b.key == k {
			return true
		}
		var r integration.Run
		if r, err = t.mustRun(b.key); err == nil && r.EntityID == of.EntityID && r.IntegrationID == of.IntegrationID {
			out = append(out, r)
		}
		return err == nil
	})
	return out, err
}

// reckon counts what follows for a Bill from one of its runs being added,
// changed or gone: how its money counts, and whether it needs a person. It
// writes the other runs that count otherwise now, says in now how that does,
// and answers whether that is news.
func (t *tx) reckon(old, now *integration.Run, mates []integration.Run) (news bool, err error) {
	before, after := slices.Clone(mates), slices.Clone(mates)
	in := ""
	if old != nil {
		before, in = append(before, *old), old.IntegrationID
	}
	changed := -1
	if now != nil {
		after, in, changed = append(after, *now), now.IntegrationID, len(mates)
	}
	integration.Reckon(after, changed)
	if now != nil {
		news = now.Counted != after[changed].Counted || !now.Watch.Same(after[changed].Watch)
		now.Counted, now.Watch = after[changed].Counted, after[changed].Watch
	}
	if n := needs(after) - needs(before); n != 0 {
		t.count(counterKey(in, countNeeds), n)
	}
	for i := range mates {
		if err := t.recount(&mates[i], &after[i]); err != nil {
			return false, err
		}
	}
	return news, nil
}

// recount writes a run that counts otherwise than it did.
func (t *tx) recount(was, now *integration.Run) error {
	if was.Counted == now.Counted && was.AmountOut.Equal(now.AmountOut) && was.AmountTax.Equal(now.AmountTax) &&
		was.OutProof == now.OutProof && was.Watch.Same(now.Watch) {
		return nil
	}
	k, ok := parseKey(was.ID)
	if !ok {
		return notFound("run", was.ID)
	}
	if err := t.swapEntries(appendStateEntries(nil, k, was), appendStateEntries(nil, k, now)); err != nil {
		return err
	}
	t.countRun(k, was, -1)
	t.countRun(k, now, 1)
	t.Changed("run", was.ID)
	return t.Put(bRuns, k[:], packRun(*now))
}

// needs is 1 when a Bill needs a person: when the run that stands for it does.
func needs(runs []integration.Run) int64 {
	if i := integration.Current(runs); i >= 0 && runs[i].NeedsPerson() {
		return 1
	}
	return 0
}
