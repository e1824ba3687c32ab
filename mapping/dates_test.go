package mapping

import (
	"os"
	"strings"
	"testing"
	"time"

	"billferry/internal/bill"
	"billferry/internal/integration"
)

var periodConfig = with(func(c *Config) {
	c.CustomFields = map[string]string{periodStart: "custcol_start", periodEnd: "custcol_end"}
})

func TestServicePeriodIsCivilDaysInTheBillsZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, start, end string
		exclusive        bool
		want             string
	}{
		{"", "2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z", false, "2026-07-01 2026-07-31"},
		{"UTC", "2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z", true, "2026-07-01 2026-08-01"},
		{"America/New_York", "2026-07-01T04:00:00Z", "2026-08-01T04:00:00Z", false, "2026-07-01 2026-07-31"},
		{"America/New_York", "2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z", false, "2026-06-30 2026-07-31"},
		{"Asia/Kolkata", "2026-06-30T18:30:00Z", "2026-07-31T18:30:00.000Z", false, "2026-07-01 2026-07-31"},
		{"Europe/Paris", "2026-03-01T00:00:00+01:00", "2026-03-29T00:00:00+01:00", false, "2026-03-01 2026-03-28"}, // the clocks change next
		{"Europe/Paris", "2026-07-01", "2026-08-01", false, "2026-07-01 2026-07-31"},
		{"UTC", "2026-07-01T00:00:00Z", "2026-07-01T10:00:00Z", false, "2026-07-01 2026-07-01"}, // part of a day is a day
	} {
		l := line(usage, "1")
		l.ServicePeriodStart, l.ServicePeriodEnd = c.start, c.end
		b := billOf(l)
		b.Timezone = c.zone
		cfg := periodConfig
		cfg.ExclusiveEnd = c.exclusive
		f := mapped(t, cfg, b).Lines[0].Fields
		if len(f) != 2 || f[0].Name != "custcol_start" || f[1].Name != "custcol_end" || f[0].Value+" "+f[1].Value != c.want {
			t.Errorf("%+v: %v", c, f)
		}
	}
}

func TestServicePeriodThatIsMissingOrBroken(t *testing.T) {
	t.Parallel()
	l := line(creditMemo, "1")
	l.ServicePeriodStart, l.ServicePeriodEnd = "", ""
	if d := mapped(t, periodConfig, billOf(l)); len(d.Lines[0].Fields) != 0 || !warned(d, "1 line without a service period") {
		t.Errorf("%v %v", d.Lines[0].Fields, d.Warnings)
	}
	if d := mapped(t, plain, billOf(l)); warned(d, "without a service period") {
		t.Errorf("nobody asked for it: %v", d.Warnings)
	}
	l.ServicePeriodEnd = "yesterday"
	refused(t, periodConfig, billOf(l), integration.ClassData, "service_period_unreadable")
	l.ServicePeriodStart, l.ServicePeriodEnd = "2026-07-02T00:00:00Z", "2026-07-01T00:00:00Z"
	refused(t, periodConfig, billOf(l), integration.ClassData, "service_period_unreadable")
	b := billOf(line(usage, "1"))
	for _, bad := range []string{"Local", "Mars/Olympus", "../../etc/passwd"} {
		b.Timezone = bad
		refused(t, periodConfig, b, integration.ClassData, "timezone_unknown")
	}
}

// A single charge may begin and end at one moment: the day before it would be
// an end before its own start, which revenue management refuses.
func TestServicePeriodOfAMomentIsItsDay(t *testing.T) {
	t.Parallel()
	l := line(adHoc, "1")
	l.ServicePeriodStart, l.ServicePeriodEnd = "2026-07-01T00:00:00Z", "2026-07-01T00:00:00Z"
	for _, exclusive := range []bool{false, true} {
		cfg := periodConfig
		cfg.ExclusiveEnd = exclusive
		d := mapped(t, cfg, billOf(l))
		if f := d.Lines[0].Fields; len(f) != 2 || f[0].Value != "2026-07-01" || f[1].Value != "2026-07-01" ||
			!warned(d, "1 line with a service period that ends where it begins") {
			t.Errorf("%v %v", f, d.Warnings)
		}
	}
}

