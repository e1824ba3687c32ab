package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"billferry/internal/integration"
	"billferry/store/kv"
)

// checkChunk is how many records one transaction of a check reads or mends.
const checkChunk = 2000

// maxProblems bounds the list of a report; the count goes on.
const maxProblems = 100

// Report is what Check found.
type Report struct {
	Runs     int      `json:"runs"`
	Found    int      `json:"found"`    // problems
	Repaired int      `json:"repaired"` // of them
	Problems []string `json:"problems,omitempty"`
}

func (r *Report) add(repaired bool, format string, args ...any) {
	r.Found++
	if repaired {
		r.Repaired++
	}
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
	}
}

// derived are the buckets of entries that follow from runs alone, and
// derivable all that can be made anew from others.
var (
	derived   = []*kv.Bucket{bRunState, bRunAccount, bRunBill, bRunDue, bRunMonth}
	derivable = append([]*kv.Bucket{bStates, bMonths, bHours, bCounters, bEventOpen, bAccountCode, bNames, bMappingKey}, derived...)
)

// checker walks the file while nobody else writes.
type checker struct {
	s       *Store
	ctx     context.Context
	file    kv.Alone
	repair  bool
	rep     Report
	entries map[*kv.Bucket]int  // how many of those the runs ask for are there
	want    *tx                 // collects what the counters should be
	told    map[string]bool     // records that are not as they were written
	unwhole map[*kv.Bucket]bool // derivable buckets that have such, and are not made anew
	// noMonths is that the months of an older file could not be made.
	noMonths bool
	tell     func(part string, records int)
	part     string // that is looked at
	read     int    // records of it so far
}

// Check reads the whole file: pages, records, indexes and counters. With repair
// it makes indexes and counters anew where they do not follow from the runs.
// Nothing else is written meanwhile; readers go on. Damaged pages and records
// cannot be repaired: restore a backup. tell, unless nil, hears now and then how
// many records of which part are read.
func (s *Store) Check(ctx context.Context, repair bool, tell func(part string, records int)) (Report, error) {
	if tell == nil {
		tell = func(string, int) {}
	}
	c := &checker{s: s, ctx: ctx, repair: repair, entries: map[*kv.Bucket]int{}, want: &tx{Tx: &kv.Tx{}, now: s.now()},
		told: map[string]bool{}, unwhole: map[*kv.Bucket]bool{}, tell: tell}
	if err := s.awaitMonths(ctx); errors.Is(err, ErrDamaged) { // what is damaged is told below
		c.noMonths, c.unwhole[bMonths] = true, true
	} else if err != nil {
		return c.rep, err
	}
	err := s.db.Exclusive(ctx, func(file kv.Alone) error {
		c.file = file
		for _, step := range []struct {
			part string
			do   func() error
		}{
			{"pages", c.pages}, {"records", c.records}, {"runs", c.runs}, {"indexes", c.indexes}, {"events", c.events},
			{"names and mappings", c.registers}, {"counters", c.counters},
		} {
			c.part, c.read = step.part, 0
			tell(c.part, 0)
			if err := step.do(); err != nil {
				return err
			}
		}
		return nil
	})
	return c.rep, err
}

// in runs f in a transaction: one that writes when there is something to repair.
func (c *checker) in(f func(t *tx) error) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	run := func(k *kv.Tx) error {
		k.Lenient(func(r kv.Broken) { c.broken(r, false) })
		return f(&tx{Tx: k, now: c.s.now()})
	}
	if c.repair {
		return c.file.Update(run)
	}
	return c.file.View(run)
}

// pages checks the structure of the file.
func (c *checker) pages() error {
	return c.file.CheckPages(c.ctx, func(fault string) { c.rep.add(false, "%s", fault) })
}

// broken tells of a record once, however many steps meet it.
func (c *checker) broken(r kv.Broken, repaired bool) {
	if name := r.Bucket.String() + "\x00" + string(r.Key); !c.told[name] {
		c.told[name] = true
		if repaired || slices.Contains(derivable, r.Bucket) {
			c.rep.add(repaired, "%v", r)
		} else {
			c.rep.add(false, "%v; restore a backup", r)
		}
	}
}

