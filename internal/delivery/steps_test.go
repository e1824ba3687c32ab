package delivery_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

func TestStepsAreToldInTheirOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.ns.queries = true
		var told []string
		b.o.Step = func(name string) { told = append(told, name) }
		b.start()
		synctest.Wait() // in its first look the engine would find the run before submit has told of it
		b.submit("us", billOf("b1", "acc", 1, "APPROVED"))
		time.Sleep(time.Second)
		if err := b.end(); err != nil {
			t.Fatal(err)
		}
		want := slices.DeleteFunc(slices.Clone(delivery.Steps), func(s string) bool { return s == delivery.StepRecovered })
		if !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

func TestBackoffCanBeShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.o.Backoff = time.Millisecond
		b.ns.latency = func() time.Duration { return 0 }
		b.ns.before = func(n int, _ mapping.Document, _ bool) *integration.Failure {
			if n > 6 {
				return nil
			}
			class := []integration.Class{integration.ClassTransient, integration.ClassLoad}[n%2]
			return &integration.Failure{Class: class, Cause: "busy", Message: "busy"}
		}
		b.start()
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(200 * time.Millisecond) // 1 + 2 + ... + 32 ms, and pauses of the same kind
		b.want(r.ID, integration.Complete, integration.Created)
		_ = b.end()
	})
}
