package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"billferry/internal/decimal"
)

// maxEnum is more than any id of a choice has.
const maxEnum = 99

// shape writes a value as a field takes it. at, which may be nil, tells the time
// zone of a moment's day.
func (t *Target) shape(v string, at *place) (string, error) {
	v = strings.TrimSpace(v)
	switch t.As {
	case AsReference:
		if err := checkID(v, t.NumericIDs); err != nil {
			return "", err
		}
	case AsMulti:
		ids := strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
		if len(ids) == 0 {
			return "", errors.New("is no list of ids with commas between")
		}
		for _, id := range ids {
			if err := checkID(id, t.NumericIDs); err != nil {
				return "", fmt.Errorf("has %q, which %w", id, err)
			}
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

// checkID tells why a text is no internal id. Whether ids are numbers the
// destination says; ids that come with its system may be negative then.
func checkID(v string, numeric bool) error {
	digits := strings.TrimPrefix(v, "-")
	switch {
	case numeric && (digits == "" || len(digits) > 15 || strings.Trim(digits, "0123456789") != ""):
		return errors.New("is no internal id, which is a number")
	case v == "" || len(v) > maxEnum || strings.ContainsFunc(v, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`,"\`, r)
	}):
		return errors.New("is no internal id")
	}
	return nil
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
