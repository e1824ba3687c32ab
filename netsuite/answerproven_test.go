package netsuite_test

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/netsuite"
)

// BenchmarkAnswerToProven sends 20 Bills a second, 50 ms a call and 5 slots, and
// measures how long after NetSuite's answer each is proven. The goal is 3 s for
// 95 of 100.
//
//	go test ./netsuite -run '^$' -bench AnswerToProven -benchtime 1x
func BenchmarkAnswerToProven(b *testing.B) {
	const bills = 600
	for b.Loop() {
		box, err := sandbox.Start(b.Context(), sandbox.Options{Seed: 5, Latency: 50 * time.Millisecond, Concurrency: 5})
		if err != nil {
			b.Fatal(err)
		}
		dir := b.TempDir()
		id, err := connect(b.Context(), dir, box, 5)
		if err != nil {
			b.Fatal(err)
		}
		took, err := proveAtPace(b.Context(), dir, id, bills)
		box.Close()
		if err != nil || len(took) != bills {
			b.Fatalf("%d proven, %v", len(took), err)
		}
		slices.Sort(took)
		b.ReportMetric(took[len(took)/2].Seconds(), "p50-s")
		b.ReportMetric(took[len(took)*95/100].Seconds(), "p95-s")
		b.ReportMetric(took[len(took)-1].Seconds(), "max-s")
	}
}

func proveAtPace(ctx context.Context, dir, id string, bills int) ([]time.Duration, error) {
	st, err := openStore(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = st.Close() }()
	creds, err := st.Credentials(ctx, id)
	if err != nil {
		return nil, err
	}
	client, err := netsuite.New(netsuite.CredentialsOf(creds), netsuite.Options{Worked: true})
	if err != nil {
		return nil, err
	}
	var (
		mu       sync.Mutex
		answered = map[string]time.Time{}
		took     []time.Duration
		all      = make(chan struct{})
	)
	e := delivery.New(delivery.Options{Ledger: st, Resolver: fixed{client}, OnRun: func(r integration.Run) {
		mu.Lock()
		defer mu.Unlock()
		switch r.Proof {
		case integration.Pending:
			answered[r.ID] = time.Now()
		case integration.Proven:
			if took = append(took, time.Since(answered[r.ID])); len(took) == bills {
				close(all)
			}
		}
	}})
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	var stream bytes.Buffer
	if _, err := sandbox.BillStream(&stream, sandbox.StreamOptions{Seed: 5, Bills: bills, Lines: 14}); err != nil {
		return nil, err
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for _, line := range bytes.SplitAfter(bytes.TrimSpace(stream.Bytes()), []byte("\n")) {
		<-tick.C
		if _, err := e.SubmitBatch(ctx, id, [][]byte{bytes.Clone(line)}, "file"); err != nil {
			return nil, err
		}
	}
	select {
	case <-all:
	case <-ctx.Done():
	}
	stop()
	err = <-ended
	mu.Lock()
	defer mu.Unlock()
	return took, err
}
