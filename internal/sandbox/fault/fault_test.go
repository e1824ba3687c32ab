package fault_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"billferry/internal/sandbox/fault"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]fault.Fault{
		"refuse=0.01":          {Kind: fault.Refuse, Target: fault.Any, Rate: 0.01},
		"reset-after@3,7":      {Kind: fault.ResetAfter, Target: fault.Write, Nth: []int64{3, 7}},
		"token:500=1":          {Kind: fault.Error, Target: fault.Token, Rate: 1},
		"read:hang(2s)@1":      {Kind: fault.Hang, Target: fault.Read, Nth: []int64{1}, For: 2 * time.Second},
		"drop-field(memo)=0.5": {Kind: fault.DropField, Target: fault.Write, Rate: 0.5, Arg: "memo"},
		"429=0.1":              {Kind: fault.TooMany, Target: fault.M3ter, Rate: 0.1},
	} {
		if got, err := fault.Parse(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v %v, want %+v", text, got, err, want)
		}
	}
	for text, words := range map[string]string{
		"refuse": "KIND=RATE", "refuse=x": "not a number", "refuse=1.5": "not from 0 to 1", "refuse=NaN": "not from 0 to 1",
		"melt=1": "unknown kind", "moon:500=1": "unknown target", "500@0": "counted from 1", "500@x": "not the number",
		"drop-field=1": "name the field",
	} {
		if _, err := fault.Parse(text); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v, want %q", text, err, words)
		}
	}
}

func TestRatesAreRepeatableAndTrue(t *testing.T) {
	t.Parallel()
	draw := func(seed uint64) (hits []int) {
		s, err := fault.NewSet(seed, []fault.Fault{{Kind: fault.Error, Rate: 0.1}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5000 {
			s.Draw(fault.Read) // of another target: it changes nothing
			if s.Draw(fault.Write).Kind == fault.Error {
				hits = append(hits, i)
			}
		}
		if s.Struck()[fault.Error] != int64(len(hits)) {
			t.Errorf("%v struck, %d seen", s.Struck(), len(hits))
		}
		return hits
	}
	a := draw(1)
	if b := draw(1); !reflect.DeepEqual(a, b) {
		t.Error("the same seed struck other requests")
	}
	if b := draw(2); reflect.DeepEqual(a, b) {
		t.Error("another seed struck the same requests")
	}
	if len(a) < 400 || len(a) > 600 {
		t.Errorf("%d of 5000 struck, want about 500", len(a))
	}
}

func TestTheFirstFaultWinsAndAllCount(t *testing.T) {
	t.Parallel()
	s, err := fault.NewSet(0, []fault.Fault{{Kind: fault.Refuse, Nth: []int64{2}},
		{Kind: fault.Reset, Target: fault.Write, Nth: []int64{2, 3}}})
	if err != nil {
		t.Fatal(err)
	}
	var got []fault.Kind
	for range 4 {
		got = append(got, s.Draw(fault.Write).Kind)
	}
	if want := []fault.Kind{"", fault.Refuse, fault.Reset, ""}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if k := s.Draw(fault.M3ter).Kind; k != "" {
		t.Errorf("a fault of NetSuite's struck m3ter: %s", k)
	}
}
