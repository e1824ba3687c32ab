package mapping

import (
	"errors"
	"slices"
	"strings"
	"time"

	"billferry/internal/decimal"
)

// maxEnum is more than any id of a choice has.
const maxEnum = 99

// shape writes a value as a field of that shape takes it. at, which may be nil,
// tells the time zone of a moment's day.
func shape(v string, as Shape, at *place) (string, error) {
	v = strings.TrimSpace(v)
	switch as {
	case AsReference:
		if strings.HasPrefix(v, NamePrefix) {
			return "", errors.New("is a name, which becomes an internal id when the rule is saved for a connected integration")
		}
		if !internalID(v) {
			return "", errors.New("is no internal id, which is a number")
		}
	case AsMulti:
		ids := strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
		if len(ids) == 0 || slices.ContainsFunc(ids, func(id string) bool { return !internalID(id) }) {
			return "", errors.New("is no list of internal ids, which are numbers with commas between")
		}
		slices.Sort(ids)
		return strings.Join(slices.Compact(ids), ","), nil
	case AsEnum:
		if v == "" || len(v) > maxEnum || strings.ContainsAny(v, " \t\n\"\\") {
			return "", errors.New("is no id of a choice")
		}
	case AsDate:
		return day(v, at)
	case AsBoolean:
		switch strings.ToLower(v) {
		case "true", "t", "yes":
			return "true", nil
		case "false", "f", "no":
			return "false", nil
		}
		return "", errors.New("is neither true nor false")
	case AsNumber:
		d, err := decimal.Parse(v)
		if err != nil {
			return "", errors.New("is no number")
		}
		if d.Digits() > 15 { // it may be read as a double
			return "", errors.New("has more than 15 digits")
		}
		return d.Trim(), nil
	}
	return clean(v), nil
}

// internalID tells whether a text is a number as records have it; those that
// come with the system have negative ones.
func internalID(v string) bool {
	digits := strings.TrimPrefix(v, "-")
	return digits != "" && len(digits) <= 15 && strings.Trim(digits, "0123456789") == ""
}

// day is the civil date that a value tells: a date, or a moment's day in the
// Bill's time zone.
func day(v string, at *place) (string, error) {
	if _, err := time.Parse(time.DateOnly, v); err == nil {
		return v, nil
	}
	t, err := time.Parse(time.RFC3339Nano, v)
	if err != nil {
		return "", errors.New("is no date (YYYY-MM-DD)")
	}
	z := time.UTC
	if at != nil {
		if z, err = zone(at.bill.Timezone); err != nil {
			return "", err
		}
	}
	return t.In(z).Format(time.DateOnly), nil
}
