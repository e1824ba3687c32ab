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

// startDay is the first day of service in the Bill's time zone.
func startDay(instant string, z *time.Location) (string, error) {
	t, err := parseInstant(instant, z)
	return t.Format(time.DateOnly), err
}

// endDay is the last day of service in the Bill's time zone. m3ter's end is
// exclusive: the last day is the one of the moment before. exclusive asks for
// m3ter's own end instead.
func endDay(instant string, z *time.Location, exclusive bool) (string, error) {
	t, err := parseInstant(instant, z)
	if !exclusive {
		t = t.Add(-1)
	}
	return t.Format(time.DateOnly), err
}

// parseInstant reads a date-time, or a date as the start of that day.
func parseInstant(s string, z *time.Location) (time.Time, error) {
	if len(s) == len(time.DateOnly) {
		return time.ParseInLocation(time.DateOnly, s, z)
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	return t.In(z), err
}

// customFields writes the service period into the custom columns the
// configuration names; missing tells that a line has no period.
func (m *mapper) customFields(l *bill.Line) (out []CustomField, missing bool, err error) {
	bad := func(field, value string) error {
		return fail(integration.ClassData, "service_period_unreadable",
			fmt.Sprintf("%s: %s %q is not a date and time", describe(l), field, value), "recalculate the Bill in m3ter, then send it again")
	}
	if f := m.cfg.CustomFields[periodStart]; f != "" {
		if l.ServicePeriodStart == "" {
			missing = true
		} else if day, err := startDay(l.ServicePeriodStart, m.zone); err != nil {
			return nil, false, bad("servicePeriodStartDate", l.ServicePeriodStart)
		} else {
			out = append(out, CustomField{f, day})
		}
	}
	if f := m.cfg.CustomFields[periodEnd]; f != "" {
		if l.ServicePeriodEnd == "" {
			missing = true
		} else if day, err := endDay(l.ServicePeriodEnd, m.zone, m.cfg.ExclusiveEnd); err != nil {
			return nil, false, bad("servicePeriodEndDate", l.ServicePeriodEnd)
		} else {
			out = append(out, CustomField{f, day})
		}
	}
	return out, missing, nil
}
