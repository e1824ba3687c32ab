package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"billferry/store/kv"
)

// Counters answer "how many" where states do not. Their keys are the
// integration id, a zero byte and the kind:
//
//	n  Bills whose newest run needs a person
//	e  events nobody acted on
//
// A counter that is zero is not kept. hours has one per hour, of the Bills whose
// newest run is of it, its key the number of hours since 1970 in four bytes.
const (
	countNeeds  = "n"
	countEvents = "e"
)

func counterKey(integrationID, kind string) string { return integrationID + "\x00" + kind }

func hourKey(integrationID string, ms int64) []byte {
	return binary.BigEndian.AppendUint32(append([]byte(integrationID), 0), uint32(ms/time.Hour.Milliseconds()))
}

// count adds n to a counter when the transaction is flushed.
func (t *tx) count(key string, n int64) { t.addCount("c"+key, n) }

func (t *tx) countHour(integrationID string, k key, n int64) {
	t.addCount("h"+string(hourKey(integrationID, k.ms())), n)
}

func (t *tx) addCount(key string, n int64) {
	if t.counts == nil {
		t.counts = map[string]int64{}
	}
	t.Touch()
	t.counts[key] += n
}

// flush writes the counters that changed.
func (t *tx) flush() error {
	for name, n := range t.counts {
		if n == 0 {
			continue
		}
		b, k := bCounters, []byte(name[1:])
		if name[0] == 'h' {
			b = bHours
		}
		old, err := readCount(t.Get(b, k))
		if err != nil {
			return err
		}
		if err := t.putOrDrop(b, k, old+n == 0, strconv.AppendInt(nil, old+n, 10)); err != nil {
			return err
		}
	}
	t.counts = nil
	return t.flushStates()
}

func (t *tx) putOrDrop(b *kv.Bucket, k []byte, drop bool, v []byte) error {
	if drop {
		return t.Delete(b, k)
	}
	return t.Put(b, k, v)
}

func readCount(b []byte) (int64, error) {
	if b == nil {
		return 0, nil
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("counter is damaged; run store check --repair: %w", err)
	}
	return n, nil
}

// Summary24h tells how many Bills an integration picked up in the last 24 hours,
// this hour and the 23 before it, and how many Bills and events wait for a person:
// Bills whose newest run failed or found a difference, and events without a run that
// nobody acted on. An event that names a run is not counted beside its Bill.
func (s *Store) Summary24h(ctx context.Context, integrationID string) (bills, needsYou int, err error) {
	err = s.view(ctx, func(t *tx) error {
		needs, err := readCount(t.Get(bCounters, []byte(counterKey(integrationID, countNeeds))))
		if err != nil {
			return err
		}
		events, err := readCount(t.Get(bCounters, []byte(counterKey(integrationID, countEvents))))
		if err != nil {
			return err
		}
		needsYou = int(needs + events)
		byHour, err := t.billsByHour(integrationID, t.now.Add(-23*time.Hour))
		for _, n := range byHour {
			bills += n
		}
		return err
	})
	return bills, needsYou, err
}

// BillsByHour counts the Bills that an integration picked up in each hour from the
// one of since to this one; each counts in the hour of its newest run.
func (s *Store) BillsByHour(ctx context.Context, integrationID string, since time.Time) (out []int, err error) {
	err = s.view(ctx, func(t *tx) error {
		out, err = t.billsByHour(integrationID, since)
		return err
	})
	return out, err
}

func (t *tx) billsByHour(integrationID string, since time.Time) ([]int, error) {
	from := since.Unix() / int64(time.Hour/time.Second)
	out := make([]int, max(0, t.now.Unix()/int64(time.Hour/time.Second)-from+1))
	prefix := []byte(integrationID + "\x00")
	c := t.Cursor(bHours)
	for k, v := c.Seek(hourKey(integrationID, from*time.Hour.Milliseconds())); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		n, err := readCount(v)
		if err != nil {
			return nil, err
		}
		if at := int64(binary.BigEndian.Uint32(k[len(prefix):])) - from; at < int64(len(out)) {
			out[at] = int(n)
		}
	}
	return out, nil
}