// records checks every record against its checksum, and that keys stand in
// their order. A bucket that follows from others is emptied to be made anew.
func (c *checker) records() error {
	for _, b := range layout.Records() {
		whole := true
		var last []byte
		err := c.stored(b, func(_ *tx, rec kv.Record) error {
			r := kv.Broken{Bucket: b, Key: rec.Key, Why: kv.NotAsWritten}
			if rec.Whole && (last == nil || bytes.Compare(last, rec.Key) < 0) {
				last = rec.Key
				return nil
			} else if rec.Whole {
				r.Why = kv.Misplaced
			}
			whole = false
			c.broken(r, c.repair && slices.Contains(derivable, b))
			return nil
		})
		switch {
		case err != nil:
			return err
		case whole || !slices.Contains(derivable, b):
		case !c.repair:
			c.unwhole[b] = true
		default:
			if err := c.file.Empty(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// registers compares the names of integrations and the keys of mappings with
// those that there are.
func (c *checker) registers() error {
	names, keys := map[string]string{}, map[string]string{}
	err := c.chunks(bIntegrations, func(_ *tx, id, v []byte) error {
		in, err := decodeJSON[integration.Integration](v)
		if err != nil {
			c.rep.add(false, "integration %q cannot be read: %v; restore a backup", id, err)
		}
		names[string(nameKey(in.Name))] = string(id)
		return nil
	})
	if err != nil {
		return err
	}
	err = c.chunks(bMappings, func(_ *tx, id, v []byte) error {
		m, err := decodeJSON[integration.ExternalMapping](v)
		if err != nil {
			c.rep.add(false, "external mapping %q cannot be read: %v; restore a backup", id, err)
		}
		keys[string(keyOf(m))] = string(id)
		return nil
	})
	if err != nil {
		return err
	}
	return c.in(func(t *tx) error { return errors.Join(c.compare(t, bNames, names), c.compare(t, bMappingKey, keys)) })
}

// chunks calls f for every record of a bucket that is as it was written. f may
// write to other buckets, and delete the record itself.
func (c *checker) chunks(b *kv.Bucket, f func(t *tx, k, v []byte) error) error {
	return c.stored(b, func(t *tx, r kv.Record) error {
		if !r.Whole {
			return nil
		}
		return f(t, r.Key, r.Value)
	})
}

// stored calls f for every record of a bucket as it lies in the file, in
// transactions of checkChunk records.
func (c *checker) stored(b *kv.Bucket, f func(t *tx, r kv.Record) error) error {
	var from []byte
	for more := true; more; {
		err := c.in(func(t *tx) error {
			part, next := t.Stored(b, from, checkChunk)
			more, from = next != nil, next
			c.read += len(part)
			c.tell(c.part, c.read)
			for _, r := range part {
				if err := f(t, r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// runs reads every run, mends missing index entries and sums the counters.
func (c *checker) runs() error {
	return c.chunks(bRuns, func(t *tx, raw, v []byte) error {
		k := key(raw)
		r, err := unpackRun(k, v)
		if err != nil {
			c.rep.add(false, "%v; restore a backup", err)
			return nil
		}
		c.rep.Runs++
		if t.Get(bBills, raw) == nil {
			c.rep.add(false, "run %s: its Bill is missing; restore a backup", k)
		}
		c.want.countRun(k, &r, 1)
		if code := accountCodeKey(&r); code != nil && t.Get(bAccountCode, code) == nil {
			c.rep.add(c.repair, "run %s: its account code is not listed in %s", k, bAccountCode)
			if c.repair {
				if err := t.Put(bAccountCode, code, present); err != nil {
					return err
				}
			}
		}
		for _, e := range entries(k, &r) {
			if c.noMonths && e.bucket == bRunMonth {
				continue
			}
			if got := t.Get(e.bucket, e.key); got != nil && bytes.Equal(got, e.value) {
				c.entries[e.bucket]++
				continue
			}
			c.rep.add(c.repair, "run %s: not listed in %s", k, e.bucket)
			if c.repair {
				c.entries[e.bucket]++
				if err := t.Put(e.bucket, e.key, e.value); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// indexes takes out entries that no run asks for. A bucket with as many
// entries as were found for runs has none.
func (c *checker) indexes() error {
	for _, b := range derived {
		if c.noMonths && b == bRunMonth {
			continue
		}
		n := 0
		if err := c.chunks(b, func(*tx, []byte, []byte) error { n++; return nil }); err != nil {
			return err
		}
		if n == c.entries[b] {
			continue
		}
		err := c.chunks(b, func(t *tx, k, v []byte) error {
			if c.asked(t, b, k) {
				return nil
			}
			c.rep.add(c.repair, "%s lists a run that is not so: %x", b, k)
			if !c.repair {
				return nil
			}
			return t.Delete(b, k)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// asked tells whether the run that an entry names asks for it.
func (c *checker) asked(t *tx, b *kv.Bucket, k []byte) bool {
	if len(k) < 16 {
		return false
	}
	id := key(k[len(k)-16:])
	r, ok, err := t.run(id)
	return err == nil && ok && slices.ContainsFunc(entries(id, &r), func(e entry) bool {
		return e.bucket == b && bytes.Equal(e.key, k)
	})
}

// events checks the list of open events and sums their counters.
func (c *checker) events() error {
	err := c.chunks(bEvents, func(t *tx, raw, v []byte) error {
		e, err := decodeJSON[integration.Event](v)
		if err != nil {
			c.rep.add(false, "event %s cannot be read: %v; restore a backup", key(raw), err)
			return nil
		}
		open := e.Actioned.IsZero()
		if open {
			c.want.countEvent(e, 1)
		}
		if listed := t.Get(bEventOpen, raw) != nil; listed == open {
			return nil
		}
		c.rep.add(c.repair, "event %s: not listed rightly in %s", key(raw), bEventOpen)
		switch {
		case !c.repair:
			return nil
		case open:
			return t.Put(bEventOpen, raw, []byte(e.IntegrationID))
		}
		return t.Delete(bEventOpen, raw)
	})
	if err != nil {
		return err
	}
	return c.chunks(bEventOpen, func(t *tx, k, _ []byte) error {
		if t.Get(bEvents, k) != nil {
			return nil
		}
		c.rep.add(c.repair, "%s lists event %x, which does not exist", bEventOpen, k)
		if !c.repair {
			return nil
		}
		return t.Delete(bEventOpen, k)
	})
}
