package netsuite_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/pprof"
	"slices"
	"strconv"
	"time"

	"billferry/internal/integration"
)

// feed hands over Bills as fast as they are delivered, and returns when the
// last is settled.
func (s *sender) feed(ctx context.Context, ended <-chan error) error {
	low, often := 40, 20*time.Millisecond
	changed := s.changed
	if s.Calm { // the measuring must not cost more than what is measured
		low, often, changed = math.MaxInt, time.Second/2, nil
	}
	last, since := 0, time.Now()
	for more := true; ; {
		s.measure()
		open, err := s.open(ctx)
		if err != nil {
			return err
		}
		if open != last {
			last, since = open, time.Now()
		}
		switch idle := time.Since(since); {
		case s.Calm:
		case idle > stallLimit:
			return s.stuck(ctx)
		case idle > 2*time.Second:
			if err := s.endWaits(ctx); err != nil {
				return err
			}
		}
		for more && open < low {
			n, err := s.submit(ctx)
			if err != nil {
				return err
			}
			open, more = open+n, n > 0
		}
		if !more && open == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-time.After(often):
		case err := <-ended:
			return fmt.Errorf("the engine ended early: %w", err)
		}
	}
}

// endWaits ends the waits of runs that were tried by a score of processes, each a
// little longer than the one before: they would take minutes.
func (s *sender) endWaits(ctx context.Context) error {
	soon := time.Now().Add(time.Second)
	p, err := s.store.Runs(ctx, integration.RunFilter{Statuses: []integration.Status{integration.AwaitingRetry}}, "", 500)
	for _, r := range p.Runs {
		if r.Next.After(soon) {
			r.Next = soon
			err = errors.Join(err, s.store.SaveRun(ctx, r, nil))
		}
	}
	s.engine.Wake()
	return err
}

// stallLimit is how long no run may come through.
const stallLimit = 45 * time.Second

// stuck says what does not come through, with all goroutines.
func (s *sender) stuck(ctx context.Context) error {
	var said bytes.Buffer
	for _, f := range []integration.RunFilter{{Proofs: []integration.Proof{integration.Pending}},
		{Statuses: slices.DeleteFunc(slices.Clone(integration.Statuses),
			integration.Status.Settled)}} {
		p, err := s.store.Runs(ctx, f, "", 20)
		if err != nil {
			return err
		}
		for _, r := range p.Runs {
			fmt.Fprintf(&said, "%+v\n", r)
		}
	}
	_ = pprof.Lookup("goroutine").WriteTo(&said, 1)
	return fmt.Errorf("nothing has come through for %s:\n%s", stallLimit, &said)
}

// open counts the runs that are not through. No fault of NetSuite may cost the
// integration its authorisation; nor may a run fail, but for those that a Calm
// sender is meant to be refused.
func (s *sender) open(ctx context.Context) (int, error) {
	in, err := s.store.Integration(ctx, s.Integration)
	if err != nil {
		return 0, err
	}
	if !in.Enabled || !in.Authorized {
		return 0, fmt.Errorf("enabled %v, authorised %v: a refusal for load was taken for a wrong login", in.Enabled, in.Authorized)
	}
	totals, err := s.store.Totals(ctx, in.ID)
	if err != nil {
		return 0, err
	}
	open := totals.ByProof[integration.Pending]
	for status, n := range totals.ByStatus {
		switch {
		case n == 0 || status == integration.Complete || s.Calm && status == integration.Errored:
		case status == integration.Errored: // held, since the Bill has changed its sign
			p, err := s.store.Runs(ctx, integration.RunFilter{Statuses: []integration.Status{status}}, "", n+1)
			for _, r := range p.Runs {
				if r.Cause != "other_kind_exists" {
					return 0, fmt.Errorf("run %s is %s (%s): %s", r.ID, r.Status, r.Cause, r.Error)
				}
			}
			if err != nil {
				return 0, err
			}
		case !status.Settled():
			open += n
		default:
			p, err := s.store.Runs(ctx, integration.RunFilter{Statuses: []integration.Status{status}}, "", 1)
			return 0, errors.Join(fmt.Errorf("%d runs are %s: %+v", n, status, p.Runs), err)
		}
	}
	return open, nil
}

// submit hands the next Bills over and remembers where it got to. A kill
// between the two hands them over again, as a poller would.
func (s *sender) submit(ctx context.Context) (n int, err error) {
	const cursor = "torture/offset"
	batch := 16
	if s.Calm {
		batch = 50 // as a file or a page of the poller comes
	}
	mark, err := s.store.Meta(ctx, cursor)
	if err != nil {
		return 0, err
	}
	offset, _ := strconv.ParseInt(string(mark), 10, 64) // none yet: the beginning
	f, err := os.Open(s.billsFile())
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return 0, err
	}
	var raws [][]byte
	for in := bufio.NewReaderSize(f, 256<<10); len(raws) < batch; {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, err
		}
		offset += int64(len(line))
		raws = append(raws, line)
	}
	if len(raws) == 0 {
		return 0, nil
	}
	done, err := s.engine.SubmitBatch(ctx, s.Integration, raws, "file")
	if err != nil {
		return 0, err
	}
	for _, d := range done {
		if d.Err != nil {
			return 0, d.Err
		}
	}
	return len(raws), s.store.SetMeta(ctx, cursor, strconv.AppendInt(nil, offset, 10))
}

// measure looks at the anonymous memory of this process, where Linux tells it;
// what bbolt maps of its file is not in it.
func (s *sender) measure() {
	status, err := os.ReadFile("/proc/self/status")
	if _, text, ok := bytes.Cut(status, []byte("RssAnon:")); err == nil && ok {
		var kib int
		if _, err := fmt.Fscan(bytes.NewReader(text), &kib); err == nil {
			s.memory = max(s.memory, kib)
		}
	}
}
