package mapping

import (
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // the same zones on every machine that has none of its own

	"billferry/internal/bill"
	"billferry/internal/integration"
)

// zones keeps time zones once read: reading one costs more than mapping a
// Bill. Only names that exist are kept, so it cannot grow without end.
var zones sync.Map // IANA name -> *time.Location

// zone finds a time zone; "" is UTC, as m3ter has it. "Local" would make the
// invoice depend on the machine, and is no IANA name.
func zone(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location), nil
	}
	z, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fail(integration.ClassData, "timezone_unknown",
			fmt.Sprintf("the Bill's time zone %q is not known", name), "correct the time zone of the account or organization in m3ter")
	}
	zones.Store(name, z)
	return z, nil
}

// serviceDays are the first and the last day of service in the Bill's time
// zone; "" where the line does not tell. m3ter's end is exclusive: the last day
// is the one of the moment before, unless m3ter's own end is asked for. point
// tells that the period ends where it begins, as that of a single charge may:
// its one day is both.
func serviceDays(start, end string, z *time.Location, exclusive bool) (first, last string, point bool, err error) {
	var from, to time.Time
	if start != "" {
		if from, err = parseInstant(start, z); err != nil {
			return "", "", false, fmt.Errorf("servicePeriodStartDate %q is not a date and time", start)
		}
		first = from.Format(time.DateOnly)
	}
	if end == "" {
		return first, "", false, nil
	}
	if to, err = parseInstant(end, z); err != nil {
		return "", "", false, fmt.Errorf("servicePeriodEndDate %q is not a date and time", end)
	}
	switch {
	case start != "" && to.Before(from):
		return "", "", false, fmt.Errorf("servicePeriodEndDate %q is before servicePeriodStartDate %q", end, start)
	case start != "" && to.Equal(from):
		return first, first, true, nil
	case !exclusive:
		to = to.Add(-1)
	}
	return first, to.Format(time.DateOnly), false, nil
}

// parseInstant reads a date-time, or a date as the start of that day.
func parseInstant(s string, z *time.Location) (time.Time, error) {
	if len(s) == len(time.DateOnly) {
		return time.ParseInLocation(time.DateOnly, s, z)
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	return t.In(z), err
}

// period is a service period with the custom fields that tell it.
type period struct {
	start, end string // as the Bill has them
	fields     []Field
	point      bool // it ends where it begins
	missing    bool // a field that the configuration names has no day
}

// customFields writes the service period into the custom columns the
// configuration names. Lines that follow each other mostly have one period, and
// then share its fields.
func (m *mapper) customFields(l *bill.Line) ([]Field, error) {
	if len(m.cfg.CustomFields) == 0 {
		return nil, nil
	}
	if p := &m.period; p.fields == nil || p.start != l.ServicePeriodStart || p.end != l.ServicePeriodEnd {
		var err error
		if *p, err = m.newPeriod(l.ServicePeriodStart, l.ServicePeriodEnd); err != nil {
			return nil, unreadablePeriod(l, err)
		}
	}
	if m.period.point {
		m.tally.instant++
	}
	if m.period.missing {
		m.tally.noPeriod++
	}
	return m.period.fields, nil
}

func (m *mapper) newPeriod(start, end string) (period, error) {
	first, last, point, err := serviceDays(start, end, m.zone, m.cfg.ExclusiveEnd)
	p := period{start: start, end: end, point: point, fields: make([]Field, 0, 2)}
	for _, f := range [2]struct{ field, day, key string }{{m.cfg.CustomFields[periodStart], first, periodStart},
		{m.cfg.CustomFields[periodEnd], last, periodEnd}} {
		switch {
		case f.field == "":
		case f.day == "":
			p.missing = true
		default:
			p.fields = append(p.fields, Field{Name: f.field, As: AsDate, Value: f.day, Why: f.key})
		}
	}
	return p, err
}

// useZone finds the Bill's time zone, once it is needed.
func (m *mapper) useZone() (err error) {
	if m.zone != nil {
		return nil
	}
	if m.zone, err = zone(m.bill.Timezone); err == nil && m.bill.Timezone == "" {
		m.warn("the Bill tells no time zone: the days of its service periods are those of UTC")
	}
	return err
}

// days are the first and the last day of service of a line, for rules.
func (m *mapper) days(l *bill.Line) (first, last string, err error) {
	if err := m.useZone(); err != nil {
		return "", "", err
	}
	if first, last, _, err = serviceDays(l.ServicePeriodStart, l.ServicePeriodEnd, m.zone, m.cfg.ExclusiveEnd); err != nil {
		return "", "", unreadablePeriod(l, err)
	}
	return first, last, nil
}

func unreadablePeriod(l *bill.Line, err error) error {
	return fail(integration.ClassData, "service_period_unreadable", describe(l)+": "+err.Error(),
		"recalculate the Bill in m3ter, then send it again")
}

// LastDays are the last days of service of the lines of a Bill, in its time zone, by
// the lines' ids. Lines that tell none that can be read are left out.
func LastDays(b *bill.Bill) (map[string]string, error) {
	z, err := zone(b.Timezone)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(b.Lines))
	for i := range b.Lines {
		l := &b.Lines[i]
		if _, last, _, err := serviceDays(l.ServicePeriodStart, l.ServicePeriodEnd, z, false); err == nil && last != "" {
			out[l.ID] = last
		}
	}
	return out, nil
}
