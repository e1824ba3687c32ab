package mapping

import "testing"

// An id is a number only where the destination says so.
func TestIdsAreNumbersWhereTheDestinationSaysSo(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		as      Shape
		numeric bool
		value   string
		want    string // "" with refused
		refused string
	}{
		{AsReference, true, " 12 ", "12", ""},
		{AsReference, true, "-5", "-5", ""},
		{AsReference, true, "EMEA", "", "is no internal id, which is a number"},
		{AsReference, true, "", "", "is no internal id, which is a number"},
		{AsReference, false, "svc-1", "svc-1", ""},
		{AsReference, false, "8f14e45f-ceea-467f", "8f14e45f-ceea-467f", ""},
		{AsReference, false, "", "", "is no internal id"},
		{AsReference, false, "two words", "", "is no internal id"},
		{AsReference, false, `a"b`, "", "is no internal id"},
		{AsMulti, true, "3, 1,3", "1,3", ""},
		{AsMulti, true, "3,x", "", `has "x", which is no internal id, which is a number`},
		{AsMulti, false, "b, a", "a,b", ""},
		{AsMulti, false, " , ", "", "is no list of ids with commas between"},
	} {
		target := Target{Name: "department", As: x.as, NumericIDs: x.numeric}
		got, err := target.shape(x.value, nil)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if got != x.want || text != x.refused {
			t.Errorf("%s numeric %t %q: %q, %q; want %q, %q", x.as, x.numeric, x.value, got, text, x.want, x.refused)
		}
	}
}
