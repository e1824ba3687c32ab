package runfilter

import (
	"strconv"
	"strings"
	"time"
)

// units are the letters of a relative time.
var units = map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}

// moment reads a time: 7d ago, a civil date, a date with time, or a word. end
// takes a civil date as its end, so that until:2026-11-30 has the whole day.
func moment(s string, now time.Time, end bool) (time.Time, string) {
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	day := func(t time.Time) (time.Time, string) {
		if end {
			t = t.AddDate(0, 0, 1)
		}
		return t, ""
	}
	switch strings.ToLower(s) {
	case "now":
		return now, ""
	case "today":
		return day(midnight)
	case "yesterday":
		return day(midnight.AddDate(0, 0, -1))
	}
	if unit, ok := units[s[len(s)-1]]; ok {
		if n, err := strconv.Atoi(s[:len(s)-1]); err == nil && n >= 0 && n <= 100_000 {
			return now.Add(-time.Duration(n) * unit), ""
		}
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, now.Location()); err == nil {
		return day(t)
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, now.Location()); err == nil {
			return t, ""
		}
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, ""
	}
	return time.Time{}, strconv.Quote(s) + " is not a time: write 30m, 24h, 7d, 2w, today, yesterday, 2026-11-01 or 2026-11-01T09:30"
}
