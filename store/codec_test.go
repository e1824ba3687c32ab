package store

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// fill sets every field of a struct to something that is not its zero value.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		f := v.Field(i)
		switch x := f.Addr().Interface().(type) {
		case *time.Time:
			*x = time.Date(2026, 8, 1, 10, 0, i, 123456789, time.UTC)
		case *decimal.D:
			*x = decimal.MustParse("-1234567890123456789012.50")
		case *[]string:
			*x = []string{"one", "two"}
		case *[]integration.Doc:
			*x = []integration.Doc{
				{Account: "TSTDRV1", Kind: "invoice", ExternalID: "m3b-1", Since: time.Date(2026, 8, 1, 10, 0, i, 5, time.UTC), Update: true},
				{Account: "TSTDRV1_SB1", Kind: "creditMemo", ExternalID: "m3d-1", Amends: true},
			}
		default:
			switch f.Kind() {
			case reflect.String:
				f.SetString(strings.Repeat("x", i+1))
			case reflect.Int, reflect.Int64:
				f.SetInt(-int64(i) - 1)
			case reflect.Bool:
				f.SetBool(true)
			case reflect.Struct:
				fill(t, f)
			default:
				t.Fatalf("field %s of type %s: teach this test and runFields about it", v.Type().Field(i).Name, f.Type())
			}
		}
	}
}

func TestEveryFieldOfARunIsKept(t *testing.T) {
	t.Parallel()
	var r integration.Run
	fill(t, reflect.ValueOf(&r).Elem())
	k := newKey(time.Now(), 1)
	r.ID, r.Seq = k.String(), 1
	got, err := unpackRun(k, packRun(r))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, r) {
		t.Errorf("a field of integration.Run is not in runFields:\n got %+v\nwant %+v", got, r)
	}
}

func TestRunTextsSurvive(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "x", "5b2d1f60-3c1e-4f0a-9a53-0a1b2c3d4e5f", "5B2D1F60-3C1E-4F0A-9A53-0A1B2C3D4E5F", "{5b2d1f60-3c1e-4f0a-9a53-0a1b2c3d4e5f}",
		"deadbeefdeadbeef", "DEADBEEFDEADBEEF", "deadbeefdeadbee", "Müller & Söhne\x00", strings.Repeat("long error ", 1000),
	} {
		r := integration.Run{Error: s, Currency: "EUR"}
		got, err := unpackRun(key{}, packRun(r))
		if err != nil || got.Error != s || got.Currency != "EUR" {
			t.Errorf("%.40q came back as %.40q, %v", s, got.Error, err)
		}
	}
}

func TestPackedComesBackAsItWas(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 70_000)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	line := []byte(`{"id":"0cdaea95-de13-4dd7-8117-f8386a339aaa","lineItemType":"STANDING_CHARGE","quantity":1,"subtotal":558.1494},`)
	for name, raw := range map[string][]byte{
		"nothing": {}, "a byte": {7}, "a line": line, "one page of them": bytes.Repeat(line, 40), "noise": noise,
		"a Bill of 40,000 lines, longer than a buffer that is kept": bytes.Repeat(line, 40_000),
	} {
		for range 4 { // their buffers are shared
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				packed := pack(raw)
				got, err := unpack(packed)
				if err != nil || !bytes.Equal(got, raw) {
					t.Errorf("%d bytes came back as %d, %v", len(raw), len(got), err)
				}
				if len(packed) > len(raw)+1 {
					t.Errorf("%d bytes were packed in %d", len(raw), len(packed))
				}
			})
		}
	}
}

// FuzzDamagedRecord: a damaged file may be refused, but must not panic.
func FuzzDamagedRecord(f *testing.F) {
	f.Add(packRun(integration.Run{Error: "x", Created: time.Now()}))
	f.Add(packRun(integration.Run{Error: strings.Repeat("y", 3000)}))
	f.Add(packAttempt(integration.Attempt{N: 1, Exchanges: make([]integration.Exchange, 2)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := unpackRun(key{}, b); err == nil && r.ID == "" {
			t.Error("a run without an id")
		}
		_, _ = unpackAttempt(b)
	})
}

func TestKeysSortByTimeThenOrder(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_785_000_000_123)
	a, b := newKey(at, 0xfffffffe), newKey(at, 0xffffffff)
	c := newKey(at.Add(time.Millisecond), 0)
	if !before(a, b, false) || !before(b, c, false) || before(a, b, true) {
		t.Errorf("order is wrong: %s %s %s", a, b, c)
	}
	if a.ms() != at.UnixMilli() || !a.isV7() || a[8]>>6 != 2 {
		t.Errorf("%s is not a UUIDv7 of %v", a, at)
	}
	if got, ok := parseKey(a.String()); !ok || got != a {
		t.Errorf("%s came back as %s", a, got)
	}
	if a.next().prev() != a || lastKey.next() != lastKey || firstKey.prev() != firstKey {
		t.Error("next and prev are not neighbours")
	}
	for _, bad := range []string{"", "x", "urn:uuid:" + a.String(), "{" + a.String() + "}", strings.ReplaceAll(a.String(), "-", "")} {
		if _, ok := parseKey(bad); ok {
			t.Errorf("%q was taken for an id", bad)
		}
	}
}
