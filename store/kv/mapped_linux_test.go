package kv

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// What was read of a large file does not stay in the memory of the process, and what is
// read is right, in a transaction during which it was let go too. A file that was cut
// is left as it is mapped.
func TestWhatWasReadDoesNotStay(t *testing.T) {
	t.Parallel()
	const records, size, most = 4000, 4000, 8 << 20
	b := newTestbed(t)
	key := func(n int) []byte { return fmt.Appendf(nil, "%08d", n) }
	value := func(n int) []byte { return bytes.Repeat(fmt.Appendf(nil, "%08d", n), size/8) }
	for n := 0; n < records; n += 100 {
		if err := b.Write(t.Context(), 1, func(x *Tx) error {
			for i := n; i < n+100; i++ {
				if err := x.Put(bSmall, key(i), value(i)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	read := func() {
		t.Helper()
		err := b.View(t.Context(), func(x *Tx) error {
			first := x.Get(bSmall, key(0))
			for n := range records {
				if v := x.Get(bSmall, key(n)); !bytes.Equal(v, value(n)) {
					return fmt.Errorf("%d is %.20q", n, v)
				}
			}
			if !bytes.Equal(first, value(0)) {
				return fmt.Errorf("what was read first is %.20q", first)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	again := func(mapped int) int {
		t.Helper()
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		b.open(Options{NoSync: true, Mapped: mapped})
		read()
		return b.inMemory(t)
	}
	if got := again(math.MaxInt); got < records*size/2 { // else the test shows nothing
		t.Errorf("only %d bytes of the file are mapped although all was read", got)
	}
	if got := again(1); got > most { // the program itself is more
		t.Errorf("%d bytes of the file are mapped, at most %d are meant to stay", got, most)
	}

	m := mapped{most: mostMapped}
	if m.begin(1<<20, 1<<20); m.most != mostMapped {
		t.Error("of a whole file nothing is let go")
	}
	if m.begin(1<<20, 1<<20-1); m.most != math.MaxInt {
		t.Error("of a file that was cut more is let go than is mapped")
	}
}

// inMemory is how many bytes of the file the process has in its memory.
func (b *testbed) inMemory(t *testing.T) int {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	ours, sum := false, 0
	for line := range strings.Lines(string(raw)) {
		var kb int
		switch f := strings.Fields(line); {
		case !strings.HasSuffix(f[0], ":"):
			ours = f[len(f)-1] == b.path
		case ours && f[0] == "Rss:":
			if _, err := fmt.Sscan(f[1], &kb); err != nil {
				t.Fatal(err)
			}
			sum += kb << 10
		}
	}
	return sum
}
