package e2e

import (
	"fmt"
	"testing"
	"time"
)

// From the start of the process to its first frame, and to rows of the store;
// and to the first frame on a terminal that answers no question.
func BenchmarkFirstFrame(b *testing.B) {
	dir, err := filled()
	if err != nil {
		b.Fatal(err)
	}
	least := bare(b)
	var ours, theirs, rows, mute []time.Duration
	for range b.N {
		begin := time.Now()
		s := startProgram(b, least, 120, 40, unasked)
		s.see("READY")
		theirs = append(theirs, time.Since(begin))
		s.kill()
		for _, env := range [][]string{unasked, nil} { // nil: a terminal that would be asked
			begin = time.Now()
			s = start(b, 120, 40, env, "--no-keyring", "--data-dir", dir)
			s.see("Integrations")
			first := time.Since(begin)
			s.see("NetSuite US")
			if env == nil {
				mute = append(mute, first)
			} else {
				ours, rows = append(ours, first), append(rows, time.Since(begin))
			}
			s.press("ctrl+c")
			s.ends()
		}
	}
	report(b, ours, theirs)
	b.ReportMetric(quantile(rows, 0.5), "p50-rows-ms")
	b.ReportMetric(quantile(mute, 0.5), "p50-mute-ms")
}

// From a key to what the program writes for it, in each list.
func BenchmarkKey(b *testing.B) {
	for _, list := range []struct {
		name string
		open func(*terminal)
	}{
		{"runs", openRuns},
		{"events", func(s *terminal) { s.press("v"); s.see("missing", "no external mapping for") }},
		{"mappings", func(s *terminal) { s.press("m"); s.see("500 mappings") }},
		{"settings", openSettings},
	} {
		b.Run(list.name, func(b *testing.B) {
			other, s := startBare(b), startFilled(b)
			s.see("NetSuite US")
			list.open(s)
			var ours, theirs []time.Duration
			for range b.N {
				for i := range 40 {
					theirs = append(theirs, other.answer("down"))
					ours = append(ours, s.answer([]string{"down", "up"}[i/20]))
				}
			}
			report(b, ours, theirs)
			b.ReportMetric(resident(b, s), "MB")
		})
	}
}

func openRuns(s *terminal) {
	s.press("r")
	s.see("INVOICE-"+word(*benchRuns-1), "following")
}

// openSettings goes to the third stage of the wizard.
func openSettings(s *terminal) {
	s.press("n")
	s.see("● 1 Entity type")
	s.press("enter")
	s.see("● 2 Destination")
	s.press("enter")
	s.see("● 3 Configure and create")
}

// What a program that is left alone takes of a processor.
func BenchmarkIdle(b *testing.B) {
	other, s := startBare(b), startFilled(b)
	s.see("NetSuite US")
	openRuns(s)
	time.Sleep(3 * time.Second) // what follows a start is over
	const span = 10 * time.Second
	var ours, theirs time.Duration
	for range b.N {
		begin, beginBare := cpu(b, s), cpu(b, other)
		time.Sleep(span)
		ours, theirs = ours+cpu(b, s)-begin, theirs+cpu(b, other)-beginBare
	}
	b.ReportMetric(100*ours.Seconds()/span.Seconds()/float64(b.N), "cpu-%")
	b.ReportMetric(100*theirs.Seconds()/span.Seconds()/float64(b.N), "cpu-bare-%")
	b.ReportMetric(0, "ns/op")
}

// answer presses a key and returns the time until the program wrote something.
// The next key comes at a moment of its own in the frames of a program that
// has any.
func (s *terminal) answer(key string) time.Duration {
	s.t.Helper()
	time.Sleep(time.Duration(20_000+time.Now().UnixNano()/1000%9000) * time.Microsecond)
	_, changed := s.text()
	begin := time.Now()
	s.press(key)
	select {
	case <-changed:
		return time.Since(begin)
	case <-time.After(screenTimeout):
		s.t.Fatalf("no answer to %s", key)
		return 0
	}
}

// shown presses a key and returns the time until the screen is as it should be.
func (s *terminal) shown(key string, holds func(screen string) bool) time.Duration {
	s.t.Helper()
	begin := time.Now()
	s.press(key)
	s.until(fmt.Sprintf("after %s", key), holds)
	return time.Since(begin)
}
