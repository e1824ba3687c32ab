package bill

import (
	"bytes"
	"testing"

	"billferry/internal/sandbox"
)

// stream is 200 Bills of some 25 KB and 20 lines, as the simulator of m3ter
// writes them: what the benchmark of the whole sender takes.
func stream(b *testing.B) [][]byte {
	b.Helper()
	var out bytes.Buffer
	if _, err := sandbox.BillStream(&out, sandbox.StreamOptions{Seed: 5, Bills: 200, Lines: 14}); err != nil {
		b.Fatal(err)
	}
	return bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
}

// BenchmarkStream reads one Bill of the stream after the other. On a busy
// machine count instructions: of 600 runs less those of 200, by 400.
//
//	CGO_ENABLED=0 go test -c ./internal/bill
//	GODEBUG=asyncpreemptoff=1 GOGC=off valgrind --smc-check=none --tool=callgrind ./bill.test \
//		-test.run '^$' -test.bench Stream/head -test.cpu 1 -test.benchtime 600x
func BenchmarkStream(b *testing.B) {
	bills := stream(b)
	size := 0
	for _, raw := range bills {
		size += len(raw)
	}
	read := func(name string, do func(raw []byte) error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(size / len(bills)))
			for i := 0; b.Loop(); i++ {
				if err := do(bills[i%len(bills)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	read("head", func(raw []byte) error { _, err := DecodeHead(raw); return err })
	read("bill", func(raw []byte) error { _, err := Decode(raw); return err })
}
