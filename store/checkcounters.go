package store

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"billferry/internal/integration"
	"billferry/store/kv"
)

// counters compares counters with what the runs and events add up to.
func (c *checker) counters() error {
	if err := c.countBills(); err != nil {
		return err
	}
	return c.in(func(t *tx) error {
		for _, b := range []*kv.Bucket{bStates, bMonths, bCounters, bHours} {
			if err := c.compare(t, b, c.wanted(b)); err != nil {
				return err
			}
		}
		return nil
	})
}

// countBills looks at all runs of each Bill and integration: which of them
// counts, and whether the Bill needs a person. Entries of run.bill are in the
// order of Bills.
func (c *checker) countBills() error {
	runs := map[[8]byte][]key{} // of the Bill under way, by integration
	var bill []byte
	settle := func(t *tx) error {
		for _, keys := range runs {
			if err := c.countBill(t, keys); err != nil {
				return err
			}
		}
		clear(runs)
		return nil
	}
	err := c.chunks(bRunBill, func(t *tx, k, v []byte) error {
		if len(k) != 24 || len(v) != 16 {
			return nil // told before, as an entry no run asks for
		}
		if !bytes.Equal(bill, k[:8]) {
			if err := settle(t); err != nil {
				return err
			}
			bill = bytes.Clone(k[:8])
		}
		in := [8]byte(v[8:])
		runs[in] = append(runs[in], key(k[8:]))
		return nil
	})
	if err != nil {
		return err
	}
	return c.in(settle)
}

// countBill checks the runs of one Bill; those of another with the same hash are
// told apart.
func (c *checker) countBill(t *tx, keys []key) error {
	bills := map[string][]integration.Run{}
	for _, k := range keys {
		// A run that cannot be read was told of before.
		if r, ok, err := t.run(k); err == nil && ok {
			bills[r.EntityID] = append(bills[r.EntityID], r)
		}
	}
	for _, runs := range bills {
		if n := needs(runs); n != 0 {
			c.want.count(counterKey(runs[0].IntegrationID, countNeeds), n)
		}
		should := slices.Clone(runs)
		integration.Reckon(should, -1)
		for i := range runs {
			if runs[i].Counted == should[i].Counted {
				continue
			}
			k, _ := parseKey(runs[i].ID) // it is the key it was read by
			c.rep.add(c.repair, "run %s counts as %q in sums of money, should be %q", k, runs[i].Counted, should[i].Counted)
			if !c.repair {
				continue
			}
			c.want.countRun(k, &runs[i], -1)
			c.want.countRun(k, &should[i], 1)
			if err := t.Put(bRuns, k[:], packRun(should[i])); err != nil {
				return err
			}
		}
	}
	return nil
}

// wanted is what a bucket of counters should hold.
func (c *checker) wanted(b *kv.Bucket) map[string]string {
	out := map[string]string{}
	if sums := map[*kv.Bucket]map[string]tally{bStates: c.want.states, bMonths: c.want.months}[b]; b == bStates || b == bMonths {
		for name, a := range sums {
			if !a.isZero() {
				out[name] = string(a.write())
			}
		}
		return out
	}
	for name, n := range c.want.counts {
		if (name[0] == 'h') == (b == bHours) && n != 0 {
			out[name[1:]] = fmt.Sprint(n)
		}
	}
	return out
}

func (c *checker) compare(t *tx, b *kv.Bucket, want map[string]string) error {
	if c.unwhole[b] {
		return nil // told before, and a repair makes all of it anew
	}
	got := map[string]string{}
	err := t.All(b, func(k, v []byte) error {
		got[string(k)] = string(v)
		return nil
	})
	if err != nil || maps.Equal(got, want) {
		return err
	}
	for k, v := range got {
		if _, ok := want[k]; !ok {
			c.rep.add(c.repair, "%s: %q is %s, should not be", b, k, v)
			if c.repair {
				if err := t.Delete(b, []byte(k)); err != nil {
					return err
				}
			}
		}
	}
	for k, v := range want {
		if got[k] != v {
			c.rep.add(c.repair, "%s: %q is %q, should be %s", b, k, got[k], v)
			if c.repair {
				if err := t.Put(b, []byte(k), []byte(v)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
