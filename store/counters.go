package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// Counters answer "how many" and "how much" without reading runs. Their keys
// are the integration id, a zero byte, the kind and a value:
//
//	s STATUS    runs in that status
//	m CURRENCY  money in and money out, two decimals with a space between
//	n           Bills whose newest run needs a person
//	e           events nobody acted on
//
// A counter that is zero is not kept. hours has one per hour, its value the
// number of hours since 1970 in four bytes.
const (
	countStatus = "s"
	countMoney  = "m"
	countNeeds  = "n"
	countEvents = "e"
)

func counterKey(integrationID, kind, value string) string {
	return integrationID + "\x00" + kind + value
}

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
	t.dirty = true
	t.counts[key] += n
}

func (t *tx) addMoney(key string, in, out decimal.D) {
	if t.money == nil {
		t.money = map[string]integration.Money{}
	}
	t.dirty = true
	m := t.money[key]
	t.money[key] = integration.Money{In: m.In.Add(in), Out: m.Out.Add(out)}
}

// flush writes the counters that changed.
func (t *tx) flush() error {
	for name, n := range t.counts {
		b, k := bCounters, []byte(name[1:])
		if name[0] == 'h' {
			b = bHours
		}
		old, err := readCount(t.get(b, k))
		if err != nil {
			return err
		}
		if err := t.putOrDrop(b, k, old+n == 0, strconv.AppendInt(nil, old+n, 10)); err != nil {
			return err
		}
	}
	for name, d := range t.money {
		old, err := readMoney(t.get(bCounters, []byte(name)))
		if err != nil {
			return err
		}
		m := integration.Money{In: old.In.Add(d.In), Out: old.Out.Add(d.Out)}
		if err := t.putOrDrop(bCounters, []byte(name), m.In.IsZero() && m.Out.IsZero(), writeMoney(m)); err != nil {
			return err
		}
	}
	t.counts, t.money = nil, nil
	return nil
}

func (t *tx) putOrDrop(b bucket, k []byte, drop bool, v []byte) error {
	if drop {
		return t.del(b, k)
	}
	return t.put(b, k, v)
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

func writeMoney(m integration.Money) []byte { return []byte(m.In.Trim() + " " + m.Out.Trim()) }

func readMoney(b []byte) (m integration.Money, err error) {
	if b == nil {
		return m, nil
	}
	in, out, _ := strings.Cut(string(b), " ")
	if m.In, err = decimal.Parse(in); err == nil {
		m.Out, err = decimal.Parse(out)
	}
	if err != nil {
		return m, fmt.Errorf("sum of money is damaged; run store check --repair: %w", err)
	}
	return m, nil
}

// Totals counts the runs of an integration, or of all when the id is empty.
func (s *Store) Totals(ctx context.Context, integrationID string) (integration.Totals, error) {
	out := integration.Totals{ByStatus: map[integration.Status]int{}, Money: map[string]integration.Money{}}
	err := s.view(ctx, func(t *tx) error {
		var prefix []byte
		if integrationID != "" {
			prefix = []byte(integrationID + "\x00")
		}
		c := t.bucket(bCounters).Cursor()
		for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
			_, rest, _ := strings.Cut(string(k), "\x00")
			switch name := rest[1:]; rest[:1] {
			case countStatus:
				n, err := readCount(v)
				if err != nil {
					return err
				}
				out.ByStatus[integration.Status(name)] += int(n)
			case countMoney:
				m, err := readMoney(v)
				if err != nil {
					return err
				}
				sum := out.Money[name]
				out.Money[name] = integration.Money{In: sum.In.Add(m.In), Out: sum.Out.Add(m.Out)}
			}
		}
		return nil
	})
	return out, err
}

// Summary24h tells how many runs an integration made in the last 24 hours, and
// how many Bills and events wait for a person: Bills whose newest run failed or
// found a difference, and events without a run that nobody acted on. An event
// that names a run is not counted beside its Bill.
func (s *Store) Summary24h(ctx context.Context, integrationID string) (runs, needsYou int, err error) {
	err = s.view(ctx, func(t *tx) error {
		needs, err := readCount(t.get(bCounters, []byte(counterKey(integrationID, countNeeds, ""))))
		if err != nil {
			return err
		}
		events, err := readCount(t.get(bCounters, []byte(counterKey(integrationID, countEvents, ""))))
		if err != nil {
			return err
		}
		needsYou = int(needs + events)
		runs, err = t.runsSince(integrationID, t.now.Add(-24*time.Hour))
		return err
	})
	return runs, needsYou, err
}

// runsSince sums the whole hours after at and walks the keys of the first,
// which at cuts.
func (t *tx) runsSince(integrationID string, at time.Time) (int, error) {
	hour := time.Hour.Milliseconds()
	full := (at.UnixMilli()/hour + 1) * hour // where the first whole hour begins
	n := 0
	p := newPostings(t, bRunIntegration, integrationID, false)
	for k, ok := p.seek(timeKey(at.UnixMilli())); ok && k.ms() < full; k, ok = p.seek(k.next()) {
		n++
	}
	prefix := []byte(integrationID + "\x00")
	c := t.bucket(bHours).Cursor()
	for k, v := c.Seek(hourKey(integrationID, full)); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		x, err := readCount(v)
		if err != nil {
			return 0, err
		}
		n += int(x)
	}
	return n, nil
}
