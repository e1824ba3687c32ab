package netsuite

import (
	"testing"
	"time"

	"billferry/internal/jsonscan"
)

// A customer is remembered by the account of a Bill, whose strings share the
// memory of the whole Bill, and a period by what a record says: a cache of
// 50,000 must not hold as many Bills. Breaking that memory shows whether it does.
func TestACacheKeepsNothingOfItsKeys(t *testing.T) {
	t.Parallel()
	raw := []byte(`"acc-1"`)
	s := jsonscan.New(raw)
	key, err := s.Text()
	if err != nil {
		t.Fatal(err)
	}
	var c cache[int]
	asked := 0
	get := func(key string) {
		t.Helper()
		_, err := c.get(t.Context(), time.Now, key, func() (int, time.Duration, error) {
			asked++
			return 1, time.Hour, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	get(key)
	clear(raw)
	if get("acc-1"); asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}
