package flight

import (
	"strconv"
	"testing"
	"time"
)

// Answers are kept for speed; many must not fill memory, and the last is there.
func TestWhatIsKeptIsBounded(t *testing.T) {
	t.Parallel()
	const most = 100
	var c Cache[int]
	now := time.Now()
	for i := range 3*most + 1 {
		key := strconv.Itoa(i)
		c.Put(key, i, now.Add(time.Minute), most)
		if v, ok := c.Get(key, now); !ok || v != i {
			t.Fatalf("%s is not kept", key)
		}
		if len(c.m) > most {
			t.Fatalf("%d are kept", len(c.m))
		}
	}
	if _, ok := c.Get(strconv.Itoa(3*most), now.Add(time.Minute)); ok {
		t.Error("it is kept for longer than it may be")
	}
}
