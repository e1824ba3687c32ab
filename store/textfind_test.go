package store

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"billferry/internal/integration"
)

// The short look at a packed run misses no text that a look at the whole run finds,
// and finds none that is not in a field that is searched.
func TestTheShortLookFindsWhatTheLongOneDoes(t *testing.T) {
	t.Parallel()
	texts := []string{"invoice-1", "INVOICE-17", "48123", "m3b-5b2d1f60-3c1e-4f0a-9a53-0a1b2c3d4e5f", "5b2d1f60-3c1e-4f0a-9a53-0a1b2c3d4e5f",
		"5B2D1F60-3C1E-4F0A-9A53-0A1B2C3D4E5F", "deadbeefdeadbeef01", "DEADBEEFDEADBEEF01", "Müller & SÖHNE",
		"\u212Aelvin", "İstanbul", "a\xffB",
		strings.Repeat("long ", 20) + "End", strings.Repeat("very long ", 300) + "End", strings.Repeat("0123456789abcdef", 9), "aab"}
	rnd := rand.New(rand.NewPCG(1, 2))
	part := func(s string) string {
		from := rnd.IntN(len(s))
		return s[from : from+1+rnd.IntN(min(len(s)-from, 12))]
	}
	var fields int
	for i := range reflect.TypeFor[integration.Run]().NumField() {
		if reflect.TypeFor[integration.Run]().Field(i).Type.Kind() != reflect.String {
			continue
		}
		for _, text := range texts {
			var r integration.Run
			fill(t, reflect.ValueOf(&r).Elem())
			reflect.ValueOf(&r).Elem().Field(i).SetString(text)
			k := newKey(time.Now(), 1)
			r.ID, r.Seq = k.String(), 1
			packed := packRun(r)
			read, err := unpackRun(k, packed)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{text, part(text), part(text), strings.ToUpper(part(text)), "ab", "xx", "zz", k.String()[9:15]} {
				f := integration.RunFilter{Text: want}
				long, short := f.Matches(&read), MayHaveText(r.ID, packed, &f)
				if long && !short || short && !long && packed[0] == codecPlain {
					t.Errorf("%.40q in field %s of %.40q: the short look says %v, the long one %v",
						want, reflect.TypeFor[integration.Run]().Field(i).Name, text, short, long)
				}
				if long && want == text {
					fields++
				}
			}
		}
	}
	if fields < 7*len(texts) {
		t.Errorf("%d texts were found", fields)
	}
}

// What is damaged is left to the long look, which says so.
func TestTheShortLookLeavesDamage(t *testing.T) {
	t.Parallel()
	var r integration.Run
	fill(t, reflect.ValueOf(&r).Elem())
	packed, k := packRun(r), newKey(time.Now(), 1)
	for n := range packed {
		if _, err := unpackRun(k, packed[:n]); err != nil && !mayHave(k, packed[:n], "zz") {
			t.Errorf("cut after %d bytes, a run is passed over: %v", n, err)
		}
	}
}
