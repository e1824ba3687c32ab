package evidence

import (
	"fmt"
	"os"
	"slices"
	"testing"
)

// Rows come out in the order of their keys, the last of each key, as they were put in;
// and nothing stays behind.
func TestASpoolSortsRows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := NewSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	odd := []string{"a,\"b\"\n", "", "ü\x00"}
	for _, n := range []int{7, 2, 9, 2} {
		if err := s.Put(fmt.Sprint(n), append([]string{fmt.Sprint(n, len(s.rows))}, odd...)); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	if err := s.Each(func(row ...string) {
		got = append(got, row[0])
		if !slices.Equal(row[1:], odd) {
			t.Errorf("%q", row)
		}
	}); err != nil || !slices.Equal(got, []string{"2 3", "7 0", "9 2"}) {
		t.Errorf("%q, %v", got, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v stayed: %v", left, err)
	}
}