func TestBillWithoutATimeZoneIsTold(t *testing.T) {
	t.Parallel()
	b := billOf(line(usage, "1"))
	if d := mapped(t, periodConfig, b); !warned(d, "are those of UTC") {
		t.Error(d.Warnings)
	}
	if d := mapped(t, plain, b); warned(d, "UTC") {
		t.Errorf("nobody asked for days: %v", d.Warnings)
	}
	b.Timezone = "UTC"
	if d := mapped(t, periodConfig, b); warned(d, "UTC") {
		t.Error(d.Warnings)
	}
}

// For every IANA zone, at every change of its clocks from 2010 to 2030 and at
// the ends of months: the last day of a period that ends with the first
// instant of a day is the day before it, whatever the clocks do that night.
func TestLastDayOfServiceInEveryZone(t *testing.T) {
	t.Parallel()
	names, err := os.ReadFile("testdata/zones.txt")
	if err != nil {
		t.Fatal(err)
	}
	from, to := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	checked := 0
	for _, name := range strings.Fields(string(names)) {
		z, err := zone(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for at := from; at.Before(to); {
			_, change := at.In(z).ZoneBounds()
			if change.IsZero() || change.After(to) {
				break
			}
			for _, day := range []int{-1, 0, 1} {
				checkLastDay(t, z, change.AddDate(0, 0, day))
				checked++
			}
			at = change.UTC()
		}
		for month := time.Month(1); month <= 12; month++ {
			checkLastDay(t, z, time.Date(2028, month, 1, 12, 0, 0, 0, z))
			checked++
		}
	}
	if checked < 20_000 {
		t.Errorf("only %d days were checked", checked)
	}
}

// checkLastDay finds the first instant of noon's day by bisection, with no help
// of the code under test, and the day of the instant before.
func checkLastDay(t *testing.T, z *time.Location, noon time.Time) {
	t.Helper()
	day := noon.In(z).Format(time.DateOnly)
	lo, hi := noon.Unix()-3*86400, noon.Unix() // lo is before the day, hi in it
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; time.Unix(mid, 0).In(z).Format(time.DateOnly) < day {
			lo = mid
		} else {
			hi = mid
		}
	}
	want := time.Unix(lo, 0).In(z).Format(time.DateOnly)
	instant := time.Unix(hi, 0).UTC().Format(time.RFC3339)
	_, got, _, err := serviceDays("", instant, z, false)
	first, _, _, err2 := serviceDays(instant, "", z, false)
	_, exclusive, _, err3 := serviceDays("", instant, z, true)
	if err != nil || err2 != nil || err3 != nil || got != want || exclusive != day || first != day {
		t.Errorf("%s %s: last day %s, want %s; own end %s, first day %s, want %s", z, instant, got, want, exclusive, first, day)
	}
}

func TestLinesShareOnePeriodPerAggregation(t *testing.T) {
	t.Parallel()
	cfg := periodConfig
	cfg.Split = PerAggregation
	july, august := usageLine("1", "1", "1"), usageLine("1", "1", "1")
	august.ServicePeriodStart, august.ServicePeriodEnd = "2026-08-01T00:00:00Z", "2026-09-01T00:00:00Z"
	d := mapped(t, cfg, billOf([]bill.Line{july, august, july}...))
	if len(d.Lines) != 2 || d.Lines[0].Fields[1].Value != "2026-07-31" || d.Lines[1].Fields[1].Value != "2026-08-31" {
		t.Errorf("%s: %+v", brief(d), d.Lines)
	}
}

// A zone is kept for as long as the program runs, and a Bill's strings share the
// memory of the whole Bill: breaking that shows whether the zone holds on to it.
func TestAZoneIsKeptWithoutItsBill(t *testing.T) {
	t.Parallel()
	raw := []byte(`{"id":"b1","timezone":"Antarctica/Troll"}`)
	b, err := bill.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := zone(b.Timezone); err != nil {
		t.Fatal(err)
	}
	clear(raw)
	kept, ok := zones.Load("Antarctica/Troll")
	if !ok || kept.(*time.Location).String() != "Antarctica/Troll" {
		t.Errorf("the zone is kept as %v, %t", kept, ok)
	}
}
